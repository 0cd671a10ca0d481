import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import type { HttpServerOptions } from '../../../src/http/http-server.ts';
import { basic, eventPath, publicCredentials } from './event-client.ts';
import { serveISymphony, type ISymphonyWorld } from './serve-isymphony.ts';

/** Asks for the WebSocket in bytes, and reads the answer in HTTP to its end. */
const handshake = async (world: ISymphonyWorld, headers: readonly string[] = []): Promise<string> => {
  const socket = connect(Number(new URL(world.url).port), '127.0.0.1');
  const lines = [
    `GET ${eventPath} HTTP/1.1`,
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  return text(socket);
};

const withAccount = (credentials: string): readonly string[] => [`Authorization: ${basic(credentials)}`];

describe('who is let in', () => {
  test('whoever has credentials in the URL or the header', async () => {
    const world = await serveISymphony();
    const inUrl = new WebSocket(`${world.url.replace('http://', `ws://${publicCredentials}@`)}${eventPath}`);
    onTestFinished(() => inUrl.terminate());
    await once(inUrl, 'open');
    expect(basic(publicCredentials)).toBe('Basic bWFuYWdlcjptYW5hZzNycGE1NXdvcmQ=');
    await expect(world.connect()).resolves.toBeDefined();
  });

  test('nobody without, or with others: 401 before the upgrade', async () => {
    const world = await serveISymphony();
    for (const headers of [
      [],
      withAccount('manager:wrong'),
      withAccount('nobody:x'),
      ['Authorization: Basic ???'],
      ['Authorization: Bearer x'],
    ]) {
      const answer = await handshake(world, headers);
      expect(answer).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n/);
      expect(answer).toContain('\r\nWWW-Authenticate: Basic realm="communication_manager"\r\n');
      expect(answer).not.toMatch(/upgrade/i);
    }
  });

  test('no address outside the list, whatever its credentials: 403', async () => {
    const accounts = { crm: { password: 'secret-of-crm', scopes: ['observe'] as const } };
    const world = await serveISymphony({ options: { allow: ['192.0.2.0/24'], accounts } });
    expect(await handshake(world, withAccount('crm:secret-of-crm'))).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
    expect(await handshake(world)).toMatch(/^HTTP\/1\.1 403 /);
    expect((await world.rest('/coreServers')).status).toBe(403);
  });

  test('nobody who came through a proxy on this machine, unless the proxy is trusted and its client is in the list', async () => {
    const direct = await serveISymphony();
    expect(await handshake(direct, [...withAccount(publicCredentials), 'X-Forwarded-For: 127.0.0.1'])).toMatch(/^HTTP\/1\.1 403 /);
    const accounts = { crm: { password: 'secret-of-crm', scopes: ['observe'] as const } };
    const behind = await serveISymphony({ options: { allow: ['192.0.2.0/24'], accounts }, http: { trustedProxies: ['127.0.0.1'] } });
    const crm = withAccount('crm:secret-of-crm');
    expect(await handshake(behind, [...crm, 'X-Forwarded-For: 198.51.100.1'])).toMatch(/^HTTP\/1\.1 403 /);
    const client = await behind.connect({
      headers: { Authorization: basic('crm:secret-of-crm'), 'X-Forwarded-For': '192.0.2.7' },
    });
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
  });

  test('no web page of another machine by the account that everybody knows', async () => {
    const world = await serveISymphony();
    const refused = ['https://elsewhere.example', 'null', 'http://127.0.0.1.elsewhere.example', 'http://192.0.2.7'];
    for (const origin of refused) {
      expect(await handshake(world, [...withAccount(publicCredentials), `Origin: ${origin}`])).toMatch(/^HTTP\/1\.1 403 /);
    }
    for (const origin of ['http://localhost:8090', 'http://127.0.0.1', 'http://[::1]:3000']) {
      await expect(world.connect({ headers: { Authorization: basic(publicCredentials) }, origin })).resolves.toBeDefined();
    }
    const accounts = { crm: { password: 'secret-of-crm', scopes: ['observe'] as const } };
    const own = await serveISymphony({ options: { accounts } });
    const origin = 'https://elsewhere.example';
    await expect(own.connect({ headers: { Authorization: basic('crm:secret-of-crm') }, origin })).resolves.toBeDefined();
  });

  test('an account that may not observe is not', async () => {
    const accounts = { dialler: { password: 'secret', scopes: ['control'] as const } };
    const world = await serveISymphony({ options: { accounts } });
    expect(await handshake(world, withAccount('dialler:secret'))).toMatch(/^HTTP\/1\.1 403 /);
  });

  test('over plain http nobody, where TLS is required', async () => {
    const world = await serveISymphony({ options: { requireTls: true } });
    expect(await handshake(world, withAccount(publicCredentials))).toMatch(
      new RegExp(`^HTTP/1\\.1 302 Found\\r\\n[\\s\\S]*Location: https://localhost${eventPath}\\r\\n`),
    );
    const rest = await world.rest('/coreServers', { redirect: 'manual' });
    expect([rest.status, rest.headers.get('location')]).toEqual([
      302,
      `${world.url.replace('http:', 'https:')}/communication_manager/rest/live/coreServers`,
    ]);
  });

  test('over plain http everybody is sent to the name by which they know the server', async () => {
    const certificates = join(import.meta.dirname, '../../http/certificates');
    const tls = { certFile: join(certificates, 'first.crt'), keyFile: join(certificates, 'first.key'), plainToo: true };
    const path = '/communication_manager/rest/live/coreServers';
    const locationFor = async (http: Partial<HttpServerOptions>): Promise<string | undefined> => {
      const world = await serveISymphony({ options: { requireTls: true }, http: { tls, ...http } });
      const [door] = world.server.addresses;
      const request = get({ host: '127.0.0.1', port: door?.port, path, headers: { Host: 'pbx.example:8080' } });
      const [reply] = (await once(request, 'response')) as [IncomingMessage];
      reply.resume();
      return reply.headers.location;
    };
    expect(await locationFor({})).toBe(`https://pbx.example:8080${path}`);
    expect(await locationFor({ publicUrl: 'https://calls.example' })).toBe(`https://calls.example${path}`);
  });

  test('over TLS whoever is let in without', async () => {
    const certificates = join(import.meta.dirname, '../../http/certificates');
    const tls = { certFile: join(certificates, 'first.crt'), keyFile: join(certificates, 'first.key'), plainToo: false };
    const world = await serveISymphony({ options: { requireTls: true }, http: { tls } });
    const client = await world.connect({ rejectUnauthorized: false });
    expect(await client.filter('type=dial')).toMatchObject({ success: true });
  });
});

describe('whoever guesses', () => {
  test('waits longer and longer before it is looked at, and may come in with the right password', async () => {
    const world = await serveISymphony();
    for (let guess = 1; guess <= 5; guess += 1) expect(await handshake(world, withAccount(`manager:${guess}`))).toMatch(/ 401 /);
    let answers = 0;
    const guess = async (password: string): Promise<string> => {
      const answer = await handshake(world, withAccount(`manager:${password}`));
      answers += 1;
      return answer;
    };
    const [sixth, seventh] = [guess('six'), guess('seven')];
    // What comes without a password is answered at once, and so tells that the others wait.
    expect(await handshake(world)).toMatch(/ 401 /);
    expect(answers).toBe(0);
    world.clock.advance(0.5);
    expect(await Promise.all([sixth, seventh])).toEqual([expect.stringMatching(/ 401 /), expect.stringMatching(/ 401 /)]);
    const right = world.connect();
    await handshake(world);
    world.clock.advance(2);
    expect((await right).socket.readyState).toBe(WebSocket.OPEN);
    // From now on it does not wait because of who guesses at its address, and guessing has become no quicker.
    expect((await world.rest('CS')).status).toBe(200);
    const eighth = guess('eight');
    await handshake(world);
    expect(answers).toBe(2);
    world.clock.advance(2);
    expect(await eighth).toMatch(/ 401 /);
  });

  test('an account that is configured takes the place of the public one, whose password is for this machine alone', async () => {
    const world = await serveISymphony({ options: { accounts: { crm: { password: 'secret', scopes: ['observe'] } } } });
    expect(await handshake(world, withAccount(publicCredentials))).toMatch(/ 401 /);
    await expect(serveISymphony({ options: { allow: ['0.0.0.0/0'] } })).rejects.toThrow('needs accounts');
    const known = { manager: { password: 'manag3rpa55word', scopes: ['observe'] as const } };
    await expect(serveISymphony({ options: { allow: ['10.0.0.0/8'], accounts: known } })).rejects.toThrow('need another');
  });
});

describe('filter messages', () => {
  test('the answer names the filters, which are in force from then on and replace the former ones', async () => {
    const world = await serveISymphony();
    const client = await world.connect();
    expect(await client.filter('type=hangup')).toEqual({
      type: 'filterResponse',
      success: true,
      filters: [{ property: 'type', value: 'hangup' }],
    });
    expect(await client.filter('type=dial', 'username2=103')).toMatchObject({ success: true });
    const { phones } = world.sandbox;
    phones.call('101', '102');
    phones.call('101', '103');
    expect(await client.next('dial')).toMatchObject({ username2: '103' });
    expect(await client.ask({ type: 'filter', filters: [] })).toEqual({ type: 'filterResponse', success: true, filters: [] });
    phones.reject('102');
    expect(await client.next('dialEnd')).toMatchObject({ username2: '102' });
  });

  test('what is wrong is answered, and the connection and its filters stay', async () => {
    const world = await serveISymphony();
    const client = await world.connect();
    await client.filter('type=dial');
    for (const message of ['not JSON', '{"type":"filter"}', '{"type":"filter","filters":{}}', '{"type":"filter","filters":[{}]}']) {
      expect(await client.ask(message)).toEqual({ type: 'filterResponse', success: false, error: expect.any(String) });
    }
    expect(await client.ask('not JSON')).toMatchObject({ error: 'Invalid JSON' });
    expect(await client.ask('{"type":"x"}')).toEqual({ type: 'error', success: false, error: 'Unknown message type: x' });
    world.sandbox.phones.call('101', '102');
    await client.next('dial');
    world.sandbox.phones.hangUp('101');
    await world.event(({ type }) => type === 'call.ended');
    expect(await client.filter('type=hangup')).toMatchObject({ success: true });
    expect(client.types().filter((type) => type !== 'filterResponse' && type !== 'error')).toEqual(['dial']);
  });

  test("the vendor's own examples are taken, unless JSON is asked for strictly", async () => {
    const printed = '{ "type" : "filter", "filters" : [ {"property" : "type" : "value" : "dial"} ] }';
    const lenient = await (await serveISymphony()).connect();
    expect(await lenient.ask(printed)).toEqual({ type: 'filterResponse', success: true, filters: [{ property: 'type', value: 'dial' }] });
    const strict = await (await serveISymphony({ options: { strictJson: true } })).connect();
    expect(await strict.ask(printed)).toEqual({ type: 'filterResponse', success: false, error: 'Invalid JSON' });
  });

  test('answers come in the order of the messages, one for each', async () => {
    const world = await serveISymphony();
    const client = await world.connect();
    const types = ['a', 'b', 'c', 'd', 'e'];
    for (const type of types) client.socket.send(JSON.stringify({ type: 'filter', filters: [{ property: 'type', value: type }] }));
    client.socket.send('{');
    const told = await client.first(6);
    expect(told.map(({ filters, error }) => error ?? (filters as { value: string }[])[0]?.value)).toEqual([...types, 'Invalid JSON']);
  });

  test('two connections during one call are told what each asked for', async () => {
    const world = await serveISymphony();
    const [dials, ofTom] = [await world.connect(), await world.connect()];
    await dials.filter('type=dial', 'type=linkStart');
    await ofTom.filter('username=102');
    const everything = await world.connect();
    const { phones } = world.sandbox;
    phones.call('101', '102');
    await everything.first(1);
    phones.answer('102');
    await everything.first(2);
    phones.hangUp('102');
    await everything.first(5);
    await ofTom.first(2);
    const filtered = (types: readonly unknown[]): readonly unknown[] => types.filter((type) => type !== 'filterResponse');
    expect([everything.types(), filtered(dials.types()), filtered(ofTom.types())]).toEqual([
      ['dial', 'linkStart', 'linkEnd', 'hangup', 'hangup'],
      ['dial', 'linkStart'],
      ['hangup'],
    ]);
  });

  test('a login goes by the name that a connection filters on', async () => {
    const world = await serveISymphony();
    const clients = [await world.connect(), await world.connect(), await world.connect()] as const;
    await clients[1].filter('type=userLogout', 'type=login');
    await clients[2].filter('type=logout', 'type=userLogin');
    world.sandbox.phones.unregister('103');
    await world.settled();
    world.clock.advance(10);
    world.sandbox.phones.register('103');
    const names = async (client: (typeof clients)[number], answers: number): Promise<readonly unknown[]> =>
      (await client.first(answers + 2)).slice(answers).map(({ type }) => type);
    expect(await Promise.all([names(clients[0], 0), names(clients[1], 1), names(clients[2], 1)])).toEqual([
      ['logout', 'login'],
      ['userLogout', 'login'],
      ['logout', 'userLogin'],
    ]);
  });
});

describe('a connection is closed', () => {
  const closed = async (socket: WebSocket): Promise<number> => ((await once(socket, 'close')) as [number])[0];

  test('with 1003 for a binary message, with 1009 for one of more than 64 KiB', async () => {
    const world = await serveISymphony();
    const [binary, long, fitting] = [await world.connect(), await world.connect(), await world.connect()];
    binary.socket.send(Buffer.from('{}'));
    expect(await closed(binary.socket)).toBe(1003);
    long.socket.send(' '.repeat(64 * 1024 + 1));
    expect(await closed(long.socket)).toBe(1009);
    expect(await fitting.ask(`{"type":"filter","filters":[]}${' '.repeat(64 * 1024 - 30)}`)).toMatchObject({ success: true });
  });

  test('with 1013 when its reader does not read, while others are told on', async () => {
    const world = await serveISymphony({ limits: { maxBuffered: 4096 } });
    const [slow, quick] = [await world.connect(), await world.connect()];
    slow.socket.pause();
    const ended = closed(slow.socket);
    // Until what the system holds for a reader is full too.
    const data = { user: 'mikey', status: 'away', note: 'soup '.repeat(10_000) };
    const { clock, engine, sandbox } = world;
    const event = { type: 'user.statusChanged' as const, at: clock.now(), pbx: sandbox.pbx, reconciled: false, data };
    const cut = async (): Promise<boolean> => (await world.metrics.readersCut.get()).values.some(({ value }) => value > 0);
    while (!(await cut())) await engine.publish(Array.from({ length: 20 }, () => event));
    await quick.first(20);
    slow.socket.resume();
    expect(await ended).toBe(1013);
    expect(quick.socket.readyState).toBe(WebSocket.OPEN);
  });

  test('when it answers no ping: the second that is missing', async () => {
    const world = await serveISymphony({ limits: { heartbeatMs: 300 } });
    const client = await world.connect({ autoPong: false });
    const beat = (): void => {
      for (let tick = 0; tick < 5; tick += 1) world.tick();
    };
    beat();
    await once(client.socket, 'ping');
    beat();
    await once(client.socket, 'ping');
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
    beat();
    expect(await closed(client.socket)).toBe(1001);
  });
});
