/** Who hears whom. */
import type { Fact } from '../../../model/fact.ts';
import type { Micros } from '../../../model/time.ts';
import { bridgeOf, type Channel, type Memory } from './memory.ts';
import { leftSlot } from './parking.ts';
import { none, type Translate } from './reader.ts';

export const bridged: Translate = (reader, memory) => {
  const { at } = reader;
  const one = memory.channels.get(reader.channel('Bridge-A-Unique-ID'));
  const two = memory.channels.get(reader.channel('Bridge-B-Unique-ID'));
  if (one === undefined || two === undefined) return none;
  if (!hasAnswered(one) || !hasAnswered(two)) {
    one.earlyPeer = two.id;
    two.earlyPeer = one.id;
    return none;
  }
  return [...consultationDone(one, two, at, memory), ...pair(one, two, at), ...throughLoopback([one, two], at, memory)];
};

const hasAnswered = ({ isUp, endpoint }: Channel): boolean => isUp === true || endpoint.kind === 'local' || endpoint.kind === 'internal';

/** A channel has answered, and may have been joined before with one that has, too. */
export const settleEarlyPair = (channel: Channel, at: Micros, { channels }: Memory): readonly Fact[] => {
  const peer = channel.earlyPeer === undefined ? undefined : channels.get(channel.earlyPeer);
  if (peer?.earlyPeer !== channel.id || !hasAnswered(peer)) return none;
  return peer.bridge === undefined && channel.bridge === undefined ? pair(peer, channel, at) : none;
};

/** Whatever is behind a loopback pair is heard from here on: the far half may answer later, or, as voicemail's, never. */
const throughLoopback = (pair: readonly Channel[], at: Micros, { channels }: Memory): readonly Fact[] =>
  pair.flatMap(({ otherHalf }): readonly Fact[] => {
    const far = otherHalf === undefined ? undefined : channels.get(otherHalf);
    if (far === undefined || far.isUp === true) return none;
    far.isUp = true;
    return [{ type: 'channel.state', at, channel: far.id, state: 'up' }];
  });

const pair = (one: Channel, two: Channel, at: Micros): readonly Fact[] => {
  const membership = bridgeOf(one.id, two.id);
  const facts: Fact[] = [];
  for (const [channel, peer] of [
    [one, two],
    [two, one],
  ] as const) {
    facts.push(...leftSlot(channel, at, 'retrieved', peer.id), ...leaveBridge(channel, at));
    if (channel.lastPeer !== undefined && channel.lastPeer !== peer.id) channel.hasChangedPeers = true;
    channel.lastPeer = peer.id;
    delete channel.earlyPeer;
    channel.bridge = { ...membership, with: peer.id };
  }
  // Whoever two channels are joined for, the queue has done its work.
  for (const channel of [one, two]) {
    if (channel.queue === undefined) continue;
    facts.push({ type: 'queue.left', at, channel: channel.id, queue: channel.queue, reason: 'answered' });
    delete channel.queue;
  }
  for (const channel of [two, one]) facts.push({ type: 'bridge.entered', at, channel: channel.id, ...membership });
  return facts;
};

export const unbridged: Translate = (reader, memory) => {
  const { at } = reader;
  // The event names the pair that was, but not always; the channel itself is always one of the two.
  const one = memory.channels.get(reader.has('Bridge-A-Unique-ID') ? reader.channel('Bridge-A-Unique-ID') : reader.channel());
  if (one !== undefined) delete one.earlyPeer;
  if (one?.bridge === undefined) return none;
  const partner = one.bridge.with;
  if (reader.has('Bridge-B-Unique-ID') && reader.channel('Bridge-B-Unique-ID') !== partner) return none;
  const two = memory.channels.get(partner);
  return [...(two === undefined ? leaveBridge(one, at) : part(one, two, at)), ...consultationFailed(one, at, memory)];
};

export const leaveBridge = (channel: Channel, at: Micros): readonly Fact[] => {
  if (channel.bridge === undefined) return none;
  const { bridge } = channel.bridge;
  delete channel.bridge;
  return [{ type: 'bridge.left', at, channel: channel.id, bridge }];
};

/** Both leave the pair that they are; the other may be in another one by now. */
export const part = (one: Channel, two: Channel, at: Micros): readonly Fact[] => [
  ...leaveBridge(one, at),
  ...(two.bridge?.with === one.id ? leaveBridge(two, at) : none),
];

/**
 * `att_xfer` lets a party of a call talk to somebody else meanwhile. FreeSWITCH says no more of it than that the application runs: not
 * that the other party waits, nor that the two talk again.
 */
export const consults = (channel: Channel, at: Micros, { channels }: Memory): readonly Fact[] => {
  const { bridge } = channel;
  const peer = bridge === undefined ? undefined : channels.get(bridge.with);
  if (bridge === undefined || peer === undefined) return none;
  channel.consultsBeside = bridge;
  return [{ type: 'channel.held', at, channel: channel.id }, ...part(channel, peer, at)];
};

/** The party that waited is joined with the one that was consulted: the transfer is done. */
const consultationDone = (one: Channel, two: Channel, at: Micros, { channels }: Memory): readonly Fact[] => {
  for (const [transferee, target] of [
    [one, two],
    [two, one],
  ] as const) {
    const transferer = target.caller === undefined ? undefined : channels.get(target.caller);
    if (transferer?.consultsBeside?.with === transferee.id) return joinsOthers(transferer, transferee, target, at);
  }
  return none;
};

/** A consulting party hangs up: whom it consulted is joined with the one that waits, whether that has been told yet or not. */
export const consultationLeft = (transferer: Channel, at: Micros, { channels }: Memory): readonly Fact[] => {
  const transferee = transferer.consultsBeside === undefined ? undefined : channels.get(transferer.consultsBeside.with);
  const target = [...channels.values()].find(({ caller, isUp }) => caller === transferer.id && isUp === true);
  return transferee === undefined || target === undefined ? none : joinsOthers(transferer, transferee, target, at);
};

const joinsOthers = (transferer: Channel, transferee: Channel, target: Channel, at: Micros): readonly Fact[] => {
  delete transferer.consultsBeside;
  return [
    { type: 'transfer.attended', at, first: transferer.id, transferee: transferee.id, target: target.id, succeeded: true },
    // Whom it consulted it hears no longer, whatever is told of that afterwards.
    ...(transferer.bridge?.with === target.id ? part(transferer, target, at) : none),
  ];
};

/** Who was consulted is gone, or never answered; the transferer, if it stays, is back with the party that waited. */
export const consultationFailed = (channel: Channel, at: Micros, { channels }: Memory): readonly Fact[] => {
  const { consultsBeside } = channel;
  const peer = consultsBeside === undefined ? undefined : channels.get(consultsBeside.with);
  if (peer === undefined || channel.isHangingUp === true || channel.bridge !== undefined || peer.bridge !== undefined) return none;
  delete channel.consultsBeside;
  return pair(channel, peer, at);
};
