import type { Party } from '../model/call.ts';
import type { FactOf } from '../model/fact.ts';
import type { ChannelId, ExtensionNumber, LegId } from '../model/ids.ts';
import { mergeCalls } from './calls.ts';
import type { Change, LegChannel } from './change.ts';
import { joinQueue, leaveQueue } from './queues.ts';
import { noParty } from './state.ts';

/** Transfers of all kinds, and pickup: who sent whom where. That the call goes on is the business of bridges and dials. */

/** The event waits until the transferee arrives somewhere: only then is it known whether that is a person, a slot or a mailbox. */
export const transferBlind = (change: Change, fact: FactOf<'transfer.blind'>): void => {
  const transferer = change.leg(fact.transferer);
  const transferee = change.channel(fact.transferee);
  const by = {
    ...(transferer === undefined ? undefined : { byLeg: transferer.leg.id }),
    ...(transferer?.leg.extension === undefined ? undefined : { byExtension: transferer.leg.extension }),
  };
  if (transferee === undefined || !fact.succeeded) {
    tell(change, fact.transferee ?? fact.transferer, { kind: 'blind', by, to: change.party(fact.to), succeeded: fact.succeeded });
    return;
  }
  // Parking tells of itself, and sometimes before the transfer to it does.
  if (transferee.parked !== undefined) return;
  change.setChannel({ ...transferee, transfer: { ...by, to: fact.to } });
};

export const settleTransfer = (change: Change, id: ChannelId, kind: 'blind' | 'park' | 'voicemail', to?: Party): void => {
  const channel = change.channel(id);
  if (channel?.transfer === undefined) return;
  const { transfer, ...settled } = channel;
  change.setChannel(settled);
  tell(change, id, { kind, by: transfer, to: to ?? change.party(transfer.to), succeeded: true });
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
  const first = change.leg(fact.first);
  const target = targetOf(change, fact);
  if (fact.succeeded) {
    const known = [fact.first, fact.second, fact.transferee, fact.target].filter((id) => change.channel(id) !== undefined) as ChannelId[];
    for (const id of known) joinBy(change, known[0], id);
    if (fact.target === undefined && fact.transferee !== undefined) takePlace(change, fact.transferee, fact.second);
  }
  // Parking tells of itself, before the transfer to it does.
  if (change.channel(fact.transferee)?.parked !== undefined) return;
  tell(change, fact.transferee ?? fact.first, {
    kind: 'attended',
    by: {
      ...(first === undefined ? undefined : { byLeg: first.leg.id }),
      ...(first?.leg.extension === undefined ? undefined : { byExtension: first.leg.extension }),
    },
    to: target,
    succeeded: fact.succeeded,
  });
};

/** To whom: who is there, who is being rung, or else the number that was consulted: a queue, a menu, a conference. */
const targetOf = (change: Change, { first, second, target }: FactOf<'transfer.attended'>): Party => {
  const there = target === undefined ? noParty : partyBehind(change, target);
  if (there.number !== '') return there;
  const rung = second === first ? rungInCallOf(change, second) : rungBy(change, second);
  const [callee] = rung;
  if (callee !== undefined && rung.length === 1 && change.channel(second)?.waiting === undefined) return callee.leg.party;
  const consulting = change.leg(second);
  return consulting === undefined || second === first ? noParty : consulting.leg.peer;
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

const rungBy = (change: Change, id: ChannelId | undefined): readonly LegChannel[] => {
  const channel = change.channel(id);
  if (channel === undefined) return [];
  return change.liveLegs(change.call(channel.call)).filter((leg) => leg.caller === channel.id && leg.leg.connectedAt === undefined);
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
