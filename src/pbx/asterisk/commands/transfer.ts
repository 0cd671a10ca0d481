/** Sending the other party elsewhere: blind, to voicemail, after a consultation; and joining two parties. */
import { GatewayError } from '../../../model/errors.ts';
import type { ChannelId } from '../../../model/ids.ts';
import { accepted, failed } from '../../link/run-command.ts';
import {
  addDialplanExtension,
  argument,
  dropChannel,
  nameOf,
  request,
  requireTarget,
  valueOf,
  type Acting,
  type Execute,
} from './acting.ts';
import { callOut } from './dial.ts';
import { renderAutoAnswer, unreachable } from './originate.ts';
import { heldBy, hold, resume } from './talk.ts';

/** Mailboxes that calls are sent to, in a context of our own: the number is the mailbox. */
const voicemailContext = 'switchhook-voicemail';

export const transfer: Execute<'transfer'> = async ({ channel, to }, pbx) => {
  await requireTarget(pbx, to);
  await sendPeer(pbx, channel, pbx.config.dialContext, to);
  return accepted;
};

/** Works without the `t` and `T` of the dialplan's Dial; the channel's peer goes, the channel ends. */
const sendPeer = async (pbx: Acting, channel: ChannelId, context: string, extension: string): Promise<void> => {
  const held = await heldBy(channel, pbx);
  if (held === undefined) {
    await request(pbx, { Action: 'BlindTransfer', Channel: channel, Context: context, Exten: extension });
    return;
  }
  // The PBX holds it, away from the channel: it is no transfer to Asterisk.
  const fact = { type: 'transfer.blind', transferer: channel, transferee: held, to: extension, context, succeeded: true } as const;
  pbx.announce({ ...fact, isAhead: true, at: pbx.clock.now() });
  await request(pbx, { Action: 'Redirect', Channel: held, Context: context, Exten: extension, Priority: '1' });
  await dropChannel(pbx, channel);
};

export const voicemail: Execute<'voicemail'> = async ({ channel, peer, mailbox, ringing }, pbx) => {
  const address = `${argument('mailbox', mailbox)}@${pbx.config.voicemailContext}`;
  const exists = await valueOf(pbx, `VM_INFO(${address},exists)`);
  if (exists !== '1') return failed('invalid-parameter', `There is no mailbox ${address}.`);
  await addDialplanExtension(pbx, { context: voicemailContext, extension: mailbox, application: 'VoiceMail', data: `${address},u` });
  // Taken away from what rings for it, the caller ends the ringing.
  if (ringing === true) await request(pbx, { Action: 'Redirect', Channel: peer, Context: voicemailContext, Exten: mailbox, Priority: '1' });
  else await sendPeer(pbx, channel, voicemailContext, mailbox);
  return accepted;
};

export const bridge: Execute<'bridge'> = async ({ channel, other }, pbx) => {
  await request(pbx, { Action: 'Bridge', Channel1: channel, Channel2: other, Tone: 'no' });
  return accepted;
};

/** The phone holds its peer, then the same phone is called a second time, to answer by itself and call whom it consults. */
export const startTransfer: Execute<'startTransfer'> = async (command, pbx) => {
  const { id, channel, peer, extension, to, consult, timeoutSeconds } = command;
  await requireTarget(pbx, to);
  const wasHeld = await isHeld(pbx, channel, peer);
  if (!wasHeld) {
    const held = await hold({ id, name: 'hold', channel, peer }, pbx);
    if (held.outcome !== 'accepted') return held;
  }
  const wish = { command: id, channel: consult, extension, number: to, headers: renderAutoAnswer(undefined), timeoutSeconds };
  if ((await callOut(pbx, wish)) !== 'failed') return accepted;
  if (!wasHeld) await resume({ id, name: 'resume', channel, peer }, pbx);
  return unreachable(pbx, extension);
};

/** A phone that holds already does nothing when it is asked to hold. Asterisk notes a hold at the one who is held. */
const isHeld = async (pbx: Acting, channel: ChannelId, peer: ChannelId): Promise<boolean> => {
  const [held, onHold] = await Promise.all([heldBy(channel, pbx), valueOf(pbx, 'CHANNEL(onhold)', peer)]);
  return held !== undefined || onHold === '1';
};

/** Both legs of the phone end by themselves when those that they talk with are joined. */
export const completeTransfer: Execute<'completeTransfer'> = async ({ channel, peer, consult, to, target }, pbx) => {
  if (target === undefined) {
    // Whom it consults rings still: the peer is sent there in its own right.
    await requireTarget(pbx, to);
    await dropChannel(pbx, consult);
    await sendPeer(pbx, channel, pbx.config.dialContext, to);
    return accepted;
  }
  const [held] = await Promise.all([heldBy(channel, pbx), nameOf(pbx, peer), nameOf(pbx, target)]);
  // Asterisk sees two parties joined and no transfer. It has to be told before they are, for then the legs end that tell who did it.
  pbx.announce({
    type: 'transfer.attended',
    at: pbx.clock.now(),
    first: channel,
    second: consult,
    transferee: peer,
    target,
    succeeded: true,
  });
  await request(pbx, { Action: 'Bridge', Channel1: peer, Channel2: target, Tone: 'no' });
  if (held !== undefined) await dropChannel(pbx, channel);
  return accepted;
};

export const cancelTransfer: Execute<'cancelTransfer'> = async ({ id, channel, peer, consult }, pbx) => {
  if (channel === consult) throw new GatewayError('wrong-state', { channel });
  await dropChannel(pbx, consult);
  return resume({ id, name: 'resume', channel, peer }, pbx);
};
