/**
 * The Noojee API: how fast events are folded, and how long it takes until all polls that wait for one call are answered, over
 * sockets, client and server in one process; the coalescing window of 100 ms is taken off.
 * `node bench/noojee.ts [polls]`, 1,000 when not given.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { configSchema } from '../src/config/schema.ts';
import { createNoojeeProjector } from '../src/dialects/noojee/project.ts';
import { renderEntry } from '../src/dialects/noojee/render.ts';
import { createServerTime } from '../src/dialects/noojee/server-time.ts';
import { startGateway } from '../src/app/gateway.ts';
import { createNewId, pbxId, tenantId } from '../src/model/ids.ts';
import { Story } from '../test/dialects/noojee/story.ts';
import { microsOf } from '../src/model/time.ts';

const polls = Number(process.argv[2] ?? 1_000);
const rounds = 5;
const coalesceMs = 100;

const foldRate = (): number => {
  const serverTime = createServerTime('Australia/Melbourne');
  const projector = createNoojeeProjector({
    render: (entry) => renderEntry(entry, { serverTime, extended: false }),
    endedWindowSeconds: 60,
  });
  const story = new Story();
  for (let call = 0; call < 20_000; call += 1) {
    const name = `A${call}`;
    const [from, to] = [`400#${call}`, `410#${call}`];
    story.rings(name, from, to, [`1412749510.${2 * call}`, `1412749510.${2 * call + 1}`]);
    story.answers(name, from, to).wait(1).hangsUp(name, from, to);
  }
  const events = story.numbered();
  const began = performance.now();
  let state = projector.initial;
  for (const event of events) if (projector.types.has(event.type)) state = projector.project(state, event, microsOf(event.time)).state;
  return events.length / ((performance.now() - began) / 1000);
};

/** One answer's bytes have come when its closing brackets have. */
const answered = async (socket: Socket): Promise<void> => {
  let text = '';
  while (!text.endsWith('"Code":0}')) {
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    text += bytes.toString('latin1');
  }
};

const pollRounds = async (): Promise<readonly number[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'switchhook-bench-'));
  const tenants = { demo: { pbxs: { sandbox: { kind: 'sandbox' } }, dialects: { noojee: { maxPolls: 10_000 } } } };
  const config = configSchema.parse({ data: folder, http: { port: 0 }, tenants });
  const gateway = await startGateway(config, {
    clock: { now: () => Math.round((performance.timeOrigin + performance.now()) * 1000) },
    timers: {
      after: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
    },
    newId: createNewId(randomBytes),
    logger: pino({ level: 'silent' }),
  });
  const { secret } = gateway.auth.create({ tenant: tenantId('demo'), name: 'bench', scopes: ['observe'] });
  const { port } = new URL(gateway.url);
  const path = '/servicemanager/rest/CallManagementAPI/subscribe';
  const sockets = await Promise.all(
    Array.from({ length: polls }, async () => {
      const socket = connect(Number(port), '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    }),
  );
  const ask = (cursor: number, timeOut: number) => (socket: Socket) => {
    socket.write(`GET ${path}?apiKey=${secret}&exten=410&lastSequenceNumber=${cursor}&timeOut=${timeOut} HTTP/1.1\r\nHost: bench\r\n\r\n`);
    return answered(socket);
  };
  const engine = gateway.engines.get(tenantId('demo'));
  const phones = gateway.sandboxes.get(pbxId('sandbox'))?.phones;
  if (engine === undefined || phones === undefined) throw new TypeError('the gateway has its office');
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const cursor = engine.cursor().seq;
    const answers = sockets.map(ask(cursor, 60));
    // A poll that does not wait, on the last connection's heels: when it is answered, all others wait.
    await Promise.all(
      sockets.slice(-1).map(() => fetch(`${gateway.url}${path}?apiKey=${secret}&exten=410&lastSequenceNumber=0&timeOut=0`)),
    );
    const began = performance.now();
    phones.call('400', '410');
    await Promise.all(answers);
    times.push(performance.now() - began - coalesceMs);
    phones.reject('410');
    await fetch(`${gateway.url}${path}?apiKey=${secret}&exten=410&lastSequenceNumber=${engine.cursor().seq}&timeOut=1`);
  }
  for (const socket of sockets) socket.destroy();
  await gateway.close();
  rmSync(folder, { recursive: true });
  return times;
};

console.log(`fold: ${Math.round(foldRate() / 1000)} k events/s`);
const times = await pollRounds();
const median = times.toSorted((one, two) => one - two)[Math.floor(rounds / 2)] ?? 0;
console.log(`${polls} polls answered in ${median.toFixed(0)} ms (median of ${rounds}): ${Math.round(polls / median)} k answers/s`);
