import type { CommandRecord, CommandRequest } from '../../control/control.ts';
import { performCommand } from '../../control/perform.ts';
import { placeCall } from '../../control/placing/place-call.ts';
import type { Call, Leg } from '../../model/call.ts';
import { extensionNumber, type ExtensionNumber } from '../../model/ids.ts';
import { badRequest, notFound } from './errors.ts';
import { parseApiId, vendorCallId, withoutDashes } from './ids.ts';
import { checkClient, extensionAsked, parseBody, requireSight } from './parse.ts';
import { apiIdOf, renderCurrentCall } from './render.ts';
import { callActionBody, callbackBody } from './schema.ts';
import type { Answer, Asked, TenantSource } from './source.ts';

/** The vendor's server answers when the PBX has confirmed; what takes longer is told by the events. */
const effectSeconds = 10;

/** Submits, and stays for the effect. */
export const perform = ({ identity, source, signal }: Asked, request: CommandRequest): Promise<CommandRecord> =>
  performCommand(source.control, identity, request, { seconds: effectSeconds, signal });

/** The live call of a call_api_id, also after it was merged into another or of several phones that ring for one; and which of its UUIDs that was. */
export const callOf = ({ engine, placed }: TenantSource, apiId: string): { readonly call: Call; readonly apiUuid: string } | undefined => {
  const wanted = parseApiId(apiId);
  const found = engine.snapshot().calls.flatMap((call) => {
    const apiUuid = [call.id, ...call.aliases].map((id) => placed.idOf(id)).find((uuid) => withoutDashes(uuid) === wanted);
    return apiUuid === undefined ? [] : [{ call, apiUuid }];
  });
  return found.find(({ call }) => call.legs.some(({ state }) => state === 'connected')) ?? found[0];
};

const isLive = (leg: Leg): boolean => leg.state !== 'ended' && leg.supervising === undefined;

/** The leg by which an extension takes part in the call of the path; one that talks goes before one that rings. Throws 404. */
export const legAsked = (asked: Asked): { readonly call: Call; readonly leg: Leg; readonly apiUuid: string } => {
  const extension = extensionAsked(asked);
  const found = callOf(asked.source, asked.params['call'] ?? '');
  const legs = found?.call.legs.filter((each) => isLive(each) && each.extension === extension) ?? [];
  const leg = legs.find(({ state }) => state === 'connected' || state === 'held') ?? legs[0];
  if (found === undefined || leg === undefined) throw notFound();
  return { ...found, leg };
};

export const createCallback = async (asked: Asked): Promise<Answer> => {
  const { source, identity } = asked;
  const behalf = extensionAsked(asked);
  const wish = parseBody(callbackBody, withList(asked.body));
  const sources = wish.src_num.map((number) => phoneNamed(source, number));
  const [first, ...others] = sources;
  if (first === undefined) throw badRequest('src_num is missing.');
  const shown = wish.caller_id_number ?? '';
  const limitSeconds = wish.call_duration ?? 0;
  const digits = wish.dst_dtmf ?? '';
  const call = await placeCall(
    { ...source, identity },
    {
      extensions: [first, ...others],
      number: source.numbers.dialled(wish.dst_num),
      timeoutSeconds: wish.wait_for_pickup ?? 60,
      ...(sources.includes(behalf) ? undefined : { behalf }),
      ...(limitSeconds === 0 ? undefined : { limitSeconds }),
      ...(digits === '' ? undefined : { digits }),
      ...(shown === '' ? undefined : { callerId: { number: shown, name: wish.caller_id_name ?? '' } }),
    },
  );
  return { status: 201, body: { call_api_id: apiIdOf(call, source), call_id: vendorCallId(source.knownAs(call)) } };
};

/** Phones alone are rung: neither numbers outside nor queues. */
const phoneNamed = ({ numbers }: TenantSource, text: string): ExtensionNumber => {
  const extension = numbers.parse(text);
  if (extension === undefined || numbers.kindOf(extension) !== 'phone') throw badRequest(`src_num: ${text} is no phone of this client.`);
  return extension;
};

/** A form-minded client writes the list's name with its brackets. */
const withList = (body: unknown): unknown =>
  typeof body === 'object' && body !== null && 'src_num[]' in body ? { src_num: body['src_num[]'], ...body } : body;

export const listCalls = (asked: Asked): Answer => {
  const extension = extensionAsked(asked);
  requireSight(asked.identity, extension);
  return { status: 200, body: currentCalls(asked.source, extension) };
};

/** Of every extension of the client. */
export const listClientCalls = (asked: Asked): Answer => {
  requireSight(asked.identity);
  checkClient(asked);
  return { status: 200, body: currentCalls(asked.source) };
};

const currentCalls = (source: TenantSource, extension?: ExtensionNumber): readonly object[] =>
  source.engine
    .snapshot()
    .calls.flatMap((call) =>
      call.legs
        .filter((leg) => isLive(leg) && leg.extension !== undefined && (extension === undefined || leg.extension === extension))
        .map((leg) => renderCurrentCall(call, leg, source)),
    );

export const getCall = (asked: Asked): Answer => {
  requireSight(asked.identity, extensionAsked(asked));
  const { call, leg } = legAsked(asked);
  return { status: 200, body: renderCurrentCall(call, leg, asked.source) };
};

/** What rings is declined, anything else hung up. */
export const deleteCall = async (asked: Asked): Promise<Answer> => {
  const { leg } = legAsked(asked);
  await perform(asked, { name: leg.state === 'ringing' && leg.direction === 'inbound' ? 'reject' : 'hangup', leg: leg.id });
  return { status: 204 };
};

export const actOnCall = async (asked: Asked): Promise<Answer> => {
  const { call, leg } = legAsked(asked);
  await perform(asked, requestOf(asked, leg));
  const { source } = asked;
  const now = source.engine.leg(leg.id);
  return { status: 200, body: renderCurrentCall(source.engine.call(now?.callId ?? call.id) ?? call, now ?? leg, source) };
};

const requestOf = ({ source, body }: Asked, { id: leg, extension, state, direction, held }: Leg): CommandRequest => {
  const { action, send_dst: destination = null } = parseBody(callActionBody, body);
  const to = (): string => {
    if (destination === null || destination === '') throw badRequest('send_dst is missing.');
    return source.numbers.dialled(destination);
  };
  const other = (): ExtensionNumber => extensionNumber(to());
  switch (action) {
    case 'transfer':
      return { name: state === 'ringing' && direction === 'inbound' ? 'divert' : 'transfer', leg, to: to() };
    case 'attended_transfer':
      // Of a call that is held for it, without a destination: the second half.
      return held && destination === null ? { name: 'completeTransfer', leg } : { name: 'startTransfer', leg, to: to() };
    case 'eavesdrop':
      return { name: 'supervise', leg, extension: other(), mode: 'listen' };
    case 'whisper':
      return { name: 'supervise', leg, extension: other(), mode: 'whisper' };
    case 'conference':
      return { name: 'join', leg, extension: other() };
    case 'hold':
      return { name: 'hold', leg };
    case 'offhold':
      return { name: 'resume', leg };
    case 'park':
      return { name: 'park', leg };
    case 'pickup':
      return { name: 'pickup', leg, extension: destination === null && extension !== undefined ? extension : other() };
    default:
      return action satisfies never;
  }
};
