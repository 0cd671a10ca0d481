/** The thread of `Checkpointer`: makes a checkpoint of the database named by `workerData` whenever it is told to. */
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { checkpoint } from './checkpoint.ts';

const database = new DatabaseSync(workerData as string);

parentPort?.on('message', (told: 'checkpoint' | 'close') => {
  if (told === 'close') {
    database.close();
    parentPort?.close();
    return;
  }
  checkpoint(database);
  parentPort?.postMessage('done');
});
