/** Parking and fetching: by mod_valet_parking, whose timers outlive the gateway. */
import type { SlotRef } from '../../../model/call.ts';
import type { CommandOutcome } from '../../../model/command.ts';
import { GatewayError } from '../../../model/errors.ts';
import type { ChannelId } from '../../../model/ids.ts';
import { accepted, failed } from '../../link/run-command.ts';
import type { EslMessage } from '../esl-parser.ts';
import { parkerMark } from '../pbx-lists.ts';
import { parseLots } from '../schema.ts';
import { coolingMs } from '../slots.ts';
import { argument, ask, isOf, leaveBehind, requireChannel, run, uuid, type Acting, type Execute } from './acting.ts';
import { callPhoneInto } from './originate.ts';

/** How long it may take until FreeSWITCH tells that a channel is in its slot. */
const parkedMs = 5_000;

/**
 * `valet_park LOT N` would join two strangers if N were taken; `auto in N N` takes the slot or does nothing. The slot is the gateway's own
 * choice, and looked at first, so that this shows only where a phone was quicker by a moment.
 */
export const park: Execute<'park'> = async ({ channel, peer, slot, extension, timeoutSeconds }, pbx) => {
  const place = theirs(pbx, slot);
  if ((await occupantOf(pbx, place)) !== undefined) throw new GatewayError('slot-occupied', { lot: slot.lot, slot: slot.slot });
  await cooled(pbx, place);
  await requireChannel(pbx, channel);
  const orbit = extension === undefined ? [] : [`valet_parking_orbit_exten=${argument('extension', extension)}`];
  const variables = [
    `valet_parking_timeout=${timeoutSeconds}`,
    ...orbit,
    'valet_parking_orbit_dialplan=XML',
    `valet_parking_orbit_context=${argument('dialContext', pbx.config.dialContext)}`,
    // Nobody is there to hear the number of the slot but who is parked.
    'valet_announce_slot=false',
    `${parkerMark}=${extension === undefined ? '' : `user/${extension}`}`,
  ];
  await run(pbx, `uuid_setvar_multi ${uuid(peer)} ${variables.join(';')}`);
  const inline = `uuid_transfer ${uuid(peer)} 'valet_park:${place.lot} auto in ${place.slot} ${place.slot}' inline`;
  const where = pbx.events.watch((message) => outcomeOf(message, peer, place), parkedMs, pbx.signal);
  try {
    pbx.sends(peer, channel);
    await leaveBehind(pbx, [channel], () => run(pbx, inline));
    return (await where.found) ?? failed('timed-out', 'FreeSWITCH did not say in time that it has parked the call.');
  } finally {
    where.stop();
  }
};

/** Into a slot that is taken for occupied still nobody can be parked, and FreeSWITCH would hang up who was to be: the two talk on meanwhile. */
const cooled = async (pbx: Acting, place: SlotRef): Promise<void> => {
  const leftAt = pbx.leftAt(place);
  const waitMs = leftAt === undefined ? 0 : coolingMs - (pbx.clock.now() - leftAt) / 1_000;
  if (waitMs <= 0) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = pbx.timers.after(waitMs, resolve);
  pbx.signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  stop();
  pbx.signal.throwIfAborted();
};

const outcomeOf = (message: EslMessage, parkee: ChannelId, { slot }: SlotRef): CommandOutcome | undefined => {
  if (isOf(message, 'CHANNEL_HANGUP', parkee)) return failed('leg-ended', 'The call ended before it was parked.');
  if (!isOf(message, 'valet_parking::info', parkee) || message.get('Action') !== 'hold') return undefined;
  return message.get('Valet-Extension') === slot ? accepted : failed('slot-occupied', `Slot ${slot} was taken meanwhile.`);
};

/** Numbers of slots are numbers of the dialplan; anything else would be another argument. */
const theirs = (pbx: Acting, ref: SlotRef): SlotRef => {
  const { lot, slot } = pbx.theirs(ref);
  if (!/^\d{1,10}$/.test(slot)) throw new GatewayError('invalid-parameter', { field: 'slot' });
  return { lot: argument('lot', lot), slot };
};

const occupantOf = async (pbx: Acting, { lot, slot }: SlotRef): Promise<string | undefined> =>
  parseLots(await ask(pbx, `valet_info ${lot}`)).find((each) => each.slot === slot)?.channel;

/** Who dials an empty slot is parked there itself; who is joined with a channel that has left it, with a stranger. */
const requireParked = async (pbx: Acting, ref: SlotRef, parked: ChannelId): Promise<void> => {
  if ((await occupantOf(pbx, theirs(pbx, ref))) !== parked) throw new GatewayError('slot-empty', { lot: ref.lot, slot: ref.slot });
};

/** Fetched by the channel and not by the slot: if it is gone when the phone answers, the phone is hung up and nobody is parked. */
export const retrieve: Execute<'retrieve'> = async ({ slot, parked, extension, channel }, pbx) => {
  await requireParked(pbx, slot, parked);
  return callPhoneInto(pbx, { extension, channel, application: 'intercept', data: uuid(parked) });
};

export const bridgeSlot: Execute<'bridgeSlot'> = async ({ channel, peer, slot, parked }, pbx) => {
  await requireParked(pbx, slot, parked);
  await Promise.all([requireChannel(pbx, channel), requireChannel(pbx, peer)]);
  await leaveBehind(pbx, [channel], () => run(pbx, `uuid_bridge ${uuid(parked)} ${uuid(peer)}`));
  return accepted;
};
