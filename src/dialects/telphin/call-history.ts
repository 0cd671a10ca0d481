import type { Call, Disposition, Leg } from '../../model/call.ts';
import type { ExtensionNumber, LegId, RecordingId } from '../../model/ids.ts';
import type { CallQuery } from '../../store/store.ts';
import { notFound } from './errors.ts';
import { recordingUuidOf, vendorCallId, withoutDashes } from './ids.ts';
import { checkClient, extensionAsked, parsePaging, parseTime, requireSight } from './parse.ts';
import { renderRecordingId, renderTime, type Writing } from './render.ts';
import type { Answer, Asked, TenantSource } from './source.ts';

/** Calls that are looked through for a page of those that are asked for. */
const mostScanned = 5_000;
const scannedAtOnce = 200;

/** Calls that have ended, of the client or of the path's extension, the newest first unless `order` is `asc`. */
export const listHistory = (asked: Asked): Answer => {
  checkClient(asked);
  const { source, query, params } = asked;
  const extension = params['extension'] === undefined ? extensionOfQuery(asked) : extensionAsked(asked);
  requireSight(asked.identity, extension);
  const { page, perPage } = parsePaging(query) ?? { page: 1, perPage: 20 };
  const order = query.get('order') === 'asc' ? 'asc' : 'desc';
  const [from, to] = [parseTime(query, 'start_datetime'), parseTime(query, 'end_datetime')];
  const period = {
    ...(extension === undefined ? undefined : { extension }),
    ...(from === undefined ? undefined : { from }),
    ...(to === undefined ? undefined : { to }),
  };
  const fits = fittingOf(query, source);
  const wanted = order === 'asc' ? mostScanned : page * perPage;
  const calls = scan(source, period, fits, wanted);
  if (order === 'asc') calls.reverse();
  const shown = calls.slice((page - 1) * perPage, page * perPage).map((call) => renderHistory(call, source));
  return { status: 200, body: { page, per_page: perPage, order, call_history: shown } };
};

/** One of the newest, by the id that its events gave; it alone tells of recordings. */
export const getHistory = async (asked: Asked): Promise<Answer> => {
  checkClient(asked);
  requireSight(asked.identity);
  const { source, params } = asked;
  const wanted = withoutDashes(params['call'] ?? '').toLowerCase();
  const id = source.projection.view().state.ended.findLast((each) => vendorCallId(source.knownAs(each)) === wanted);
  const call = id === undefined ? undefined : source.store.history.get(source.tenant, id);
  if (call === undefined) throw notFound();
  const recordings = await source.control.recordings(source.tenant, call.id);
  const recorded = new Map(recordings.flatMap((recording) => (recording.legId === undefined ? [] : [[recording.legId, recording.id]])));
  return { status: 200, body: renderHistory(call, source, recorded) };
};

const extensionOfQuery = ({ query, source }: Asked): ExtensionNumber | undefined => {
  const id = query.get('extension_id') ?? '';
  if (id === '') return undefined;
  const extension = /^\d{1,15}$/.test(id) ? source.numbers.byId(Number(id)) : undefined;
  if (extension === undefined) throw notFound();
  return extension;
};

const fittingOf = (query: URLSearchParams, { numbers }: Writing): ((call: Call) => boolean) => {
  const [flow, from, to] = [query.get('flow'), query.get('from_username'), query.get('to_username')];
  return (call) =>
    (flow === null || flow === '' || flow === flowOf(call)) &&
    (from === null || from === '' || numbers.numberOf(call.from) === from) &&
    (to === null || to === '' || numbers.numberOf(call.to) === to);
};

/** Newest first. */
const scan = (
  { store, tenant }: TenantSource,
  period: Omit<CallQuery, 'limit' | 'before'>,
  fits: (call: Call) => boolean,
  wanted: number,
): Call[] => {
  const found: Call[] = [];
  let before: Call | undefined;
  for (let scanned = 0; scanned < mostScanned && found.length < wanted; scanned += scannedAtOnce) {
    const page = store.history.list(tenant, {
      ...period,
      limit: scannedAtOnce,
      ...(before === undefined ? undefined : { before: before.id }),
    });
    found.push(...page.filter(fits));
    before = page.at(-1);
    if (page.length < scannedAtOnce) break;
  }
  return found.slice(0, wanted);
};

const flowOf = ({ direction }: Call): 'in' | 'out' => (direction === 'inbound' ? 'in' : 'out');

/** The recording of each leg that has one. */
type Recorded = ReadonlyMap<LegId, RecordingId>;

/** As a public client's recorded answer has it; what a PBX of your own does not know is `null`. */
const renderHistory = (call: Call, writing: Writing, recorded: Recorded = new Map()): object => {
  const { numbers, options } = writing;
  const own = call.legs.find(({ extension }) => extension !== undefined);
  const answered = call.legs.find(({ direction, connectedAt }) => direction === 'inbound' && connectedAt !== undefined);
  return {
    call_uuid: vendorCallId(writing.knownAs(call.id)).toUpperCase(),
    flow: flowOf(call),
    init_time_gmt: renderTime(call.startedAt),
    start_time_gmt: renderTime(call.startedAt),
    bridged_time_gmt: call.answeredAt === undefined ? null : renderTime(call.answeredAt),
    hangup_time_gmt: renderTime(call.endedAt ?? call.startedAt),
    duration: seconds(call.startedAt, call.endedAt),
    bridged: call.answeredAt !== undefined,
    bridged_duration: seconds(call.answeredAt, call.endedAt),
    bridged_username: call.answeredAt === undefined || answered === undefined ? null : numbers.numberOf(answered.party),
    ...extensionMembers(own?.extension, writing),
    from_username: numbers.numberOf(call.from),
    from_screen_name: call.from.name,
    from_domain: options.domain,
    to_username: numbers.numberOf(call.to),
    to_domain: options.domain,
    did_number: call.did ?? null,
    result: call.answeredAt === undefined ? resultOf(call.disposition ?? 'unknown') : 'bridged',
    hangup_cause: causeOf(call.cause?.name),
    hangup_disposition: endOf(own),
    client_owner_id: options.clientId,
    cdr: call.legs
      .filter(({ extension, supervising }) => extension !== undefined && supervising === undefined)
      .map((leg) => renderCdr(call, leg, writing, recorded)),
  };
};

/** One extension's part in it. */
const renderCdr = (call: Call, leg: Leg, writing: Writing, recorded: Recorded): object => {
  const { numbers } = writing;
  const [from, to] = leg.direction === 'outbound' ? [leg.party, leg.peer] : [leg.peer, leg.party];
  const { cause, connectedAt, endedAt, startedAt, extension } = leg;
  const recording = recorded.get(leg.id);
  return {
    flow: leg.direction === 'inbound' ? 'in' : 'out',
    init_time_gmt: renderTime(startedAt),
    start_time_gmt: connectedAt === undefined ? null : renderTime(connectedAt),
    hangup_time_gmt: renderTime(endedAt ?? startedAt),
    duration: seconds(connectedAt, endedAt),
    ...extensionMembers(leg.extension, writing),
    from_username: numbers.numberOf(from),
    from_screen_name: from.name,
    to_username: numbers.numberOf(to),
    dest_number: numbers.numberOf(to),
    did_number: call.did ?? null,
    result: cdrResultOf(leg),
    hangup_cause: causeOf(cause?.name),
    hangup_disposition: endOf(leg),
    record_uuid:
      recording === undefined || extension === undefined ? null : renderRecordingId(extension, recordingUuidOf(recording), writing),
  };
};

const extensionMembers = (extension: ExtensionNumber | undefined, { numbers }: Writing): object => ({
  extension_id: extension === undefined ? null : numbers.idOf(extension),
  extension_name: extension === undefined ? null : numbers.full(extension),
  extension_type: extension === undefined ? null : (numbers.kindOf(extension) ?? 'phone'),
});

const seconds = (from: string | undefined, to: string | undefined): number =>
  from === undefined || to === undefined ? 0 : Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1_000));

const resultOf = (disposition: Disposition): string => {
  switch (disposition) {
    case 'answered':
      return 'answered';
    case 'busy':
      return 'busy';
    case 'rejected':
      return 'rejected';
    case 'missed':
    case 'cancelled':
    case 'abandoned':
      return 'not answered';
    case 'failed':
    case 'unknown':
      return 'failed';
    default:
      return disposition satisfies never;
  }
};

const cdrResultOf = ({ connectedAt, voicemail, cause }: Leg): string => {
  if (connectedAt !== undefined) return voicemail === true ? 'voicemail' : 'answered';
  switch (cause?.name) {
    case 'user-busy':
      return 'busy';
    case 'call-rejected':
      return 'rejected';
    case 'answered-elsewhere':
      return 'answered elsewhere';
    case 'normal-clearing':
    case 'no-answer':
    case 'no-user-response':
      return 'not answered';
    default:
      return 'failed';
  }
};

/** The names are Q.850's, as its switches write them: `NORMAL_CLEARING`. */
const causeOf = (name: string | undefined): string => (name ?? 'unknown').replaceAll('-', '_').toUpperCase();

const endOf = (leg: Leg | undefined): string => {
  const isCaller = leg?.direction === 'outbound';
  const isAnswered = leg?.connectedAt !== undefined;
  const endedBy = leg?.endedBy ?? 'unknown';
  switch (endedBy) {
    case 'self':
    case 'command':
      return isAnswered ? (isCaller ? 'caller_bye' : 'callee_bye') : isCaller ? 'caller_cancel' : 'callee_refuse';
    case 'peer':
      return isAnswered ? (isCaller ? 'callee_bye' : 'caller_bye') : isCaller ? 'callee_refuse' : 'caller_cancel';
    case 'pbx':
    case 'unknown':
      return 'internal_cancel';
    default:
      return endedBy satisfies never;
  }
};
