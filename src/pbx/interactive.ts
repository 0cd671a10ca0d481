import type { ChannelId } from '../model/ids.ts';

/** How a sound is played. `stopAt` are the keys that end it; other keys are not heard. */
export interface PlayOptions {
  readonly stopAt: string;
  /** A language of the PBX's sounds (`fr`); its own when absent. */
  readonly language?: string;
}

export interface SpeakOptions {
  readonly stopAt: string;
  readonly voice?: string;
  /** Percent of the voice's own. */
  readonly volume?: number;
}

/** A key of the phone: `0` to `9`, `*`, `#`. */
export type Key = string;

/**
 * A call that the PBX has handed over: its caller hears what the gateway plays, until it is hung up or let go.
 *
 * One method runs at a time; only `letGo` without a number may be called while another runs, and ends it. Each settles once the PBX has done it, and rejects with `leg-ended` when the caller has left or the
 * PBX took the call away (`gone` aborts then too), with `pbx-refused` for what the PBX cannot do (a sound that it has not), with
 * `not-supported` for `speak` where it has no voice. After `hangUp` and `letGo`, and after a `ring` that was answered, the call is
 * no longer ours.
 */
export interface InteractiveCall {
  /** The caller's channel. */
  readonly channel: ChannelId;
  /** Under which number it was handed over. */
  readonly called: string;
  readonly caller: { readonly number: string; readonly name: string };
  /** Whether the PBX can read a text aloud. */
  readonly canSpeak: boolean;
  readonly gone: AbortSignal;
  answer(): Promise<void>;
  /** Plays a sound of the PBX to its end or to a key of `stopAt`; resolves with that key. */
  play(sound: string, options: PlayOptions): Promise<Key | undefined>;
  speak(text: string, options: SpeakOptions): Promise<Key | undefined>;
  /** Waits in silence for so long or for a key of `stopAt`; resolves with that key. */
  listen(ms: number, stopAt: string): Promise<Key | undefined>;
  /** What whoever it is sent on to sees of the caller. */
  showCaller(caller: { readonly number: string; readonly name: string }): Promise<void>;
  /** Kept with the call in the PBX; `name` is letters, digits and `_`. */
  setVariable(name: string, value: string): Promise<void>;
  /** Rings an extension's phone itself, past its forwarding and voicemail. False if it did not answer within `seconds`. */
  ring(extension: string, seconds: number): Promise<boolean>;
  /** Goes on with what the number `to` leads to; without one, with what the PBX has for the call next. */
  letGo(to?: string): Promise<void>;
  hangUp(): Promise<void>;
}

/** Where a driver's interactive calls come from. */
export interface InteractiveCalls {
  /**
   * From now on `handler` is given each call that is handed over; until then, and of numbers that it says false of, the PBX goes
   * on by itself. Called once. Rejects with `cannot-listen`.
   */
  take(handler: (call: InteractiveCall) => boolean): Promise<void>;
}
