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

export interface InitOptions {
  readonly kind: 'asterisk' | 'freeswitch';
  readonly config: string;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly username: string;
  /** Empty: one is made up. */
  readonly secret: string;
  readonly dialContext: string;
  readonly tenant: string;
  readonly pbx: string;
  readonly force: boolean;
}

export interface CaptureOptions {
  readonly config: string;
  readonly file: string;
  /** Of several PBXs in the configuration, this one. */
  readonly pbx?: string;
  readonly seconds?: number;
}

/** What only the composition root can do: it knows the concrete parts. Each ends when its work ends or the signal aborts. */
export interface LocalActions {
  demo(options: DemoOptions, output: Output, signal: AbortSignal): Promise<ExitCode>;
  serve(config: string, output: Output, signal: AbortSignal): Promise<ExitCode>;
  doctor(config: string, output: Output, signal: AbortSignal): Promise<ExitCode>;
  checkConfig(config: string, output: Output): ExitCode;
  newEpoch(config: string, output: Output): Promise<ExitCode>;
  replay(options: ReplayOptions, output: Output, signal: AbortSignal): Promise<ExitCode>;
  init(options: InitOptions, output: Output, signal: AbortSignal): Promise<ExitCode>;
  capture(options: CaptureOptions, output: Output, signal: AbortSignal): Promise<ExitCode>;
}

export interface ProgramOptions {
  readonly version: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly output: Output;
  readonly signal: AbortSignal;
  /** Asks whoever sits at the terminal; absent where nobody does. What is typed to a `hidden` question does not show. */
  readonly ask?: (question: string, hidden: boolean) => Promise<string>;
  readonly actions: LocalActions;
}
