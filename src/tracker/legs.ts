import type { Leg, LegState, Party } from '../model/call.ts';
import type { Endpoint } from '../model/fact.ts';
import { legIdOf, type ChannelId } from '../model/ids.ts';
import { isoTime, type Micros } from '../model/time.ts';
import { announce, patchCall } from './calls.ts';
import type { Change, LegChannel } from './change.ts';
import { noParty, type Channel, type TrackedCall } from './state.ts';

/** The state of a leg, of what is known of its channel. */
export const legStateOf = (channel: Channel, leg: Leg): LegState => {
  if (leg.endedAt !== undefined) return 'ended';
  if (channel.parked !== undefined) return 'parked';
  if (channel.waiting !== undefined && channel.hears.length === 0) return 'queued';
  if (leg.connectedAt !== undefined) return leg.held && isHolding(channel) ? 'held' : 'connected';
  return leg.ringingAt === undefined ? 'initiated' : 'ringing';
};

/** A leg that was taken out of its bridge holds nobody any more; that is told when it goes on to somebody else. */
const isHolding = (channel: Channel): boolean => channel.bridge !== undefined || channel.isLeftAlone === true;

/** Changes a channel and its leg together, and derives the leg's state anew. */
export const updateLeg = (
  change: Change,
  channel: LegChannel,
  patch: { readonly channel?: Channel; readonly leg?: Partial<Leg> },
): LegChannel => {
  const next = patch.channel ?? channel;
  const leg = { ...channel.leg, ...patch.leg };
  const updated = { ...next, leg: { ...leg, state: legStateOf(next, leg) } };
  change.setChannel(updated);
  change.presenceIsDue(leg.extension);
  return updated;
};

export interface LegBeginning {
  readonly number: string;
  readonly name: string;
  /** What it dialled, of a leg that calls. */
  readonly dialled: string | undefined;
  /** When it began, if that is not now. */
  readonly startedAt?: Micros;
}

/** Makes a leg of a phone's or trunk's channel, and announces it and, if it is the first, its call. */
export const beginLeg = (change: Change, id: ChannelId, beginning: LegBeginning): void => {
  const channel = change.channel(id);
  if (channel === undefined || channel.leg !== undefined) return;
  const { endpoint } = channel;
  if (endpoint.kind !== 'extension' && endpoint.kind !== 'trunk') return;
  const call = change.call(channel.call);
  const isFirst = call.lastOrdinal === 0;
  const commanded = change.commanded(id);
  const party = partyOf(change, endpoint, beginning.number, beginning.name);
  const dialled = commanded?.number ?? beginning.dialled;
  const ordinal = call.lastOrdinal + 1;
  const to = dialled === undefined ? noParty : change.party(dialled);
  const user = endpoint.kind === 'extension' ? change.owners.get(endpoint.extension) : undefined;
  const leg: Leg = {
    id: legIdOf(change.pbx, change.link.startedAt, id),
    callId: call.id,
    ordinal,
    ...(endpoint.kind === 'extension' ? { extension: endpoint.extension } : { trunk: endpoint.trunk }),
    ...(user === undefined ? undefined : { user }),
    device: endpoint.device,
    direction: dialled === undefined && !(channel.isOriginated && endpoint.kind === 'extension') ? 'inbound' : 'outbound',
    party,
    peer: dialled === undefined ? (isFirst ? noParty : call.from) : to,
    state: 'initiated',
    held: false,
    muted: false,
    startedAt: isoTime(beginning.startedAt ?? change.at),
    channel: id,
  };
  change.setChannel({ ...channel, isOriginated: channel.isOriginated || commanded !== undefined, leg });
  change.legs = change.legs.set(leg.id, id);
  patchCall(change, call.id, {
    ...callWithLeg(call, endpoint, party, isFirst ? { to, dialled } : undefined),
    lastOrdinal: ordinal,
    ...(commanded === undefined ? undefined : { clickToDial: true }),
  });
  change.removeCommanded(id);
  if (endpoint.kind === 'extension') enlist(change, endpoint, id);
  announce(change, call.id);
  change.emitLeg('leg.started', id, {});
};

/** What a new leg tells of its call: who called whom, and whether that crosses the trunk. */
const callWithLeg = (
  call: TrackedCall,
  endpoint: Endpoint,
  party: Party,
  first: { readonly to: Party; readonly dialled: string | undefined } | undefined,
): Partial<TrackedCall> => {
  const isOutside = endpoint.kind === 'trunk';
  if (first !== undefined) {
    const isInbound = isOutside && first.dialled !== undefined;
    return {
      from: party,
      to: first.to,
      ...(first.dialled === undefined ? undefined : { dialled: first.dialled }),
      ...(isInbound ? { did: first.dialled } : undefined),
      direction: isOutside ? (isInbound ? 'inbound' : 'outbound') : 'internal',
    };
  }
  if (isOutside) return call.direction === 'internal' ? { direction: 'outbound' } : {};
  // The number that was dialled turns out to be an extension's own.
  return call.to.extension === undefined && call.to.number === party.number ? { to: party } : {};
};

const enlist = (change: Change, endpoint: Extract<Endpoint, { kind: 'extension' }>, id: ChannelId): void => {
  const known = change.extension(endpoint.extension);
  const { extension: number, device } = endpoint;
  change.setExtension(
    known === undefined
      ? {
          number,
          name: '',
          devices: [device],
          presence: 'idle',
          since: change.at,
          dnd: false,
          registered: [],
          tellsRegistrations: false,
          leaving: [],
          channels: [id],
        }
      : {
          ...known,
          devices: known.devices.includes(device) ? known.devices : [...known.devices, device],
          channels: [...known.channels, id],
        },
  );
  change.presenceIsDue(number);
};

/** A phone is its extension, whatever caller id it was made to show; a trunk's number is what the PBX says. */
export const partyOf = (change: Change, endpoint: Endpoint, number: string, name: string): Party => {
  if (endpoint.kind !== 'extension') return { number, name };
  const { extension } = endpoint;
  const shown = number === extension ? name : '';
  return { number: extension, name: shown === '' ? (change.extension(extension)?.name ?? '') : shown, extension };
};

export const ringLeg = (change: Change, id: ChannelId): void => {
  const channel = change.leg(id);
  if (channel === undefined || channel.leg.ringingAt !== undefined || channel.state === 'up') return;
  updateLeg(change, channel, { leg: { ringingAt: isoTime(change.at) } });
  change.emitLeg('leg.ringing', id, {});
};

/** The leg is through: it hears another, or what has answered it. */
export const connectLeg = (change: Change, id: ChannelId): void => {
  const channel = change.leg(id);
  if (channel === undefined || (channel.leg.connectedAt !== undefined && channel.isToReconnect !== true)) return;
  const { queue: _queue, ...leg } = channel.leg;
  const { isToReconnect: _isToReconnect, ...connected } = channel;
  updateLeg(change, { ...channel, leg }, { channel: connected, leg: { connectedAt: leg.connectedAt ?? isoTime(change.at) } });
  change.emitLeg('leg.connected', id, {});
};

export const holdLeg = (change: Change, id: ChannelId): void => {
  const channel = change.leg(id);
  if (channel === undefined || channel.leg.held) return;
  updateLeg(change, channel, { leg: { held: true } });
  change.emitLeg('leg.held', id, {});
};

/** An "unhold" that no hold went before says nothing: every transfer by REFER brings one. */
export const resumeLeg = (change: Change, id: ChannelId): void => {
  const channel = change.leg(id);
  if (channel === undefined || !channel.leg.held) return;
  updateLeg(change, channel, { leg: { held: false } });
  change.emitLeg('leg.resumed', id, {});
};

export const muteLeg = (change: Change, id: ChannelId, muted: boolean): void => {
  const channel = change.leg(id);
  if (channel === undefined || channel.leg.muted === muted) return;
  updateLeg(change, channel, { leg: { muted } });
  change.emitLeg(muted ? 'leg.muted' : 'leg.unmuted', id, {});
};

/** Who was called by whom can be followed through local pairs: the leg that a channel rings for. */
export const callerLegOf = (change: Change, id: ChannelId): LegChannel | undefined => {
  let caller = change.channel(id)?.caller;
  // A chain of local channels is short; the bound is against a PBX that tells of a ring of them.
  for (let hops = 0; hops < 8 && caller !== undefined; hops += 1) {
    const channel = change.channel(caller);
    if (channel === undefined) return undefined;
    if (channel.leg !== undefined) return change.leg(caller);
    const other = change.channel(channel.other);
    if (other?.bridge !== undefined) {
      const beside = change.bridges.get(other.bridge.bridge)?.find((member) => change.leg(member) !== undefined);
      if (beside !== undefined) return change.leg(beside);
    }
    caller = other?.caller;
  }
  return undefined;
};
