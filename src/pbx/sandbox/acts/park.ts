/** Numbered slots. */
import type { SlotRef } from '../../../model/call.ts';
import { GatewayError } from '../../../model/errors.ts';
import type { ChannelId } from '../../../model/ids.ts';
import type { LiveChannel } from '../channel.ts';
import { shown } from '../exchange.ts';
import type { SandboxPbx } from '../sandbox-pbx.ts';
import { requireConversation } from './checks.ts';
import { callUp } from './dial.ts';

/** `channel` leaves, its peer waits in the slot. */
export const park = (pbx: SandboxPbx, channel: LiveChannel, peer: LiveChannel, slot: SlotRef, timeoutSeconds: number): void => {
  requireConversation(channel, peer);
  const free = pbx.dialplan.freeSlot(slot);
  if (channel.held) pbx.exchange.resume(channel);
  const endChannel = pbx.exchange.depart(peer, { how: 'moved' });
  pbx.dialplan.park(peer, free, channel, timeoutSeconds);
  endChannel();
  pbx.exchange.end(channel, 16);
};

/** `expected` must be who waits there. */
export const retrieve = (pbx: SandboxPbx, slot: SlotRef, expected: ChannelId, extension: string, channel: ChannelId): void => {
  const parked = parkedIn(pbx, slot, expected);
  callUp(pbx, pbx.phone(extension), channel, shown(parked), (own) => {
    pbx.exchange.enter(own, 'parking', slot.slot);
    pbx.dialplan.retrieve(own, parked);
  });
};

/** `channel` leaves, its peer talks with `expected`, which must be who waits in the slot. */
export const bridgeSlot = (pbx: SandboxPbx, channel: LiveChannel, peer: LiveChannel, slot: SlotRef, expected: ChannelId): void => {
  requireConversation(channel, peer);
  const parked = parkedIn(pbx, slot, expected);
  if (channel.held) pbx.exchange.resume(channel);
  const endChannel = pbx.exchange.depart(peer, { how: 'moved' });
  pbx.dialplan.retrieve(peer, parked);
  endChannel();
  pbx.exchange.end(channel, 16);
};

const parkedIn = (pbx: SandboxPbx, { lot, slot }: SlotRef, expected: ChannelId): LiveChannel => {
  const parked = pbx.dialplan.parkedIn(lot, slot);
  if (parked.id !== expected) throw new GatewayError('slot-empty', { lot, slot }, { note: 'Somebody else waits there now.' });
  return parked;
};
