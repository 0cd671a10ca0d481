/** Microseconds since 1970, a safe integer. Facts and events keep time in it; APIs show milliseconds. */
export type Micros = number;

/** ISO 8601 in UTC with milliseconds: `2026-11-21T10:00:00.000Z`. */
export type IsoTime = string;

/** Where time comes from; nothing in model or tracker asks for it. */
export interface Clock {
  /** Microseconds since 1970. */
  now(): Micros;
}

/** Where waiting comes from: calls `run` once after `ms` milliseconds; what it returns cancels that, and may be called at any time. */
export interface Timers {
  after(ms: number, run: () => void): () => void;
}

export const isoTime = (at: Micros): IsoTime => new Date(at / 1000).toISOString();

export const microsOf = (time: IsoTime): Micros => Date.parse(time) * 1000;
