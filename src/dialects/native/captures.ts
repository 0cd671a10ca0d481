import type { TenantEngine } from '../../engine/engine.ts';
import { captureVersion, renderCaptureLine, type CaptureRead, type Capturing } from '../../model/capture.ts';
import { GatewayError } from '../../model/errors.ts';
import type { PbxId } from '../../model/ids.ts';
import type { Micros } from '../../model/time.ts';
import type { Gateway } from '../gateway.ts';

/** At most so much is kept of one PBX; then its capture ends by itself. */
export const mostCaptureBytes = 8 * 1024 * 1024;
/** An ended capture is kept for so long. */
const keepMs = 3_600_000;

export interface CaptureView {
  readonly status: 'running' | 'ended' | 'failed';
  readonly startedAt: Micros;
  readonly endedAt?: Micros;
  readonly messages: number;
  readonly bytes: number;
  /** Why it ended, other than by its time or by hand. */
  readonly detail?: string;
}

/** Captures of what PBXs say, in memory: one of each PBX, begun and ended by hand or by its bounds. */
export class PbxCaptures {
  readonly #gateway: Pick<Gateway, 'clock' | 'timers' | 'stopping'>;
  readonly #captures = new Map<PbxId, PbxCapture>();

  constructor(gateway: Pick<Gateway, 'clock' | 'timers' | 'stopping'>) {
    this.#gateway = gateway;
  }

  /** Begins one in the place of one that has ended; one that runs goes on. Throws `no-such-pbx`, `not-supported`. */
  start(engine: TenantEngine, pbx: PbxId, seconds: number): CaptureView {
    const capturing = capturingOf(engine, pbx);
    const known = this.#captures.get(pbx);
    if (known?.view().status === 'running') return known.view();
    known?.close();
    const capture = new PbxCapture({ ...this.#gateway, capturing, seconds, pbx, onForgotten: () => this.#captures.delete(pbx) });
    this.#captures.set(pbx, capture);
    return capture.view();
  }

  /** Ends it, and keeps what there is; safe when it has ended. Throws as `find` does. */
  stop(engine: TenantEngine, pbx: PbxId): CaptureView {
    const capture = this.#find(engine, pbx);
    capture.stop();
    return capture.view();
  }

  /** Throws `no-such-pbx`, and `not-found` where there is no capture. */
  view(engine: TenantEngine, pbx: PbxId): CaptureView {
    return this.#find(engine, pbx).view();
  }

  /** The file, of one that still runs what there is. Throws as `view` does. */
  file(engine: TenantEngine, pbx: PbxId): string {
    return this.#find(engine, pbx).file();
  }

  /** Safe to call twice. */
  close(): void {
    for (const capture of this.#captures.values()) capture.close();
    this.#captures.clear();
  }

  #find(engine: TenantEngine, pbx: PbxId): PbxCapture {
    requirePbx(engine, pbx);
    const capture = this.#captures.get(pbx);
    if (capture === undefined) throw new GatewayError('not-found', { pbx }, { note: 'There is no capture of this PBX.' });
    return capture;
  }
}

/** Throws `no-such-pbx` also for another tenant's. */
export const requirePbx = (engine: TenantEngine, pbx: PbxId): void => {
  if (!engine.pbxs.includes(pbx)) throw new GatewayError('no-such-pbx', { pbx });
};

/** Throws `no-such-pbx`, `not-supported`. */
export const capturingOf = (engine: TenantEngine, pbx: PbxId): Capturing => {
  requirePbx(engine, pbx);
  const { capturing } = engine.driver(pbx);
  if (capturing === undefined) {
    throw new GatewayError('not-supported', { pbx }, { note: 'It is in memory: nothing goes over a wire that could be captured.' });
  }
  return capturing;
};

interface PbxCaptureOptions extends Pick<Gateway, 'clock' | 'timers' | 'stopping'> {
  readonly capturing: Capturing;
  readonly pbx: PbxId;
  readonly seconds: number;
  readonly onForgotten: () => void;
}

class PbxCapture {
  readonly #options: PbxCaptureOptions;
  readonly #lines: string[] = [];
  readonly #stop = new AbortController();
  readonly #startedAt: Micros;
  #bytes = 0;
  #endedAt: Micros | undefined;
  #detail: string | undefined;
  #hasFailed = false;
  #cancel: () => void;

  constructor(options: PbxCaptureOptions) {
    const { capturing, clock, timers, stopping, seconds, pbx } = options;
    this.#options = options;
    this.#startedAt = clock.now();
    this.#lines.push(renderCaptureLine({ capture: captureVersion, driver: capturing.format, pbx }));
    this.#cancel = timers.after(seconds * 1_000, () => this.stop());
    capturing
      .follow(AbortSignal.any([this.#stop.signal, stopping]), (read) => this.#take(read))
      .then(
        () => this.#end(),
        (error: unknown) => {
          this.#hasFailed = !this.#stop.signal.aborted;
          this.#detail ??= error instanceof Error ? error.message : String(error);
          this.#end();
        },
      );
  }

  view(): CaptureView {
    const isRunning = this.#endedAt === undefined;
    return {
      status: isRunning ? 'running' : this.#hasFailed ? 'failed' : 'ended',
      startedAt: this.#startedAt,
      ...(this.#endedAt === undefined ? undefined : { endedAt: this.#endedAt }),
      messages: this.#lines.length - 1,
      bytes: this.#bytes,
      ...(this.#detail === undefined ? undefined : { detail: this.#detail }),
    };
  }

  file(): string {
    return this.#lines.join('');
  }

  stop(): void {
    this.#stop.abort();
    this.#end();
  }

  close(): void {
    this.stop();
    this.#cancel();
  }

  #take(read: CaptureRead): void {
    if (this.#endedAt !== undefined) return;
    const line = renderCaptureLine(read);
    const size = Buffer.byteLength(line);
    if (this.#bytes + size > mostCaptureBytes) {
      this.#detail = `It ended at ${mostCaptureBytes / 1024 / 1024} MiB.`;
      this.stop();
      return;
    }
    this.#bytes += size;
    this.#lines.push(line);
  }

  #end(): void {
    if (this.#endedAt !== undefined) return;
    const { clock, timers, onForgotten } = this.#options;
    this.#endedAt = clock.now();
    this.#cancel();
    this.#cancel = timers.after(keepMs, onForgotten);
  }
}
