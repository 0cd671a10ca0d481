/** Parking and fetching: by Asterisk's own lots, whose timers outlive the gateway. */
import type { SlotRef } from '../../../model/call.ts';
import { GatewayError } from '../../../model/errors.ts';
import type { ChannelId } from '../../../model/ids.ts';
import { accepted, failed } from '../../link/run-command.ts';
import type { AmiMessage } from '../ami-parser.ts';
import { parkingLotOf } from '../spaces.ts';
import { addDialplanExtension, argument, dropChannel, list, nameOf, request, valueOf, type Acting, type Execute } from './acting.ts';
import { callPhoneInto } from './originate.ts';
import { heldBy } from './talk.ts';

/** How long it may take until Asterisk tells in which space a call was parked. */
const parkedMs = 3_000;
/** How long Asterisk may take to move the two. */
const movedMs = 2_000;
/** Where the two go whom Asterisk would part without a word: the parkee waits, and the parker hears the number that is its extension. */
const partedContext = 'switchhook-parked';
const waiting = `${partedContext}-\${UNIQUEID},participant,m`;

export const park: Execute<'park'> = async ({ channel, peer, slot, timeoutSeconds }, pbx) => {
  const space = pbx.spaces.spaceOf(slot);
  await requireFreeSpace(pbx, space);
  const [parker, parkee, talksWith] = await Promise.all([nameOf(pbx, channel), nameOf(pbx, peer), valueOf(pbx, 'BRIDGEPEER', channel)]);
  // To one that talks with the parkee Asterisk says the number of the space, and hangs up. Not so through a pair of channels, or when it
  // holds the parkee itself: whoever is left then ends in silence.
  const isTold = talksWith === parkee;
  if (!isTold) await part(pbx, { channel, peer }, space.slot);
  const giveBack = (): Promise<unknown> => request(pbx, { Action: 'Bridge', Channel1: parker, Channel2: parkee, Tone: 'no' });
  const where = pbx.events.watch((message) => spaceTaken(message, peer), parkedMs, pbx.signal);
  try {
    await preferSpace(pbx, peer, space.slot);
    await request(pbx, {
      Action: 'Park',
      Channel: parkee,
      // Who gets it back when nobody fetches it. Without it the parked party's own phone would ring.
      TimeoutChannel: parker,
      Timeout: String(timeoutSeconds * 1_000),
      Parkinglot: space.lot,
    });
    const taken = await where.found;
    if (taken === space.slot) return accepted;
    // It may be parked yet, where the two still talk; where they do not, nobody would know of it.
    if (taken !== undefined || !isTold) await giveBack();
    if (taken === undefined) return failed('timed-out', 'Asterisk did not say in time where it has parked the call.');
    // Somebody was quicker by a moment, and Asterisk silently took another space.
    return failed('slot-occupied', `Space ${space.slot} was taken meanwhile; ${taken} was to be had.`);
  } catch (error) {
    if (!isTold) await giveBack().catch(ignoreEnded);
    throw error;
  } finally {
    where.stop();
    // It sticks to the channel: a phone that parks the call later would be given the same space.
    await preferSpace(pbx, peer, '').catch(ignoreEnded);
  }
};

/** Takes both out of what they are in, at once, so that neither ends with the other. */
const part = async (
  pbx: Acting,
  { channel, peer }: { readonly channel: ChannelId; readonly peer: ChannelId },
  space: string,
): Promise<void> => {
  await addDialplanExtension(pbx, { context: partedContext, extension: 'parkee', application: 'BridgeWait', data: waiting });
  await addDialplanExtension(pbx, { context: partedContext, extension: space, application: 'SayDigits', data: space });
  const moved = pbx.events.watch(
    (message) => (message.event === 'BridgeEnter' && message.get('Uniqueid') === peer ? true : undefined),
    movedMs,
    pbx.signal,
  );
  try {
    const parkee = { Channel: peer, Context: partedContext, Exten: 'parkee', Priority: '1' };
    const parker = { ExtraChannel: channel, ExtraContext: partedContext, ExtraExten: space, ExtraPriority: '1' };
    await request(pbx, { Action: 'Redirect', ...parkee, ...parker });
    await moved.found;
  } finally {
    moved.stop();
  }
};

/** The header ParkingSpace of newer versions is ignored by older ones without a word; the variable is what all heed. */
const preferSpace = async (pbx: Acting, parkee: ChannelId, space: string): Promise<void> => {
  await request(pbx, { Action: 'Setvar', Channel: parkee, Variable: 'PARKINGEXTEN', Value: space });
};

const ignoreEnded = (error: unknown): void => {
  if (!(error instanceof GatewayError) || error.code !== 'leg-ended') throw error;
};

const spaceTaken = (message: AmiMessage, parkee: ChannelId): string | undefined =>
  message.event === 'ParkedCall' && message.get('ParkeeUniqueid') === parkee ? message.get('ParkingSpace') : undefined;

/** Asterisk parks a call that is meant for an occupied space, or for one that does not exist, in the next that is free. */
const requireFreeSpace = async (pbx: Acting, space: SlotRef): Promise<void> => {
  const [lots, occupant] = await Promise.all([list(pbx, { Action: 'Parkinglots' }), occupantOf(pbx, space)]);
  const lot = lots.map(parkingLotOf).find(({ name }) => name === space.lot);
  const number = Number(space.slot);
  if (lot === undefined || !(number >= lot.first && number <= lot.last)) {
    const said =
      lot === undefined ? `There is no parking lot ${space.lot}.` : `The spaces of ${space.lot} are ${lot.first} to ${lot.last}.`;
    throw new GatewayError('invalid-parameter', { field: 'slot', said });
  }
  if (occupant !== undefined) throw new GatewayError('slot-occupied', { lot: space.lot, slot: space.slot });
};

const occupantOf = async (pbx: Acting, { lot, slot }: SlotRef): Promise<string | undefined> => {
  const parked = await list(pbx, { Action: 'ParkedCalls' });
  return parked.find((each) => each.get('ParkingSpace') === slot && each.get('Parkinglot') === lot)?.get('ParkeeUniqueid');
};

/** Who is sent to an empty space is told "invalid" and hung up; who is sent to another's is connected with a stranger. */
const requireParked = async (pbx: Acting, space: SlotRef, parked: ChannelId): Promise<void> => {
  if ((await occupantOf(pbx, space)) !== parked) throw new GatewayError('slot-empty', { lot: space.lot, slot: space.slot });
};

export const retrieve: Execute<'retrieve'> = async ({ slot, parked, extension, channel }, pbx) => {
  const space = pbx.spaces.spaceOf(slot);
  await requireParked(pbx, space, parked);
  const data = `${argument('slot', space.lot)},${argument('slot', space.slot)}`;
  return callPhoneInto(pbx, { extension, channel, application: 'ParkedCall', data });
};

/** Joined as two calls are: if who was parked is gone at this very moment, the others go on talking. */
export const bridgeSlot: Execute<'bridgeSlot'> = async ({ channel, peer, slot, parked }, pbx) => {
  await requireParked(pbx, pbx.spaces.spaceOf(slot), parked);
  const [held] = await Promise.all([heldBy(channel, pbx), nameOf(pbx, peer), nameOf(pbx, parked)]);
  await request(pbx, { Action: 'Bridge', Channel1: parked, Channel2: peer, Tone: 'no' });
  // Of two that talked, the one that is left alone is hung up; one whose peer the PBX held waits on.
  if (held !== undefined) await dropChannel(pbx, channel);
  return accepted;
};
