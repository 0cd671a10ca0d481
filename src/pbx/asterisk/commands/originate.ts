/** Calling a phone: with its own channel id, seen until its effect shows. */
import type { CommandOutcome } from '../../../model/command.ts';
import { GatewayError } from '../../../model/errors.ts';
import type { ChannelId, ExtensionNumber } from '../../../model/ids.ts';
import { accepted, failed } from '../../link/run-command.ts';
import type { AmiMessage } from '../ami-parser.ts';
import { type Acting } from './acting.ts';

/** How long an Originate may take until its channel shows or it has failed. */
export const originateMs = 5_000;
/** `OriginateResponse` is not ordered with the channel's own events: what a failure belongs to may show a moment after it. */
const originateGraceMs = 250;
/** How long a phone rings that is called to take part in something and does not answer by itself: less than its command waits. */
const ringMs = 12_000;

/** Phones that can answer by themselves look for one of these two headers, by make. */
const autoAnswerHeaders = ['Alert-Info: <http://127.0.0.1>;info=alert-autoanswer', 'Call-Info: <sip:127.0.0.1>;answer-after=0'] as const;

/**
 * Calls out. `look` finds the effect among the events; `failed` means that Asterisk gave up and no effect showed, undefined that
 * neither came in time.
 */
export const originate = async <Result>(
  pbx: Acting,
  wish: {
    readonly headers: Readonly<Record<string, string | readonly string[]>>;
    readonly look: (message: AmiMessage) => Result | undefined;
    readonly timeoutMs: number;
  },
): Promise<Result | 'failed' | undefined> => {
  const { session, events, signal } = pbx;
  const actionId = session.newActionId();
  const effect = events.watch(wish.look, wish.timeoutMs, signal);
  const failure = events.watch((message) => (isFailureOf(message, actionId) ? ('failed' as const) : undefined), wish.timeoutMs, signal);
  const grace = Promise.withResolvers<'failed'>();
  let stopGrace = (): void => undefined;
  try {
    await session.request({ Action: 'Originate', Async: 'true', ...wish.headers }, { signal, actionId });
    const first = await Promise.race([effect.found, failure.found]);
    if (first !== 'failed') return first;
    stopGrace = pbx.timers.after(originateGraceMs, () => grace.resolve('failed'));
    return await Promise.race([effect.found, grace.promise]);
  } finally {
    effect.stop();
    failure.stop();
    stopGrace();
  }
};

const isFailureOf = (message: AmiMessage, actionId: string): boolean =>
  message.event === 'OriginateResponse' && message.get('ActionID') === actionId && message.get('Response') === 'Failure';

export const isCreated =
  (channel: ChannelId) =>
  (message: AmiMessage): 'created' | undefined =>
    message.event === 'Newchannel' && message.get('Uniqueid') === channel ? 'created' : undefined;

/** Calls an extension's phone as `channel`, to answer by itself if it can, and runs an application when it has answered. */
export const callPhoneInto = async (
  pbx: Acting,
  wish: { readonly extension: ExtensionNumber; readonly channel: ChannelId; readonly application: string; readonly data: string },
): Promise<CommandOutcome> => {
  const shown = await originate(pbx, {
    headers: {
      ...phoneHeaders(pbx, wish.extension, wish.channel),
      Application: wish.application,
      Data: wish.data,
      Timeout: String(ringMs),
      Variable: renderAutoAnswer(undefined),
    },
    look: isCreated(wish.channel),
    timeoutMs: originateMs,
  });
  return shown === 'failed' ? unreachable(pbx, wish.extension) : accepted;
};

/** The headers of an Originate that say whom it calls, as which channel, showing itself as the caller. */
export const phoneHeaders = (
  pbx: Acting,
  extension: ExtensionNumber,
  channel: ChannelId,
): { readonly Channel: string; readonly ChannelId: string; readonly CallerID: string } => {
  const { device, name } = pbx.phoneOf(extension);
  return { Channel: device, ChannelId: channel, CallerID: renderCallerId({ number: extension, name }) };
};

export const unreachable = (pbx: Acting, extension: ExtensionNumber): CommandOutcome =>
  failed('unreachable', `${pbx.phoneOf(extension).device} cannot be called: it is not registered or does not exist.`);

export const renderCallerId = ({ number, name }: { readonly number: string; readonly name: string }): string => {
  const plain = (text: string): string => text.replace(/["<>\\]/g, '');
  return name === '' ? plain(number) : `"${plain(name)}" <${plain(number)}>`;
};

/** Headers of the first INVITE to a phone that is to answer by itself, as functions that Asterisk runs on the new channel. */
export const renderAutoAnswer = (header: string | undefined): readonly string[] =>
  (header === undefined ? autoAnswerHeaders : [header]).map((line) => {
    const [, name, value] = /^([\w-]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new GatewayError('invalid-parameter', { field: 'header' });
    // Asterisk splits the value at commas, and takes a semicolon for a comment, unless they are escaped.
    return `PJSIP_HEADER(add,${name})=${value.replace(/[\\,;"]/g, String.raw`\$&`)}`;
  });
