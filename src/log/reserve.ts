import { closeSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { randomFillSync } from 'node:crypto';
import { dirname } from 'node:path';
import type { Clock, Micros } from '../model/time.ts';
import { sqliteResult } from '../sqlite/result.ts';
import type { LogHealth } from './event-log.ts';

const pieceSize = 1_048_576;
const reasons = {
  degraded: 'The disk is full: only command records and the ends of calls are written, to the reserve.',
  full: 'The disk is full, and so is the reserve.',
} as const;

/** How often a full disk is looked at again. */
const restoreEvery: Micros = 1_000_000;

/**
 * Room on the disk that is kept for what must be recorded even when it is full: a file of `size` bytes, deleted when it is
 * needed and made again once twice as much is free. Whoever finds the disk full calls `release` and tries again.
 */
export class Reserve {
  readonly #path: string;
  readonly #size: number;
  readonly #clock: Clock;
  #status: LogHealth['status'] = 'live';
  #lookedAt: Micros = 0;

  constructor(path: string, size: number, clock: Clock) {
    this.#path = path;
    this.#size = size;
    this.#clock = clock;
    this.#status = this.#allocate() ? 'live' : 'degraded';
  }

  /** Whether only what is urgent may be written. Looks, at times, whether the disk has room again. */
  isReleased(): boolean {
    if (this.#status !== 'live') this.#restore();
    return this.#status !== 'live';
  }

  /** Gives the room away; false if it had been given before, so that trying again is of no use. */
  release(): boolean {
    if (this.#status !== 'live') {
      this.#status = 'full';
      return false;
    }
    rmSync(this.#path, { force: true });
    this.#status = 'degraded';
    this.#lookedAt = this.#clock.now();
    return true;
  }

  /** Something urgent could be written after all. */
  wrote(): void {
    if (this.#status === 'full') this.#status = 'degraded';
  }

  health(): LogHealth {
    if (this.#status !== 'live') this.#restore();
    return this.#status === 'live' ? { status: 'live' } : { status: this.#status, reason: reasons[this.#status] };
  }

  #restore(): void {
    const now = this.#clock.now();
    if (Math.abs(now - this.#lookedAt) < restoreEvery) return;
    this.#lookedAt = now;
    // Twice, so that what follows does not at once fill the disk again.
    const { bavail, bsize } = statfsSync(dirname(this.#path));
    if (bavail * bsize >= 2 * this.#size && this.#allocate()) this.#status = 'live';
  }

  #allocate(): boolean {
    if (statSync(this.#path, { throwIfNoEntry: false })?.size === this.#size) return true;
    try {
      const handle = openSync(this.#path, 'w', 0o600);
      try {
        // Written, and not with zeros: a file system that leaves out holes or compresses would keep no room.
        const piece = randomFillSync(new Uint8Array(Math.min(pieceSize, this.#size)));
        for (let written = 0; written < this.#size;) {
          written += writeSync(handle, piece, 0, Math.min(piece.length, this.#size - written));
        }
      } finally {
        closeSync(handle);
      }
      return true;
    } catch (error) {
      rmSync(this.#path, { force: true });
      if (sqliteResult(error) !== 'full') throw error;
      return false;
    }
  }
}
