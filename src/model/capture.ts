import type { CallId, PbxId } from './ids.ts';
import type { Micros } from './time.ts';

/**
 * What a PBX said, in one file: lines of JSON, the first a `CaptureHead`, each further one a `CaptureRead`. `switchhook replay`
 * makes events of it again.
 */
export const captureVersion = 1;

export interface CaptureHead {
  readonly capture: typeof captureVersion;
  /** What reads it: `replay --driver`. */
  readonly driver: string;
  readonly pbx: PbxId;
  /** Where it is of one call: what was said of others is not in it. */
  readonly call?: CallId;
}

/** What came in at one moment, as it came but for secrets. */
export interface CaptureRead {
  readonly at: Micros;
  readonly text: string;
}

export const renderCaptureLine = (line: CaptureHead | CaptureRead): string => `${JSON.stringify(line)}\n`;

/** A PBX whose words can be captured: kept as they came, so that `replay` makes the same events of them. */
export interface Capturing {
  /** What reads them again: `replay --driver`. */
  readonly format: string;
  /** The text of a message as the PBX sends it, with what stands between messages. */
  framed(text: string): string;
  /**
   * Hands on everything the PBX says, framed, on a connection of its own until the signal aborts. Rejects when there is none to be
   * had, or when it breaks.
   */
  follow(signal: AbortSignal, onRead: (read: CaptureRead) => void): Promise<void>;
}
