import type { ExitCode } from './exit-codes.ts';
import type { Output } from './output.ts';

export interface DemoOptions {
  readonly port?: number;
  readonly data?: string;
  readonly seed: number;
  readonly quiet: boolean;
  readonly scenario?: string;
}

export interface ReplayOptions {
  readonly driver: string;
  readonly file: string;
  readonly times?: string;
}

/** What only the composition root can do: it knows the concrete parts. Each ends when its work ends or the signal aborts. */
export interface LocalActions {
  demo(options: DemoOptions, output: Output, signal: AbortSignal): Promise<ExitCode>;
  serve(config: string, output: Output, signal: AbortSignal): Promise<ExitCode>;
  doctor(config: string, output: Output, signal: AbortSignal): Promise<ExitCode>;
  checkConfig(config: string, output: Output): ExitCode;
  newEpoch(config: string, output: Output): Promise<ExitCode>;
  replay(options: ReplayOptions, output: Output, signal: AbortSignal): Promise<ExitCode>;
}

export interface ProgramOptions {
  readonly version: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly actions: LocalActions;
}
