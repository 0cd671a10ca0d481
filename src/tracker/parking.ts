import type { FactOf, Parking } from '../model/fact.ts';
import type { ChannelId } from '../model/ids.ts';
import { isoTime, type Micros } from '../model/time.ts';
import { mergeCalls } from './calls.ts';
import type { Change, LegChannel } from './change.ts';
import { resumeLeg, updateLeg } from './legs.ts';
import { slotKey, type Parked } from './state.ts';
import { tellParked } from './transfers.ts';

export const parkChannel = (change: Change, id: ChannelId, parking: Parking, since: Micros): void => {
  const channel = change.channel(id);
  if (channel === undefined || channel.parked !== undefined) return;
  const parker = parkerOf(change, id, parking);
  // Parked without naming for whom, a channel is its own parker: it is the one that would be rung back.
  const isOwnParker = parking.parkerDevice === channel.endpoint.device;
  const parkedBy = isOwnParker ? undefined : (parking.parker ?? parker?.leg.extension);
  const parked: Parked = {
    lot: parking.lot,
    slot: parking.slot,
    ...(parkedBy === undefined ? undefined : { parkedBy }),
    since,
    ...(parking.timeoutSeconds === undefined || parking.timeoutSeconds === 0
      ? undefined
      : { until: since + parking.timeoutSeconds * 1_000_000 }),
  };
  const place = { lot: parked.lot, slot: parked.slot };
  // A slot holds one call: who was thought to be in it has left without a word.
  const former = change.slots.get(slotKey(place));
  if (former !== undefined) releaseSlot(change, former, 'retrieved');
  resumeLeg(change, id);
  change.slots = change.slots.set(slotKey(place), id);
  const leg = change.leg(id);
  if (leg === undefined) change.setChannel({ ...channel, parked });
  else updateLeg(change, leg, { channel: { ...leg, parked }, leg: { slot: place } });
  change.emitLeg('leg.parked', id, place);
  change.emitLeg('slot.occupied', id, {
    ...place,
    ...(parked.parkedBy === undefined ? undefined : { parkedBy: parked.parkedBy }),
    ...(parked.until === undefined ? undefined : { until: isoTime(parked.until) }),
  });
  tellParked(
    change,
    id,
    {
      ...(parker === undefined ? undefined : { byLeg: parker.leg.id }),
      ...(parkedBy === undefined ? undefined : { byExtension: parkedBy }),
    },
    place.slot,
  );
};

/** The leg that parked it: of the device that the PBX names, one that hears it before any other. */
const parkerOf = (change: Change, id: ChannelId, { parkerDevice }: Parking): LegChannel | undefined => {
  const channel = change.channel(id);
  if (channel === undefined || parkerDevice === undefined || parkerDevice === channel.endpoint.device) return undefined;
  const ofDevice = change.liveLegs(change.call(channel.call)).filter((leg) => leg.id !== id && leg.leg.device === parkerDevice);
  return ofDevice.find((leg) => leg.hears.includes(id)) ?? ofDevice[0];
};

export const unpark = (change: Change, fact: FactOf<'parking.left'>): void => {
  const channel = change.channel(fact.channel);
  if (channel?.parked === undefined) return;
  releaseSlot(change, fact.channel, fact.reason);
  const retriever = change.channel(fact.retriever);
  const parkee = change.channel(fact.channel);
  if (retriever !== undefined && parkee !== undefined) mergeCalls(change, parkee.call, retriever.call, true);
};

/** Does nothing for a channel that is not parked. */
export const releaseSlot = (change: Change, id: ChannelId, reason: 'retrieved' | 'timed-out' | 'gave-up'): void => {
  const channel = change.channel(id);
  if (channel?.parked === undefined) return;
  const { parked, ...rest } = channel;
  const out = reason === 'gave-up' ? { ...rest, hasGivenUp: true } : rest;
  const place = { lot: parked.lot, slot: parked.slot };
  change.slots = change.slots.delete(slotKey(place));
  const leg = change.leg(id);
  if (leg === undefined) change.setChannel(out);
  else {
    const { slot: _slot, ...unparked } = leg.leg;
    updateLeg(change, { ...leg, leg: unparked }, { channel: out });
  }
  change.emitLeg('leg.unparked', id, { ...place, reason });
  change.emitLeg('slot.released', id, { ...place, reason });
};
