import type { Party } from '../model/call.ts';
import type { FactOf } from '../model/fact.ts';
import type { ChannelId, ExtensionNumber, LegId } from '../model/ids.ts';
import { mergeCalls } from './calls.ts';
import type { Change, LegChannel } from './change.ts';
import { joinQueue, leaveQueue } from './queues.ts';
import { noParty, type Arrival, type Channel } from './state.ts';

/** Transfers of all kinds, and pickup: who sent whom where. That the call goes on is the business of bridges and dials. */

/**
 * The event waits until the transferee arrives somewhere: only then is it known whether that is a person, a slot or a mailbox. A busy
 * PBX may tell of the arrival first: Asterisk publishes a transfer after it has sent the transferee on (main/bridge.c,
 * `ast_bridge_transfer_blind`), from another thread than the transferee's.
 */
export const transferBlind = (change: Change, fact: FactOf<'transfer.blind'>): void => {
  const transferee = change.channel(fact.transferee);
  const by = byOf(change, fact.transferer, [fact.transferee], fact.extension);
  if (transferee === undefined || !fact.succeeded) {
    tell(change, transferee?.id ?? fact.transferer, { kind: 'blind', by, to: change.party(fact.to), succeeded: fact.succeeded });
    return;
  }
  // Parking tells of itself, and sometimes before the transfer to it does.
  if (transferee.parked !== undefined) return;
  change.setChannel({ ...transferee, transfer: { ...by, to: fact.to, since: change.at } });
  const arrival = fact.isAhead === true ? undefined : arrivalOf(change, transferee, fact.transferer);
  if (arrival !== undefined) settleTransfer(change, transferee.id, arrival);
};

/** Where it is by now, if that is no longer with the transferer. */
const arrivalOf = (change: Change, { id, bridge, arrival }: Channel, transferer: ChannelId): Arrival | undefined => {
  if (bridge?.kind !== 'mixing') return arrival;
  return membersBeside(change, id).some((member) => member !== id && member !== transferer) ? 'blind' : undefined;
};

/** The channel has come to something that takes it: a transfer that sent it on has led there. */
export const arrive = (change: Change, id: ChannelId, arrival: Arrival): void => {
  const channel = change.channel(id);
  if (channel === undefined) return;
  if (channel.transfer !== undefined) settleTransfer(change, id, arrival);
  else if (channel.arrival !== arrival) change.setChannel({ ...channel, arrival });
};

/** As `arrive`, for those in the bridge that a channel has entered: nothing but their talk tells that a transfer has led somewhere. */
export const arriveInTalk = (change: Change, id: ChannelId): void => {
  const members = membersBeside(change, id);
  if (members.length > 1) for (const member of members) settleTransfer(change, member, 'blind');
};

const settleTransfer = (change: Change, id: ChannelId, kind: Arrival | 'park', to?: Party): void => {
  const channel = change.channel(id);
  if (channel?.transfer === undefined) return;
  const { transfer, ...settled } = channel;
  change.setChannel(settled);
  tell(change, id, { kind, by: transfer, to: to ?? change.party(transfer.to), succeeded: true });
};

/** How long nothing may be heard of a transferee that lives on, in microseconds: one that is sent to no number ends at once. */
const silentArrival = 5_000_000;

/**
 * A transfer may lead where nothing is told: Asterisk does not tell the first step of an extension with its own application, and an
 * extension that is nothing but a mailbox or music has one step. Who lives on has arrived.
 */
export const settleSilentTransfers = (change: Change): void => {
  for (const { id, transfer, bridge, state } of change.channels()) {
    if (transfer === undefined || bridge !== undefined || state !== 'up') continue;
    if (change.at - (transfer.since ?? 0) >= silentArrival) settleTransfer(change, id, 'blind');
  }
};

/** The transferee ended before it arrived anywhere: there is no such number, or the PBX would not let it. */
export const failTransfer = (change: Change, id: ChannelId): void => {
  const channel = change.channel(id);
  if (channel?.transfer === undefined) return;
  const { transfer, ...settled } = channel;
  change.setChannel(settled);
  tell(change, id, { kind: 'blind', by: transfer, to: change.party(transfer.to), succeeded: false });
};

export const transferAttended = (change: Change, fact: FactOf<'transfer.attended'>): void => {
  const by = byOf(change, fact.first, [fact.transferee, fact.target, fact.second], fact.extension);
  const target = targetOf(change, fact);
  if (fact.succeeded) {
    const known = [fact.first, fact.second, fact.transferee, fact.target].filter((id) => change.channel(id) !== undefined) as ChannelId[];
    const rung = rungBy(change, fact.second).map(({ id }) => id);
    for (const id of [...known, ...rung]) joinBy(change, known[0], id);
    if (fact.target === undefined && fact.transferee !== undefined) takePlace(change, fact.transferee, fact.second);
  }
  // Parking tells of itself, before the transfer to it does.
  if (change.channel(fact.transferee)?.parked !== undefined) return;
  tell(change, fact.transferee ?? fact.first, {
    kind: 'attended',
    by,
    to: target,
    succeeded: fact.succeeded,
  });
};

/** To whom: who is there, who is being rung, or else the number that was consulted: a queue, a menu, a conference. */
const targetOf = (change: Change, { first, second, target, dialled, extension }: FactOf<'transfer.attended'>): Party => {
  const there = target === undefined ? noParty : partyBehind(change, target);
  if (there.number !== '') return there;
  const rung = second === first ? rungInCallOf(change, second) : rungBy(change, second);
  const [callee] = rung;
  if (callee !== undefined && rung.length === 1 && change.channel(second)?.waiting === undefined) return callee.leg.party;
  if (second === first) return noParty;
  const consulting = change.leg(second);
  if (consulting !== undefined) return consulting.leg.peer;
  return dialled === undefined || dialled === extension ? noParty : change.party(dialled);
};

/** A feature of the PBX consults on the same leg, through a pair of channels of its own that name no caller. */
const rungInCallOf = (change: Change, id: ChannelId | undefined): readonly LegChannel[] => {
  const channel = change.channel(id);
  if (channel === undefined) return [];
  return change.liveLegs(change.call(channel.call)).filter(({ leg }) => leg.direction === 'inbound' && leg.connectedAt === undefined);
};

/** Transferred to what has not answered yet: phones that ring, ring for the transferee now, and it waits where the other waited. */
const takePlace = (change: Change, transferee: ChannelId, second: ChannelId | undefined): void => {
  for (const leg of rungBy(change, second)) change.setChannel({ ...leg, caller: transferee });
  const waiting = change.channel(second)?.waiting;
  if (second === undefined || waiting === undefined) return;
  leaveQueue(change, second, 'left');
  joinQueue(change, transferee, waiting.queue, waiting.position, waiting.since);
};

const joinBy = (change: Change, one: ChannelId | undefined, two: ChannelId): void => {
  const first = change.channel(one);
  const second = change.channel(two);
  if (first !== undefined && second !== undefined) mergeCalls(change, first.call, second.call);
};

/** Phones that ring for a channel, and go on ringing when it has ended: somebody else takes its place. */
const rungBy = (change: Change, id: ChannelId | undefined): readonly LegChannel[] => {
  if (id === undefined) return [];
  const channel = change.channel(id);
  const calls = channel === undefined ? change.calls() : [change.call(channel.call)];
  return calls.flatMap((call) => change.liveLegs(call).filter((leg) => leg.caller === id && leg.leg.connectedAt === undefined));
};

const partyRungBy = (change: Change, id: ChannelId | undefined): Party => rungBy(change, id)[0]?.leg.party ?? noParty;

/** Who is at a channel, or on the far side of the pair that it is half of: somebody there, or somebody it rings. */
const partyBehind = (change: Change, id: ChannelId): Party => {
  const channel = change.channel(id);
  if (channel?.leg !== undefined) return channel.leg.party;
  const beyond = channel?.other;
  if (beyond === undefined) return noParty;
  const besides = membersBeside(change, id);
  const heard = membersBeside(change, beyond).find((member) => !besides.includes(member) && change.leg(member) !== undefined);
  return change.leg(heard)?.leg.party ?? partyRungBy(change, beyond);
};

const membersBeside = (change: Change, id: ChannelId): readonly ChannelId[] => {
  const bridge = change.channel(id)?.bridge;
  return bridge === undefined ? [] : (change.bridges.get(bridge.bridge) ?? []);
};

/** One phone takes what rings at another; both calls are one from here on. */
export const pickUp = (change: Change, fact: FactOf<'pickup'>): void => {
  const ringing = change.channel(fact.ringing);
  const picker = change.channel(fact.picker);
  if (ringing === undefined || picker === undefined) return;
  change.setChannel({ ...ringing, isPickedUp: true });
  const { caller } = ringing;
  change.setChannel({
    ...picker,
    ...(caller === undefined ? undefined : { caller }),
    // However it came to pick up, here it is the one that is called.
    ...(picker.leg === undefined ? undefined : { leg: { ...picker.leg, direction: 'inbound' } }),
  });
  mergeCalls(change, ringing.call, picker.call);
};

/** A parked call says by itself that it was parked, by whom. */
export const tellParked = (change: Change, id: ChannelId, by: By, slot: string): void => {
  const channel = change.channel(id);
  if (channel === undefined) return;
  if (channel.transfer !== undefined) {
    settleTransfer(change, id, 'park', { number: slot, name: '' });
    return;
  }
  if (by.byLeg === undefined && by.byExtension === undefined) return;
  tell(change, id, { kind: 'park', by, to: { number: slot, name: '' }, succeeded: true });
};

/**
 * Who transfers. The leg may have ended before the transfer is told: then it is found in the call of one of the `others`, if that is
 * where it was, and else it is known by its `extension` alone.
 */
const byOf = (
  change: Change,
  transferer: ChannelId,
  others: readonly (ChannelId | undefined)[],
  extension: ExtensionNumber | undefined,
): By => {
  const ended = others.flatMap((id) => {
    const channel = change.channel(id);
    return channel === undefined ? [] : change.call(channel.call).ended;
  });
  const leg = change.leg(transferer)?.leg ?? ended.findLast(({ channel }) => channel === transferer);
  const byExtension = leg === undefined ? extension : leg.extension;
  return { ...(leg === undefined ? undefined : { byLeg: leg.id }), ...(byExtension === undefined ? undefined : { byExtension }) };
};

interface By {
  readonly byLeg?: LegId;
  readonly byExtension?: ExtensionNumber;
}

const tell = (
  change: Change,
  about: ChannelId,
  { kind, by, to, succeeded }: { kind: 'blind' | 'attended' | 'park' | 'voicemail'; by: By; to: Party; succeeded: boolean },
): void => {
  const channel = change.channel(about);
  if (channel === undefined) return;
  const data = {
    kind,
    by: {
      ...(by.byLeg === undefined ? undefined : { legId: by.byLeg }),
      ...(by.byExtension === undefined ? undefined : { extension: by.byExtension }),
    },
    to,
    succeeded,
  };
  if (channel.leg !== undefined) {
    change.emitLeg('call.transferred', about, data);
    return;
  }
  const call = change.call(channel.call);
  if (call.isAnnounced) change.emitCall('call.transferred', call, data);
};
