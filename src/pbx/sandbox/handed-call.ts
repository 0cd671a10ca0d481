import { GatewayError } from '../../model/errors.ts';
import type { InteractiveCall, Key, PlayOptions, SpeakOptions } from '../interactive.ts';
import type { Activity, LiveChannel } from './channel.ts';
import type { Exchange } from './exchange.ts';

export interface HandedCallOptions {
  readonly channel: LiveChannel;
  readonly called: string;
  /** How long a sound lasts; speech takes as long. */
  readonly soundSeconds: number;
  /** Rings an extension for the channel, which does nothing else by then; false if there is none such. */
  readonly ring: (extension: string, seconds: number, end: Required<RingEnd>) => boolean;
  /** Sends the channel, which does nothing else by then, to a number. */
  readonly route: (to: string) => void;
}

/** How a ringing ended: of these one is called, once. */
export interface RingEnd {
  readonly answered?: () => void;
  readonly failed: () => void;
  /** The caller left. */
  readonly abandoned?: () => void;
}

interface Waiting {
  readonly stopAt: string;
  readonly settle: (key: Key | undefined) => void;
  readonly fail: (error: GatewayError) => void;
}

/** A channel that the gateway leads. Its sounds are not heard, but take their time. */
export class HandedCall implements InteractiveCall, Activity {
  readonly canSpeak = true;
  readonly #exchange: Exchange;
  readonly #options: HandedCallOptions;
  readonly #gone = new AbortController();
  #waiting: Waiting | undefined;

  constructor(exchange: Exchange, options: HandedCallOptions) {
    this.#exchange = exchange;
    this.#options = options;
  }

  get channel(): InteractiveCall['channel'] {
    return this.#options.channel.id;
  }

  get called(): string {
    return this.#options.called;
  }

  get caller(): { readonly number: string; readonly name: string } {
    const { number, name } = this.#options.channel;
    return { number, name };
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  async answer(): Promise<void> {
    const { channel, called } = this.#options;
    this.#act('answer', () => {
      this.#exchange.enter(channel, 'announcement', '', called);
      this.#exchange.setState(channel, 'up');
    });
  }

  async play(sound: string, { stopAt }: PlayOptions): Promise<Key | undefined> {
    return this.#sound(`play ${sound}`, sound, stopAt);
  }

  async speak(text: string, { stopAt }: SpeakOptions): Promise<Key | undefined> {
    return this.#sound('speak', text.slice(0, 80), stopAt);
  }

  async listen(ms: number, stopAt: string): Promise<Key | undefined> {
    this.#check();
    return this.#wait(ms, stopAt);
  }

  async showCaller(caller: { readonly number: string; readonly name: string }): Promise<void> {
    this.#act('show the caller', () => {
      this.#options.channel.shownAs = caller;
    });
  }

  async setVariable(name: string, value: string): Promise<void> {
    this.#act('set a variable', () => this.#options.channel.variables.set(name, value));
  }

  async ring(extension: string, seconds: number): Promise<boolean> {
    const { channel, ring } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    const failed = (): void => {
      this.#exchange.occupy(channel, this);
      resolve(false);
    };
    const answered = (): void => {
      this.#gone.abort(ended());
      resolve(true);
    };
    const abandoned = (): void => {
      this.#gone.abort(ended());
      reject(ended());
    };
    // While the phone rings, the ringing has the channel; if nobody answers it comes back here.
    this.#act(`ring ${extension}`, () => {
      if (!ring(extension, seconds, { answered, failed, abandoned })) failed();
    });
    return promise;
  }

  async letGo(to?: string): Promise<void> {
    const { channel, route } = this.#options;
    this.#act(to === undefined ? 'let go' : `go on to ${to}`, () => {
      this.#exchange.leave(channel, { how: 'moved' });
      if (to === undefined) this.#exchange.end(channel, 16, 'pbx');
      else route(to);
    });
  }

  async hangUp(): Promise<void> {
    this.#act('hang up', () => this.#exchange.end(this.#options.channel, 16, 'command'));
  }

  pressed(key: Key): void {
    const waiting = this.#waiting;
    if (waiting?.stopAt.includes(key) === true) waiting.settle(key);
  }

  forgotten(): void {
    this.left();
  }

  left(): undefined {
    this.#gone.abort(ended());
    this.#waiting?.fail(ended());
  }

  async #sound(what: string, detail: string, stopAt: string): Promise<Key | undefined> {
    this.#act(what, () => this.#exchange.enter(this.#options.channel, 'announcement', detail));
    return this.#wait(this.#options.soundSeconds * 1_000, stopAt);
  }

  #wait(ms: number, stopAt: string): Promise<Key | undefined> {
    return new Promise((resolve, reject) => {
      const stopTimer = this.#exchange.after(ms / 1_000, `interactive ${this.called}: over`, () => this.#waiting?.settle(undefined));
      const done = (): void => {
        stopTimer();
        this.#waiting = undefined;
      };
      this.#waiting = {
        stopAt,
        settle: (key) => {
          done();
          resolve(key);
        },
        fail: (error) => {
          done();
          reject(error);
        },
      };
    });
  }

  #act(what: string, run: () => void): void {
    this.#check();
    this.#exchange.act(`interactive ${this.called}: ${what}`, run);
  }

  #check(): void {
    if (this.#gone.signal.aborted) throw ended();
  }
}

const ended = (): GatewayError => new GatewayError('leg-ended');
