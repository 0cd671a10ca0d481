import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

/** Beside this file, as source or as built. */
const threadFile = `./checkpoint-thread${extname(import.meta.url)}`;

/**
 * Moves what the write-ahead log of a database has gathered to the database, in a thread of its own, over a connection of its
 * own: a checkpoint waits for the disk twice, and whoever writes does not. https://sqlite.org/wal.html#ckpt
 */
export class Checkpointer {
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  #isBusy = false;
  #hasEnded = false;

  constructor(path: string) {
    this.#worker = new Worker(new URL(threadFile, import.meta.url), { workerData: path, name: 'checkpoints' });
    this.#worker.on('message', () => {
      this.#isBusy = false;
    });
    // Without it the writer makes the checkpoints itself, later.
    this.#worker.on('error', () => undefined);
    this.#ended = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#hasEnded = true;
        resolve();
      });
    });
    // It must not keep a process alive that has nothing else to do.
    this.#worker.unref();
  }

  /** Begins a checkpoint, if none is under way. What cannot be moved now is moved by a later one. */
  begin(): void {
    if (this.#isBusy || this.#hasEnded) return;
    this.#isBusy = true;
    this.#worker.postMessage('checkpoint');
  }

  /** To be called when the writer has closed its connection: the last one to go removes the write-ahead log. */
  async close(): Promise<void> {
    if (this.#hasEnded) return;
    this.#worker.ref();
    this.#worker.postMessage('close');
    await this.#ended;
  }
}
