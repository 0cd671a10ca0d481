import type { ExtensionNumber } from '../../model/ids.ts';
import { hasPermission, isAdmin, type Permission } from './auth.ts';
import type { Asker } from './endpoint.ts';
import { anotherExtension, applicationLacks, RingCentralError } from './errors.ts';
import { callOfTelephonySession } from './ids.ts';
import { statusCodes } from './schema.ts';
import type { DisabledFilter, Filter, ParsedFilters, ReminderFilter, SessionFilter, SessionScope } from './subscription.ts';

export const mostFilters = 1_000;
const longestFilter = 1_024;

/**
 * Reads what a client wishes to be told of: `[scheme://host][/restapi/v1.0]/account/{~|id}[/extension/{~|id}]/resource[?...]`.
 * Each comes back with its `~` replaced and its query as it was; of two that are the same, one. Throws SUB-508 when none of
 * them can be served, SUB-406 for another account, CMN-401 and CMN-404 for what the asker may not see.
 */
export const parseFilters = (texts: readonly string[], asker: Asker): ParsedFilters => {
  const filters = new Map<string, Filter>();
  const disabled = new Map<string, DisabledFilter>();
  for (const text of texts) {
    const parsed = text.length > longestFilter ? undefined : parseFilter(text, asker);
    if (parsed === undefined) disabled.set(text, notServed(text));
    else if ('reason' in parsed) disabled.set(parsed.filter, parsed);
    else filters.set(parsed.text, parsed);
  }
  if (![...filters.values()].some(({ kind }) => kind !== 'reminder')) {
    const listed = texts.map((text) => text.slice(0, longestFilter)).join(', ');
    throw new RingCentralError('SUB-508', `Invalid event filters: [${listed}]`, { parameterName: 'eventFilters' });
  }
  return { filters: [...filters.values()], disabled: [...disabled.values()] };
};

const notServed = (filter: string): DisabledFilter => ({ filter, reason: 'CMN-109', message: 'Feature not available.' });

const root = '/restapi/v1.0';

const parseFilter = (text: string, asker: Asker): Filter | DisabledFilter | undefined => {
  const bare = text.trim().replace(/^[a-z]+:\/\/[^/]*/i, '');
  const [path, query] = split(bare.startsWith(root) ? bare.slice(root.length) : bare, '?');
  const search = query === '' ? '' : `?${query}`;
  const parameters = new URLSearchParams(query);
  if (path === '/subscription/~') return parseReminder(`${root}${path}${search}`, parameters);
  const [, account, extensionId, resource] = /^\/account\/([^/]+)(?:\/extension\/([^/]+))?\/(.+?)\/?$/.exec(path) ?? [];
  if (account === undefined || resource === undefined) return undefined;
  const { ids } = asker.source;
  if (account !== '~' && account !== String(ids.account)) throw otherAccount();
  const extension = extensionId === undefined || extensionId === '~' ? asker.extension : ids.extensionOf(extensionId);
  if (extension === undefined) throw otherAccount();
  const isOfExtension = extensionId !== undefined;
  const resolved = `${root}/account/${ids.account}${isOfExtension ? `/extension/${ids.extension(extension)}` : ''}/${resource}${search}`;
  const [sessions, session] = /^telephony\/sessions(?:\/([^/]+))?$/.exec(resource) ?? [];
  if (sessions !== undefined && !(isOfExtension && session !== undefined)) {
    require(asker, 'CallControl', isOfExtension ? extension : undefined);
    const scope = scopeOf(isOfExtension ? extension : undefined, session);
    const wrong = unknownCondition(parameters);
    if (wrong !== undefined) return { filter: resolved, reason: 'CMN-101', message: `Parameter [${wrong}] value is invalid.` };
    return scope === undefined ? undefined : { kind: 'sessions', text: resolved, scope, ...conditionsOf(parameters) };
  }
  if (resource === 'presence') {
    require(asker, isOfExtension ? 'ReadPresence' : 'ReadAccounts', isOfExtension ? extension : undefined);
    const sip = isOn(parameters, 'sipData');
    const detailed = isOfExtension && (sip || isOn(parameters, 'detailedTelephonyState'));
    return { kind: 'presence', text: resolved, ...(isOfExtension ? { extension } : undefined), detailed, sip: isOfExtension && sip };
  }
  if (resource === 'missed-calls' && extension !== asker.extension) {
    throw new RingCentralError('SUB-527', 'Not allowed subscribe for missed calls of another extension');
  }
  return notServed(resolved);
};

const split = (text: string, separator: string): readonly [string, string] => {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
};

const otherAccount = (): RingCentralError =>
  new RingCentralError('SUB-406', 'Not allowed subscribe for events to extensions of other account', { parameterName: 'eventFilters' });

/** What is not one's own is seen by who may observe everything. */
const require = ({ identity, extension }: Asker, permission: Permission, wanted: ExtensionNumber | undefined): void => {
  if (!hasPermission(identity, permission)) throw applicationLacks(permission);
  if (wanted !== extension && !identity.scopes.has('observe') && !isAdmin(identity)) throw anotherExtension();
};

const scopeOf = (extension: ExtensionNumber | undefined, session: string | undefined): SessionScope | undefined => {
  if (extension !== undefined) return { of: 'extension', extension };
  if (session === undefined) return { of: 'account' };
  const call = callOfTelephonySession(session);
  return call === undefined ? undefined : { of: 'call', call };
};

const isOn = (parameters: URLSearchParams, name: string): boolean => parameters.get(name)?.toLowerCase() === 'true';

/**
 * The first condition whose value nothing that is told ever has. Passed over, the filter would tell of everything instead of what
 * was asked for.
 */
const unknownCondition = (parameters: URLSearchParams): string | undefined =>
  Object.entries(conditionValues).find(([name, values]) => {
    const value = parameters.get(name)?.toLowerCase();
    return value !== undefined && !values.some((each) => each.toLowerCase() === value);
  })?.[0];

const directions = ['Inbound', 'Outbound'] as const;
const conditionValues: Readonly<Record<string, readonly string[]>> = {
  direction: directions,
  statusCode: statusCodes,
  missedCall: ['true', 'false'],
};

const conditionsOf = (parameters: URLSearchParams): Omit<SessionFilter, 'kind' | 'text' | 'scope'> => {
  const wanted = parameters.get('direction')?.toLowerCase();
  const direction = directions.find((each) => each.toLowerCase() === wanted);
  const code = parameters.get('statusCode')?.toLowerCase();
  const statusCode = statusCodes.find((each) => each.toLowerCase() === code);
  const missed = parameters.get('missedCall')?.toLowerCase();
  const phoneNumber = parameters.get('phoneNumber')?.trim();
  return {
    ...(direction === undefined ? undefined : { direction }),
    ...(missed === 'true' || missed === 'false' ? { missedCall: missed === 'true' } : undefined),
    // A plus that was not escaped has come as a space.
    ...(phoneNumber === undefined || phoneNumber === '' ? undefined : { phoneNumber: phoneNumber.replace(/^\+?/, '+') }),
    ...(statusCode === undefined ? undefined : { statusCode }),
    withRecordings: isOn(parameters, 'withRecordings'),
    sip: isOn(parameters, 'sipData'),
  };
};

const parseReminder = (text: string, parameters: URLSearchParams): ReminderFilter => {
  const [threshold, interval] = ['threshold', 'interval'].map((name) => Number(parameters.get(name) ?? Number.NaN));
  if (threshold === undefined || interval === undefined || !(threshold >= 1) || !(interval >= 1) || interval > threshold / 2) {
    throw invalidReminder();
  }
  return { kind: 'reminder', text, threshold: Math.trunc(threshold), interval: Math.trunc(interval) };
};

export const invalidReminder = (): RingCentralError =>
  new RingCentralError('SUB-516', 'Invalid reminder parameters', { parameterName: 'eventFilters' });
