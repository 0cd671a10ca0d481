/** Calls that change hands. */
import type { ChannelId, CommandId } from '../../../model/ids.ts';
import type { LiveChannel } from '../channel.ts';
import { shown, Talk } from '../exchange.ts';
import type { SandboxPbx } from '../sandbox-pbx.ts';
import { takeAway } from './answer.ts';
import { peerOf, requireConversation, requireNew, requireRegistered, wrongState } from './checks.ts';
import { dial } from './dial.ts';

/** Blind: `channel` leaves, its peer goes on to `to`. */
export const transfer = (pbx: SandboxPbx, channel: LiveChannel, to: string, peer: LiveChannel = peerOf(channel)): void => {
  pbx.dialplan.check(to);
  sendOn(pbx, channel, peer, to, () => pbx.dialplan.route(peer, to, channel));
};

/** As `transfer`, to the voicemail of `mailbox`; of a channel that rings, as `divert`. */
export const toVoicemail = (pbx: SandboxPbx, channel: LiveChannel, peer: LiveChannel, mailbox: string): void => {
  const phone = pbx.phone(mailbox);
  if (channel.ring !== undefined) {
    takeAway(pbx, channel, mailbox, (caller) => pbx.dialplan.voicemail(caller, phone));
    return;
  }
  sendOn(pbx, channel, peer, mailbox, () => pbx.dialplan.voicemail(peer, phone));
};

/** Attended: the phone's two conversations become one, without it. */
export const attendedTransfer = (pbx: SandboxPbx, first: LiveChannel, second: LiveChannel): void => {
  const transferee = peerOf(first);
  const target = peerOf(second);
  const { activity } = second;
  if (!(activity instanceof Talk) || first === second || first.activity === activity) {
    throw wrongState(second, 'An attended transfer takes two conversations.');
  }
  const exchange = pbx.exchange;
  for (const own of [first, second]) if (own.held) exchange.resume(own);
  const endFirst = exchange.depart(transferee, { how: 'moved' });
  activity.remove(second);
  activity.add(transferee);
  exchange.identify(target, shown(transferee));
  exchange.identify(transferee, shown(target));
  exchange.say({
    type: 'transfer.attended',
    first: first.id,
    second: second.id,
    transferee: transferee.id,
    target: target.id,
    succeeded: true,
  });
  endFirst();
  exchange.end(second, 16);
};

/** The first half of an attended transfer: the peer is held, and the same phone calls `to`. */
export const consult = (
  pbx: SandboxPbx,
  channel: LiveChannel,
  peer: LiveChannel,
  to: string,
  { command, channel: id, timeoutSeconds }: { readonly command: CommandId; readonly channel: ChannelId; readonly timeoutSeconds: number },
): void => {
  requireConversation(channel, peer);
  const { party } = channel;
  if (party.kind !== 'phone') throw wrongState(channel, 'It is not a phone of the office.');
  // As `dial` checks it, before anything has happened.
  pbx.dialplan.check(to);
  requireRegistered(party);
  requireNew(pbx, id);
  if (!channel.held) pbx.exchange.hold(channel);
  dial(pbx, { command, channel: id, extension: party.extension, number: to, autoAnswer: true, timeoutSeconds });
};

/** The second half: those two talk, or what still rings is rung for `peer`; the phone is out of it. */
export const completeTransfer = (pbx: SandboxPbx, channel: LiveChannel, peer: LiveChannel, consult: LiveChannel, to: string): void => {
  requireConversation(channel, peer);
  if (consult.activity instanceof Talk) {
    attendedTransfer(pbx, channel, consult);
    return;
  }
  pbx.dialplan.check(to);
  pbx.exchange.end(consult, 16, 'command');
  transfer(pbx, channel, to, peer);
};

export const cancelTransfer = (pbx: SandboxPbx, channel: LiveChannel, consult: LiveChannel): void => {
  if (!channel.held) throw wrongState(channel, 'It is not held.');
  pbx.exchange.end(consult, 16, 'command');
  pbx.exchange.resume(channel);
};

export const bridge = (pbx: SandboxPbx, channel: LiveChannel, other: LiveChannel): void => {
  if (channel.ring !== undefined) throw wrongState(channel, 'It still rings.');
  if (other.ring !== undefined) throw wrongState(other, 'It still rings.');
  if (channel === other) throw wrongState(other, 'It cannot be connected to itself.');
  if (channel.activity instanceof Talk && channel.activity === other.activity) return;
  const exchange = pbx.exchange;
  exchange.leave(channel, { how: 'moved' });
  exchange.leave(other, { how: 'moved' });
  exchange.setState(channel, 'up');
  exchange.setState(other, 'up');
  exchange.connect(channel, other);
};

const sendOn = (pbx: SandboxPbx, channel: LiveChannel, peer: LiveChannel, to: string, goOn: () => void): void => {
  requireConversation(channel, peer);
  const exchange = pbx.exchange;
  if (channel.held) exchange.resume(channel);
  exchange.say({
    type: 'transfer.blind',
    transferer: channel.id,
    transferee: peer.id,
    to,
    context: channel.context,
    succeeded: true,
  });
  exchange.leave(peer, { how: 'moved' });
  exchange.end(channel, 16);
  goOn();
};
