/** What a user does while talking: hold, mute, press keys. */
import type { CommandOf, CommandOutcome } from '../../../model/command.ts';
import { channelId, type ChannelId } from '../../../model/ids.ts';
import { accepted, failed } from '../../link/run-command.ts';
import type { AmiMessage } from '../ami-parser.ts';
import { addDialplanExtension, askPhone, nameOf, request, valueOf, type Acting, type Execute } from './acting.ts';

/** In this channel variable of the holder stands the channel that the PBX holds for it. */
const heldVariable = 'SWITCHHOOK_HELD';
/** Where the PBX keeps the two, in a context of our own. */
const holdContext = 'switchhook-hold';
/** A bridge of the holder's own, in which it hears nothing. */
const silence = `${holdContext}-\${UNIQUEID},participant,e(s)`;
/** How long Asterisk may take to move the two. */
const movedMs = 2_000;

export const hold: Execute<'hold'> = async (command, pbx) => {
  switch (pbx.config.hold) {
    case 'notify':
      return (await askToHold(command.channel, pbx)) ?? failed('not-supported', disobeys);
    case 'redirect':
      return holdByRedirect(command, pbx);
    case 'notify-then-redirect':
      return (await askToHold(command.channel, pbx)) ?? holdByRedirect(command, pbx);
    default:
      return pbx.config.hold satisfies never;
  }
};

export const resume: Execute<'resume'> = async ({ channel }, pbx) => {
  const held = await heldBy(channel, pbx);
  if (held !== undefined) return resumeByBridge({ channel, peer: held }, pbx);
  return (await askPhone(pbx, { channel, event: 'talk' }, seen('Unhold', channel))) ?? failed('not-supported', disobeys);
};

/** The channel that the PBX holds for this one. The configuration may have changed since; the channel itself knows. */
export const heldBy = async (channel: ChannelId, pbx: Acting): Promise<ChannelId | undefined> => {
  const held = await valueOf(pbx, heldVariable, channel);
  return held === '' ? undefined : channelId(held);
};

/** The phone itself holds: its display shows it, and the other party hears music. */
const askToHold = (channel: ChannelId, pbx: Acting): Promise<CommandOutcome | undefined> =>
  askPhone(pbx, { channel, event: 'hold' }, seen('Hold', channel));

const disobeys = 'The phone did not obey: it has to take a NOTIFY with Event: hold and Event: talk.';

/** The holder waits in silence, the other hears music. The Dial or Queue that brought them together ends. */
const holdByRedirect = async ({ channel, peer }: CommandOf<'hold'>, pbx: Acting): Promise<CommandOutcome> => {
  if (peer === undefined) return failed('wrong-state', 'There is nobody to hold.');
  await addDialplanExtension(pbx, { context: holdContext, extension: 'holder', application: 'BridgeWait', data: silence });
  await addDialplanExtension(pbx, { context: holdContext, extension: 'held', application: 'MusicOnHold', data: '' });
  await request(pbx, { Action: 'Setvar', Channel: channel, Variable: heldVariable, Value: peer });
  const moved = pbx.events.watch((message) => isMoved(message, channel), movedMs, pbx.signal);
  try {
    const holder = { Channel: channel, Context: holdContext, Exten: 'holder', Priority: '1' };
    const held = { ExtraChannel: peer, ExtraContext: holdContext, ExtraExten: 'held', ExtraPriority: '1' };
    await request(pbx, { Action: 'Redirect', ...holder, ...held });
    if ((await moved.found) === undefined) return failed('timed-out', 'Asterisk did not move the two parties in time.');
  } finally {
    moved.stop();
  }
  // For Asterisk they have only moved: nobody holds.
  pbx.announce({ type: 'channel.held', at: pbx.clock.now(), channel });
  return accepted;
};

const isMoved = (message: AmiMessage, channel: ChannelId): true | undefined =>
  message.event === 'BridgeEnter' && message.get('Uniqueid') === channel ? true : undefined;

const resumeByBridge = async (
  { channel, peer }: { readonly channel: ChannelId; readonly peer: ChannelId },
  pbx: Acting,
): Promise<CommandOutcome> => {
  await request(pbx, { Action: 'Bridge', Channel1: channel, Channel2: peer, Tone: 'no' });
  await request(pbx, { Action: 'Setvar', Channel: channel, Variable: heldVariable, Value: '' });
  pbx.announce({ type: 'channel.unheld', at: pbx.clock.now(), channel });
  return accepted;
};

const seen =
  (event: 'Hold' | 'Unhold', channel: ChannelId) =>
  (message: AmiMessage): CommandOutcome | undefined => {
    if (message.get('Uniqueid') !== channel) return undefined;
    if (message.event === event) return accepted;
    return message.event === 'Hangup' ? failed('leg-ended', 'The leg ended before the phone had obeyed.') : undefined;
  };

export const mute =
  (isMuted: boolean): Execute<'mute' | 'unmute'> =>
  async ({ channel, conference }, pbx) => {
    if (conference !== undefined) {
      const Action = isMuted ? 'ConfbridgeMute' : 'ConfbridgeUnmute';
      await request(pbx, { Action, Conference: conference, Channel: await nameOf(pbx, channel) });
      return accepted;
    }
    // `in` is what comes from the phone: nobody hears it any more.
    await request(pbx, { Action: 'MuteAudio', Channel: channel, Direction: 'in', State: isMuted ? 'on' : 'off' });
    // Asterisk has no event for it, and no way to ask.
    pbx.announce({ type: 'channel.muted', at: pbx.clock.now(), channel, muted: isMuted });
    return accepted;
  };

/** Long enough for every detector; the pause after it is what keeps two equal digits apart. */
const digitMs = 100;
const pauseMs = 80;

/** As if the leg's user pressed the keys: the other party hears them, and so does a menu, a mailbox or a feature code. */
export const dtmf: Execute<'dtmf'> = async ({ channel, digits }, pbx) => {
  for (const [at, digit] of Array.from(digits).entries()) {
    if (at > 0) await pause(pbx, digitMs + pauseMs);
    await pressKey(pbx, channel, digit);
  }
  return accepted;
};

export const pressKey = async (pbx: Acting, channel: ChannelId, digit: string): Promise<void> => {
  await request(pbx, { Action: 'PlayDTMF', Channel: channel, Digit: digit, Duration: String(digitMs), Receive: 'true' });
};

const pause = (pbx: Acting, ms: number): Promise<void> => {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const { signal } = pbx;
  const abort = (): void => reject(signal.reason);
  const cancel = pbx.timers.after(ms, resolve);
  signal.addEventListener('abort', abort, { once: true });
  return promise.finally(() => {
    cancel();
    signal.removeEventListener('abort', abort);
  });
};
