/**
 * The iSymphony event API: what one event for one user costs with 100 connections and with many more, each of which filters for a
 * user of its own. First the handing out alone, then over sockets, from the engine to the client, both in one process.
 * `node bench/isymphony.ts [connections]`, 5,000 when not given; wanted: below 3 times the cost.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startGateway, type RunningGateway } from '../src/app/gateway.ts';
import { configSchema } from '../src/config/schema.ts';
import { EventFeed } from '../src/dialects/isymphony/event-feed.ts';
import { compileFilter } from '../src/dialects/isymphony/filter.ts';
import { createNewId, pbxId, tenantId } from '../src/model/ids.ts';

const few = 100;
const many = Number(process.argv[2] ?? 5_000);
const handed = 200_000;
const sent = 1_000;
const rounds = 5;

const median = (values: readonly number[]): number => values.toSorted((one, two) => one - two)[Math.floor(values.length / 2)] ?? 0;

/** Microseconds for an event that one of so many readers wants. */
const handingOut = (readers: number): number => {
  const logger = pino({ level: 'silent' });
  const feed = new EventFeed({ engine: { onCommitted: () => () => undefined }, projection: { take: () => [] }, logger });
  let delivered = 0;
  const options = { matchNumbered: false, legacyEventTypes: true };
  for (let reader = 0; reader < readers; reader += 1) {
    feed.set({ deliver: () => void (delivered += 1) }, compileFilter([{ property: 'username', value: `user${reader}` }], options));
  }
  const events = Array.from({ length: 1_000 }, (_, index) => ({
    type: 'userStatus' as const,
    time: 1_700_000_000_000,
    coreServerId: 'server',
    username: `user${index % readers}`,
  }));
  const run = (): number => {
    const began = performance.now();
    for (let index = 0; index < handed; index += 1) feed.tell(events.slice(index % 1_000, (index % 1_000) + 1));
    return ((performance.now() - began) / handed) * 1_000;
  };
  const figure = median(Array.from({ length: rounds }, run));
  if (delivered !== handed * rounds) throw new Error('each event is for one reader');
  return figure;
};

const openGateway = (folder: string): Promise<RunningGateway> =>
  startGateway(
    configSchema.parse({
      data: folder,
      logLevel: 'silent',
      http: { port: 0 },
      tenants: { demo: { pbxs: { sandbox: { kind: 'sandbox' } } } },
    }),
    {
      clock: { now: () => Math.round((performance.timeOrigin + performance.now()) * 1000) },
      timers: {
        after: (ms, run) => {
          const timer = setTimeout(run, ms);
          return () => clearTimeout(timer);
        },
      },
      newId: createNewId(randomBytes),
      logger: pino({ level: 'silent' }),
    },
  );

/** A text message as a client sends it; its mask is of zeros. */
const clientFrame = (text: string): Buffer =>
  Buffer.concat([Buffer.from([0x81, 0x80 | Buffer.byteLength(text), 0, 0, 0, 0]), Buffer.from(text)]);

const openClient = async (port: number, user: string, heard: () => void): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1');
  socket.write(
    [
      'GET /communication_manager/ws/event HTTP/1.1',
      'Host: bench',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Authorization: Basic bWFuYWdlcjptYW5hZzNycGE1NXdvcmQ=',
      '\r\n',
    ].join('\r\n'),
  );
  await once(socket, 'data');
  socket.write(clientFrame(`{"type":"filter","filters":[{"property":"username","value":"${user}"}]}`));
  await once(socket, 'data');
  socket.on('data', heard);
  return socket;
};

/** CPU microseconds of the process for an event that one of so many connections wants, from the commit to the client. */
const overSockets = async (gateway: RunningGateway, connections: number): Promise<number> => {
  const engine = gateway.engines.get(tenantId('demo'));
  if (engine === undefined) throw new TypeError('the gateway has its tenant');
  const { port } = new URL(gateway.url);
  let heard = 0;
  let all = (): void => undefined;
  const hear = (): void => {
    heard += 1;
    if (heard === sent) all();
  };
  const sockets: Socket[] = [];
  for (let user = 0; user < connections; user += 1) sockets.push(await openClient(Number(port), `user${user}`, hear));
  const run = async (): Promise<number> => {
    heard = 0;
    const done = new Promise<void>((resolve) => {
      all = resolve;
    });
    const before = process.cpuUsage();
    for (let index = 0; index < sent; index += 1) {
      const data = { user: `user${(index * 7) % connections}`, status: 'away' };
      await engine.publish([{ type: 'user.statusChanged', at: 0, pbx: pbxId('sandbox'), reconciled: false, data }]);
    }
    await done;
    const { user, system } = process.cpuUsage(before);
    return (user + system) / sent;
  };
  await run();
  const figures: number[] = [];
  for (let round = 0; round < rounds; round += 1) figures.push(await run());
  for (const socket of sockets) socket.destroy();
  return median(figures);
};

const show = (what: string, one: number, two: number): void =>
  console.log(`${what}: ${one.toFixed(1)} us with ${few}, ${two.toFixed(1)} us with ${many}: ${(two / one).toFixed(2)}x`);

show('handing out an event for one user', handingOut(few), handingOut(many));
const folder = mkdtempSync(join(tmpdir(), 'switchhook-bench-'));
const gateway = await openGateway(folder);
show('the same from its commit to the client, CPU of both', await overSockets(gateway, few), await overSockets(gateway, many));
await gateway.close();
rmSync(folder, { recursive: true });
