import { GatewayError } from '../../model/errors.ts';
import { channelId, type ChannelId } from '../../model/ids.ts';
import type { Clock } from '../../model/time.ts';
import type { InteractiveCall, Key, PlayOptions, SpeakOptions } from '../interactive.ts';
import { quoted, type AgiClient } from './agi-client.ts';

export interface AgiCallOptions {
  readonly clock: Clock;
  /** Where numbers are dialled. */
  readonly dialContext: string;
  /** What dials an extension's phone: `PJSIP/341`. */
  readonly deviceOf: (extension: string) => string;
  /** The application that reads a text aloud, `Festival`; without it there is none. */
  readonly speech?: string | undefined;
}

/** An interactive call on Asterisk: each wish is a command of AGI. */
export class AgiCall implements InteractiveCall {
  readonly channel: ChannelId;
  readonly called: string;
  readonly caller: { readonly number: string; readonly name: string };
  readonly canSpeak: boolean;
  readonly #client: AgiClient;
  readonly #options: AgiCallOptions;
  readonly #language: string;
  #isLanguageSet = false;

  constructor(client: AgiClient, environment: ReadonlyMap<string, string>, options: AgiCallOptions) {
    const of = (name: string): string => known(environment.get(name));
    this.channel = channelId(of('uniqueid'));
    this.called = of('network_script') || of('extension');
    this.caller = { number: of('callerid'), name: of('calleridname') };
    this.canSpeak = options.speech !== undefined;
    this.#client = client;
    this.#options = options;
    this.#language = of('language');
  }

  get gone(): AbortSignal {
    return this.#client.gone;
  }

  async answer(): Promise<void> {
    await this.#done('ANSWER');
  }

  async play(sound: string, { stopAt, language }: PlayOptions): Promise<Key | undefined> {
    await this.#speakLanguage(language);
    // Asterisk chooses among the formats that it has of a sound.
    const name = sound.replace(/\.(wav49|wav|gsm|ulaw|alaw|sln16|sln|g722|g729|mp3)$/i, '');
    return keyOf(await this.#done(`STREAM FILE ${quoted(name)} ${quoted(stopAt)}`));
  }

  async speak(text: string, _options: SpeakOptions): Promise<Key | undefined> {
    const { speech } = this.#options;
    if (speech === undefined) throw new GatewayError('not-supported', {}, { note: 'No application is configured that speaks.' });
    // A comma would begin the application's next argument, and a dollar sign name a variable.
    await this.#done(`EXEC ${speech} ${quoted(text.replaceAll(/[,${}"\\]/g, ' '))}`);
    return undefined;
  }

  async listen(ms: number, stopAt: string): Promise<Key | undefined> {
    const { clock } = this.#options;
    const end = clock.now() + ms * 1_000;
    for (let left = ms; left > 0; left = Math.ceil((end - clock.now()) / 1_000)) {
      const key = keyOf(await this.#done(`WAIT FOR DIGIT ${left}`));
      if (key === undefined || stopAt.includes(key)) return key;
    }
    return undefined;
  }

  async showCaller({ number, name }: { readonly number: string; readonly name: string }): Promise<void> {
    await this.#set('CALLERID(num)', number.replaceAll(/[^\w+*#.@-]/g, ''));
    await this.#set('CALLERID(name)', name.replaceAll(/["<>\\]/g, ''));
  }

  async setVariable(name: string, value: string): Promise<void> {
    await this.#set(`SWITCHHOOK_${name}`, value);
  }

  async ring(extension: string, seconds: number): Promise<boolean> {
    await this.#client.request(`EXEC Dial ${quoted(`${this.#options.deviceOf(extension)},${seconds}`)}`);
    const { text } = await this.#client.request('GET VARIABLE DIALSTATUS');
    if (!text.includes('(ANSWER)')) return false;
    // As after a Dial of the dialplan: who was left by the one talked to is hung up.
    await this.hangUp();
    return true;
  }

  async letGo(to?: string): Promise<void> {
    if (to !== undefined) {
      await this.#client.request(`SET CONTEXT ${quoted(this.#options.dialContext)}`);
      await this.#client.request(`SET EXTENSION ${quoted(to)}`);
      await this.#client.request('SET PRIORITY 1');
    }
    this.#client.close();
  }

  async hangUp(): Promise<void> {
    this.gone.throwIfAborted();
    try {
      await this.#client.request('HANGUP');
    } catch (error) {
      // Asterisk may tell of the end before it answers.
      if (!this.gone.aborted) throw error;
    }
    this.#client.close();
  }

  /** Rejects with `pbx-refused` for what could not be done; a caller who left during it is told by the answer, too. */
  async #done(command: string): Promise<string> {
    const { result, text } = await this.#client.request(command);
    if (Number(result) >= 0) return result;
    const state = await this.#client.request('CHANNEL STATUS');
    if (state.result === '-1') this.#client.close();
    this.gone.throwIfAborted();
    throw new GatewayError('pbx-refused', {}, { note: `Asterisk said to ${command.slice(0, 80)}: ${text}` });
  }

  async #set(variable: string, value: string): Promise<void> {
    await this.#done(`SET VARIABLE ${variable} ${quoted(value)}`);
  }

  async #speakLanguage(language: string | undefined): Promise<void> {
    if (language === undefined && !this.#isLanguageSet) return;
    await this.#set('CHANNEL(language)', language ?? this.#language);
    this.#isLanguageSet = language !== undefined;
  }
}

/** AGI's word for what is not known. */
const known = (text: string | undefined): string => (text === undefined || text === 'unknown' ? '' : text);

/** A key's ASCII code; 0 is none. */
const keyOf = (result: string): Key | undefined => {
  const code = Number(result);
  return code > 0 ? String.fromCharCode(code) : undefined;
};
