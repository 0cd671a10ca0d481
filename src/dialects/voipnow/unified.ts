import { requireScope } from '../../http/bearer.ts';
import type { Call, Leg } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { ExtensionNumber, LegId } from '../../model/ids.ts';
import { actingLeg, callOf, hangUp, isLive, perform, placeCall, slotOf, type Asked, type TenantSource } from './calls.ts';
import { UnifiedError } from './errors.ts';
import { parseCallerId, parsePaging, parsePhoneCallEvent, parseUnifiedExtension, parseUnifiedType } from './parse.ts';
import { apiIdOf } from './project.ts';
import { methods, phoneCallActionBody, phoneCallBody, phoneCallEventBody, type PublishedRequest } from './schema.ts';

/** A UnifiedAPI request of a token's owner. */
export interface UnifiedAsked extends Asked {
  /** Of the path, as far as it goes. */
  readonly extension: string;
  readonly type?: string;
  readonly id?: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  /** Where the API is reached: `https://pbx.example/uapi`. */
  readonly base: string;
  /** The user part of the path, for links. */
  readonly user: string;
  /** Whose token it is, where it is one extension's. */
  readonly own?: ExtensionNumber;
}

/** What is answered; undefined where there is nothing to say, which travels as 204. */
export type UnifiedAnswer = object | undefined;

export const createEvent = async (asked: UnifiedAsked): Promise<UnifiedAnswer> => {
  requireScope(asked.identity, ['control']);
  const extension = eventExtension(asked);
  const body = phoneCallEventBody.safeParse(asked.body);
  if (!body.success) throw new UnifiedError(400, 'body_invalid', 'The body is no PhoneCallEvent.');
  const type = parseUnifiedType(asked.type ?? body.data.type ?? '');
  const { url, ...change } = parsePhoneCallEvent(body.data);
  if (url === undefined) throw new UnifiedError(400, 'pce_url_invalid', 'The url is missing.');
  const { id } = body.data;
  const request = await asked.source.requests.add({
    ...change,
    url,
    extension,
    type,
    profile: 'uapi3',
    ...(id === undefined ? undefined : { id }),
  });
  return renderEvent(asked, request);
};

export const listEvents = (asked: UnifiedAsked): UnifiedAnswer => {
  requireScope(asked.identity, ['observe', 'control']);
  if (asked.id !== undefined) return renderEvent(asked, requestAsked(asked, asked.id));
  const { count, startIndex, descending } = parsePaging(asked.query);
  const requests = requestsAsked(asked).toSorted((one, two) => (one.url < two.url ? -1 : one.url > two.url ? 1 : 0));
  if (descending) requests.reverse();
  const entry = requests.slice(startIndex, startIndex + count).map((request) => renderEvent(asked, request));
  if (entry.length === 0) return undefined;
  return { startIndex, itemsPerPage: count, totalResults: requests.length, entry, links: { self: eventsAddress(asked) } };
};

export const updateEvent = async (asked: UnifiedAsked): Promise<UnifiedAnswer> => {
  requireScope(asked.identity, ['control']);
  const { id } = requestAsked(asked, asked.id ?? '');
  const body = phoneCallEventBody.safeParse(asked.body);
  if (!body.success) throw new UnifiedError(400, 'body_invalid', 'The body is no PhoneCallEvent.');
  return renderEvent(asked, await asked.source.requests.edit(eventExtension(asked), id, parsePhoneCallEvent(body.data)));
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
const renderEvent = (asked: UnifiedAsked, { type, id, method, notes, url, enabled, modified }: PublishedRequest): object => ({
  type: String(type),
  id,
  method: String(methods.indexOf(method)),
  note: notes,
  url,
  status: enabled ? '1' : '0',
  modified,
  links: { self: `${eventsAddress({ ...asked, type: String(type) })}/${id}` },
});

/** Only the simple call: a conference's invitation and a callback are made otherwise. */
export const createCall = async (asked: UnifiedAsked): Promise<UnifiedAnswer> => {
  const { source, query } = asked;
  const body = phoneCallBody.safeParse(asked.body);
  const view = body.data?.phoneCallView[0];
  if (view === undefined) throw new UnifiedError(400, 'body_invalid', 'The body is no PhoneCall with one phoneCallView.');
  const [from, ...others] = view.source;
  const [to, ...moreTo] = view.destination;
  if (others.length > 0 || moreTo.length > 0) {
    throw new UnifiedError(501, 'request_not_implemented', 'A call has one source and one destination.');
  }
  if (Number(query.get('callDuration') ?? 0) !== 0)
    throw new UnifiedError(501, 'request_not_implemented', 'callDuration cannot be limited.');
  if (to === undefined || to === '') throw new UnifiedError(400, 'phonecall_destination_invalid', 'The destination is missing.');
  if (body.data?.extension !== undefined) parseUnifiedExtension(body.data.extension, source.numbers);
  const extension = source.numbers.parse(from ?? '');
  if (extension === undefined) throw new UnifiedError(400, 'phonecall_source_invalid', 'The source is none of the extensions.');
  const wait = query.get('waitForPickup') ?? '25';
  const timeoutSeconds = /^\d{1,3}$/.test(wait) ? Math.min(Math.max(Number(wait), 1), 600) : 25;
  const id = await placeCall(asked, {
    extension,
    number: source.numbers.dialled(to),
    timeoutSeconds,
    ...(view.callerId === undefined || view.callerId === null ? undefined : { callerId: parseCallerId(view.callerId) }),
  });
  return [{ id, links: { self: callAddress(asked, extension, id) } }];
};

export const listCalls = (asked: UnifiedAsked): UnifiedAnswer => {
  requireScope(asked.identity, ['observe', 'control']);
  const extension = callExtension(asked);
  const { count, startIndex, descending } = parsePaging(asked.query);
  const wanted = asked.id ?? filteredId(asked.query);
  const calls = callsOf(asked.source, extension).filter(({ id }) => wanted === undefined || apiIdOf(id) === wanted);
  if (descending) calls.reverse();
  const entry = calls.slice(startIndex, startIndex + count).map((call) => renderCall(asked, extension, call));
  if (entry.length === 0) return undefined;
  return {
    startIndex,
    itemsPerPage: count,
    totalResults: calls.length,
    entry,
    links: { self: `${asked.base}/phoneCalls/${asked.user}/${asked.source.numbers.extended(extension, 'uapi3')}` },
  };
};

export const actOnCall = async (asked: UnifiedAsked): Promise<UnifiedAnswer> => {
  const { source } = asked;
  const extension = callExtension(asked);
  const body = phoneCallActionBody.safeParse(asked.body);
  if (!body.success) throw new UnifiedError(400, 'phonecall_action_invalid', 'The body is no PhoneCallAction.');
  const { action, phoneCallViewId, sendCallTo, maxInParking } = body.data;
  const call = callOf(source, asked.id ?? '');
  // Asked when an action needs it: who fetches a parked call has no leg in it.
  const leg = (): LegId => (call.legs.find((each) => isLive(each) && viewIdOf(each) === phoneCallViewId) ?? actingLeg(call, extension)).id;
  const destination = (): string => {
    if (sendCallTo === undefined) throw new UnifiedError(400, 'phonecall_destination_invalid', 'sendCallTo is missing.');
    return sendCallTo;
  };
  switch (action) {
    case 'OnHold':
      await perform(asked, { name: 'hold', leg: leg() });
      break;
    case 'OffHold':
      await perform(asked, { name: 'resume', leg: leg() });
      break;
    case 'Transfer':
      await perform(asked, { name: 'transfer', leg: leg(), to: source.numbers.dialled(destination()) });
      break;
    case 'Park':
      await perform(asked, { name: 'park', leg: leg(), timeoutSeconds: maxInParking });
      break;
    case 'UnPark': {
      const to = sendCallTo === undefined ? extension : parseUnifiedExtension(sendCallTo, source.numbers);
      await perform(asked, { name: 'retrieve', slot: slotOf(call), extension: to });
      break;
    }
    case 'StartRecording':
      await perform(asked, { name: 'record', leg: leg() });
      break;
    case 'StopRecording':
      await perform(asked, { name: 'stopRecording', leg: leg() });
      break;
    case 'PickUp':
      await perform(asked, { name: 'pickup', leg: leg(), extension });
      break;
    default:
      throw new UnifiedError(501, 'request_not_implemented', `The action ${action.slice(0, 32)} is not implemented.`);
  }
  const now = source.engine.call(call.id);
  return now === undefined ? undefined : renderCall(asked, extension, now);
};

/** Ends the extension's part in one call, or in all of its calls. */
export const deleteCalls = async (asked: UnifiedAsked): Promise<UnifiedAnswer> => {
  const extension = callExtension(asked);
  const calls = asked.id === undefined ? callsOf(asked.source, extension) : [callOf(asked.source, asked.id)];
  const ended: object[] = [];
  for (const call of calls) {
    await hangUp(asked, actingLeg(call, extension));
    const id = apiIdOf(call.id);
    ended.push({ id, links: { self: callAddress(asked, extension, id) } });
  }
  return ended.length === 0 ? undefined : ended;
};

const callExtension = ({ extension, source, own }: UnifiedAsked): ExtensionNumber => {
  if (extension !== '@self') return parseUnifiedExtension(extension, source.numbers);
  if (own === undefined) throw new UnifiedError(400, 'extension_invalid', 'The token is of no extension; @self is nobody.');
  return own;
};

/** Live calls in which the extension takes part or that it has parked, oldest first. */
const callsOf = ({ engine }: TenantSource, extension: ExtensionNumber): Call[] =>
  engine.snapshot().calls.filter(({ legs }) => legs.some((leg) => leg.extension === extension && (isLive(leg) || leg.slot !== undefined)));

const filteredId = (query: URLSearchParams): string | undefined => {
  const filterBy = query.get('filterBy');
  if (filterBy === null || filterBy === '') return undefined;
  if (filterBy !== 'id') throw new UnifiedError(400, 'filterby_invalid', 'filterBy is id.');
  const value = query.get('filterValue');
  if (value === null) throw new UnifiedError(400, 'filtervalue_invalid', 'filterValue is missing.');
  return value;
};

const callAddress = ({ base, user, source }: UnifiedAsked, extension: ExtensionNumber, id: string): string =>
  `${base}/phoneCalls/${user}/${source.numbers.extended(extension, 'uapi3')}/${id}`;

/** Members that are not known are left out. */
const renderCall = (asked: UnifiedAsked, extension: ExtensionNumber, call: Call): object => {
  const id = apiIdOf(call.id);
  return {
    id,
    extension: asked.source.numbers.extended(extension, 'uapi3'),
    published: call.startedAt,
    ...(call.answeredAt === undefined ? undefined : { answered: call.answeredAt }),
    phoneCallView: call.legs.filter(isLive).map((leg) => renderView(asked.source, call, leg)),
    links: { self: callAddress(asked, extension, id) },
  };
};

const viewIdOf = (leg: Leg): string => String(leg.ordinal - 1).padStart(2, '0');

const flows = { internal: '2', outbound: '4', inbound: '8' } as const;

const renderView = ({ numbers }: TenantSource, call: Call, leg: Leg): object => {
  const [caller, called] = leg.direction === 'outbound' ? [leg.party, leg.peer] : [leg.peer, leg.party];
  return {
    id: viewIdOf(leg),
    ...(leg.extension === undefined ? undefined : { extension: numbers.extended(leg.extension, 'uapi3') }),
    source: [numbers.numberOf(caller, 'uapi3')],
    destination: [numbers.numberOf(called, 'uapi3')],
    callerId: caller.name === '' ? caller.number : `${caller.name} <${caller.number}>`,
    flow: flows[call.direction],
    status: viewStatusOf(call, leg),
    ...(leg.ringingAt === undefined ? undefined : { ringing: leg.ringingAt }),
    ...(leg.connectedAt === undefined ? undefined : { answered: leg.connectedAt }),
    recording: leg.recording === undefined ? '0' : '1',
    onHold: call.legs.some(({ held }) => held) ? '1' : '0',
    ...(leg.held && leg.extension !== undefined ? { holder: numbers.extended(leg.extension, 'uapi3') } : undefined),
    ...(leg.slot === undefined ? undefined : { parked: '1', parkedPos: leg.slot.slot }),
  };
};

/** 2 trying, 3 ringing, 4 the other side rings, 5 on call. */
const viewStatusOf = (call: Call, leg: Leg): string => {
  switch (leg.state) {
    case 'initiated':
      return call.legs.some((other) => other.id !== leg.id && other.state === 'ringing') ? '4' : '2';
    case 'ringing':
      return '3';
    case 'connected':
    case 'held':
    case 'parked':
    case 'queued':
      return '5';
    case 'ended':
      return '0';
    default:
      return leg.state satisfies never;
  }
};

/** Refuses what is served by no operation. */
export const notImplemented = (): never => {
  throw new UnifiedError(501, 'request_not_implemented', 'The request is not implemented.');
};

/** For a body that is no JSON. */
export const parseJson = (text: string): unknown => {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new GatewayError('invalid-json', {}, { cause });
  }
};
