import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { mostUnsettled } from '../../../src/delivery/webhooks/item-sender.ts';
import { laneOf, ok, refuse, seqOf, seqs, startSink } from './sink.ts';
import type { Sink } from './sink.ts';
import { endpointAt, policy, settle, startWorld, tenant } from './world.ts';
import type { World } from './world.ts';

describe('an endpoint that is well', () => {
  test('is sent what follows where it began, and not what was before', async () => {
    const sink = await startSink();
    const { engine, tape, attempted } = startWorld();
    tape.add('old');
    engine.put(endpointAt(sink.url), tape);
    tape.add('a', 'b');
    await attempted(2);
    expect(seqs(sink)).toEqual([2, 3]);
    expect(engine.view('wh_one')).toMatchObject({ status: 'active', waiting: 0, low: { seq: 3 }, position: { seq: 3 } });
  });

  test('is sent the items of a lane one after the other', async () => {
    let underWay = 0;
    let most = 0;
    const sink = await startSink((received, response) => {
      underWay += 1;
      most = Math.max(most, underWay);
      setImmediate(() => {
        underWay -= 1;
        ok(received, response, undefined as never);
      });
    });
    const { engine, tape, attempted } = startWorld();
    engine.put(endpointAt(sink.url), tape);
    tape.add('a', 'a', 'a', 'a', 'a');
    await attempted(5);
    expect(seqs(sink)).toEqual([1, 2, 3, 4, 5]);
    expect(most).toBe(1);
  });

  test('is sent lanes side by side, on as many connections as it may have', async () => {
    const answers: (() => void)[] = [];
    const sink = await startSink((_received, response) => void answers.push(() => response.writeHead(204).end()));
    const { engine, tape, attempted } = startWorld();
    engine.put(endpointAt(sink.url, { connections: 3 }), tape);
    tape.add('a', 'b', 'c', 'd');
    await sink.count(3);
    await settle();
    expect(sink.received).toHaveLength(3);
    answers.shift()?.();
    await sink.count(4);
    for (const answer of answers) answer();
    await attempted(4);
  });

  test('keeps the attempts with status, latency and the first bytes of the reply', async () => {
    const sink = await startSink((_received, response) => void response.writeHead(202).end('x'.repeat(2_000)));
    const { engine, tape, attempted } = startWorld();
    engine.put(endpointAt(sink.url), tape);
    tape.add('a');
    await attempted(1);
    const [attempt] = engine.attempts({ tenant, endpoint: 'wh_one', limit: 10 });
    expect(attempt).toMatchObject({ id: 'e1-1', seq: 1, attempt: 1, status: 202, outcome: 'delivered', reply: 'x'.repeat(512) });
    expect(attempt?.latency).toBeGreaterThanOrEqual(0);
  });
});

describe('an item that fails', () => {
  test('holds back its own lane and no other', async () => {
    const sink = await startSink((received, response) =>
      (laneOf(received) === 'bad' ? refuse(500) : ok)(received, response, undefined as never),
    );
    const { engine, tape, attempted } = startWorld();
    engine.put(endpointAt(sink.url), tape);
    tape.add('bad', 'good', 'bad', 'good');
    await attempted(3);
    await settle();
    expect(seqs(sink).toSorted((one, other) => one - other)).toEqual([1, 2, 4]);
    expect(engine.view('wh_one')).toMatchObject({ waiting: 2, failing: 1, low: { seq: 0 }, position: { seq: 4 } });
  });

  test('is tried again by the schedule, then what was behind it', async () => {
    const sink = await startSink(refuse(503));
    const { clock, engine, tape, attempted } = startWorld();
    engine.put(endpointAt(sink.url), tape);
    tape.add('a', 'a');
    await attempted(1);
    clock.advance(0.999);
    await settle();
    expect(sink.received).toHaveLength(1);
    clock.advance(0.001);
    await attempted(2);
    sink.answer = ok;
    clock.advance(9.999);
    await settle();
    expect(sink.received).toHaveLength(2);
    clock.advance(0.001);
    await attempted(4);
    expect(seqs(sink)).toEqual([1, 1, 1, 2]);
  });

  test('is given up after the last attempt, and its lane goes on', async () => {
    const sink = await startSink((received, response) =>
      (seqOf(received) === 1 ? refuse(400) : ok)(received, response, undefined as never),
    );
    const { clock, engine, tape, attempted } = startWorld();
    engine.put(endpointAt(sink.url), tape);
    tape.add('a', 'a');
    for (const [made, wait] of [
      [1, 1],
      [2, 10],
      [3, 60],
    ] as const) {
      await attempted(made);
      clock.advance(wait);
    }
    const attempts = await attempted(5);
    expect(attempts.map(({ seq, attempt, outcome }) => [seq, attempt, outcome])).toEqual([
      [1, 1, 'retried'],
      [1, 2, 'retried'],
      [1, 3, 'retried'],
      [1, 4, 'given-up'],
      [2, 1, 'delivered'],
    ]);
  });

  test('is given up untried once it is older than the policy allows', async () => {
    const sink = await startSink(refuse(500));
    const { clock, engine, tape, attempted } = startWorld();
    engine.put(endpointAt(sink.url, { policy: { ...policy, schedule: [10_000], maxAge: 5_000 } }), tape);
    tape.add('a');
    await attempted(1);
    clock.advance(10);
    const attempts = await attempted(2);
    expect(attempts[1]).toMatchObject({ outcome: 'given-up', failure: { detail: 'It is older than 5 s.' } });
    expect(sink.received).toHaveLength(1);
  });

  test.each([
    ['seconds', '30', 30],
    ['a date', new Date(1_800_000_040_000).toUTCString(), 40],
    ['longer than an hour, which is an hour', '86400', 3_600],
    ['rubbish, which is nothing', 'soon', 1],
  ])('waits as long as Retry-After says: %s', async (_what, retryAfter, seconds) => {
    const sink = await startSink(refuse(429, { 'retry-after': retryAfter }));
    const { clock, engine, tape, attempted } = startWorld();
    engine.put(endpointAt(sink.url), tape);
    tape.add('a');
    await attempted(1);
    sink.answer = ok;
    clock.advance(seconds - 0.001);
    await settle();
    expect(sink.received).toHaveLength(1);
    clock.advance(0.001);
    await attempted(2);
  });

  test('holds everything of an endpoint that asked for quiet', async () => {
    const sink = await startSink(refuse(503, { 'retry-after': '30' }));
    const { clock, engine, tape, attempted } = startWorld();
    engine.put(endpointAt(sink.url), tape);
    tape.add('a');
    await attempted(1);
    sink.answer = ok;
    tape.add('b');
    await settle();
    expect(sink.received).toHaveLength(1);
    clock.advance(30);
    await attempted(3);
    expect(seqs(sink).toSorted()).toEqual([1, 1, 2]);
  });

  test('may be an answer that leads elsewhere: no redirect is followed', async () => {
    const elsewhere = await startSink();
    const sink = await startSink(refuse(307, { location: elsewhere.url }));
    const { engine, tape, attempted } = startWorld();
    engine.put(endpointAt(sink.url), tape);
    tape.add('a');
    const [attempt] = await attempted(1);
    expect(attempt).toMatchObject({ status: 307, outcome: 'retried' });
    expect(elsewhere.received).toEqual([]);
  });
});

describe('an endpoint that only fails', () => {
  const failUntilPaused = async ({ clock, engine, tape, attempted, attempts }: World, sink: Sink): Promise<void> => {
    engine.put(endpointAt(sink.url, { policy: { ...policy, attempts: 100, pauseAfter: 60_000 } }), tape);
    tape.add('a', 'b', 'a', 'b');
    await attempted(2);
    while (engine.view('wh_one')?.status === 'active') {
      const before = attempts.length;
      clock.advance(60);
      await attempted(before + 1);
      await settle();
    }
  };

  test('is paused with the reason, its backlog kept, and caught up in order when a probe succeeds', async () => {
    const sink = await startSink(refuse(500));
    const world = startWorld();
    await failUntilPaused(world, sink);
    const { clock, engine, tape } = world;
    expect(engine.view('wh_one')).toMatchObject({ status: 'paused', reason: 'failing', detail: 'It answered 500', waiting: 4 });
    tape.add('a', 'c');
    await settle();
    const before = sink.received.length;
    sink.answer = ok;
    clock.advance(30);
    await sink.count(before + 6);
    await settle();
    expect(engine.view('wh_one')).toMatchObject({ status: 'active', waiting: 0, low: { seq: 6 } });
    const caughtUp = sink.received.slice(before);
    for (const lane of ['a', 'b', 'c']) {
      const of = caughtUp.filter((each) => laneOf(each) === lane).map(seqOf);
      expect(of).toEqual({ a: [1, 3, 5], b: [2, 4], c: [6] }[lane]);
    }
  });

  test('is probed with one item at a time, and that costs no item its attempts', async () => {
    const sink = await startSink(refuse(500));
    const world = startWorld();
    await failUntilPaused(world, sink);
    const { clock, attempted, attempts, engine } = world;
    for (let probe = 0; probe < 5; probe += 1) {
      const before = attempts.length;
      clock.advance(30);
      await attempted(before + 1);
      await settle();
      expect(attempts).toHaveLength(before + 1);
    }
    expect(engine.view('wh_one')).toMatchObject({ status: 'paused', waiting: 4 });
    expect(attempts.every(({ outcome }) => outcome === 'retried')).toBe(true);
  });

  test('is not kept paused by one item that it will never take', async () => {
    const sink = await startSink(refuse(500));
    const world = startWorld();
    await failUntilPaused(world, sink);
    const { clock, engine } = world;
    sink.answer = (received, response) => (laneOf(received) === 'a' ? refuse(400) : ok)(received, response, undefined as never);
    clock.advance(30);
    await settle();
    clock.advance(30);
    await settle();
    expect(engine.view('wh_one')?.status).toBe('active');
  });

  test('stays paused when it says 410, until it is resumed', async () => {
    const sink = await startSink(refuse(410));
    const { clock, engine, tape, attempted } = startWorld();
    engine.put(endpointAt(sink.url), tape);
    tape.add('a');
    await attempted(1);
    expect(engine.view('wh_one')).toMatchObject({ status: 'paused', reason: 'gone', detail: 'It answered 410' });
    clock.advance(3_600);
    await settle();
    expect(sink.received).toHaveLength(1);
    sink.answer = ok;
    engine.resume('wh_one');
    await attempted(2);
    expect(engine.view('wh_one')).toMatchObject({ status: 'active', waiting: 0 });
  });

  test('is paused when more fail than are kept in mind, and reads no further', async () => {
    const sink = await startSink(refuse(500));
    const { engine, tape } = startWorld();
    engine.put(endpointAt(sink.url, { connections: 32 }), tape);
    tape.add(...Array.from({ length: 3_000 }, (_, index) => `call-${index}`));
    while (engine.view('wh_one')?.status === 'active') await settle();
    const view = engine.view('wh_one');
    expect(view).toMatchObject({ status: 'paused', reason: 'backlog' });
    expect(view?.waiting).toBeLessThanOrEqual(mostUnsettled);
    expect(view?.position.seq).toBeLessThan(3_000);
  });
});

describe('a hung endpoint', () => {
  test('never delays another: fifty hang, one is well', async () => {
    const hung = await startSink(() => {});
    const well = await startSink();
    const { engine, tape, attempted } = startWorld();
    for (let each = 0; each < 50; each += 1) engine.put(endpointAt(hung.url, { id: `wh_hung_${each}` }), tape);
    engine.put(endpointAt(well.url, { id: 'wh_well' }), tape);
    tape.add(...Array.from({ length: 200 }, (_, index) => `call-${index % 20}`));
    const attempts = await attempted(200);
    expect(attempts.every(({ endpoint, outcome }) => endpoint === 'wh_well' && outcome === 'delivered')).toBe(true);
    expect(engine.view('wh_hung_7')).toMatchObject({ status: 'active', low: { seq: 0 } });
    await hung.close();
  });

  test('that trickles its answer is cut when its time is over', async () => {
    const sink = await startSink((_received, response) => {
      response.writeHead(200);
      response.write('a');
    });
    const { engine, tape, attempted, tickWheel } = startWorld();
    engine.put(endpointAt(sink.url), tape);
    tape.add('a');
    await sink.count(1);
    tickWheel(21_000);
    const [attempt] = await attempted(1);
    expect(attempt).toMatchObject({ outcome: 'retried', failure: { kind: 'timeout' } });
  });

  test('that never stops answering is cut after a little of it, and its status counts', async () => {
    const sink = await startSink((_received, response) => {
      response.writeHead(200);
      const more = (): void => void (!response.destroyed && response.write('x'.repeat(65_536), () => setImmediate(more)));
      more();
    });
    const { engine, tape, attempted } = startWorld();
    engine.put(endpointAt(sink.url), tape);
    tape.add('a');
    const [attempt] = await attempted(1);
    expect(attempt).toMatchObject({ status: 200, outcome: 'delivered' });
    expect(attempt?.reply).toHaveLength(512);
  });

  test('whose certificate nobody vouches for is not told anything', async () => {
    const file = (name: string): Buffer => readFileSync(new URL(`../../http/certificates/${name}`, import.meta.url));
    let asked = 0;
    const server = createSecureServer({ cert: file('first.crt'), key: file('first.key') }, (_request, response) => {
      asked += 1;
      response.end();
    });
    onTestFinished(() => void server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { engine } = startWorld();
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const attempt = await engine.send(endpointAt(url), { id: 'one', request: () => ({ body: 'secret' }) });
    expect(attempt).toMatchObject({ failure: { kind: 'tls' } });
    expect(asked).toBe(0);
  });

  test('that cannot be reached is told of as such', async () => {
    const sink = await startSink();
    await sink.close();
    const { engine, tape, attempted } = startWorld();
    engine.put(endpointAt(sink.url), tape);
    tape.add('a');
    const [attempt] = await attempted(1);
    expect(attempt).toMatchObject({ failure: { kind: 'connect' } });
    expect(attempt).not.toHaveProperty('status');
  });
});
