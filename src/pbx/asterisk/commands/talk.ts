/** What a user does while talking: hold, mute, press keys. */
import type { CommandOutcome } from '../../../model/command.ts';
import type { ChannelId } from '../../../model/ids.ts';
import type { AmiMessage } from '../ami-parser.ts';
import { accepted, askPhone, failed, nameOf, request, type Acting, type Execute } from './acting.ts';

/** The phone itself holds: its display shows it, and the other party hears music. */
export const hold: Execute<'hold'> = async ({ channel }, pbx) =>
  (await askPhone(pbx, { channel, event: 'hold' }, seen('Hold', channel))) ?? failed('not-supported', disobeys);

export const resume: Execute<'resume'> = async ({ channel }, pbx) =>
  (await askPhone(pbx, { channel, event: 'talk' }, seen('Unhold', channel))) ?? failed('not-supported', disobeys);

const disobeys = 'The phone did not obey: it has to take a NOTIFY with Event: hold and Event: talk.';

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
