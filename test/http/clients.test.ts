import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { createClients } from '../../src/http/clients.ts';
import { redactUrl } from '../../src/http/redact.ts';

const from = (remoteAddress: string, headers: Record<string, string> = {}): IncomingMessage =>
  ({ socket: { remoteAddress }, headers }) as unknown as IncomingMessage;

test('without trusted proxies the address is that of the connection, whatever a header says', () => {
  const clients = createClients([]);
  expect(clients.addressOf(from('192.0.2.1', { 'x-forwarded-for': '127.0.0.1' }))).toBe('192.0.2.1');
});

test('behind trusted proxies the address is the last one that is not a proxy', () => {
  const clients = createClients(['10.0.0.0/8', '127.0.0.1']);
  expect(clients.addressOf(from('::ffff:10.1.1.1', { 'x-forwarded-for': '127.0.0.1, 198.51.100.7, 10.2.2.2' }))).toBe('198.51.100.7');
  expect(clients.addressOf(from('192.0.2.1', { 'x-forwarded-for': '198.51.100.7' }))).toBe('192.0.2.1');
});

test('only a client on this machine that came through no proxy is local', () => {
  expect(createClients([]).isLocal(from('127.0.0.1'))).toBe(true);
  expect(createClients([]).isLocal(from('::1'))).toBe(true);
  expect(createClients([]).isLocal(from('::ffff:127.0.0.1'))).toBe(true);
  expect(createClients([]).isLocal(from('192.0.2.1'))).toBe(false);
  expect(createClients([]).isLocal(from('127.0.0.1', { 'x-forwarded-for': '127.0.0.1' }))).toBe(false);
  expect(createClients(['10.0.0.1']).isLocal(from('127.0.0.1'))).toBe(false);
});

test('a trusted proxy that is no address is refused by name', () => {
  expect(() => createClients(['everybody'])).toThrow(/10\.0\.0\.0\/8/);
});

test('secret parameters are redacted however they are written', () => {
  expect(redactUrl('/a?apiKey=1&API%4BEY=2&+ticket=3&hash&exten=410')).toBe(
    '/a?apiKey=[redacted]&API%4BEY=[redacted]&+ticket=[redacted]&hash&exten=410',
  );
  expect(redactUrl('/a')).toBe('/a');
});
