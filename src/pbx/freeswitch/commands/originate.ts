/** Calling a phone: with its own channel id, seen until its effect shows. */
import type { CommandOutcome } from '../../../model/command.ts';
import { GatewayError } from '../../../model/errors.ts';
import type { ChannelId, ExtensionNumber } from '../../../model/ids.ts';
import { accepted, failed } from '../../link/run-command.ts';
import type { EslMessage } from '../esl-parser.ts';
import { argument, isOf, uuid, type Acting } from './acting.ts';

/** How long an originate may take until its channel shows or it has failed. */
export const originateMs = 5_000;
/** A job's failure is not ordered with the channel's own events: what it belongs to may show a moment after it. */
const graceMs = 250;
/** How long a phone rings that is called to take part in something: less than its command waits. */
const ringSeconds = 12;

export interface Originate {
  readonly extension: ExtensionNumber;
  /** The id that the channel gets. */
  readonly channel: ChannelId;
  /** What it does once its phone has answered. */
  readonly next: Destination;
  readonly variables?: Readonly<Record<string, string>>;
  readonly seconds?: number;
}

export type Destination =
  | { readonly application: string; readonly data: string }
  /** Dials. `name` and `number` are whom the far party sees. */
  | { readonly dials: string };

/**
 * Calls out. `look` finds the effect among the events; an error means that FreeSWITCH gave up and no effect showed, undefined that
 * neither came in time.
 */
export const originate = async <Result>(
  pbx: Acting,
  wish: Originate,
  look: (message: EslMessage) => Result | undefined,
  timeoutMs = originateMs,
): Promise<Result | GatewayError | undefined> => {
  const effect = pbx.events.watch(look, timeoutMs, pbx.signal);
  const grace = Promise.withResolvers<undefined>();
  let stopGrace = (): void => undefined;
  try {
    const command = renderOriginate(pbx, wish);
    // The job ends with the phone's answer, long after this has.
    const failure = pbx.session
      .job(command, { signal: pbx.signal, timeoutMs: (wish.seconds ?? ringSeconds) * 1_000 + timeoutMs })
      .then(() => new Promise<never>(() => undefined), refused);
    const first = await Promise.race([effect.found, failure]);
    if (!(first instanceof GatewayError)) return first;
    stopGrace = pbx.timers.after(graceMs, () => grace.resolve(undefined));
    return (await Promise.race([effect.found, grace.promise])) ?? first;
  } finally {
    effect.stop();
    stopGrace();
  }
};

const refused = (error: unknown): GatewayError => {
  if (error instanceof GatewayError && error.code !== 'pbx-down') return error;
  throw error;
};

export const renderOriginate = (pbx: Acting, { extension, channel, next, variables = {}, seconds = ringSeconds }: Originate): string => {
  const all = { origination_uuid: uuid(channel), originate_timeout: String(seconds), ...callerId(pbx, extension), ...variables };
  const rendered = Object.entries(all).map(([name, value]) => `${name}=${quoted(name, value)}`);
  const phone = `user/${argument('extension', extension)}@${argument('domain', pbx.domain)}`;
  return `originate {${rendered.join(',')}}${phone} ${renderDestination(pbx, next)}`;
};

const renderDestination = (pbx: Acting, next: Destination): string => {
  if ('dials' in next) return `${argument('number', next.dials)} XML ${argument('dialContext', pbx.config.dialContext)}`;
  // Unquoted, a blank would end the application's arguments, and FreeSWITCH would say that all is well and drop the phone.
  return `'&${next.application}(${next.data})'`;
};

/** A phone that is called for its own user shows that user as the caller. */
const callerId = (pbx: Acting, extension: ExtensionNumber): Readonly<Record<string, string>> =>
  renderCallerId({ number: extension, name: pbx.nameOf(extension) });

export const renderCallerId = ({ number, name }: { readonly number: string; readonly name: string }): Readonly<Record<string, string>> => ({
  origination_caller_id_number: plain(number),
  origination_caller_id_name: plain(name === '' ? number : name),
});

/** A name is shown to people: what FreeSWITCH would take for something else is left out of it. */
const plain = (text: string): string => text.replace(/[^\p{L}\p{N}\p{M} _@.+*#&/!?-]/gu, '').trim();

/** The value of a channel variable. Inside the braces a comma would end it, and a blank the whole argument. */
const quoted = (name: string, value: string): string => {
  if (/[\p{Cc}'"\\{}[\],^|]/u.test(value)) throw new GatewayError('forbidden-character', { field: name });
  return /\s/.test(value) || value === '' ? `'${value}'` : value;
};

/** What lets a phone answer by itself: FreeSWITCH's own header, or one that is wished for. */
export const autoAnswer = (header: string | undefined): Readonly<Record<string, string>> => {
  if (header === undefined) return { sip_auto_answer: 'true', ...forgottenOnceAnswered('Call-Info') };
  const [, name, value] = /^([\w-]+):\s*(.*)$/.exec(header) ?? [];
  if (name === undefined || value === undefined) throw new GatewayError('invalid-parameter', { field: 'header' });
  return { [`sip_h_${name}`]: value, ...forgottenOnceAnswered(name) };
};

/** FreeSWITCH puts a channel's headers on every call that it makes for it: whoever this phone dials would answer by itself, too. */
const forgottenOnceAnswered = (header: string): Readonly<Record<string, string>> => ({ execute_on_answer_1: `unset sip_h_${header}` });

export const isCreated =
  (channel: ChannelId) =>
  (message: EslMessage): 'created' | undefined =>
    isOf(message, 'CHANNEL_CREATE', channel) ? 'created' : undefined;

/** Calls an extension's phone as `channel`, to answer by itself if it can, and runs an application when it has answered. */
export const callPhoneInto = async (
  pbx: Acting,
  wish: {
    readonly extension: ExtensionNumber;
    readonly channel: ChannelId;
    readonly application: string;
    readonly data: string;
    readonly variables?: Readonly<Record<string, string>>;
  },
): Promise<CommandOutcome> => {
  const { extension, channel, application, data, variables } = wish;
  const next = { application, data };
  const shown = await originate(
    pbx,
    { extension, channel, next, variables: { ...autoAnswer(undefined), ...variables } },
    isCreated(channel),
  );
  return shown instanceof GatewayError ? notReached(shown) : accepted;
};

/** What FreeSWITCH said of a phone that it could not ring. */
export const notReached = (error: GatewayError): CommandOutcome => {
  const said = error.details['said'];
  return failed(error.code, typeof said === 'string' ? said : error.message);
};
