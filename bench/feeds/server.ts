import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { startBareServer } from './bare-server.ts';
import { startOurServer } from './our-server.ts';
import type { FromServer, Run, ServerTask, ToServer } from './protocol.ts';

/** One of the two that are compared. */
export interface BenchServer {
  readonly port: number;
  readonly key: string;
  /** Lets `count` events happen, of which the first has the number `first`. */
  emit(first: number, count: number, extension?: string): void;
  /** How many bytes of `count` events each connection gets; of streams. */
  bytesEach(count: number): number;
  /** Resolves when so many polls wait. */
  parked(count: number): Promise<void>;
}

const say = (message: FromServer): void => {
  process.send?.(message);
};

const { side, transport } = JSON.parse(process.argv[2] ?? '{}') as ServerTask;
const folder = mkdtempSync(join(tmpdir(), 'switchhook-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
process.on('disconnect', () => process.exit());
const server = side === 'bare' ? await startBareServer(transport) : await startOurServer(transport, folder);
let seq = 1;
let received = (): void => {};

const run = async ({ events, burst }: Run, subscribers: number): Promise<void> => {
  if (transport === 'long-poll') await server.parked(subscribers);
  const before = process.cpuUsage();
  for (let done = 0; done < events; done += burst) {
    const all = Promise.withResolvers<void>();
    received = all.resolve;
    say({ kind: 'burst', bytesEach: server.bytesEach(burst) });
    server.emit(seq, burst);
    seq += burst;
    await (transport === 'long-poll' ? server.parked(subscribers) : all.promise);
  }
  const used = process.cpuUsage(before);
  say({ kind: 'ran', cpuSeconds: (used.user + used.system) / 1e6 });
};

/** Events that one subscriber wants, one a turn. */
const runUnmatched = async (events: number): Promise<void> => {
  const before = process.cpuUsage();
  for (let done = 0; done < events; done += 1) {
    server.emit(seq, 1, 'x0');
    seq += 1;
    await turn();
  }
  const used = process.cpuUsage(before);
  say({ kind: 'ran', cpuSeconds: (used.user + used.system) / 1e6 });
};

process.on('message', (message: ToServer) => {
  switch (message.kind) {
    case 'run':
      void run(message.run, message.subscribers);
      return;
    case 'received':
      received();
      return;
    case 'memory':
      globalThis.gc?.();
      globalThis.gc?.();
      say({ kind: 'memory', bytes: process.memoryUsage.rss() });
      return;
    case 'unmatched':
      void runUnmatched(message.events);
      return;
    default:
      message satisfies never;
  }
});
say({ kind: 'listening', port: server.port, key: server.key });
