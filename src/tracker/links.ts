import type { BridgeMembership } from '../model/fact.ts';
import type { BridgeId, ChannelId } from '../model/ids.ts';
import { answerCall, mergeCalls } from './calls.ts';
import type { Change, LegChannel } from './change.ts';
import { connectLeg, resumeLeg, updateLeg } from './legs.ts';
import type { Channel } from './state.ts';

/** Who hears whom: bridges, and the local pairs that carry sound from one bridge to the next. */

export const enterBridge = (change: Change, id: ChannelId, { bridge, kind }: BridgeMembership): void => {
  const channel = change.channel(id);
  if (channel === undefined || channel.bridge?.bridge === bridge) return;
  if (channel.bridge !== undefined) removeFromBridge(change, channel.bridge.bridge, id);
  const { isMoving: _isMoving, ...settled } = channel;
  change.setChannel({ ...settled, bridge: { bridge, kind } });
  change.bridges = change.bridges.set(bridge, [...(change.bridges.get(bridge) ?? []), id]);
  resumeLeg(change, id);
  const hasHalfMoved = channel.isMoving === true && channel.leg === undefined;
  relink(change, hasHalfMoved ? change.call(channel.call).channels : [id]);
};

export const leaveBridge = (change: Change, id: ChannelId, bridge: BridgeId): void => {
  const channel = change.channel(id);
  if (channel === undefined || channel.bridge?.bridge !== bridge) return;
  const members = change.bridges.get(bridge) ?? [];
  const isMoving = channel.isOptimised !== true && members.some((member) => change.channel(member)?.isOptimised === true);
  removeFromBridge(change, bridge, id);
  const { bridge: _bridge, arrival: _arrival, ...out } = channel;
  change.setChannel(isMoving ? { ...out, isMoving } : out);
  relink(change, [id, ...members]);
};

/** A channel is gone: out of its bridge, and out of the ears of others. */
export const leaveForGood = (change: Change, channel: Channel): void => {
  if (channel.bridge !== undefined) leaveBridge(change, channel.id, channel.bridge.bridge);
  // Neither it nor anybody on the way to another bridge hears the other any more.
  for (const peer of change.channel(channel.id)?.hears ?? []) unlink(change, channel.id, peer);
  // With the last pair gone whoever was to change bridges because of it has done so, or never will.
  if (channel.isOptimised === true && !isAnotherOptimised(change, channel)) settle(change, channel);
};

/** Of several pairs in a row the next may be taken out before the last word of the one before. */
const isAnotherOptimised = (change: Change, half: Channel): boolean =>
  change.call(half.call).channels.some((id) => id !== half.id && change.channel(id)?.isOptimised === true);

const settle = (change: Change, half: Channel): void => {
  const { channels } = change.call(half.call);
  const moving = channels.filter((id) => change.channel(id)?.isMoving === true);
  if (moving.length === 0) return;
  for (const id of moving) {
    const channel = change.channel(id);
    if (channel === undefined) continue;
    const { isMoving: _isMoving, ...settled } = channel;
    change.setChannel(settled);
  }
  relink(change, channels);
};

export const joinHalves = (change: Change, one: ChannelId, two: ChannelId): void => {
  const first = change.channel(one);
  const second = change.channel(two);
  if (first === undefined || second === undefined || first.other === two) return;
  change.setChannel({ ...first, other: two });
  change.setChannel({ ...second, other: one });
  mergeCalls(change, first.call, second.call);
  relink(change, [one, two]);
};

/** From here on legs beside the pair may leave their bridge for the other half's without ceasing to hear each other. */
export const optimiseHalves = (change: Change, one: ChannelId, two: ChannelId): void => {
  for (const id of [one, two]) {
    const half = change.channel(id);
    if (half !== undefined) change.setChannel({ ...half, isOptimised: true });
  }
};

const removeFromBridge = (change: Change, bridge: BridgeId, id: ChannelId): void => {
  const left = (change.bridges.get(bridge) ?? []).filter((member) => member !== id);
  change.bridges = left.length === 0 ? change.bridges.delete(bridge) : change.bridges.set(bridge, left);
};

/** The channels whose sound meets that of `id`, itself among them; none for one that is alone, on hold music, or in a conference. */
export const reach = (change: Change, id: ChannelId): { readonly legs: readonly ChannelId[]; readonly halves: readonly Channel[] } => {
  const legs = new Set<ChannelId>();
  const halves: Channel[] = [];
  const bridges = new Set<BridgeId>();
  const queue: ChannelId[] = [id];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const bridge = change.channel(next)?.bridge;
    if (bridge === undefined || bridge.kind !== 'mixing' || bridges.has(bridge.bridge)) continue;
    bridges.add(bridge.bridge);
    for (const member of change.bridges.get(bridge.bridge) ?? []) {
      const channel = change.channel(member);
      if (channel === undefined) continue;
      if (channel.leg !== undefined) legs.add(member);
      else halves.push(channel);
      if (channel.other !== undefined) queue.push(channel.other);
    }
  }
  return { legs: [...legs], halves };
};

/** Brings links up to date around the channels named: unlinks first, then calls that met are merged, then links. */
const relink = (change: Change, seeds: readonly ChannelId[]): void => {
  const audible = new Map<ChannelId, readonly ChannelId[]>();
  const heardBy = (id: ChannelId): readonly ChannelId[] => {
    const known = audible.get(id);
    if (known !== undefined) return known;
    const { legs } = reach(change, id);
    for (const leg of legs) audible.set(leg, legs);
    if (!audible.has(id)) audible.set(id, legs);
    return legs;
  };

  const affected = new Set<ChannelId>();
  for (const seed of seeds) {
    affected.add(seed);
    for (const id of change.channel(seed)?.hears ?? []) affected.add(id);
    for (const id of heardBy(seed)) affected.add(id);
  }

  for (const id of affected) {
    const channel = change.leg(id);
    // Whoever is heard through a half that moves is heard all the while.
    if (channel === undefined || channel.isMoving === true || isHalfMoving(change, channel)) continue;
    const hears = heardBy(id);
    for (const peer of channel.hears) {
      if (!hears.includes(peer) && change.channel(peer)?.isMoving !== true) unlink(change, id, peer);
    }
  }
  for (const id of affected) {
    const channel = change.leg(id);
    const hears = channel === undefined ? [] : heardBy(id);
    const strangers = hears.filter((peer) => peer !== id && channel?.hears.includes(peer) === false);
    if (strangers.length > 0) meet(change, id, strangers);
  }
};

/** Whether half of another pair changes bridges: of several pairs in a row one is taken out after the other. */
const isHalfMoving = (change: Change, leg: LegChannel): boolean =>
  leg.hears.length > 0 &&
  change.call(leg.call).channels.some((id) => {
    const channel = change.channel(id);
    return channel?.isMoving === true && channel.leg === undefined;
  });

const unlink = (change: Change, one: ChannelId, two: ChannelId): void => {
  const [first, second] = inOrder(change.leg(one), change.leg(two));
  if (first !== undefined) updateLeg(change, first, { channel: { ...first, hears: first.hears.filter((id) => id !== second?.id) } });
  if (second !== undefined) updateLeg(change, second, { channel: { ...second, hears: second.hears.filter((id) => id !== first?.id) } });
  if (first !== undefined && second !== undefined) change.emitLeg('legs.unlinked', first.id, { peer: second.leg.id });
};

const meet = (change: Change, id: ChannelId, strangers: readonly ChannelId[]): void => {
  for (const peer of strangers) {
    const one = change.channel(id);
    const two = change.channel(peer);
    if (one !== undefined && two !== undefined) mergeCalls(change, one.call, two.call);
  }
  for (const peer of strangers.toSorted((one, two) => ordinalOf(change, one) - ordinalOf(change, two))) link(change, id, peer);
};

const ordinalOf = (change: Change, id: ChannelId): number => change.leg(id)?.leg.ordinal ?? 0;

const link = (change: Change, one: ChannelId, two: ChannelId): void => {
  const [first, second] = inOrder(change.leg(one), change.leg(two));
  if (first === undefined || second === undefined) return;
  answerCall(change, first.call, second.leg.id);
  hear(change, first, second);
  hear(change, change.leg(second.id) ?? second, first);
  connectLeg(change, first.id);
  connectLeg(change, second.id);
  change.emitLeg('legs.linked', first.id, { peer: second.leg.id });
};

const hear = (change: Change, channel: LegChannel, peer: LegChannel): void => {
  const { isLeftAlone: _isLeftAlone, ...next } = channel;
  updateLeg(change, channel, { channel: { ...next, hears: [...channel.hears, peer.id] }, leg: { peer: peer.leg.party } });
};

const inOrder = (one: LegChannel | undefined, two: LegChannel | undefined): readonly [LegChannel | undefined, LegChannel | undefined] =>
  one !== undefined && two !== undefined && two.leg.ordinal < one.leg.ordinal ? [two, one] : [one, two];
