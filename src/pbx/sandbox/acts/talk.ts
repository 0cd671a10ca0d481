/** A conversation: held, muted, keys pressed, over. */
import { GatewayError } from '../../../model/errors.ts';
import type { LiveChannel } from '../channel.ts';
import type { SandboxPbx } from '../sandbox-pbx.ts';
import { isTalking, wrongState } from './checks.ts';

export const hangUp = (pbx: SandboxPbx, channel: LiveChannel, by: 'far-end' | 'command'): void => {
  pbx.exchange.end(channel, channel.ring === undefined ? 16 : 21, by);
};

export const hold = (pbx: SandboxPbx, channel: LiveChannel): void => {
  if (channel.held || !isTalking(channel)) throw wrongState(channel, 'It is not in a conversation.');
  pbx.exchange.hold(channel);
};

export const resume = (pbx: SandboxPbx, channel: LiveChannel): void => {
  if (!channel.held) throw wrongState(channel, 'It is not held.');
  pbx.exchange.resume(channel);
};

export const mute = (pbx: SandboxPbx, channel: LiveChannel, muted: boolean): void => {
  if (channel.state !== 'up') throw wrongState(channel, 'It is not connected.');
  if (channel.muted === muted) return;
  channel.muted = muted;
  pbx.exchange.say({ type: 'channel.muted', channel: channel.id, muted });
};

export const sendDigits = (pbx: SandboxPbx, channel: LiveChannel, digits: string, direction: 'sent' | 'received'): void => {
  if (channel.state !== 'up') throw wrongState(channel, 'It is not connected.');
  if (!/^[0-9A-Da-d*#]{1,64}$/.test(digits)) throw new GatewayError('invalid-parameter', { field: 'digits' });
  for (const digit of digits) pbx.exchange.say({ type: 'channel.dtmf', channel: channel.id, digit, direction, durationMs: 100 });
  if (direction === 'received') for (const digit of digits) channel.activity?.pressed?.(digit);
};
