/** Call control of one party. Each operation answers with the party as it then is, and its events tell everybody else. */
import type { CommandRequest } from '../../../control/control.ts';
import { requireAccount, requireOwn, requirePermission } from '../auth.ts';
import type { Conference } from '../conference-book.ts';
import { created, done, ok, type Answer, type Asked, type Endpoint } from '../endpoint.ts';
import { incorrectState, invalidParameter, missingParameter, noResource, RingCentralError } from '../errors.ts';
import { partyIdOf, telephonySessionIdOf, sessionIdOf } from '../ids.ts';
import { parkIdOf } from '../render.ts';
import type { Party } from '../schema.ts';
import {
  dialling,
  extensionNamed,
  extensionOfDevice,
  extensionOfId,
  findParty,
  findSession,
  partyAsked,
  partyNow,
  perform,
  requireStatus,
  sessionAsked,
  type Located,
} from './acting.ts';
import { bridgeBody, deviceBody, flipBody, parseBody, partyBody, recordingBody, targetBody, type TargetBody } from './bodies.ts';
import { conferenceAsked, memberAsked } from './conferences.ts';
import { dialledNumber, parseOrbit } from './numbers.ts';
import { renderRestParty } from './rest-party.ts';

const ringing = ['Setup', 'Proceeding'] as const;
const talking = ['Answered', 'Hold'] as const;

const show = ({ asker }: Asked, { session, party }: Located): object => renderRestParty(asker.source, session, party);

/** The party after a command that left it where it is. */
const showNow = async (asked: Asked, located: Located): Promise<Answer> => ok(show(asked, await partyNow(asked, located)));

/** The party after it has left: the command is done, the event of its end may still be on its way. */
const showLeft = async (asked: Asked, located: Located, reason: 'BlindTransfer' | 'CallFlip'): Promise<Answer> =>
  ok({ ...show(asked, await partyNow(asked, located)), status: { code: 'Disconnected', reason } });

const getParty = async (asked: Asked): Promise<Answer> => {
  const session = await sessionAsked(asked);
  return ok(show(asked, { session, party: findParty(session, asked.parameters['partyId'] ?? '') }));
};

/** A change to what is so already is no error. */
const changeParty = async (asked: Asked): Promise<Answer> => {
  const located = await partyAsked(asked);
  const { muted } = parseBody(partyBody, asked.body);
  const { party } = located;
  requireStatus(party, ...ringing, ...talking);
  if (muted !== undefined && muted !== party.muted) {
    requireStatus(party, ...talking);
    await perform(asked, { name: muted ? 'mute' : 'unmute', leg: party.leg });
  }
  return showNow(asked, located);
};

const isRinging = ({ direction, status }: Party): boolean =>
  direction === 'Inbound' && (status.code === 'Setup' || status.code === 'Proceeding');

const requireRinging = (party: Party): void => {
  if (!isRinging(party)) throw incorrectState();
};

const deleteParty = async (asked: Asked): Promise<Answer> => {
  const conference = conferenceAsked(asked);
  if (conference !== undefined) return removeMember(asked, conference);
  const { party } = await partyAsked(asked);
  requireStatus(party, ...ringing, ...talking, 'VoiceMail', 'Parked');
  await perform(asked, hangUp(party));
  return done;
};

const removeMember = async (asked: Asked, conference: Conference): Promise<Answer> => {
  requirePermission(asked.asker, 'CallControl');
  requireAccount(asked);
  await perform(asked, { name: 'hangup', leg: memberAsked(asked, conference) });
  return done;
};

/** What rings is declined, anything else hung up. */
export const hangUp = (party: Party): CommandRequest => ({ name: isRinging(party) ? 'reject' : 'hangup', leg: party.leg });

/** On a device of another extension it is a pick-up. */
const answer = async (asked: Asked): Promise<Answer> => {
  const located = await partyAsked(asked);
  const { party } = located;
  const extension = extensionOfDevice(asked.asker.source, parseBody(deviceBody, asked.body).deviceId);
  requireOwn(asked.asker, extension);
  requireRinging(party);
  if (extension === party.extension) await perform(asked, { name: 'answer', leg: party.leg });
  else await perform(asked, { name: 'pickup', leg: party.leg, extension });
  const now = await partyNow(asked, located);
  // The extension may have taken it on another of its devices: a party of its own.
  const taken = now.session.parties.find((each) => each.extension === extension && each.status.code === 'Answered');
  return ok(show(asked, { session: now.session, party: taken ?? now.party }));
};

/** It stops ringing here; the caller goes on as the PBX has it. */
const decline = async (asked: Asked): Promise<Answer> => {
  const { party } = await partyAsked(asked);
  requireRinging(party);
  await perform(asked, { name: 'reject', leg: party.leg });
  return done;
};

const ignore = async (asked: Asked): Promise<Answer> => {
  await partyAsked(asked);
  extensionOfDevice(asked.asker.source, parseBody(deviceBody, asked.body).deviceId);
  return decline(asked);
};

const targets = ['phoneNumber', 'extensionNumber', 'extensionId', 'voicemail', 'parkOrbit'] as const;

/** Exactly one target must be given: throws CMN-100 for none, CMN-101 for several. */
const requireOneTarget = (body: TargetBody, allowed: readonly (typeof targets)[number][]): void => {
  const given = targets.filter((name) => body[name] !== undefined);
  const [first, second] = given;
  if (first === undefined) throw missingParameter('phoneNumber');
  const wrong = second ?? given.find((name) => !allowed.includes(name));
  if (wrong !== undefined) throw invalidParameter(wrong);
};

const targetOf = (body: TargetBody): string => targets.find((name) => body[name] !== undefined) ?? 'phoneNumber';

/** Where a target is, as the PBX dials it; undefined for a mailbox or an orbit. */
const numberOf = ({ asker: { source } }: Asked, { phoneNumber, extensionNumber, extensionId }: TargetBody): string | undefined => {
  if (phoneNumber !== undefined) return dialledNumber(source, phoneNumber);
  if (extensionNumber !== undefined) return extensionNamed(source, extensionNumber, 'extensionNumber');
  return extensionId === undefined ? undefined : extensionOfId(source, extensionId, 'extensionId');
};

const forward = async (asked: Asked): Promise<Answer> => {
  const located = await partyAsked(asked);
  const body = parseBody(targetBody, asked.body);
  requireOneTarget(body, ['phoneNumber', 'extensionNumber', 'extensionId', 'voicemail']);
  const to = numberOf(asked, body);
  const mailbox = body.voicemail === undefined ? undefined : extensionOfId(asked.asker.source, body.voicemail, 'voicemail');
  requireRinging(located.party);
  const { leg } = located.party;
  if (mailbox !== undefined) await perform(asked, { name: 'voicemail', leg, mailbox });
  else if (to !== undefined) await dialling(targetOf(body), () => perform(asked, { name: 'divert', leg, to }));
  return showLeft(asked, located, 'BlindTransfer');
};

const transfer = async (asked: Asked): Promise<Answer> => {
  const located = await partyAsked(asked);
  const body = parseBody(targetBody, asked.body);
  requireOneTarget(body, targets);
  const to = numberOf(asked, body);
  const slot = body.parkOrbit === undefined ? undefined : parseOrbit(asked.asker.source, body.parkOrbit);
  const mailbox = body.voicemail === undefined ? undefined : extensionOfId(asked.asker.source, body.voicemail, 'voicemail');
  requireStatus(located.party, ...talking);
  const { leg } = located.party;
  if (slot !== undefined) await perform(asked, { name: 'park', leg, slot });
  else if (mailbox !== undefined) await perform(asked, { name: 'voicemail', leg, mailbox });
  else if (to !== undefined) await dialling(targetOf(body), () => perform(asked, { name: 'transfer', leg, to }));
  return showLeft(asked, located, 'BlindTransfer');
};

/** A warm transfer: whom the party talks with in this session and whom it talks with in the other are connected, and it leaves both. */
const bridge = async (asked: Asked): Promise<Answer> => {
  const located = await partyAsked(asked);
  const { telephonySessionId, partyId } = parseBody(bridgeBody, asked.body);
  const session = await findSession(asked, telephonySessionId);
  const other = findParty(session, partyId);
  const { party } = located;
  requireOwn(asked.asker, other.extension);
  if (session.call === located.session.call) throw invalidParameter('telephonySessionId');
  if (other.extension !== party.extension) throw invalidParameter('partyId');
  requireStatus(party, ...talking);
  requireStatus(other, ...talking, ...ringing);
  // One of the two conversations waits while its user talks in the other; a client need not have seen to that.
  const [held, consult] = party.status.code !== 'Hold' && other.status.code === 'Hold' ? [other, party] : [party, other];
  if (held.status.code !== 'Hold') await perform(asked, { name: 'hold', leg: held.leg });
  if (consult.status.code === 'Hold') await perform(asked, { name: 'resume', leg: consult.leg });
  await perform(asked, { name: 'completeTransfer', leg: held.leg, consult: consult.leg });
  const peerId = {
    partyId: partyIdOf(session.call, other.number),
    telephonySessionId: telephonySessionIdOf(session.call),
    sessionId: sessionIdOf(session.call),
  };
  return ok({ ...show(asked, await partyNow(asked, located)), status: { code: 'Gone', reason: 'AttendedTransfer', peerId } });
};

const hold = async (asked: Asked): Promise<Answer> => {
  const located = await partyAsked(asked);
  requireStatus(located.party, 'Answered');
  await perform(asked, { name: 'hold', leg: located.party.leg });
  return showNow(asked, located);
};

const unhold = async (asked: Asked): Promise<Answer> => {
  const located = await partyAsked(asked);
  requireStatus(located.party, 'Hold');
  await perform(asked, { name: 'resume', leg: located.party.leg });
  return showNow(asked, located);
};

/** To another device of its own user: the extension is rung again, or the number that the flip's digit stands for. */
const flip = async (asked: Asked): Promise<Answer> => {
  const located = await partyAsked(asked);
  const { callFlipId } = parseBody(flipBody, asked.body);
  const { extension, leg } = located.party;
  const digit = /^\*?(\d)$/.exec(callFlipId)?.[1];
  if (digit === undefined || extension === undefined) throw invalidParameter('callFlipId');
  requireStatus(located.party, ...talking);
  const to = asked.asker.source.options.telephony.flipNumbers[extension]?.[digit] ?? extension;
  await perform(asked, { name: 'transfer', leg, to });
  return showLeft(asked, located, 'CallFlip');
};

/** The lowest free slot takes it. */
const park = async (asked: Asked): Promise<Answer> => {
  const located = await partyAsked(asked);
  requireStatus(located.party, ...talking);
  if (located.party.direction !== 'Inbound') throw incorrectState();
  await perform(asked, { name: 'park', leg: located.party.leg });
  const now = await partyNow(asked, located);
  const slot = asked.asker.source.engine.call(now.session.call)?.slot;
  if (slot === undefined) throw incorrectState();
  const id = parkIdOf(slot);
  return created({ ...show(asked, now), status: { code: 'Parked', parkData: id }, park: { id } });
};

/** Fetches what is parked in the party's session to the device. */
const pickUp = async (asked: Asked): Promise<Answer> => {
  const located = await partyAsked(asked);
  const { source } = asked.asker;
  const extension = extensionOfDevice(source, parseBody(deviceBody, asked.body).deviceId);
  requireOwn(asked.asker, extension);
  const slot = source.engine.call(located.session.call)?.slot;
  if (slot === undefined) throw incorrectState();
  await perform(asked, { name: 'retrieve', slot, extension });
  const now = await partyNow(asked, located);
  const taken = now.session.parties.findLast((each) => each.extension === extension && each.status.code === 'Answered');
  return created({ ...show(asked, { session: now.session, party: taken ?? now.party }), status: { code: 'Answered', reason: 'Pickup' } });
};

const startRecording = async (asked: Asked): Promise<Answer> => {
  const located = await partyAsked(asked);
  if (!talking.some((code) => code === located.party.status.code) || located.party.recordings.length > 0) throw wrongForRecording();
  await perform(asked, { name: 'record', leg: located.party.leg });
  const { party } = await partyNow(asked, located);
  const recording = party.recordings[0];
  if (recording === undefined) throw wrongForRecording();
  return created({ id: recording.id, active: recording.active, mode: 'OnDemand', view: 'Party' });
};

const changeRecording = async (asked: Asked): Promise<Answer> => {
  const located = await partyAsked(asked);
  const { active } = parseBody(recordingBody, asked.body);
  const { recordingId = '' } = asked.parameters;
  const recording = located.party.recordings.find(({ id }) => id === recordingId);
  if (recording === undefined) throw noResource('recordingId');
  if (recording.active !== active) await perform(asked, { name: active ? 'resumeRecording' : 'pauseRecording', leg: located.party.leg });
  return ok({ id: recordingId, active });
};

const wrongForRecording = (): RingCentralError => new RingCentralError('TAS-101', 'Incorrect State [WrongState]');

/** No PBX speaks a text to a caller. */
const reply = async (asked: Asked): Promise<never> => {
  await partyAsked(asked);
  throw new RingCentralError('CMN-202', 'Operation is not supported');
};

const path = '/restapi/v1.0/account/:accountId/telephony/sessions/:telephonySessionId/parties/:partyId';

export const partyEndpoints: readonly Endpoint[] = [
  { method: 'GET', path, handle: getParty },
  { method: 'PATCH', path, handle: changeParty },
  { method: 'DELETE', path, handle: deleteParty },
  { method: 'POST', path: `${path}/answer`, handle: answer },
  { method: 'POST', path: `${path}/reject`, handle: decline },
  { method: 'POST', path: `${path}/ignore`, handle: ignore },
  { method: 'POST', path: `${path}/reply`, handle: reply },
  { method: 'POST', path: `${path}/forward`, handle: forward },
  { method: 'POST', path: `${path}/transfer`, handle: transfer },
  { method: 'POST', path: `${path}/bridge`, handle: bridge },
  { method: 'POST', path: `${path}/hold`, handle: hold },
  { method: 'POST', path: `${path}/unhold`, handle: unhold },
  { method: 'POST', path: `${path}/flip`, handle: flip },
  { method: 'POST', path: `${path}/park`, handle: park },
  { method: 'POST', path: `${path}/pickup`, handle: pickUp },
  { method: 'POST', path: `${path}/recordings`, handle: startRecording },
  { method: 'PATCH', path: `${path}/recordings/:recordingId`, handle: changeRecording },
];
