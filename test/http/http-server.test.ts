import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import { request as secureRequest } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { GatewayError } from '../../src/model/errors.ts';
import { portOf, prepare } from './serve.ts';

const certificates = join(import.meta.dirname, 'certificates');

const serveHello = async (...options: Parameters<typeof prepare>): Promise<Awaited<ReturnType<typeof prepare>>> => {
  const server = await prepare(...options);
  server.app.get('/hello', async (request) => ({ hello: request.ip }));
  server.app.post('/hello', async (request) => ({ body: request.body }));
  await server.listen();
  return server;
};

/** Sends bytes as they are and reads to the end of the connection. */
const converse = async (port: number, bytes: string): Promise<string> => {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk)));
  socket.write(bytes);
  await once(socket, 'close');
  return text;
};

const getSecurely = (port: number): Promise<{ readonly name: string; readonly body: string }> =>
  new Promise((resolve, reject) => {
    const request = secureRequest({ port, host: '127.0.0.1', path: '/hello', rejectUnauthorized: false, agent: false }, (response) => {
      const name = String((response.socket as TLSSocket).getPeerCertificate().subject.CN);
      let body = '';
      response.on('data', (chunk) => (body += String(chunk)));
      response.on('end', () => resolve({ name, body }));
    });
    request.on('error', reject);
    request.end();
  });

test('an address that does not exist and a method that it does not take are told apart', async () => {
  const server = await serveHello();
  const url = server.publicUrl();
  const missing = await fetch(`${url}/nowhere`);
  expect(missing.status).toBe(404);
  expect(missing.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(await missing.json()).toMatchObject({ id: 'not-found', status: 404, path: '/nowhere' });
  const refused = await fetch(`${url}/hello`, { method: 'DELETE' });
  expect(refused.status).toBe(405);
  expect(refused.headers.get('allow')).toBe('GET, POST');
});

test('whatever is wrong with a body is a typed error', async () => {
  const server = await serveHello({ limits: { bodyBytes: 100 } });
  const post = async (body: string, type: string): Promise<unknown> => {
    const response = await fetch(`${server.publicUrl()}/hello`, { method: 'POST', body, headers: { 'content-type': type } });
    return ((await response.json()) as { id: unknown }).id;
  };
  expect(await post('{', 'application/json')).toBe('invalid-json');
  expect(await post(JSON.stringify('x'.repeat(200)), 'application/json')).toBe('too-large');
  expect(await post('<a/>', 'text/xml')).toBe('unsupported-media-type');
  expect(await post('{"__proto__":{"a":1}}', 'application/json')).toBe('invalid-json');
});

test('bytes that are no request, headers without end and a URL without end are refused, each with its status', async () => {
  const server = await serveHello({ limits: { headerBytes: 4096, urlLength: 300 } });
  const port = portOf(server);
  expect(await converse(port, '\u0000\u0001\u0002\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  expect(await converse(port, `GET /hello HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(5000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  expect(await converse(port, `GET /${'y'.repeat(400)} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(/^HTTP\/1\.1 414 /);
  expect(await converse(port, 'GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [\s\S]*"bad-request"/);
});

test('headers that never end are cut off in time', async () => {
  const server = await serveHello({ limits: { headersMs: 50, requestMs: 50 } });
  expect(await converse(portOf(server), 'GET /hello HTTP/1.1\r\nHost: x\r\n')).toMatch(/^HTTP\/1\.1 408 /);
});

test('an error that nobody expected shows nothing of its inside', async () => {
  const server = await prepare();
  server.app.get('/broken', async () => {
    throw new Error('the password is hunter2');
  });
  await server.listen();
  const response = await fetch(`${server.publicUrl()}/broken`);
  expect(response.status).toBe(500);
  const text = await response.text();
  expect(text).toContain('"internal"');
  expect(text).not.toContain('hunter2');
});

test('a scope that renders its own errors does so for its own routes alone', async () => {
  const server = await prepare();
  await server.app.register(async (scope) => {
    scope.setErrorHandler((_error, _request, reply) => void reply.code(200).send({ Code: -1 }));
    scope.get('/vendor', async () => {
      throw new GatewayError('no-such-leg', { leg: 'x' });
    });
  });
  server.app.get('/ours', async () => {
    throw new GatewayError('no-such-leg', { leg: 'x' });
  });
  await server.listen();
  expect(await (await fetch(`${server.publicUrl()}/vendor`)).json()).toEqual({ Code: -1 });
  expect(await (await fetch(`${server.publicUrl()}/ours`)).json()).toMatchObject({ id: 'no-such-leg', leg: 'x', status: 404 });
});

test('http and https share a port, and a renewed certificate is taken without a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'switchhook-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const files = { certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') };
  const install = async (name: string): Promise<void> => {
    await copyFile(join(certificates, `${name}.crt`), files.certFile);
    await copyFile(join(certificates, `${name}.key`), files.keyFile);
  };
  await install('first');
  const server = await serveHello({ tls: { ...files, plainToo: true } });
  const port = portOf(server);
  expect(await (await fetch(`http://127.0.0.1:${port}/hello`)).json()).toEqual({ hello: '127.0.0.1' });
  expect(await getSecurely(port)).toEqual({ name: 'first.test', body: '{"hello":"127.0.0.1"}' });
  await install('second');
  await server.reloadCertificate();
  expect((await getSecurely(port)).name).toBe('second.test');
  await copyFile(join(certificates, 'first.key'), files.keyFile);
  await expect(server.reloadCertificate()).rejects.toThrow(GatewayError);
  expect((await getSecurely(port)).name).toBe('second.test');
});

test('a port that is only for https answers no plain http', async () => {
  const tls = { certFile: join(certificates, 'first.crt'), keyFile: join(certificates, 'first.key'), plainToo: false };
  const server = await serveHello({ tls });
  expect((await getSecurely(portOf(server))).body).toContain('hello');
  expect(await converse(portOf(server), 'GET /hello HTTP/1.1\r\nHost: x\r\n\r\n')).not.toContain('hello":');
});

test('an extra port serves the same', async () => {
  const server = await serveHello({ extraPorts: [0] });
  expect(server.addresses).toHaveLength(2);
  expect((await fetch(`http://127.0.0.1:${portOf(server, 1)}/hello`)).status).toBe(200);
});

test('a port that is taken is told, and nothing is left listening', async () => {
  const first = await serveHello();
  const second = await prepare({ port: 0, extraPorts: [portOf(first)] });
  await expect(second.listen()).rejects.toMatchObject({ code: 'cannot-listen' });
  expect(second.addresses).toEqual([]);
});

test('one connection more than allowed is dropped', async () => {
  const server = await serveHello({ limits: { connections: 1 } });
  const held = connect(portOf(server), '127.0.0.1');
  await once(held, 'connect');
  expect(await converse(portOf(server), 'GET /hello HTTP/1.1\r\nHost: x\r\n\r\n')).toBe('');
  held.destroy();
});

test('secrets in a URL do not reach the log', async () => {
  const lines: string[] = [];
  const server = await serveHello({ logger: pino({ level: 'info' }, { write: (line: string) => void lines.push(line) }) });
  await fetch(`${server.publicUrl()}/hello?apiKey=f8632&a%70iKey=f8632&hash=f8632&plain=seen`, {
    headers: { authorization: 'Bearer f8632' },
  });
  await expect.poll(() => lines.join('')).toContain('plain=seen');
  expect(lines.join('')).not.toContain('f8632');
});

test('a request id is given, and one that a client brings is kept if it is plain', async () => {
  const server = await serveHello();
  const idFor = async (given?: string): Promise<string | null> =>
    (await fetch(`${server.publicUrl()}/hello`, given === undefined ? {} : { headers: { 'x-request-id': given } })).headers.get(
      'x-request-id',
    );
  expect(await idFor()).toBe('req-1');
  expect(await idFor('abc.1')).toBe('abc.1');
  expect(await idFor('a b"')).toBe('req-2');
});

test('a WebSocket is spoken at its path alone, and refused in HTTP', async () => {
  const server = await prepare();
  server.upgrades.add('/echo', {
    maxPayload: 1000,
    authorize: (_request, url) => {
      if (url.searchParams.get('ticket') !== 'good') throw new GatewayError('unauthorized');
      return 'guest';
    },
    open: ({ webSocket }, guest) => webSocket.on('message', (data: Buffer) => webSocket.send(`${guest}: ${data.toString()}`)),
  });
  await server.listen();
  const url = server.publicUrl();
  const socket = new WebSocket(`${url}/echo?ticket=good`);
  await once(socket, 'open');
  socket.send('hi');
  const [answer] = (await once(socket, 'message')) as [Buffer];
  expect(answer.toString()).toBe('guest: hi');
  socket.send('x'.repeat(2000));
  expect((await once(socket, 'close'))[0]).toBe(1009);
  const refusal = async (path: string): Promise<string> => ((await once(new WebSocket(url + path), 'error')) as [Error])[0].message;
  expect(await refusal('/echo?ticket=bad')).toContain('401');
  expect(await refusal('/hello')).toContain('404');
  expect((await fetch(`${url}/echo`)).status).toBe(426);
});

test('a WebSocket may be let in, or refused, after a while', async () => {
  const server = await prepare();
  const { promise: decided, resolve: decide } = Promise.withResolvers<void>();
  server.upgrades.add('/echo', {
    maxPayload: 1000,
    authorize: async (_request, url) => {
      await decided;
      if (url.searchParams.get('ticket') !== 'good') throw new GatewayError('unauthorized');
      return 'guest';
    },
    open: ({ webSocket }, guest) => webSocket.send(guest),
  });
  await server.listen();
  const url = server.publicUrl();
  const good = new WebSocket(`${url}/echo?ticket=good`);
  const bad = once(new WebSocket(`${url}/echo?ticket=bad`), 'error');
  // One that does not stay for the decision troubles nobody.
  const impatient = new WebSocket(`${url}/echo?ticket=good`);
  impatient.on('error', () => undefined);
  impatient.terminate();
  const greeting = once(good, 'message');
  decide();
  expect(String((await greeting)[0])).toBe('guest');
  expect(String((await bad)[0])).toContain('401');
  good.terminate();
});

test('a handshake that is none of a WebSocket is refused as every other request is', async () => {
  const server = await prepare();
  server.upgrades.add('/echo', { maxPayload: 1000, authorize: () => 'guest', open: () => undefined });
  await server.listen();
  const socket = connect(portOf(server), '127.0.0.1');
  socket.write('GET /echo HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n');
  const reply = await text(socket);
  expect(reply).toMatch(/^HTTP\/1.1 400 /);
  expect(reply).toContain('application/problem+json');
  expect(reply).toContain('Sec-WebSocket-Key');
});

test('a stopping server finishes what is under way, takes nothing new and says so', async () => {
  const server = await prepare();
  const { promise: release, resolve: go } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  server.app.get('/slow', async () => {
    begin();
    await release;
    return 'done';
  });
  await server.listen();
  const url = server.publicUrl();
  const slow = fetch(`${url}/slow`);
  await begun;
  const closed = server.close();
  await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
  go();
  const response = await slow;
  expect(await response.text()).toBe('done');
  await closed;
  await server.close();
});

test('what does not end by the drain deadline is cut', async () => {
  const server = await prepare({ limits: { drainMs: 20 } });
  server.app.get('/never', () => new Promise(() => {}));
  await server.listen();
  const never = fetch(`${server.publicUrl()}/never`);
  await expect.poll(async () => (await server.metrics.connections.get()).values[0]?.value).toBe(1);
  await server.close();
  await expect(never).rejects.toThrow('fetch failed');
});

test('health, readiness and metrics need no key', async () => {
  let ready = false;
  const server = await prepare({ readiness: () => (ready ? { ready } : { ready, reason: 'the log is full', parts: { log: 'full' } }) });
  await server.listen();
  const url = server.publicUrl();
  expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' });
  const waiting = await fetch(`${url}/readyz`);
  expect([waiting.status, await waiting.json()]).toEqual([503, { ready: false, reason: 'the log is full', parts: { log: 'full' } }]);
  ready = true;
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain('switchhook_requests_total{method="GET",route="/readyz",status="503"} 1');
});
