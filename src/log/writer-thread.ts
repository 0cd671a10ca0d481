/** The thread of `WriterThread`: writes what it is told to the log file named by `workerData`, until it is told `undefined`. */
import { parentPort, workerData } from 'node:worker_threads';
import { LogFile, type Rows } from './log-file.ts';
import type { Answer } from './writer.ts';

const file = new LogFile(workerData as string, 'when called');

const write = (rows: Rows): Answer => {
  try {
    file.append(rows);
    return { done: true };
  } catch (error) {
    const { code, errcode } = error as { readonly code?: unknown; readonly errcode?: unknown };
    return { done: false, error: error as Error, code, errcode };
  }
};

parentPort?.on('message', (rows: Rows | undefined) => {
  if (rows === undefined) {
    file.close();
    parentPort?.close();
    return;
  }
  parentPort?.postMessage(write(rows));
  // After the answer: nobody waits for it.
  file.checkpoint();
});
