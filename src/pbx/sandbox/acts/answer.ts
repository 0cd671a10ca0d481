/** What rings: answering, declining, picking up, sending on. */
import type { ChannelId } from '../../../model/ids.ts';
import type { LiveChannel } from '../channel.ts';
import { shown } from '../exchange.ts';
import type { SandboxPbx } from '../sandbox-pbx.ts';
import { wrongState } from './checks.ts';
import { callUp } from './dial.ts';

export const answer = (channel: LiveChannel): void => {
  if (channel.ring === undefined) throw wrongState(channel, 'It does not ring.');
  if (channel.party.habit.kind === 'never') throw wrongState(channel, 'This phone never answers.');
  channel.ring.answer(channel);
};

export const reject = (pbx: SandboxPbx, channel: LiveChannel, by: 'far-end' | 'command'): void => {
  if (channel.ring === undefined) throw wrongState(channel, 'It does not ring.');
  pbx.exchange.end(channel, 21, by);
};

/** What rings at `channel` goes on to `to` instead, for its caller. */
export const divert = (pbx: SandboxPbx, channel: LiveChannel, to: string): void => {
  pbx.dialplan.check(to);
  takeAway(pbx, channel, to, (caller) => pbx.dialplan.route(caller, to));
};

export const pickUp = (pbx: SandboxPbx, ringing: LiveChannel, extension: string, picker?: ChannelId): void => {
  const { ring } = ringing;
  const caller = ring?.caller;
  if (ring === undefined || caller === undefined) throw wrongState(ringing, 'It does not ring for a caller.');
  callUp(pbx, pbx.phone(extension), picker, shown(caller), (own) => {
    pbx.exchange.enter(own, 'pickup', ringing.number);
    ring.takeOver(ringing, own);
  });
};

/** The caller for whom `channel` rings is sent elsewhere: that ends the ringing. */
export const takeAway = (pbx: SandboxPbx, channel: LiveChannel, to: string, goOn: (caller: LiveChannel) => void): void => {
  const { ring } = channel;
  const caller = ring?.caller;
  if (ring === undefined || caller === undefined) throw wrongState(channel, 'It does not ring for a caller.');
  ring.cancel(to)();
  pbx.exchange.leave(caller, { how: 'moved' });
  goOn(caller);
};
