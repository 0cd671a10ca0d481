/** Conferences: a room of the PBX under an id of the vendor's kind, into which parties of other sessions are brought. */
import type { Leg } from '../../../model/call.ts';
import type { LegId } from '../../../model/ids.ts';
import { isAdmin, requireAccount, requireOwn, requirePermission } from '../auth.ts';
import { conferencePartyId, conferenceSessionId, voiceCallTokenOf, type Conference } from '../conference-book.ts';
import { created, type Answer, type Asked, type Endpoint } from '../endpoint.ts';
import { incorrectState, missingParameter, noResource } from '../errors.ts';
import type { TenantSource } from '../source.ts';
import { findParty, findSession, perform, requireStatus } from './acting.ts';
import { bringInBody, parseBody } from './bodies.ts';
import { renderRestParty } from './rest-party.ts';
import { withoutMilliseconds } from './times.ts';

const mostMembers = 10;
const joinMs = 3_000;

const membersOf = ({ engine }: TenantSource, room: string): readonly Leg[] =>
  (engine.conference(room)?.members ?? []).flatMap(({ legId }) => engine.leg(legId) ?? []);

export const renderConference = (asked: Asked, conference: Conference): object => {
  const { source } = asked.asker;
  return {
    id: conferenceSessionId(conference),
    creationTime: withoutMilliseconds(conference.createdAt),
    origin: { type: 'Conference' },
    voiceCallToken: voiceCallTokenOf(conference),
    parties: membersOf(source, conference.room).map((leg) => renderMember(source, conference, leg)),
  };
};

/** The party that a leg is in its own session, as one of the conference. */
const renderMember = (source: TenantSource, conference: Conference, leg: Leg): object => {
  const session = source.sessions.ofCall(leg.callId);
  const party = session?.parties.find((each) => each.leg === leg.id);
  return {
    ...(session === undefined || party === undefined ? undefined : renderRestParty(source, session, party)),
    id: conferencePartyId(conference, source.conferences.numberOf(conference, leg.id)),
    conferenceRole: leg.extension === conference.host ? 'Host' : 'Participant',
    status: { code: 'Answered' },
    muted: leg.muted,
  };
};

const createConference = (asked: Asked): Answer => {
  requirePermission(asked.asker, 'CallControl');
  requireAccount(asked);
  const { source, extension } = asked.asker;
  const conference = source.conferences.create(extension, (room) => membersOf(source, room).length === 0);
  if (conference === undefined) throw incorrectState();
  return created({ session: renderConference(asked, conference) });
};

/** The conference of the path, if it is one. */
export const conferenceAsked = (asked: Asked): Conference | undefined => {
  const { source } = asked.asker;
  return source.conferences.ofSession(asked.parameters['telephonySessionId'] ?? '');
};

/** Ends it for everybody; a host who is no administrator leaves it, for the legs of others are not its own to end. */
export const endConference = async (asked: Asked, conference: Conference): Promise<void> => {
  requireOwn(asked.asker, conference.host);
  const { source, identity, extension } = asked.asker;
  for (const leg of membersOf(source, conference.room)) {
    if (leg.extension !== extension && !isAdmin(identity)) continue;
    // The last one is ended with the one before it.
    if (source.engine.leg(leg.id) !== undefined) await perform(asked, { name: 'hangup', leg: leg.id });
  }
  source.conferences.remove(conference);
};

/** The leg of the path's party, which the host may remove, and everybody the own one. */
export const memberAsked = (asked: Asked, conference: Conference): LegId => {
  const { source, extension } = asked.asker;
  const member = source.conferences.memberOf(conference, asked.parameters['partyId'] ?? '');
  const leg = member === undefined ? undefined : source.engine.leg(member);
  if (leg === undefined) throw noResource('partyId');
  if (leg.extension !== extension) requireOwn(asked.asker, conference.host);
  return leg.id;
};

/**
 * Brings in whom the asker talks with in another session. The asker comes along as the host, unless it is in the conference
 * already: then its part in the other session ends.
 */
const bringIn = async (asked: Asked): Promise<Answer> => {
  requirePermission(asked.asker, 'CallControl');
  requireAccount(asked);
  const conference = conferenceAsked(asked);
  if (conference === undefined) throw noResource('telephonySessionId');
  requireOwn(asked.asker, conference.host);
  const { source } = asked.asker;
  const { partyId, telephonySessionId } = parseBody(bringInBody, asked.body);
  if (telephonySessionId === undefined) throw missingParameter('telephonySessionId');
  const session = await findSession(asked, telephonySessionId);
  const party = findParty(session, partyId);
  requireOwn(asked.asker, party.extension);
  requireStatus(party, 'Answered', 'Hold');
  const before = membersOf(source, conference.room);
  if (before.length >= mostMembers) throw incorrectState();
  await perform(asked, { name: 'conference', leg: party.leg, conference: conference.room });
  const isThere = before.some(({ extension }) => extension === party.extension);
  if (isThere) await perform(asked, { name: 'hangup', leg: party.leg });
  const brought = await newMember(asked, conference.room, new Set([party.leg, ...before.map(({ id }) => id)]));
  if (brought === undefined) throw incorrectState();
  return created({ ...renderMember(source, conference, brought), status: { code: 'Setup' } });
};

/** A PBX puts the two into the room one after the other. */
const newMember = async ({ asker: { source }, signal }: Asked, room: string, known: ReadonlySet<LegId>): Promise<Leg | undefined> => {
  const find = (): Leg | undefined => membersOf(source, room).find(({ id }) => !known.has(id));
  const late = new AbortController();
  const cancel = source.timers.after(joinMs, () => late.abort());
  const until = AbortSignal.any([signal, late.signal]);
  try {
    while (find() === undefined && !until.aborted) await source.notices.changed(until);
    return find();
  } finally {
    cancel();
  }
};

const path = '/restapi/v1.0/account/:accountId/telephony';

export const conferenceEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: `${path}/conference`, handle: createConference },
  { method: 'POST', path: `${path}/sessions/:telephonySessionId/parties/bring-in`, handle: bringIn },
];
