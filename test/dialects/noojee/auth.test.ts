import { createHash, randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Auth, Identity } from '../../../src/auth/auth.ts';
import { createAuth } from '../../../src/auth/create-auth.ts';
import { Guard } from '../../../src/dialects/noojee/auth.ts';
import { parseParameters } from '../../../src/dialects/noojee/parse.ts';
import { pause } from '../../../src/dialects/noojee/pause.ts';
import { createNewId, tenantId } from '../../../src/model/ids.ts';
import { createManualClock, type OfficeClock } from '../../../src/pbx/sandbox/index.ts';
import { openSqliteStore } from '../../../src/store/sqlite-store.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const tenant = tenantId('demo');
const sampleKey = 'f863246a-973e-11e6-8784-08002718f5b5';
const sampleTime = 1_392_356_108_888;
const never = new AbortController().signal;

const hashOf = (key: string, timeStamp: number): string => createHash('sha256').update(`${key}:${timeStamp}`).digest('hex');

interface World {
  readonly clock: OfficeClock;
  readonly auth: Auth;
  readonly ask: (query: string, address?: string) => Promise<Identity>;
}

const open = (): World => {
  const clock = createManualClock(sampleTime * 1000);
  const store = openSqliteStore({ folder: temporaryFolder() });
  onTestFinished(() => store.close());
  const auth = createAuth({ store, clock, newId: createNewId(randomBytes), masterKey: randomBytes(32) });
  auth.create({ tenant, name: 'sample', scopes: ['observe'], secret: sampleKey, readable: true });
  const guard = new Guard({ auth, clock, pause: (ms, signal) => pause(clock, ms, signal) });
  onTestFinished(() => guard.close());
  return { clock, auth, ask: (query, address = '192.0.2.1') => guard.identify(parseParameters(query, ''), address, never) };
};

const hashed = (timeStamp: number, key = sampleKey): string => `timeStamp=${timeStamp}&hash=${hashOf(key, timeStamp)}`;

/** The message of a refusal, and whether it was held for a second. */
const refused = async ({ clock }: World, asked: Promise<Identity>): Promise<string> => {
  let message: string | undefined;
  const settled = asked.then(
    () => {
      message = 'let in';
    },
    (error: Error) => {
      message = error.message;
    },
  );
  await nextTurn();
  clock.advance(0.999);
  await nextTurn();
  expect(message).toBeUndefined();
  clock.advance(0.001);
  await settled;
  return message ?? '';
};

describe('by apiKey', () => {
  test('a known key is let in', async () => {
    expect((await open().ask(`apiKey=${sampleKey}`)).tenant).toBe('demo');
  });

  test.each(['apiKey=wrong', 'apiKey=', ''])('"%s" is refused after a second', async (query) => {
    const world = open();
    expect(await refused(world, world.ask(query))).toBe('Invalid apiKey');
  });

  test('the key decides where a hash is given, too', async () => {
    const world = open();
    expect(await refused(world, world.ask(`apiKey=wrong&${hashed(sampleTime)}`))).toBe('Invalid apiKey');
  });
});

describe('by hash', () => {
  test.each([
    ['k', 1, '3263756b4d55dcaf00c0a58fbfd5e9b5ff78267c6dc3cd9445fb3a9fbd9bab10'],
    [sampleKey, sampleTime, 'bc71b78c3e1914667fbaf65cabb9f2090c7f2231eb6df90562ada7678065dc76'],
  ])('that of %s at %i is the documented one', (key, timeStamp, hash) => {
    expect(hashOf(key, timeStamp)).toBe(hash);
  });

  test('the right one of a known key is let in', async () => {
    expect((await open().ask(hashed(sampleTime))).name).toBe('sample');
  });

  test('a pair is first used within ten seconds, and not from the future', async () => {
    const world = open();
    expect(await refused(world, world.ask(hashed(sampleTime - 10_001)))).toBe('Expired TimeStamp');
    expect(await refused(world, world.ask(hashed(sampleTime + 12_001)))).toBe('Expired TimeStamp');
    expect((await world.ask(hashed(sampleTime + 2_000))).tenant).toBe('demo');
  });

  test('a pair that was used in time is good for an hour', async () => {
    const world = open();
    await world.ask(hashed(sampleTime));
    world.clock.advance(3_599);
    await world.ask(hashed(sampleTime));
    world.clock.advance(1);
    expect(await refused(world, world.ask(hashed(sampleTime)))).toBe('Expired TimeStamp');
  });

  test('a pair ends with its key', async () => {
    const world = open();
    const { key } = await world.ask(hashed(sampleTime));
    world.auth.revoke(tenant, key);
    expect(await refused(world, world.ask(hashed(sampleTime)))).toBe('Invalid apiKey');
  });

  test.each(['zz', 'abc123', hashOf('other', sampleTime)])('%s is refused', async (hash) => {
    const world = open();
    expect(await refused(world, world.ask(`timeStamp=${sampleTime}&hash=${hash}`))).toBe('Invalid apiKey');
  });

  test('of one address at most five attempts are under way; others are not held up by it', async () => {
    const world = open();
    const attempts = Array.from({ length: 6 }, (_, index) =>
      world.ask(hashed(sampleTime, `guess ${index}`)).catch((error: Error) => error.message),
    );
    const right = world.ask(hashed(sampleTime, sampleKey)).catch((error: Error) => error.message);
    expect((await world.ask(hashed(sampleTime), '192.0.2.2')).tenant).toBe('demo');
    await nextTurn();
    world.clock.advance(1);
    const messages = await Promise.all(attempts);
    expect(messages.filter((message) => message === 'Invalid apiKey')).toHaveLength(5);
    expect(messages.at(-1)).toBe('Too many authentication attempts');
    // Known by then, from the other address.
    expect(await right).toBe('Too many authentication attempts');
    expect((await world.ask(hashed(sampleTime))).tenant).toBe('demo');
  });
});
