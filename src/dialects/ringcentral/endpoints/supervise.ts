/** Listening to a call. */
import type { SupervisionMode } from '../../../model/call.ts';
import { requireOwn, requirePermission } from '../auth.ts';
import { created, type Answer, type Asked, type Endpoint } from '../endpoint.ts';
import { incorrectState, invalidParameter, missingParameter, noResource } from '../errors.ts';
import type { Party } from '../schema.ts';
import { extensionNamed, extensionOfDevice, extensionOfId, findParty, perform, sessionAsked } from './acting.ts';
import { parseBody, superviseBody } from './bodies.ts';
import { renderRestParty } from './rest-party.ts';

/** The vendor has `Listen` alone; the other two are ours. */
const modes: ReadonlyMap<string, SupervisionMode> = new Map([
  ['listen', 'listen'],
  ['whisper', 'whisper'],
  ['barge', 'barge'],
]);

const isHeard = ({ status }: Party): boolean => status.code === 'Answered' || status.code === 'Hold';

/** The agent is named by the body. */
const superviseSession = async (asked: Asked): Promise<Answer> => {
  requirePermission(asked.asker, 'CallMonitoring');
  const session = await sessionAsked(asked);
  const { source } = asked.asker;
  const { agentExtensionId, agentExtensionNumber } = parseBody(superviseBody, asked.body);
  const agent =
    agentExtensionId !== undefined
      ? extensionOfId(source, agentExtensionId, 'agentExtensionId')
      : agentExtensionNumber === undefined
        ? undefined
        : extensionNamed(source, agentExtensionNumber, 'agentExtensionNumber');
  if (agent === undefined) throw missingParameter('agentExtensionId');
  const parties = session.parties.filter((party) => party.extension === agent);
  if (parties.length === 0) throw noResource('agentExtensionId');
  const party = parties.find(isHeard);
  if (party === undefined) throw incorrectState();
  return supervise(asked, party);
};

/** The agent is the party of the path. */
const superviseParty = async (asked: Asked): Promise<Answer> => {
  requirePermission(asked.asker, 'CallMonitoring');
  const session = await sessionAsked(asked);
  const party = findParty(session, asked.parameters['partyId'] ?? '');
  if (!isHeard(party)) throw incorrectState();
  return supervise(asked, party);
};

const supervise = async (asked: Asked, party: Party): Promise<Answer> => {
  const { source } = asked.asker;
  const { mode: modeName, supervisorDeviceId } = parseBody(superviseBody, asked.body);
  const mode = modes.get(modeName.toLowerCase());
  if (mode === undefined) throw invalidParameter('mode');
  if (supervisorDeviceId === undefined) throw missingParameter('supervisorDeviceId');
  const extension = extensionOfDevice(source, supervisorDeviceId, 'supervisorDeviceId');
  requireOwn(asked.asker, extension);
  if (extension === party.extension) throw invalidParameter('supervisorDeviceId');
  await perform(asked, { name: 'supervise', leg: party.leg, extension, mode });
  await source.settled(asked.signal);
  const ear = source.engine.legsOf(extension).find(({ supervising }) => supervising?.legId === party.leg);
  const now = ear === undefined ? undefined : source.sessions.ofCall(ear.callId);
  const own = now?.parties.find(({ leg }) => leg === ear?.id);
  if (now === undefined || own === undefined) throw incorrectState();
  return created({ ...renderRestParty(source, now, own), status: { code: 'Answered', reason: 'Supervising' } });
};

const path = '/restapi/v1.0/account/:accountId/telephony/sessions/:telephonySessionId';

export const superviseEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: `${path}/supervise`, handle: superviseSession },
  { method: 'POST', path: `${path}/parties/:partyId/supervise`, handle: superviseParty },
];
