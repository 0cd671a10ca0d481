/**
 * The console's board in Chromium, before a large office: 500 extensions, 200 calls, 50 events a second. What counts is how long the page
 * was ever unable to answer (the longest tasks of its trace), and what it keeps in memory. `node bench/console.ts [seconds]`, 20 when not
 * given, after `npm run build:console`; wanted: no task over 50 ms, less than 150 MB.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { startGateway } from '../src/app/gateway.ts';
import { loggerOf, surroundingsOf } from '../src/app/surroundings.ts';
import { configSchema } from '../src/config/schema.ts';
import { tenantId } from '../src/model/ids.ts';

const seconds = Number(process.argv[2] ?? 20);
const extensions = 500;
const calls = 200;
const eventsPerSecond = 50;
const warmUpMs = 3_000;

const data = mkdtempSync(join(tmpdir(), 'switchhook-bench-'));
const numbers = Array.from({ length: extensions }, (_, index) => String(1000 + index));
const office = { extensions: numbers.map((number) => ({ number, name: `Person ${number}` })) };
const config = configSchema.parse({
  data,
  logLevel: 'warn',
  http: { port: 0 },
  tenants: { bench: { pbxs: { test: { kind: 'sandbox', office, traffic: false } } } },
});
const gateway = await startGateway(config, surroundingsOf(loggerOf(config.logLevel)));
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--js-flags=--expose-gc', '--enable-precise-memory-info'],
});
interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds of the thread's own time. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** How many milliseconds of its own time each task of the page's main thread took: what other programs of the machine took is not in it. */
const tasksOf = (trace: Buffer): readonly number[] => {
  const { traceEvents } = JSON.parse(trace.toString()) as { readonly traceEvents: readonly TraceEvent[] };
  const mains = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid}/${tid}`),
  );
  return traceEvents
    .filter(({ name, pid, tid, tdur }) => name.endsWith('RunTask') && tdur !== undefined && mains.has(`${pid}/${tid}`))
    .map(({ tdur = 0 }) => tdur / 1_000);
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

try {
  const [engine] = gateway.engines.values();
  const [sandbox] = gateway.sandboxes.values();
  if (engine === undefined || sandbox === undefined) throw new Error('There is no sandbox.');
  const { phones } = sandbox;
  const busy = numbers.slice(0, calls);
  for (const [index, number] of busy.entries()) {
    phones.call(`+1555010${String(index).padStart(4, '0')}`, number);
    phones.answer(number);
  }
  const { secret } = gateway.auth.create({ tenant: tenantId('bench'), name: 'bench', scopes: ['administer'] });
  const context = await browser.newContext({ viewport: { width: 1920, height: 1080 } });
  await context.request.post(`${gateway.url}/v1/login`, { data: { key: secret } });
  const page = await context.newPage();
  await page.goto(`${gateway.url}/console/#/board`);
  await page
    .locator('.tile-busy')
    .nth(calls - 1)
    .waitFor();
  await pause(warmUpMs);
  await page.evaluate(`
    globalThis.frames = 0;
    const frame = () => { frames += 1; requestAnimationFrame(frame); };
    requestAnimationFrame(frame);
  `);
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline'] });
  const before = engine.cursor().seq;
  const began = performance.now();
  let done = 0;
  while (performance.now() - began < seconds * 1_000) {
    // Each is an event of the leg and one of the extension's presence.
    const due = Math.floor(((performance.now() - began) / 1_000) * (eventsPerSecond / 2));
    for (; done < due; done += 1) {
      const number = busy[done % calls] ?? '';
      if (phones.stateOf(number) === 'held') phones.resume(number);
      else phones.hold(number);
    }
    await pause(10);
  }
  const took = (performance.now() - began) / 1_000;
  const tasks = tasksOf(await browser.stopTracing());
  const frames = await page.evaluate<number>('frames');
  const heap = await page.evaluate<number>('(gc(), performance.memory.usedJSHeapSize)');
  console.log(
    JSON.stringify({
      eventsPerSecond: Math.round((engine.cursor().seq - before) / took),
      framesPerSecond: Math.round(frames / took),
      tasks: tasks.length,
      tasksOver50ms: tasks.filter((each) => each > 50).length,
      longestMs: Math.round(Math.max(...tasks)),
      heapMegabytes: Math.round(heap / 1e5) / 10,
    }),
  );
} finally {
  await browser.close();
  await gateway.close();
  rmSync(data, { recursive: true, force: true });
}
