/** Presence as it is, and what users set of it. */
import type { Extension } from '../../../model/extension.ts';
import type { ExtensionNumber } from '../../../model/ids.ts';
import { extensionAsked, isAdmin, requireAccount, requireOwn, requirePermission } from '../auth.ts';
import { ok, type Answer, type Asked, type Endpoint } from '../endpoint.ts';
import { anotherExtension, noResource } from '../errors.ts';
import { partyIdOf, sessionIdOf, telephonySessionIdOf } from '../ids.ts';
import { callStatusOf } from '../presence.ts';
import { wordOf } from '../presence-settings.ts';
import type { ActiveCall, PresenceState, UserStatus } from '../schema.ts';
import type { TenantSource } from '../source.ts';
import { accountPath, extensionPath, extensionsOf, renderExtensionRef } from './account.ts';
import { perform } from './acting.ts';
import { parseBody, presenceBody } from './bodies.ts';
import { renderPage } from './paging.ts';

const stateOf = ({ notices }: TenantSource, { number }: Extension): PresenceState => {
  const state = notices.view().state.presence.get(number) ?? { sequence: 0, calls: [] };
  // What has just ended is told once more by an event, but is no part of what is so now.
  return { ...state, calls: state.calls.filter(({ party }) => callStatusOf(party) !== 'NoCall') };
};

const isTrue = (query: URLSearchParams, name: string): boolean => query.get(name)?.toLowerCase() === 'true';

const renderPresence = ({ asker, query, base }: Asked, extension: Extension): object => {
  const { source } = asker;
  const sip = isTrue(query, 'sipData');
  const form = { detailed: sip || isTrue(query, 'detailedTelephonyState'), sip };
  const text = extension.statusText;
  return {
    uri: `${base}${extensionPath(source, extension)}/presence`,
    extension: renderExtensionRef(source, extension, base),
    ...source.renderer.presence(extension.number, stateOf(source, extension), form),
    ...(text === undefined || text === '' ? undefined : { message: text }),
  };
};

/** An extension that does not allow it is seen by its user and by administrators alone. */
const extensionSeen = (asked: Asked): Extension => {
  requirePermission(asked.asker, 'ReadPresence');
  const extension = asked.asker.source.engine.extension(extensionAsked(asked));
  if (extension === undefined) throw noResource('extensionId');
  if (!mayBeSeen(asked, extension)) throw anotherExtension();
  return extension;
};

const mayBeSeen = ({ asker }: Asked, { number }: Extension): boolean =>
  number === asker.extension || isAdmin(asker.identity) || asker.source.presence.get(number).allowSeeMyPresence;

const getPresence = async (asked: Asked): Promise<Answer> => {
  await asked.asker.source.settled(asked.signal);
  return ok(renderPresence(asked, extensionSeen(asked)));
};

const listPresence = async (asked: Asked): Promise<Answer> => {
  requirePermission(asked.asker, 'ReadAccounts');
  requireAccount(asked);
  const { source } = asked.asker;
  await source.settled(asked.signal);
  const seen = extensionsOf(source).filter((extension) => mayBeSeen(asked, extension));
  return ok(renderPage(asked, `${accountPath(source)}/presence`, seen, (extension) => renderPresence(asked, extension)));
};

/** Do-not-disturb and the message are the PBX's; the rest is kept here. */
const putPresence = async (asked: Asked): Promise<Answer> => {
  requirePermission(asked.asker, 'EditPresence');
  const { source } = asked.asker;
  const number = extensionAsked(asked);
  requireOwn(asked.asker, number);
  const extension = source.engine.extension(number);
  if (extension === undefined) throw noResource('extensionId');
  const { message, ...settings } = parseBody(presenceBody, asked.body);
  const dnd = settings.dndStatus === undefined ? undefined : settings.dndStatus === 'DoNotAcceptAnyCalls';
  const before = source.presence.get(number);
  // Before the events that tell of it, which show the settings as well.
  source.presence.change(number, settings);
  if (settings.userStatus !== undefined && settings.userStatus !== before.userStatus) await say(asked, number, settings.userStatus);
  if (dnd !== undefined && dnd !== extension.dnd) await perform(asked, { name: 'setDnd', extension: number, dnd });
  if (message !== undefined && (message ?? '') !== (extension.statusText ?? '')) {
    await perform(asked, { name: 'setStatus', extension: number, text: message ?? '' });
  }
  await source.settled(asked.signal);
  return ok(renderPresence(asked, source.engine.extension(number) ?? extension));
};

/** What a user says of itself is the gateway's own: its event tells everybody, by whatever API they hear. */
const say = async ({ asker: { source } }: Asked, extension: ExtensionNumber, status: UserStatus): Promise<void> => {
  const user = source.users.ofExtension(source.tenant, extension);
  if (user !== undefined)
    await source.engine.tell({ type: 'user.status', at: source.clock.now(), user: user.name, status: wordOf(status) });
};

const listActiveCalls = async (asked: Asked): Promise<Answer> => {
  requirePermission(asked.asker, 'ReadAccounts');
  requireAccount(asked);
  const { source } = asked.asker;
  await source.settled(asked.signal);
  const calls = extensionsOf(source).flatMap((extension) => stateOf(source, extension).calls.map((call) => ({ extension, call })));
  return ok(renderPage(asked, `${accountPath(source)}/active-calls`, calls, (each) => renderActiveCall(asked, each)));
};

const listExtensionActiveCalls = async (asked: Asked): Promise<Answer> => {
  const { source } = asked.asker;
  await source.settled(asked.signal);
  const extension = extensionSeen(asked);
  const calls = stateOf(source, extension).calls.map((call) => ({ extension, call }));
  return ok(renderPage(asked, `${extensionPath(source, extension)}/active-calls`, calls, (each) => renderActiveCall(asked, each)));
};

/** Shaped like an entry of the call log, for those who poll. */
const renderActiveCall = (
  { asker: { source }, base }: Asked,
  { extension, call: { call, party } }: { readonly extension: Extension; readonly call: ActiveCall },
): object => {
  const id = party.leg.slice('leg_'.length);
  const seconds = Math.max(0, Math.floor((source.clock.now() / 1_000 - Date.parse(party.startedAt)) / 1_000));
  const { from, to } = source.renderer.party({ call }, party);
  return {
    uri: `${base}${extensionPath(source, extension)}/active-calls/${id}`,
    id,
    sessionId: sessionIdOf(call),
    telephonySessionId: telephonySessionIdOf(call),
    partyId: partyIdOf(call, party.number),
    startTime: party.startedAt,
    duration: seconds,
    type: 'Voice',
    direction: party.direction,
    action: 'Phone Call',
    result: 'In Progress',
    telephonyStatus: callStatusOf(party),
    from,
    to,
    extension: renderExtensionRef(source, extension, base),
    transport: 'VoIP',
    lastModifiedTime: party.startedAt,
  };
};

const root = '/restapi/v1.0/account/:accountId';

export const presenceEndpoints: readonly Endpoint[] = [
  { method: 'GET', path: `${root}/presence`, handle: listPresence },
  { method: 'GET', path: `${root}/extension/:extensionId/presence`, handle: getPresence },
  { method: 'PUT', path: `${root}/extension/:extensionId/presence`, handle: putPresence },
  { method: 'GET', path: `${root}/active-calls`, handle: listActiveCalls },
  { method: 'GET', path: `${root}/extension/:extensionId/active-calls`, handle: listExtensionActiveCalls },
];
