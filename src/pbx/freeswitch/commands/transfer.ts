/** Sending the other party elsewhere: blind, to voicemail, after a consultation; and joining two parties. */
import { GatewayError } from '../../../model/errors.ts';
import type { ChannelId } from '../../../model/ids.ts';
import { accepted, failed } from '../../link/run-command.ts';
import { argument, ask, dropChannel, leaveBehind, requireChannel, run, sendTo, uuid, type Acting, type Execute } from './acting.ts';
import { callOut } from './dial.ts';
import { autoAnswer, notReached } from './originate.ts';
import { hold, resume } from './talk.ts';

export const transfer: Execute<'transfer'> = async ({ channel, peer, to }, pbx) => {
  argument('to', to);
  await sendPeer(pbx, { channel, peer, to }, () => sendTo(pbx, peer, to));
  return accepted;
};

/** To FreeSWITCH no phone has asked for this, and so it is no transfer: it is told, before those go who did it. */
const sendPeer = async (
  pbx: Acting,
  { channel, peer, to }: { readonly channel: ChannelId; readonly peer: ChannelId; readonly to: string },
  send: () => Promise<string>,
): Promise<void> => {
  await Promise.all([requireChannel(pbx, channel), requireChannel(pbx, peer)]);
  pbx.announce({
    type: 'transfer.blind',
    at: pbx.clock.now(),
    transferer: channel,
    transferee: peer,
    to,
    context: pbx.config.dialContext,
    succeeded: true,
    isAhead: true,
  });
  await leaveBehind(pbx, [channel], send);
};

export const voicemail: Execute<'voicemail'> = async ({ channel, peer, mailbox }, pbx) => {
  const domain = argument('domain', pbx.domain);
  const user = argument('mailbox', mailbox);
  if ((await ask(pbx, `user_exists id ${user} ${domain}`)).trim() !== 'true') {
    return failed('invalid-parameter', `There is no user ${user}@${domain} to have a mailbox.`);
  }
  const profile = argument('voicemailProfile', pbx.config.voicemailProfile);
  const inline = `uuid_transfer ${uuid(peer)} 'answer,voicemail:${profile} ${domain} ${user}' inline`;
  await sendPeer(pbx, { channel, peer, to: mailbox }, () => run(pbx, inline));
  return accepted;
};

export const bridge: Execute<'bridge'> = async ({ channel, other }, pbx) => {
  await run(pbx, `uuid_bridge ${uuid(channel)} ${uuid(other)}`);
  return accepted;
};

/** The phone's call is held, then the same phone is called a second time, to answer by itself and call whom it consults. */
export const startTransfer: Execute<'startTransfer'> = async (command, pbx) => {
  const { id, channel, peer, extension, to, consult, timeoutSeconds } = command;
  argument('to', to);
  const held = await hold({ id, name: 'hold', channel, peer }, pbx);
  // It may hold already, by its own key.
  const isHeldByPhone = held.outcome === 'failed' && held.code === 'wrong-state';
  if (held.outcome !== 'accepted' && !isHeldByPhone) return held;
  const wish = { command: id, channel: consult, extension, number: to, variables: autoAnswer(undefined), timeoutSeconds };
  const shown = await callOut(pbx, wish);
  if (!(shown instanceof GatewayError)) return accepted;
  if (!isHeldByPhone) await resume({ id, name: 'resume', channel, peer }, pbx);
  return notReached(shown);
};

export const completeTransfer: Execute<'completeTransfer'> = async ({ channel, peer, consult, to, target }, pbx) => {
  if (target === undefined) {
    // Whom it consults rings still: the peer is sent there in its own right.
    argument('to', to);
    await dropChannel(pbx, consult);
    await sendPeer(pbx, { channel, peer, to }, () => sendTo(pbx, peer, to));
    return accepted;
  }
  await Promise.all([requireChannel(pbx, peer), requireChannel(pbx, target)]);
  // Told before they are joined, for then the legs end that tell who did it.
  pbx.announce({
    type: 'transfer.attended',
    at: pbx.clock.now(),
    first: channel,
    second: consult,
    transferee: peer,
    target,
    succeeded: true,
  });
  await leaveBehind(pbx, [channel, consult], () => run(pbx, `uuid_bridge ${uuid(peer)} ${uuid(target)}`));
  return accepted;
};

export const cancelTransfer: Execute<'cancelTransfer'> = async ({ id, channel, peer, consult }, pbx) => {
  if (channel === consult) throw new GatewayError('wrong-state', { channel });
  await dropChannel(pbx, consult);
  return resume({ id, name: 'resume', channel, peer }, pbx);
};
