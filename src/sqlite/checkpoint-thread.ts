/** The thread of `Checkpointer`: makes a checkpoint of the database named by `workerData` whenever it is told to. */
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { sqliteResult } from './result.ts';

const database = new DatabaseSync(workerData as string);

const checkpoint = (): void => {
  try {
    database.exec('PRAGMA wal_checkpoint(PASSIVE)');
  } catch (error) {
    if (sqliteResult(error) === 'other' || sqliteResult(error) === 'damaged') throw error;
  }
};

parentPort?.on('message', (told: 'checkpoint' | 'close') => {
  if (told === 'close') {
    database.close();
    parentPort?.close();
    return;
  }
  checkpoint();
  parentPort?.postMessage('done');
});
