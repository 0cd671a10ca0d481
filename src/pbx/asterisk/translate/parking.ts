/** Numbered slots, in and out. */
import type { SlotRef } from '../../../model/call.ts';
import type { Fact, Parking } from '../../../model/fact.ts';
import type { ChannelId } from '../../../model/ids.ts';
import type { Micros } from '../../../model/time.ts';
import type { Memory } from './memory.ts';
import { none, type Reader, type Translate } from './reader.ts';

const slotOf = (reader: Reader): SlotRef => ({ lot: reader.text('Parkinglot'), slot: reader.text('ParkingSpace') });

export const parkedCall: Translate = (reader, { directory }) => {
  // The list that answers `ParkedCalls` has items of the same name.
  if (reader.has('ActionID')) return none;
  const parkerDevice = reader.text('ParkerDialString');
  const parker = directory.extensionOf(parkerDevice);
  const parking: Parking = {
    ...slotOf(reader),
    ...(parkerDevice === '' ? undefined : { parkerDevice }),
    ...(parker === undefined ? undefined : { parker }),
    timeoutSeconds: reader.number('ParkingTimeout'),
  };
  return [{ type: 'parking.entered', at: reader.at, channel: reader.channel('ParkeeUniqueid'), ...parking }];
};

export const unparkedCall: Translate = (reader) => {
  const retriever = reader.channel('RetrieverUniqueid');
  return [
    {
      type: 'parking.left',
      at: reader.at,
      channel: reader.channel('ParkeeUniqueid'),
      ...slotOf(reader),
      reason: 'retrieved',
      ...(retriever === '' ? undefined : { retriever }),
    },
  ];
};

export const parkedCallTimeOut: Translate = (reader) => [
  { type: 'parking.left', at: reader.at, channel: reader.channel('ParkeeUniqueid'), ...slotOf(reader), reason: 'timed-out' },
];

export const parkedCallGiveUp: Translate = (reader, { hangupAsked, leavingSlot, talking }) => {
  const channel = reader.channel('ParkeeUniqueid');
  // Asterisk says "give up" also of a channel that the Bridge action takes out of its slot; then a bridge follows and no hangup. Events
  // of slots and of bridges are not in order with each other: the bridge may have been told already.
  if (hangupAsked.has(channel)) return [{ type: 'parking.left', at: reader.at, channel, ...slotOf(reader), reason: 'gave-up' }];
  if (talking.has(channel)) return [{ type: 'parking.left', at: reader.at, channel, ...slotOf(reader), reason: 'retrieved' }];
  leavingSlot.set(channel, slotOf(reader));
  return none;
};

/** Who hangs up after it has left its slot has not been retrieved. */
export const gaveUpSlot = (channel: ChannelId, at: Micros, { leavingSlot }: Memory): readonly Fact[] => {
  const slot = leavingSlot.get(channel);
  if (slot === undefined) return none;
  leavingSlot.delete(channel);
  return [{ type: 'parking.left', at, channel, ...slot, reason: 'gave-up' }];
};
