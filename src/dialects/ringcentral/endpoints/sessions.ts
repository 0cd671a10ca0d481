/** Telephony sessions: those that live, hanging one up, and placing a call. */
import { requireAccount, requireOwn, requirePermission, extensionAsked, isAdmin } from '../auth.ts';
import { created, done, ok, type Answer, type Asked, type Endpoint } from '../endpoint.ts';
import { anotherExtension, invalidParameter, missingParameter, noResource, RingCentralError } from '../errors.ts';
import { telephonySessionIdOf } from '../ids.ts';
import type { Party, Session } from '../schema.ts';
import { accountPath, extensionPath } from './account.ts';
import { canSee, dialling, extensionNamed, extensionOfDevice, extensionOfId, mayObserve, perform, sessionAsked } from './acting.ts';
import { callOutBody, parseBody } from './bodies.ts';
import { conferenceAsked, endConference, renderConference } from './conferences.ts';
import { dialledNumber } from './numbers.ts';
import { renderPage } from './paging.ts';
import { hangUp } from './parties.ts';
import { renderRestParty } from './rest-party.ts';
import { withoutMilliseconds } from './times.ts';

const renderSession = ({ asker: { source } }: Asked, session: Session): object => ({
  id: telephonySessionIdOf(session.call),
  creationTime: withoutMilliseconds(session.startedAt),
  origin: { type: session.origin === 'CallOut' ? 'Call' : session.origin },
  parties: session.parties.map((party) => renderRestParty(source, session, party)),
});

const getSession = async (asked: Asked): Promise<Answer> => {
  requirePermission(asked.asker, 'CallControl');
  requireAccount(asked);
  const conference = conferenceAsked(asked);
  if (conference !== undefined) {
    if (!mayObserve(asked.asker)) requireOwn(asked.asker, conference.host);
    await asked.asker.source.settled(asked.signal);
    return ok(renderConference(asked, conference));
  }
  return ok(renderSession(asked, await sessionAsked(asked)));
};

const isLive = ({ status }: Party): boolean => status.code !== 'Disconnected' && status.code !== 'Gone';

const liveSessions = async ({ asker, signal }: Asked): Promise<readonly Session[]> => {
  const { source } = asker;
  await source.settled(signal);
  return source.sessions.all().filter((session) => session.parties.some(isLive) && canSee(asker, session));
};

const listSessions = async (asked: Asked): Promise<Answer> => {
  requirePermission(asked.asker, 'CallControl');
  requireAccount(asked);
  const path = `${accountPath(asked.asker.source)}/telephony/sessions`;
  return ok(renderPage(asked, path, await liveSessions(asked), (session) => renderSession(asked, session)));
};

const listExtensionSessions = async (asked: Asked): Promise<Answer> => {
  requirePermission(asked.asker, 'CallControl');
  const extension = extensionAsked(asked);
  const sessions = (await liveSessions(asked)).filter(({ parties }) =>
    parties.some((party) => party.extension === extension && isLive(party)),
  );
  const path = `${extensionPath(asked.asker.source, { number: extension })}/telephony/sessions`;
  return ok(renderPage(asked, path, sessions, (session) => renderSession(asked, session)));
};

/** Ends every party, the asker's own first; who is no administrator must have one. */
const deleteSession = async (asked: Asked): Promise<Answer> => {
  requirePermission(asked.asker, 'CallControl');
  requireAccount(asked);
  const conference = conferenceAsked(asked);
  if (conference !== undefined) {
    await endConference(asked, conference);
    return done;
  }
  const { identity, extension } = asked.asker;
  const session = await sessionAsked(asked);
  const live = session.parties.filter(isLive);
  // What has ended is still shown for a while, but clients drop what is not found.
  if (live.length === 0) throw noResource('telephonySessionId');
  const own = live.filter((party) => party.extension === extension);
  if (own.length === 0 && !isAdmin(identity)) throw anotherExtension();
  const order = [...own, ...live.filter((party) => party.extension !== extension)];
  for (const party of order) {
    // Ending one leg ends the one it talks with: what is gone by now needs no ending.
    if (asked.asker.source.engine.leg(party.leg) === undefined) continue;
    if (party.extension !== extension && !isAdmin(identity)) continue;
    await perform(asked, hangUp(party)).catch((error: unknown) => {
      if (asked.asker.source.engine.leg(party.leg) !== undefined) throw error;
    });
  }
  return done;
};

/** Rings the device, which is connected to the number when it answers. */
const callOut = async (asked: Asked): Promise<Answer> => {
  requirePermission(asked.asker, 'CallControl');
  requireAccount(asked);
  const { source, identity } = asked.asker;
  const { from, to } = parseBody(callOutBody, asked.body);
  const extension =
    from.deviceId !== undefined
      ? extensionOfDevice(source, from.deviceId, 'from.deviceId')
      : from.extensionId !== undefined
        ? extensionOfId(source, from.extensionId, 'from.extensionId')
        : undefined;
  if (extension === undefined) throw missingParameter('from.deviceId');
  requireOwn(asked.asker, extension);
  if (to.phoneNumber !== undefined && to.extensionNumber !== undefined) throw invalidParameter('to.extensionNumber');
  const conference = to.phoneNumber === undefined ? undefined : source.conferences.ofToken(to.phoneNumber);
  const number =
    to.phoneNumber !== undefined
      ? dialledNumber(source, to.phoneNumber)
      : to.extensionNumber !== undefined
        ? extensionNamed(source, to.extensionNumber, 'to.extensionNumber')
        : undefined;
  if (number === undefined) throw missingParameter('to.phoneNumber');
  // A dial is accepted when the phone rings; of an invitation the phone is known only while its effect is waited for.
  const record =
    conference === undefined
      ? await dialling(to.phoneNumber === undefined ? 'to.extensionNumber' : 'to.phoneNumber', () =>
          source.control.submit(identity, { name: 'dial', extension, number }),
        )
      : await perform(asked, { name: 'invite', extension, conference: conference.room });
  await source.settled(asked.signal);
  const call = source.control.get(identity.tenant, record.id)?.callId;
  const session = call === undefined ? undefined : source.sessions.ofCall(call);
  const party = session?.parties.find((each) => each.extension === extension);
  if (session === undefined || party === undefined) {
    throw new RingCentralError('CMN-201', 'Service Temporary Unavailable', { additionalInfo: 'The phone did not ring in time.' });
  }
  const placed = { ...renderRestParty(source, session, party), status: { code: 'Setup' } };
  return created({ session: { ...renderSession(asked, session), origin: { type: 'Call' }, parties: [placed] } });
};

const root = '/restapi/v1.0/account/:accountId';

export const sessionEndpoints: readonly Endpoint[] = [
  { method: 'GET', path: `${root}/telephony/sessions`, handle: listSessions },
  { method: 'GET', path: `${root}/extension/:extensionId/telephony/sessions`, handle: listExtensionSessions },
  { method: 'GET', path: `${root}/telephony/sessions/:telephonySessionId`, handle: getSession },
  { method: 'DELETE', path: `${root}/telephony/sessions/:telephonySessionId`, handle: deleteSession },
  { method: 'POST', path: `${root}/telephony/call-out`, handle: callOut },
];
