import { requireScope } from '../../../http/bearer.ts';
import type { Call, Leg } from '../../../model/call.ts';
import { GatewayError } from '../../../model/errors.ts';
import type { ExtensionNumber } from '../../../model/ids.ts';
import { actingLeg, callsOf, hangUp, isLive, perform, place, type TenantSource } from '../calls.ts';
import { UnifiedError } from '../errors.ts';
import { parseCallerId, parseUnifiedExtension } from '../parse.ts';
import { conferenceInviteBody, phoneCallBody } from '../schema.ts';
import type { UnifiedAnswer, UnifiedAsked } from './asked.ts';
import { listEntries, type ListingRules } from './listing.ts';
import { callAddress, callMembers, callsAddress, renderCall, type CallMember } from './render.ts';

const rules: ListingRules<CallMember> = { members: callMembers, filterable: ['id', 'published'], sortBy: 'published' };

/**
 * Several sources ring together, and the first to answer gets the call; then several destinations do, and the first to answer is
 * talked to. A callback is placed the same way.
 */
export const createCall = async (asked: UnifiedAsked): Promise<UnifiedAnswer> => {
  const { source, query } = asked;
  const body = phoneCallBody.safeParse(asked.body);
  const view = body.data?.phoneCallView[0];
  if (view === undefined) throw new UnifiedError(400, 'body_invalid', 'The body is no PhoneCall with one phoneCallView.');
  const [number, ...also] = view.destination.map((each) => source.numbers.dialled(each));
  if (number === undefined || [number, ...also].includes('')) {
    throw new UnifiedError(400, 'phonecall_destination_invalid', 'The destination is missing.');
  }
  if (body.data?.extension !== undefined) parseUnifiedExtension(body.data.extension, source.numbers);
  const [extension, ...more] = view.source.map((each) => sourceExtension(source, each));
  if (extension === undefined) throw invalidSource();
  const limitSeconds = secondsOf(query.get('callDuration'), 0, 86_400);
  const nonce = body.data?.nonce ?? undefined;
  // A call shows one identity: the one meant for whom it reaches, if there are two.
  const callerId = view.callerDestination ?? view.callerId ?? undefined;
  const id = await place(asked, {
    extensions: [extension, ...more],
    number,
    ...(also.length === 0 ? undefined : { also }),
    timeoutSeconds: secondsOf(query.get('waitForPickup'), 1, 600) ?? 25,
    ...(limitSeconds === undefined || limitSeconds === 0 ? undefined : { limitSeconds }),
    ...(nonce === undefined ? undefined : { nonce }),
    ...(callerId === undefined ? undefined : { callerId: parseCallerId(callerId) }),
  });
  return [{ id, links: { self: callAddress(asked, extension, id) } }];
};

/** Rings extensions and puts them into a conference room, each by a call of its own. */
export const inviteToConference = async (asked: UnifiedAsked): Promise<UnifiedAnswer> => {
  const { source, query } = asked;
  const body = conferenceInviteBody.safeParse(asked.body);
  if (!body.success) throw new UnifiedError(400, 'body_invalid', 'The body is no invitation with a phoneCallView.');
  const conference = conferenceAsked(source, body.data.number ?? query.get('number') ?? '', body.data.pin ?? query.get('pin') ?? '');
  const extensions = body.data.phoneCallView.flatMap((view) => view.source).map((each) => sourceExtension(source, each));
  if (extensions.length === 0) throw invalidSource();
  const invited: object[] = [];
  for (const extension of extensions) {
    const record = await perform(asked, { name: 'invite', conference, extension });
    // Until the phone answers its call is the extension's newest.
    const call = record.callId ?? callsOf(source, extension).at(-1)?.id;
    if (call === undefined) throw new GatewayError('timed-out', { command: record.id });
    const id = source.placed.idOf(call);
    invited.push({ id, links: { self: callAddress(asked, extension, id) } });
  }
  return invited;
};

/** The room of a number. One that has a pin in the configuration is opened by it alone. */
const conferenceAsked = ({ engine, options }: TenantSource, number: string, pin: string): string => {
  const room = engine.snapshot().conferences.find((each) => each.number === number || each.name === number);
  if (room === undefined) throw new UnifiedError(400, 'phonecall_destination_invalid', 'The number is that of no conference.');
  const needed = new Map(Object.entries(options.conferencePins)).get(room.number ?? room.name);
  if (needed !== undefined && needed !== pin) throw new UnifiedError(400, 'phonecall_pin_invalid', 'The conference has another pin.');
  return room.name;
};

export const listCalls = (asked: UnifiedAsked): UnifiedAnswer => {
  requireScope(asked.identity, ['observe', 'control']);
  const extension = callExtension(asked);
  const { placed } = asked.source;
  const calls = callsOf(asked.source, extension).filter(({ id }) => asked.id === undefined || placed.idOf(id) === asked.id);
  const entries = calls.map((call) => renderCall(asked, extension, call));
  return listEntries(entries, asked.query, rules, callsAddress(asked, extension));
};

/** Ends the extension's part in one call, or in all of its calls; with `phoneNumber` that of the other party of this number. */
export const deleteCalls = async (asked: UnifiedAsked): Promise<UnifiedAnswer> => {
  const { source, query } = asked;
  const extension = callExtension(asked);
  const phoneNumber = query.get('phoneNumber') ?? '';
  const calls =
    asked.id === undefined ? callsOf(source, extension) : source.placed.find(source.engine.snapshot().calls, asked.id).filter(isLiveCall);
  if (asked.id !== undefined && calls.length === 0) throw new GatewayError('no-such-call');
  const ended: object[] = [];
  for (const call of calls) {
    const leg = phoneNumber === '' ? actingLeg(call, extension) : legOfNumber(source, call, phoneNumber);
    if (leg === undefined) continue;
    await hangUp(asked, leg);
    const id = source.placed.idOf(call.id);
    ended.push({ id, links: { self: callAddress(asked, extension, id) } });
  }
  return ended.length === 0 ? undefined : ended;
};

/** The extension of a path; `@self` is the token's own. */
export const callExtension = ({ extension, source, own }: UnifiedAsked): ExtensionNumber => {
  if (extension !== '@self') return parseUnifiedExtension(extension, source.numbers);
  if (own === undefined) throw new UnifiedError(400, 'extension_invalid', 'The token is of no extension; @self is nobody.');
  return own;
};

const isLiveCall = ({ state }: Call): boolean => state !== 'ended';

const legOfNumber = ({ numbers }: TenantSource, call: Call, phoneNumber: string): Leg | undefined => {
  const extension = numbers.parse(phoneNumber);
  return call.legs.find((leg) => isLive(leg) && (extension === undefined ? leg.party.number === phoneNumber : leg.extension === extension));
};

const sourceExtension = ({ numbers }: TenantSource, text: string): ExtensionNumber => {
  const extension = numbers.parse(text);
  if (extension === undefined) throw invalidSource();
  return extension;
};

const invalidSource = (): UnifiedError => new UnifiedError(400, 'phonecall_source_invalid', 'The source is none of the extensions.');

/** Within what is possible; undefined for what is no number. */
const secondsOf = (text: string | null, least: number, most: number): number | undefined =>
  text !== null && /^\d{1,6}$/.test(text) ? Math.min(Math.max(Number(text), least), most) : undefined;
