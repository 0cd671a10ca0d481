import type { Capturing } from '../model/capture.ts';
import type { Command, CommandName, CommandOutcome } from '../model/command.ts';
import type { Fact } from '../model/fact.ts';
import type { PbxId } from '../model/ids.ts';
import type { PingTime } from '../model/live-state.ts';
import type { Micros } from '../model/time.ts';
import type { InteractiveCalls } from './interactive.ts';

/** What a driver can do, as named booleans; asked in place of `kind === ...`. */
export interface DriverSupport {
  readonly commands: Readonly<Record<CommandName, boolean>>;
  /** Its facts carry the PBX's own time; otherwise `at` is when the bytes arrived. */
  readonly stampsTime: boolean;
  /** It tells which devices are registered. */
  readonly tellsRegistrations: boolean;
}

/** One line of a diagnosis: what was looked at, whether it is well, and how to mend it if not. */
export interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What to do, or the exact lines to paste into the PBX's configuration. */
  readonly mend?: string;
}

/** What `why` shows of the PBX: the bytes of one message, with secrets redacted. */
export interface PbxMessage {
  readonly at: Micros;
  readonly text: string;
}

/**
 * One connected PBX.
 *
 * `facts` yields what happens, in order and in batches as they came in; it connects, and reconnects until `signal` aborts,
 * inside. After every break (and at the first connection) `pbx.connected` and a full `resync` come before any other fact, and
 * `pbx.disconnected` as soon as the link is lost. It may be called once. It never throws for what the PBX does or for a lost link.
 *
 * `execute` says whether the PBX took a command, not whether it had its effect, with one exception: where a driver has a
 * second way to try (answer), it watches the effect of the first itself. It settles by the command's own deadline or the
 * signal's, whichever is first, and never rejects but for an abort.
 */
export interface Driver {
  readonly pbx: PbxId;
  readonly supports: DriverSupport;
  /** Calls that the PBX hands over to be led by the gateway; absent where it cannot. */
  readonly interactive?: InteractiveCalls | undefined;
  /** Absent where it cannot be: what is in memory has nothing on a wire. */
  readonly capturing?: Capturing | undefined;
  /** Of the connection that is up now; absent until it was asked once, and where there is no connection to ask over. */
  readonly ping?: PingTime | undefined;
  facts(signal: AbortSignal): AsyncIterable<readonly TracedFact[]>;
  execute(command: Command, signal: AbortSignal): Promise<CommandOutcome>;
  /** Looks for what is missing at the PBX (permissions, modules, time-outs). Works without `facts` running. */
  diagnose(signal: AbortSignal): Promise<readonly Finding[]>;
  /** Ends `facts` and settles every running `execute`. Safe to call twice. */
  close(): Promise<void>;
}

/** A fact with the PBX message it was translated from, where there was one. Facts of one message share it. */
export interface TracedFact {
  readonly fact: Fact;
  readonly source?: PbxMessage;
}
