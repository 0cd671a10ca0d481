import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DeliverySource } from '../../../src/delivery/webhooks/webhook-engine.ts';
import { laneOf, ok, refuse, seqOf, seqs, startSink } from './sink.ts';
import type { Received } from './sink.ts';
import { endpointAt, policy, settle, start, startWorld, tenant } from './world.ts';

describe('after a kill', () => {
  test('what was sent and not yet marked is sent again, with the same id', async () => {
    const sink = await startSink();
    const world = startWorld();
    world.engine.put(endpointAt(sink.url), world.tape);
    world.tape.add('a');
    await world.attempted(1);
    const again = await world.crash();
    again.engine.put(endpointAt(sink.url), again.tape);
    await again.attempted(1);
    expect(sink.received.map(({ headers }) => headers['webhook-id'])).toEqual(['e1-1', 'e1-1']);
  });

  test('what was marked is not sent again, and what failed goes on where it was', async () => {
    const sink = await startSink((received, response) =>
      (laneOf(received) === 'bad' ? refuse(500) : ok)(received, response, undefined as never),
    );
    const world = startWorld();
    world.engine.put(endpointAt(sink.url), world.tape);
    world.tape.add('bad', 'good', 'bad');
    await world.attempted(2);
    world.clock.advance(0.2);
    const again = await world.crash();
    sink.answer = ok;
    again.engine.put(endpointAt(sink.url), again.tape);
    expect(again.engine.view('wh_one')).toMatchObject({ waiting: 2, failing: 1 });
    again.clock.advance(0.8);
    await again.attempted(2);
    expect(seqs(sink).slice(2)).toEqual([1, 3]);
    expect(again.attempts[0]).toMatchObject({ attempt: 2 });
  });

  test('a pause is still a pause', async () => {
    const sink = await startSink(refuse(410));
    const world = startWorld();
    world.engine.put(endpointAt(sink.url), world.tape);
    world.tape.add('a');
    await world.attempted(1);
    world.clock.advance(0.2);
    const again = await world.crash();
    again.engine.put(endpointAt(sink.url), again.tape);
    await settle();
    expect(again.engine.view('wh_one')).toMatchObject({ status: 'paused', reason: 'gone' });
    expect(sink.received).toHaveLength(1);
  });

  test('whatever fails and wherever it is killed, every item arrives, and each lane in order but for repetitions', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 12 }),
        fc.infiniteStream(fc.boolean()),
        fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 2 }),
        async (lanes, failures, kills) => {
          const sink = await startSink((received, response) => {
            const fails = failures.next().value === true;
            (fails ? refuse(500) : ok)(received, response, undefined as never);
            if (!fails) accepted.push(received);
          });
          const accepted: Received[] = [];
          let world = startWorld();
          const endpoint = endpointAt(sink.url, { policy: { ...policy, attempts: 1_000, pauseAfter: 120_000 } });
          world.engine.put(endpoint, world.tape);
          world.tape.add(...lanes);
          for (const kill of kills) {
            await settle();
            world.clock.advance(kill / 10);
            await settle();
            world = await world.crash();
            world.engine.put(endpoint, world.tape);
          }
          while (world.engine.view('wh_one')?.low.seq !== lanes.length) {
            await settle();
            world.clock.advance(30);
          }
          expect(new Set(accepted.map(seqOf)).size).toBe(lanes.length);
          for (const lane of new Set(lanes)) {
            const first = [...new Set(accepted.filter((each) => laneOf(each) === lane).map(seqOf))];
            expect(first).toEqual(first.toSorted((one, other) => one - other));
          }
          await world.engine.close();
          await sink.close();
        },
      ),
      { numRuns: 8 },
    );
  });
});

describe('what was delivered', () => {
  test('is delivered again from a cursor', async () => {
    const sink = await startSink();
    const { engine, tape, attempted } = startWorld();
    engine.put(endpointAt(sink.url), tape);
    tape.add('a', 'a', 'a');
    await attempted(3);
    expect(await engine.replay('wh_one', { epoch: 'e1', seq: 1 })).toBe('begun');
    await attempted(5);
    expect(seqs(sink)).toEqual([1, 2, 3, 2, 3]);
  });

  test('is delivered again by itself', async () => {
    const sink = await startSink();
    const { engine, tape, attempted } = startWorld();
    engine.put(endpointAt(sink.url), tape);
    tape.add('a', 'a', 'a');
    await attempted(3);
    expect(await engine.redeliver('wh_one', 2)).toBe('begun');
    await attempted(4);
    expect(seqs(sink)).toEqual([1, 2, 3, 2]);
    expect(await engine.redeliver('wh_one', 99)).toBe('nothing');
  });

  test('is delivered again also when it is asked for while the first is on its way', async () => {
    const sink = await startSink();
    const { engine, tape, attempted } = startWorld();
    const asked: Promise<unknown>[] = [];
    sink.answer = (_received, response) => {
      if (asked.length < 2) asked.push(asked.length === 0 ? engine.redeliver('wh_one', 1) : engine.replay('wh_one', start));
      void Promise.all(asked).then(() => response.writeHead(204).end());
    };
    engine.put(endpointAt(sink.url), tape);
    tape.add('a', 'a');
    await attempted(4);
    expect(seqs(sink)).toEqual([1, 1, 1, 2]);
  });

  test('is found by its event, also where an event makes several items with cursors of their own', async () => {
    const sink = await startSink();
    const { engine, tape, attempted } = startWorld();
    tape.add('a', 'a', 'a', 'a', 'a', 'a');
    // Items 1 and 2 are of event 1, items 3 and 4 of event 2, and so on.
    const paired: DeliverySource = {
      ...tape,
      read: async (after, limit, signal) => {
        const page = await tape.read(after, limit, signal);
        return 'gap' in page ? page : { ...page, items: page.items.map((item) => ({ ...item, event: Math.ceil(item.cursor.seq / 2) })) };
      },
      placeAfter: ({ epoch, seq }) => ({ epoch, seq: seq * 2 }),
    };
    engine.put(endpointAt(sink.url), paired, start);
    expect((await attempted(6)).map(({ seq }) => seq)).toEqual([1, 1, 2, 2, 3, 3]);
    expect((await engine.requestFor('wh_one', 2))?.body).toBe('{"seq":3,"lane":"a"}');
    expect((await engine.requestFor('wh_one', 2, 'e1-4'))?.body).toBe('{"seq":4,"lane":"a"}');
    expect(await engine.requestFor('wh_one', 2, 'e1-5')).toBeUndefined();
    expect(await engine.redeliver('wh_one', 2)).toBe('begun');
    await attempted(8);
    expect(await engine.replay('wh_one', { epoch: 'e1', seq: 2 })).toBe('begun');
    await attempted(10);
    expect(seqs(sink)).toEqual([1, 2, 3, 4, 5, 6, 3, 4, 5, 6]);
    expect(await engine.redeliver('wh_one', 4)).toBe('nothing');
  });

  test('cannot be delivered again when the log no longer has it: a gap says so', async () => {
    const sink = await startSink();
    const { engine, tape, attempted } = startWorld();
    engine.put(endpointAt(sink.url), tape);
    tape.add('a', 'a');
    await attempted(2);
    tape.forget(1);
    expect(await engine.replay('wh_one', start)).toMatchObject({ gap: 'retention', oldest: { seq: 1 } });
  });

  test('and lost while the endpoint was paused is told of as one gap', async () => {
    const sink = await startSink();
    const { engine, tape, attempted } = startWorld();
    engine.put(endpointAt(sink.url), tape);
    engine.pause('wh_one');
    tape.add('a', 'b', 'c');
    tape.forget(2);
    engine.resume('wh_one');
    await attempted(2);
    const bodies = sink.received.map(({ body }) => JSON.parse(body) as unknown);
    expect(bodies).toHaveLength(2);
    expect(bodies).toContainEqual({ gap: [0, 2] });
    expect(bodies).toContainEqual({ seq: 3, lane: 'c' });
  });

  test('keeps the log from where the oldest that is needed happened', async () => {
    const sink = await startSink();
    const { clock, engine, tape, attempted } = startWorld();
    engine.put(endpointAt(sink.url), tape);
    expect(engine.neededFrom(tenant)).toBeUndefined();
    engine.pause('wh_one');
    const began = clock.now();
    clock.advance(100);
    tape.add('a');
    expect(engine.neededFrom(tenant)).toBe(began);
    engine.resume('wh_one');
    await attempted(1);
    expect(engine.neededFrom(tenant)).toBeUndefined();
  });
});
