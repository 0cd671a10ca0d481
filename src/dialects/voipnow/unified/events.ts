import { requireScope } from '../../../http/bearer.ts';
import type { ExtensionNumber } from '../../../model/ids.ts';
import { UnifiedError } from '../errors.ts';
import { parseEventBody, parsePhoneCallEvent, parseUnifiedExtension, parseUnifiedType } from '../parse.ts';
import { methods, type PublishedRequest } from '../schema.ts';
import type { UnifiedAnswer, UnifiedAsked } from './asked.ts';
import { listEntries, parseFields, type ListingRules } from './listing.ts';

const members = ['type', 'id', 'method', 'note', 'url', 'status', 'modified', 'links'] as const;
type EventMember = (typeof members)[number];
const rules: ListingRules<EventMember> = {
  members,
  filterable: ['type', 'id', 'method', 'note', 'url', 'status', 'modified'],
  sortBy: 'url',
};

export const createEvent = async (asked: UnifiedAsked): Promise<UnifiedAnswer> => {
  requireScope(asked.identity, ['control']);
  const extension = eventExtension(asked);
  const body = parseEventBody(asked.body);
  const type = parseUnifiedType(asked.type ?? body.type ?? '');
  const { url, ...change } = parsePhoneCallEvent(body);
  if (url === undefined) throw new UnifiedError(400, 'pce_url_invalid', 'The url is missing.');
  const { id } = body;
  const request = await asked.source.requests.add({
    ...change,
    url,
    extension,
    type,
    profile: asked.source.options.unifiedProfile,
    ...(id === undefined ? undefined : { id }),
  });
  return renderEvent(asked, request);
};

export const listEvents = (asked: UnifiedAsked): UnifiedAnswer => {
  requireScope(asked.identity, ['observe', 'control']);
  if (asked.id !== undefined) return parseFields(asked.query, rules)(renderEvent(asked, requestAsked(asked, asked.id)));
  const entries = requestsAsked(asked).map((request) => renderEvent(asked, request));
  return listEntries(entries, asked.query, rules, eventsAddress(asked));
};

export const updateEvent = async (asked: UnifiedAsked): Promise<UnifiedAnswer> => {
  requireScope(asked.identity, ['control']);
  const { id } = requestAsked(asked, asked.id ?? '');
  const change = parsePhoneCallEvent(parseEventBody(asked.body));
  return renderEvent(asked, await asked.source.requests.edit(eventExtension(asked), id, change));
};

export const deleteEvents = (asked: UnifiedAsked): UnifiedAnswer => {
  requireScope(asked.identity, ['control']);
  const extension = eventExtension(asked);
  const doomed = asked.id === undefined ? requestsAsked(asked) : [requestAsked(asked, asked.id)];
  const deleted = doomed.map(({ id }) => renderEvent(asked, asked.source.requests.remove(extension, id)));
  return deleted.length === 0 ? undefined : deleted;
};

/** `@self` is nobody here: a published request is of a named extension. */
const eventExtension = ({ extension, source }: UnifiedAsked): ExtensionNumber => parseUnifiedExtension(extension, source.numbers);

const requestsAsked = (asked: UnifiedAsked): readonly PublishedRequest[] =>
  asked.source.requests.list(eventExtension(asked), asked.type === undefined ? undefined : parseUnifiedType(asked.type));

const requestAsked = (asked: UnifiedAsked, id: string): PublishedRequest => {
  if (asked.type === undefined) throw new UnifiedError(400, 'pce_type_invalid', 'An id needs the type of its event.');
  const found = requestsAsked(asked).find((request) => request.id === id);
  if (found === undefined) throw new UnifiedError(400, 'pce_id_invalid', 'Value supplied as id of the event is invalid.');
  return found;
};

const eventsAddress = ({ base, user, extension, source, type }: UnifiedAsked): string => {
  const number = source.numbers.extended(parseUnifiedExtension(extension, source.numbers), 'uapi3');
  return `${base}/extensions/${user}/${number}/phoneCallEvents${type === undefined ? '' : `/${type}`}`;
};

/** Numbers travel as texts. */
const renderEvent = (asked: UnifiedAsked, request: PublishedRequest): Readonly<Record<EventMember, unknown>> => {
  const { type, id, method, notes, url, enabled, modified } = request;
  return {
    type: String(type),
    id,
    method: String(methods.indexOf(method)),
    note: notes,
    url,
    status: enabled ? '1' : '0',
    modified,
    links: { self: `${eventsAddress({ ...asked, type: String(type) })}/${id}` },
  };
};
