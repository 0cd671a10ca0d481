import type { LookupAddress } from 'node:dns';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAddressGuard, parseHttpUrl } from '../../../src/delivery/webhooks/address-guard.ts';
import type { AddressGuard, Resolve } from '../../../src/delivery/webhooks/address-guard.ts';
import { refuse, startSink } from './sink.ts';
import { endpointAt, startWorld } from './world.ts';

/** No name means anything, but those that a test names. */
const resolving =
  (names: Readonly<Record<string, readonly string[]>>): Resolve =>
  (hostname) =>
    Promise.resolve((names[hostname] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));

const guardWith = (names: Readonly<Record<string, readonly string[]>> = {}, allow: readonly string[] = []): AddressGuard =>
  createAddressGuard({ allow, resolve: resolving(names) });

const lookUp = (guard: AddressGuard, hostname: string): Promise<readonly LookupAddress[]> =>
  new Promise((resolve, reject) => {
    guard.lookup(hostname, { all: true }, (error, addresses) => (error === null ? resolve(addresses as LookupAddress[]) : reject(error)));
  });

describe('an address in the URL itself', () => {
  test.each([
    // This machine, in every spelling that a parser takes.
    '127.0.0.1',
    '127.0.0.53',
    '127.1',
    '127.0.1',
    '2130706433',
    '0x7f000001',
    '0x7f.0.0.1',
    '0x7f.1',
    '0177.0.0.1',
    '017700000001',
    '0x7F.0x0.0x0.0x1',
    '127.0.0.1.',
    '%31%32%37.0.0.1',
    '１２７.０.０.１',
    '127。0。0。1',
    '0',
    '0.0.0.0',
    '0.0.0.1',
    '0x0',
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[0000::0001]',
    '[::]',
    '[::127.0.0.1]',
    '[::7f00:1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::FFFF:7F00:0001]',
    '[0:0:0:0:0:ffff:127.0.0.1]',
    '[::ffff:0:127.0.0.1]',
    // Networks of one's own.
    '10.0.0.1',
    '10.255.255.255',
    '0xa.0.0.1',
    '012.0.0.1',
    '167772161',
    '172.16.0.1',
    '172.31.255.254',
    '192.168.0.1',
    '192.168.257',
    '[::ffff:10.0.0.1]',
    '[::ffff:c0a8:1]',
    '[fc00::1]',
    '[fd12:3456:789a::1]',
    '[fec0::1]',
    '100.64.0.1',
    '100.127.255.255',
    // The link, and the metadata of clouds that lie on it.
    '169.254.169.254',
    '169.254.0.1',
    '0xa9fea9fe',
    '2852039166',
    '0251.0376.0251.0376',
    '[::ffff:169.254.169.254]',
    '[fe80::1]',
    '[febf::1]',
    '[fd00:ec2::254]',
    '192.0.0.192',
    // An IPv4 address that hides in another.
    '[64:ff9b::127.0.0.1]',
    '[64:ff9b::a9fe:a9fe]',
    '[64:ff9b:1::10.0.0.1]',
    '[2002:7f00:1::]',
    '[2002:a00:1::1]',
    '[2002:c0a8:101::1]',
    '[2001:0:4136:e378:8000:63bf:3fff:fdd2]',
    '[2a00:1450::5efe:10.0.0.1]',
    '[2a00:1450::200:5efe:a00:1]',
    // Nobody's, everybody's, and kept for examples and trials.
    '224.0.0.1',
    '239.255.255.255',
    '255.255.255.255',
    '240.0.0.1',
    '192.0.2.1',
    '198.18.0.1',
    '198.51.100.7',
    '203.0.113.9',
    '192.88.99.1',
    '[ff02::1]',
    '[2001:db8::1]',
    '[3fff::1]',
    '[100::1]',
    '[4000::1]',
    '[5f00::1]',
  ])('%s is refused', async (host) => {
    await expect(guardWith().check(`http://${host}:8080/hook`)).rejects.toMatchObject({ code: 'address-refused' });
  });

  test.each(['8.8.8.8', '1.1.1.1', '134744072', '172.32.0.1', '100.128.0.1', '192.167.255.255', '[2606:4700::1111]', '[::ffff:8.8.8.8]'])(
    '%s, which is public, is not',
    async (host) => {
      await expect(guardWith().check(`https://${host}/hook`)).resolves.toBeUndefined();
    },
  );

  test('may be allowed by its network, in any spelling and no further', async () => {
    const guard = guardWith({}, ['10.1.0.0/16', 'fd00::/8', '192.168.7.7']);
    for (const host of ['10.1.2.3', '0xa.1.2.3', '[::ffff:10.1.2.3]', '[fd12::1]', '192.168.7.7']) {
      await expect(guard.check(`http://${host}/`)).resolves.toBeUndefined();
    }
    for (const host of ['10.2.0.1', '192.168.7.8', '[fc00::1]', '127.0.0.1', '[64:ff9b::10.1.2.3]']) {
      await expect(guard.check(`http://${host}/`)).rejects.toMatchObject({ code: 'address-refused' });
    }
  });

  test('of any IPv4 network that is not public is refused as a number and as a mapped address as well', async () => {
    const privates = fc.oneof(
      fc.tuple(fc.constantFrom(10, 127), fc.nat(255), fc.nat(255), fc.nat(255)),
      fc.tuple(fc.constant(192), fc.constant(168), fc.nat(255), fc.nat(255)),
      fc.tuple(fc.constant(169), fc.constant(254), fc.nat(255), fc.nat(255)),
    );
    await fc.assert(
      fc.asyncProperty(privates, async ([a, b, c, d]) => {
        const number = ((a * 256 + b) * 256 + c) * 256 + d;
        for (const host of [`${a}.${b}.${c}.${d}`, String(number), `0x${number.toString(16)}`, `[::ffff:${a}.${b}.${c}.${d}]`]) {
          await expect(guardWith().check(`http://${host}/`)).rejects.toMatchObject({ code: 'address-refused' });
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('a name', () => {
  test('is refused when all it means is not public', async () => {
    const guard = guardWith({ 'intra.example': ['10.0.0.5'], localhost: ['::1', '127.0.0.1'] });
    for (const host of ['intra.example', 'localhost']) {
      await expect(guard.check(`http://${host}/`)).rejects.toMatchObject({ code: 'address-refused' });
      await expect(lookUp(guard, host)).rejects.toThrow('which is not a public address');
    }
  });

  test('is connected to by those of its addresses that are public', async () => {
    const guard = guardWith({ 'both.example': ['10.0.0.5', '8.8.8.8', '::1'] });
    expect(await lookUp(guard, 'both.example')).toEqual([{ address: '8.8.8.8', family: 4 }]);
  });

  test('that means nothing now passes the check, for it may later', async () => {
    await expect(guardWith().check('https://soon.example/')).resolves.toBeUndefined();
    await expect(lookUp(guardWith(), 'soon.example')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  test('is judged at each connection: what it meant when it was checked counts for nothing', async () => {
    let meaning = '8.8.8.8';
    const guard = createAddressGuard({ allow: [], resolve: () => Promise.resolve([{ address: meaning, family: 4 }]) });
    await guard.check('http://rebind.example/');
    meaning = '127.0.0.1';
    await expect(lookUp(guard, 'rebind.example')).rejects.toThrow('rebind.example is 127.0.0.1, which is not a public address');
  });
});

describe('a delivery', () => {
  test('is never connected to a refused address, by name or by number', async () => {
    const sink = await startSink();
    const { engine } = startWorld({ allow: [] });
    for (const url of [sink.url, sink.url.replace('127.0.0.1', 'localhost'), sink.url.replace('127.0.0.1', '0x7f000001')]) {
      const attempt = await engine.send(endpointAt(url), { id: 'one', request: () => ({ body: 'x' }) });
      expect(attempt).toMatchObject({ outcome: 'given-up', failure: { kind: 'refused-address' } });
    }
    expect(sink.received).toHaveLength(0);
  });

  test('is not led to one by a redirect', async () => {
    const inside = await startSink();
    const sink = await startSink(refuse(302, { location: inside.url }));
    const { engine } = startWorld();
    expect(await engine.send(endpointAt(sink.url), { id: 'one', request: () => ({ body: 'x' }) })).toMatchObject({ status: 302 });
    expect(inside.received).toHaveLength(0);
  });
});

describe('a URL', () => {
  test.each([
    'ftp://example.com/',
    'file:///etc/passwd',
    'gopher://example.com',
    'example.com/hook',
    '',
    'http://',
    'http://exa mple.com/',
    'http:\\\\example.com',
  ])('%s is none that can be delivered to', async (url) => {
    await expect(guardWith().check(url)).rejects.toMatchObject({ code: 'invalid-parameter' });
  });

  test('keeps what follows the authority byte for byte', () => {
    expect(parseHttpUrl('http://example.com/a/../b?x=*61&y=%2a#part').target).toBe('/a/../b?x=*61&y=%2a');
    expect(parseHttpUrl('https://example.com?x=1').target).toBe('/?x=1');
  });

  test('with a user in it is asked with that user', () => {
    expect(parseHttpUrl('http://al:p%40ss@example.com/').authorization).toBe(`Basic ${Buffer.from('al:p@ss').toString('base64')}`);
  });

  test('a network that cannot be read is an error of the configuration', () => {
    expect(() => createAddressGuard({ allow: ['10.0.0.0/8/8'] })).toThrow('a network is needed');
  });
});
