/** More than two: third parties, rooms, supervision. */
import type { SupervisionMode } from '../../../model/call.ts';
import type { ChannelId } from '../../../model/ids.ts';
import type { LiveChannel } from '../channel.ts';
import { shown, Talk } from '../exchange.ts';
import type { SandboxPbx } from '../sandbox-pbx.ts';
import { requireConversation, wrongState } from './checks.ts';
import { callUp } from './dial.ts';

/** A phone is called and becomes a third party of a conversation. */
export const joinAsThird = (pbx: SandboxPbx, channel: LiveChannel, extension: string, joiner: ChannelId): void => {
  const { activity } = channel;
  if (!(activity instanceof Talk)) throw wrongState(channel, 'It is not in a conversation.');
  callUp(pbx, pbx.phone(extension), joiner, shown(channel), (own) => {
    pbx.exchange.enter(own, 'bridge', channel.id);
    activity.add(own);
  });
};

/** Two who talk go on in a room. */
export const toConference = (pbx: SandboxPbx, channel: LiveChannel, peer: LiveChannel, name: string): void => {
  requireConversation(channel, peer);
  pbx.dialplan.checkConference(name);
  if (channel.held) pbx.exchange.resume(channel);
  const endOthers = pbx.exchange.depart(peer, { how: 'moved' });
  pbx.exchange.depart(channel, { how: 'moved' });
  endOthers();
  pbx.dialplan.route(channel, name);
  pbx.dialplan.route(peer, name);
};

export const inviteToConference = (pbx: SandboxPbx, name: string, extension: string, id: ChannelId): void => {
  pbx.dialplan.checkConference(name);
  callUp(pbx, pbx.phone(extension), id, { number: name, name: '' }, (own) => pbx.dialplan.route(own, name));
};

export const kick = (pbx: SandboxPbx, channel: LiveChannel, name: string): void => {
  if (channel.conference !== name) throw wrongState(channel, 'It is not in this conference.');
  pbx.exchange.end(channel, 16, 'command');
};

/** A second time for the same target, it changes the mode. */
export const supervise = (pbx: SandboxPbx, target: LiveChannel, extension: string, mode: SupervisionMode, supervisor?: ChannelId): void => {
  const exchange = pbx.exchange;
  if (target.state !== 'up') throw wrongState(target, 'It is not connected.');
  const phone = pbx.phone(extension);
  const running = pbx.channelsOf(phone).find(({ supervising }) => supervising?.target === target);
  if (running !== undefined) {
    setSupervision(pbx, running, mode);
    return;
  }
  callUp(pbx, phone, supervisor, shown(target), (own) => {
    exchange.enter(own, 'supervision', target.id);
    own.supervising = { mode, target };
    exchange.say({ type: 'supervision.started', channel: own.id, target: target.id, mode });
    exchange.occupy(own, {
      left: () => {
        own.supervising = undefined;
        exchange.say({ type: 'supervision.stopped', channel: own.id });
        return undefined;
      },
    });
  });
};

/** `channel` is the supervisor's own. */
export const setSupervision = (pbx: SandboxPbx, channel: LiveChannel, mode: SupervisionMode): void => {
  if (channel.supervising === undefined) throw wrongState(channel, 'It supervises nobody.');
  channel.supervising = { mode, target: channel.supervising.target };
  pbx.exchange.say({ type: 'supervision.modeChanged', channel: channel.id, mode });
};
