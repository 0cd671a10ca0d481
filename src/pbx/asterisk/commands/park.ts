import type { SlotRef } from '../../../model/call.ts';
import { GatewayError } from '../../../model/errors.ts';
import type { AmiMessage } from '../ami-parser.ts';
import { accepted, argument, failed, list, nameOf, request, type Acting, type Execute } from './acting.ts';
import { callPhoneInto } from './originate.ts';

/** How long it may take until Asterisk tells in which slot a call was parked. */
const parkedMs = 2_000;
const defaultLot = 'default';

export const park: Execute<'park'> = async ({ channel, peer, slot, timeoutSeconds }, pbx) => {
  if (slot !== undefined) await requireFreeSlot(pbx, slot);
  const [parker, parkee] = await Promise.all([nameOf(pbx, channel), nameOf(pbx, peer)]);
  const where = pbx.events.watch((message) => slotTaken(message, peer), parkedMs, pbx.signal);
  try {
    // The header ParkingSpace of newer versions is ignored by older ones without a word; the variable is what all heed.
    if (slot !== undefined) await request(pbx, { Action: 'Setvar', Channel: peer, Variable: 'PARKINGEXTEN', Value: slot.slot });
    await request(pbx, {
      Action: 'Park',
      Channel: parkee,
      // Who gets it back when nobody fetches it. Without it the parked party's own phone would ring.
      TimeoutChannel: parker,
      Timeout: String(timeoutSeconds * 1_000),
      Parkinglot: slot?.lot ?? defaultLot,
    });
    if (slot === undefined) return accepted;
    const taken = await where.found;
    if (taken === undefined || taken === slot.slot) return accepted;
    // Somebody was quicker by a moment, and Asterisk silently took another slot: who parked gets the call back.
    await request(pbx, { Action: 'Bridge', Channel1: parker, Channel2: parkee, Tone: 'no' });
    return failed('slot-occupied', `Slot ${slot.slot} was taken meanwhile; ${taken} was to be had.`);
  } finally {
    where.stop();
  }
};

const slotTaken = (message: AmiMessage, peer: string): string | undefined =>
  message.event === 'ParkedCall' && message.get('ParkeeUniqueid') === peer ? message.get('ParkingSpace') : undefined;

/** Asterisk parks a call that is meant for an occupied slot, or for one that does not exist, in the next that is free. */
const requireFreeSlot = async (pbx: Acting, slot: SlotRef): Promise<void> => {
  const [lots, isTaken] = await Promise.all([list(pbx, { Action: 'Parkinglots' }), isOccupied(pbx, slot)]);
  const lot = lots.find((each) => each.get('Name') === slot.lot);
  const number = Number(slot.slot);
  const [first, last] = [Number(lot?.get('StartSpace')), Number(lot?.get('StopSpace'))];
  if (!(number >= first && number <= last)) {
    const said = lot === undefined ? `There is no parking lot ${slot.lot}.` : `The slots of ${slot.lot} are ${first} to ${last}.`;
    throw new GatewayError('invalid-parameter', { field: 'slot', said });
  }
  if (isTaken) throw new GatewayError('slot-occupied', { lot: slot.lot, slot: slot.slot });
};

const isOccupied = async (pbx: Acting, { lot, slot }: SlotRef): Promise<boolean> => {
  const parked = await list(pbx, { Action: 'ParkedCalls' });
  return parked.some((each) => each.get('ParkingSpace') === slot && each.get('Parkinglot') === lot);
};

export const retrieve: Execute<'retrieve'> = async ({ slot, extension, channel }, pbx) => {
  // Who is sent to an empty slot is told "invalid" and hung up.
  if (!(await isOccupied(pbx, slot))) throw new GatewayError('slot-empty', { lot: slot.lot, slot: slot.slot });
  const data = `${argument('slot', slot.lot)},${argument('slot', slot.slot)}`;
  return callPhoneInto(pbx, { extension, channel, application: 'ParkedCall', data });
};
