/** What an act needs, looked at before anything happens: each throws what the office refuses. */
import { GatewayError } from '../../../model/errors.ts';
import type { ChannelId } from '../../../model/ids.ts';
import type { LiveChannel, Phone } from '../channel.ts';
import { Talk } from '../exchange.ts';
import { isReachable } from '../ring.ts';
import type { SandboxPbx } from '../sandbox-pbx.ts';

export const isTalking = (channel: LiveChannel): boolean => channel.activity instanceof Talk;

/** With whom a channel talks; throws if with nobody, or with several. */
export const peerOf = (channel: LiveChannel): LiveChannel => {
  const [peer, ...others] = channel.activity instanceof Talk ? channel.activity.members.filter((member) => member !== channel) : [];
  if (peer === undefined || others.length > 0) throw wrongState(channel, 'It is not in a conversation of two.');
  return peer;
};

export const requireConversation = (channel: LiveChannel, peer: LiveChannel): void => {
  if (channel !== peer && isTalking(peer) && peer.activity === channel.activity) return;
  throw wrongState(peer, 'The two are not in a conversation.');
};

export const requireRegistered = (phone: Phone): void => {
  if (!isReachable(phone)) throw new GatewayError('unreachable', { extension: phone.extension });
};

export const requireNew = (pbx: SandboxPbx, id: ChannelId): void => {
  if (pbx.exchange.channel(id) === undefined) return;
  throw new GatewayError('invalid-parameter', { channel: id }, { note: 'There is a channel of this id already.' });
};

export const wrongState = (channel: LiveChannel, note: string): GatewayError =>
  new GatewayError('wrong-state', { channel: channel.id }, { note });
