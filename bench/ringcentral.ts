/**
 * The RingCentral API: what it costs to fold an event and to render a notification, and how long it takes from the PBX to the
 * clients of 2,000 WebSocket subscriptions at 50 calls a second: a call is placed, answered and ended, each extension is watched by
 * several. The clients are a process of their own. Times are by the event's own time, in whole milliseconds.
 * `node bench/ringcentral.ts [subscriptions] [calls per second] [seconds]`, 2,000, 50 and 10 when not given.
 */
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import { startGateway } from '../src/app/gateway.ts';
import { configSchema } from '../src/config/schema.ts';
import { createIds } from '../src/dialects/ringcentral/ids.ts';
import { createRingCentralProjector } from '../src/dialects/ringcentral/project.ts';
import { Renderer } from '../src/dialects/ringcentral/render.ts';
import type { Notice } from '../src/dialects/ringcentral/schema.ts';
import { envelop, type Event } from '../src/model/event.ts';
import { createNewId, pbxId, tenantId } from '../src/model/ids.ts';
import { isoTime, microsOf } from '../src/model/time.ts';
import { eventsOf } from '../test/captures/play.ts';
import { readRecording, recordings } from '../test/captures/recording.ts';

const [subscriptions = 2_000, callsPerSecond = 50, seconds = 10] = process.argv.slice(2).map(Number);
const clientsRole = 'clients';
const connectionsPerUser = 50;
const extensionCount = 400;
const firstExtension = 1_000;
const accountId = 400_000_000_000;
const talkMs = 1_500;

interface Client {
  readonly uri: string;
  readonly token: string;
  /** The id of the extension that it watches. */
  readonly watches: number;
}

const everyStory = (): readonly Event[] => {
  const asterisk = recordings.filter(({ pbx }) => pbx === 'asterisk-22');
  return asterisk
    .flatMap((recording) => eventsOf(readRecording(recording)))
    .map((event, index) => envelop(event, tenantId('bench'), 'e1', index + 1, isoTime(event.at)));
};

/** Of this thread, in microseconds: what else the machine does is left out. */
const cpu = (): number => {
  const { user, system } = process.threadCpuUsage();
  return user + system;
};

/** Microseconds for an event of the log, and for a notification made of it. */
const costs = (): { readonly fold: number; readonly render: number } => {
  const events = everyStory();
  const projector = createRingCentralProjector();
  const ids = createIds({ accountId, extensionIds: {}, extension: () => undefined, extensions: () => [] });
  const settings = {
    userStatus: 'Available',
    dndStatus: 'TakeAllCalls',
    allowSeeMyPresence: true,
    ringOnMonitoredCall: false,
    pickUpCallsOnHold: false,
  } as const;
  const options = { tenant: tenantId('bench'), ids, options: { directNumbers: {} }, settings: () => settings, isDnd: () => false };
  let fold = 0;
  let render = 0;
  let folded = 0;
  let rendered = 0;
  // The first rounds are for the compiler.
  for (let round = 0; round < 30; round += 1) {
    const notices = new Set<Notice>();
    const began = cpu();
    let state = projector.initial;
    for (const event of events) {
      if (!projector.types.has(event.type)) continue;
      const step = projector.project(state, event, microsOf(event.time));
      state = step.state;
      for (const { body } of step.messages) notices.add(body);
    }
    const between = cpu();
    const renderer = new Renderer(options);
    for (const notice of notices) renderer.body(notice, { detailed: true, sip: true });
    if (round < 10) continue;
    fold += between - began;
    render += cpu() - between;
    folded += events.length;
    rendered += notices.size;
  }
  return { fold: fold / folded, render: render / rendered };
};

/** The process of the clients: it tells when all listen, and, when asked, how long notifications took. */
const runClients = async (clients: readonly Client[]): Promise<void> => {
  const delays: number[] = [];
  let waiting = clients.length;
  const open = async ({ uri, token, watches }: Client): Promise<void> => {
    const socket = new WebSocket(`${uri}?access_token=${token}`);
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      if (text.startsWith('[{"type":"ServerNotification"')) {
        const time = /"eventTime":"([^"]+)"/.exec(text)?.[1];
        if (time !== undefined) delays.push(performance.timeOrigin + performance.now() - Date.parse(time));
      } else if (text.includes('"messageId":"subscribe"')) {
        if (!text.includes('"status":200')) throw new Error(text);
        waiting -= 1;
        if (waiting === 0) process.send?.('listening');
      }
    });
    await once(socket, 'open');
    const meta = { type: 'ClientRequest', messageId: 'subscribe', method: 'POST', path: '/restapi/v1.0/subscription' };
    const eventFilters = [`/restapi/v1.0/account/~/extension/${watches}/telephony/sessions`];
    socket.send(JSON.stringify([meta, { eventFilters, deliveryMode: { transportType: 'WebSocket' } }]));
  };
  for (const client of clients) await open(client);
  await once(process, 'message');
  process.send?.(delays);
};

const post = async (url: string, init: RequestInit): Promise<Readonly<Record<string, string>>> => {
  const reply = await fetch(url, { method: 'POST', ...init });
  if (!reply.ok) throw new Error(await reply.text());
  return (await reply.json()) as Readonly<Record<string, string>>;
};

const run = async (): Promise<void> => {
  const { fold, render } = costs();
  console.log(`fold: ${fold.toFixed(1)} us/event, render: ${render.toFixed(1)} us/notification`);

  const folder = mkdtempSync(join(tmpdir(), 'switchhook-bench-'));
  const numbers = Array.from({ length: extensionCount }, (_, index) => String(firstExtension + index));
  const users = numbers.slice(0, Math.ceil(subscriptions / connectionsPerUser));
  const config = configSchema.parse({
    data: folder,
    http: { port: 0 },
    tenants: {
      demo: {
        pbxs: { sandbox: { kind: 'sandbox', office: { extensions: numbers.map((number) => ({ number, name: `User ${number}` })) } } },
        dialects: { ringcentral: { accountId, assertions: Object.fromEntries(users.map((number) => [`assertion-${number}`, number])) } },
        clients: { bench: { secret: 'bench-secret', scopes: ['observe', 'control'] } },
        users: Object.fromEntries(users.map((number) => [number, { password: 'x', extension: number, scopes: ['observe', 'control'] }])),
      },
    },
  });
  const gateway = await startGateway(config, {
    clock: { now: () => Math.round((performance.timeOrigin + performance.now()) * 1_000) },
    timers: {
      after: (ms, work) => {
        const timer = setTimeout(work, ms);
        return () => clearTimeout(timer);
      },
    },
    newId: createNewId(randomBytes),
    logger: pino({ level: 'silent' }),
  });
  const phones = gateway.sandboxes.get(pbxId('sandbox'))?.phones;
  if (phones === undefined) throw new TypeError('the gateway has its office');
  const clients: Client[] = [];
  for (const number of users) {
    const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: `assertion-${number}` };
    const basic = { Authorization: `Basic ${btoa('bench:bench-secret')}` };
    const login = await post(`${gateway.url}/restapi/oauth/token`, { headers: basic, body: new URLSearchParams(grant) });
    const bearer = { Authorization: `Bearer ${login['access_token'] ?? ''}` };
    const { uri = '', ws_access_token: token = '' } = await post(`${gateway.url}/restapi/oauth/wstoken`, { headers: bearer });
    for (let each = 0; each < connectionsPerUser && clients.length < subscriptions; each += 1) {
      clients.push({ uri, token, watches: accountId + firstExtension + (clients.length % extensionCount) });
    }
  }
  const began = performance.now();
  const listeners = fork(import.meta.filename, [clientsRole]);
  listeners.send(clients);
  await once(listeners, 'message');
  console.log(`${clients.length} subscriptions listen after ${((performance.now() - began) / 1_000).toFixed(1)} s`);

  await pause(500);
  const idle = [...numbers];
  const ends: Promise<void>[] = [];
  const end = async (from: string, to: string): Promise<void> => {
    await pause(talkMs / 3);
    phones.answer(to);
    await pause(talkMs);
    phones.hangUp(from);
    idle.push(from, to);
  };
  for (let call = 0; call < callsPerSecond * seconds; call += 1) {
    const [from = '', to = ''] = idle.splice(0, 2);
    phones.call(from, to);
    ends.push(end(from, to));
    await pause(1_000 / callsPerSecond);
  }
  await Promise.all(ends);
  await pause(500);
  listeners.send('report');
  const [delays] = (await once(listeners, 'message')) as [readonly number[]];
  const sorted = delays.toSorted((one, two) => one - two);
  const at = (share: number): string => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1);
  console.log(
    `${sorted.length} notifications at ${callsPerSecond} calls/s: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(0.9999)} ms`,
  );
  listeners.kill();
  await gateway.close();
  rmSync(folder, { recursive: true });
};

if (process.argv[2] === clientsRole) {
  const [clients] = (await once(process, 'message')) as [readonly Client[]];
  await runClients(clients);
} else {
  await run();
}
