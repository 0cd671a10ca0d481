import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { createAddressGuard } from '../../src/delivery/webhooks/address-guard.ts';
import { Wheel } from '../../src/delivery/wheel.ts';
import { createInteractive, type RunningInteractive } from '../../src/interactive/create-interactive.ts';
import { menuOf } from '../../src/interactive/menu.ts';
import { GatewayError } from '../../src/model/errors.ts';
import { startSandboxTenant, type SandboxTenant } from '../sandbox-tenant.ts';

interface World extends SandboxTenant {
  /** As the program's request line had them. */
  readonly asked: readonly string[];
  /** What ticks for requests: a tenth of a second each. */
  readonly wheel: Wheel;
  readonly interactive: RunningInteractive;
  question(): Promise<void>;
}

type Program = (request: IncomingMessage, response: ServerResponse) => void;

/** The demo's office, with a program that callers of 700 are led by, and 101 for those whom it leaves. */
const serve = async (program: Program, allow: readonly string[] = ['127.0.0.1/32']): Promise<World> => {
  const world = await startSandboxTenant();
  const asked: string[] = [];
  const arrived = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    arrived.resolve();
    program(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const wheel = new Wheel({ ticker: () => () => undefined });
  const interactive = createInteractive({
    engines: [world.engine],
    guard: createAddressGuard({ allow }),
    clock: world.clock,
    timers: world.clock,
    wheel,
    logger: pino({ level: 'silent' }),
    userAgent: 'test',
  });
  onTestFinished(() => interactive.close());
  const menu = menuOf(
    { url: `${url}/?v=$v`, method: 'GET', otherwise: '101', choiceSeconds: 5, contexts: {} },
    (target, { called, call }) => ({
      url: `${target.url}&called=${called}&from=${encodeURIComponent(call.from.number)}&call=${call.id}`,
    }),
  );
  interactive.serve(world.engine.tenant, '700', menu);
  await interactive.begin();
  return { ...world, asked, wheel, interactive, question: () => arrived.promise };
};

const answer =
  (verbs: string, status = 200): Program =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'text/xml' }).end(`<Response>${verbs}</Response>`);
  };

const isLedTo101 = async (world: World): Promise<void> => {
  expect((await world.leg('101')).state).toBe('ringing');
};

test('the program is asked with the call, and what it answers is done', async () => {
  const world = await serve(answer('<SimpleTransfer>102</SimpleTransfer>'));
  world.sandbox.phones.call('+15550100001', '+15550200700');
  const leg = await world.leg('102', ({ state }) => state === 'ringing');
  expect(world.asked).toEqual([`/?v=&called=700&from=%2B15550100001&call=${leg.callId}`]);
  world.sandbox.phones.answer('102');
  await world.event(({ type }) => type === 'legs.linked');
  world.sandbox.phones.hangUp('102');
  const ended = await world.ended(leg.callId);
  expect(ended).toMatchObject({ call: { did: '+15550200700', to: { number: '700' } }, data: { disposition: 'answered' } });
});

test('a caller whom a menu alone has heard was missed', async () => {
  const world = await serve(answer('<Hangup/>'));
  world.sandbox.phones.call('103', '700');
  const { callId } = await world.event(({ type }) => type === 'call.started');
  expect(callId === undefined ? undefined : await world.ended(callId)).toMatchObject({ data: { disposition: 'missed' } });
});

test.each<[string, Program]>([
  ['that answers with an error', answer('<Hangup/>', 500)],
  ['that answers with a redirect', (_request, response) => void response.writeHead(302, { location: '/else' }).end()],
  ['that answers with plain text', (_request, response) => void response.end('Sorry')],
  ['that answers without an end', (_request, response) => void response.end(`<Response>${'<Pause/>'.repeat(20_000)}</Response>`)],
  ['that hangs up', (request) => void request.socket.destroy()],
])('a program %s is gone on without', async (_what, program) => {
  const world = await serve(program);
  world.sandbox.phones.call('+15550100001', '700');
  await isLedTo101(world);
  expect(world.asked).toHaveLength(1);
});

test('a program that is silent is gone on without after five seconds', async () => {
  const world = await serve(() => undefined);
  world.sandbox.phones.call('+15550100001', '700');
  await world.question();
  for (let tick = 0; tick < 49; tick += 1) world.wheel.tick();
  expect(world.engine.snapshot().calls.flatMap(({ legs }) => legs.map(({ extension }) => extension))).toEqual([undefined]);
  for (let tick = 0; tick < 3; tick += 1) world.wheel.tick();
  await isLedTo101(world);
});

test('an address that may not be reached is not asked', async () => {
  const world = await serve(answer('<Hangup/>'), []);
  world.sandbox.phones.call('+15550100001', '700');
  await isLedTo101(world);
  expect(world.asked).toEqual([]);
});

test('a number has one menu', async () => {
  const world = await startSandboxTenant();
  const wheel = new Wheel({ ticker: () => () => undefined });
  const guard = createAddressGuard({ allow: [] });
  const { clock, engine } = world;
  const interactive = createInteractive({
    engines: [engine],
    guard,
    clock,
    timers: clock,
    wheel,
    logger: pino({ level: 'silent' }),
    userAgent: '',
  });
  const menu = menuOf({ method: 'GET', choiceSeconds: 5, contexts: {} }, () => ({}));
  interactive.serve(engine.tenant, '700', menu);
  expect(() => interactive.serve(engine.tenant, '700', menu)).toThrow(GatewayError);
  await interactive.close();
});

test('closing lets go of every caller', async () => {
  const world = await serve(answer('<Pause length="600"/>'));
  world.sandbox.phones.call('+15550100001', '700');
  await world.question();
  const { callId } = await world.event(({ type }) => type === 'call.started');
  await world.interactive.close();
  expect(callId === undefined ? undefined : await world.ended(callId)).toMatchObject({ data: { disposition: 'missed' } });
});
