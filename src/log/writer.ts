import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { LogFile, Rows } from './log-file.ts';

/** Makes rows durable. One `append` at a time: whoever calls waits for the one before. */
export interface LogWriter {
  /** Rejects with what SQLite said; nothing of the rows is there then. */
  append(rows: Rows): Promise<void>;
  /** To be called when no append is under way. */
  close(): Promise<void>;
}

/** Writes in the caller's own thread, by the file that it reads by. */
export const writerInPlace = (file: LogFile): LogWriter => ({
  append: (rows) =>
    new Promise((resolve) => {
      file.append(rows);
      resolve();
    }),
  close: () => Promise.resolve(),
});

/** What the thread answers each `Rows` with. An error's own members do not cross between threads; these are put back. */
export type Answer =
  | { readonly done: true }
  | { readonly done: false; readonly error: Error; readonly code: unknown; readonly errcode: unknown };

/** Beside this file, as source or as built. */
const threadFile = `./writer-thread${extname(import.meta.url)}`;

/**
 * Writes in a thread of its own, over a connection of its own, so that neither SQLite's work nor the disk holds up who calls.
 */
export class WriterThread implements LogWriter {
  readonly #worker: Worker;
  #answered: PromiseWithResolvers<void> | undefined;
  #failure: unknown;

  constructor(path: string) {
    this.#worker = new Worker(new URL(threadFile, import.meta.url), { workerData: path, name: 'log writer' });
    this.#worker.on('message', (answer: Answer) => this.#answer(answer));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('The thread that writes the log has ended.')));
    // It must not keep a process alive that has nothing else to do; an append under way does.
    this.#worker.unref();
  }

  append(rows: Rows): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#answered = Promise.withResolvers<void>();
    this.#worker.ref();
    this.#worker.postMessage(rows);
    return this.#answered.promise;
  }

  async close(): Promise<void> {
    if (this.#failure !== undefined) return;
    this.#worker.ref();
    const exited = once(this.#worker, 'exit');
    this.#worker.postMessage(undefined);
    await exited;
  }

  #answer(answer: Answer): void {
    this.#worker.unref();
    const answered = this.#answered;
    this.#answered = undefined;
    if (answer.done) answered?.resolve();
    else answered?.reject(Object.assign(answer.error, { code: answer.code, errcode: answer.errcode }));
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#answered?.reject(this.#failure);
    this.#answered = undefined;
  }
}
