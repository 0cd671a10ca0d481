import type { Call, Leg } from '../../../model/call.ts';
import type { ExtensionNumber } from '../../../model/ids.ts';
import { isLive, type TenantSource } from '../calls.ts';
import type { UnifiedAsked } from './asked.ts';

export const callMembers = ['id', 'nonce', 'extension', 'ownerId', 'ownerName', 'published', 'answered', 'phoneCallView', 'links'] as const;
export type CallMember = (typeof callMembers)[number];

/** A PhoneCall, as an extension sees it. Members that are not known are left out. */
export const renderCall = (asked: UnifiedAsked, extension: ExtensionNumber, call: Call): Readonly<Partial<Record<CallMember, unknown>>> => {
  const { engine, numbers, placed, users } = asked.source;
  const id = placed.idOf(call.id);
  const nonce = placed.get(call.id)?.nonce;
  const owner = users.ofExtension(engine.tenant, extension);
  const ownerName = owner?.displayName ?? engine.extension(extension)?.name ?? '';
  return {
    id,
    ...(nonce === undefined ? undefined : { nonce }),
    extension: numbers.extended(extension, 'uapi3'),
    ...(owner === undefined ? undefined : { ownerId: owner.id }),
    ...(ownerName === '' ? undefined : { ownerName }),
    published: call.startedAt,
    ...(call.answeredAt === undefined ? undefined : { answered: call.answeredAt }),
    phoneCallView: call.legs.filter(isLive).map((leg) => renderView(asked.source, call, leg)),
    links: { self: callAddress(asked, extension, id) },
  };
};

export const callsAddress = ({ base, user, source }: UnifiedAsked, extension: ExtensionNumber): string =>
  `${base}/phoneCalls/${user}/${source.numbers.extended(extension, 'uapi3')}`;

export const callAddress = (asked: UnifiedAsked, extension: ExtensionNumber, id: string): string =>
  `${callsAddress(asked, extension)}/${id}`;

/** What a client calls a leg: `00` is the first. */
export const viewIdOf = (leg: Leg): string => String(leg.ordinal - 1).padStart(2, '0');

const flows = { internal: '2', outbound: '4', inbound: '8' } as const;
/** ANSWERED. Of a view that lives no other disposition can be told. */
const answered = '0';

const renderView = ({ engine, numbers }: TenantSource, call: Call, leg: Leg): object => {
  const [caller, called] = leg.direction === 'outbound' ? [leg.party, leg.peer] : [leg.peer, leg.party];
  const parkedBy = engine.slots().find(({ legId }) => legId === leg.id)?.parkedBy;
  const holder = call.legs.find(({ held }) => held)?.extension;
  return {
    id: viewIdOf(leg),
    ...(leg.extension === undefined ? undefined : { extension: numbers.extended(leg.extension, 'uapi3') }),
    source: [numbers.numberOf(caller, 'uapi3')],
    destination: [numbers.numberOf(called, 'uapi3')],
    callerId: caller.name === '' ? caller.number : `${caller.name} <${caller.number}>`,
    flow: flows[call.direction],
    status: viewStatusOf(call, leg),
    ...(leg.ringingAt === undefined ? undefined : { ringing: leg.ringingAt }),
    ...(leg.connectedAt === undefined ? undefined : { answered: leg.connectedAt, disposition: answered }),
    recording: leg.recording === undefined ? '0' : '1',
    onHold: call.legs.some(({ held }) => held) ? '1' : '0',
    ...(holder === undefined ? undefined : { holder: numbers.extended(holder, 'uapi3') }),
    ...(leg.slot === undefined ? undefined : { parked: '1', parkedPos: leg.slot.slot }),
    ...(parkedBy === undefined ? undefined : { parkedBy: numbers.extended(parkedBy, 'uapi3') }),
  };
};

/** 2 trying, 3 ringing, 4 the other side rings, 5 on call. */
const viewStatusOf = (call: Call, leg: Leg): string => {
  const others = call.legs.filter((other) => other.id !== leg.id && isLive(other));
  const otherRings = others.some(({ state }) => state === 'ringing');
  switch (leg.state) {
    case 'initiated':
      return otherRings ? '4' : '2';
    case 'ringing':
      return '3';
    case 'connected':
      // Its own phone was rung first, or its peer was sent on: it talks to nobody yet.
      return otherRings && others.every(({ state }) => state === 'ringing') ? '4' : '5';
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
