import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eachEvent } from '../../src/delivery/encoder.ts';
import { FilterIndex } from '../../src/delivery/filter-index.ts';
import { everything, filterKey, matchesFilter } from '../../src/delivery/filter.ts';
import type { FeedFilter } from '../../src/delivery/filter.ts';
import { createShape } from '../../src/delivery/hub.ts';
import type { LoggedEvent } from '../../src/log/event-log.ts';
import type { NewEvent } from '../../src/model/event.ts';
import { callIdFrom, extensionNumber, legIdFrom, pbxId } from '../../src/model/ids.ts';
import { numbered, numberOf } from '../log/events.ts';
import { openHub, openSource } from './source.ts';

interface Delivered {
  readonly bytes: Buffer;
  readonly seq: number;
}

const collect = (): { readonly got: Delivered[]; deliver(bytes: Buffer, cursor: { readonly seq: number }): void } => {
  const got: Delivered[] = [];
  return { got, deliver: (bytes, cursor) => void got.push({ bytes, seq: cursor.seq }) };
};

const countingEncoder = (name: string): { readonly encoder: ReturnType<typeof eachEvent>; readonly encoded: number[] } => {
  const encoded: number[] = [];
  const encoder = eachEvent(name, (event) => {
    encoded.push(event.cursor.seq);
    return Buffer.from(`${numberOf(event)} `);
  });
  return { encoder, encoded };
};

test('readers of one shape are given the very same bytes, encoded once', async () => {
  const source = await openSource();
  const hub = openHub(source);
  const { encoder, encoded } = countingEncoder('same');
  const readers = [collect(), collect(), collect()];
  for (const reader of readers) hub.join(reader, createShape(encoder, everything));
  await source.append([numbered(1)]);
  await turn();
  expect(encoded).toEqual([1]);
  expect(new Set(readers.map(({ got }) => got[0]?.bytes)).size).toBe(1);
});

test('what is committed at one moment leaves in one write', async () => {
  const source = await openSource();
  const hub = openHub(source);
  const reader = collect();
  hub.join(reader, createShape(countingEncoder('moment').encoder, everything));
  await source.append([numbered(1), numbered(2), numbered(3)]);
  await turn();
  expect(reader.got.map(({ bytes, seq }) => [bytes.toString(), seq])).toEqual([['1 2 3 ', 3]]);
});

test('an event is encoded once even for readers of different filters, and not at all for those that it does not concern', async () => {
  const source = await openSource();
  const hub = openHub(source);
  const { encoder, encoded } = countingEncoder('filters');
  const [all, calls, other] = [collect(), collect(), collect()];
  hub.join(all, createShape(encoder, everything));
  hub.join(calls, createShape(encoder, { calls: ['call_1'] }));
  hub.join(other, createShape(encoder, { types: ['call.*'] }));
  await source.append([numbered(1, 'call_1'), numbered(2, 'call_2')]);
  await turn();
  expect(encoded).toEqual([1, 2]);
  expect([all, calls, other].map(({ got }) => got.map(({ bytes }) => bytes.toString()))).toEqual([['1 2 '], ['1 '], []]);
});

test("a reader's failure is its own", async () => {
  const source = await openSource();
  const hub = openHub(source);
  const { encoder } = countingEncoder('failure');
  const healthy = collect();
  hub.join(
    {
      deliver: () => {
        throw new Error('broken');
      },
    },
    createShape(encoder, everything),
  );
  hub.join(healthy, createShape(encoder, everything));
  await source.append([numbered(1)]);
  await turn();
  expect(healthy.got).toHaveLength(1);
});

test('who has left is given nothing, and leaving twice is harmless', async () => {
  const source = await openSource();
  const hub = openHub(source);
  const { encoder } = countingEncoder('leave');
  const [leaver, stayer] = [collect(), collect()];
  const leave = hub.join(leaver, createShape(encoder, everything));
  hub.join(stayer, createShape(encoder, everything));
  leave();
  leave();
  await source.append([numbered(1)]);
  await turn();
  expect([leaver.got.length, stayer.got.length]).toEqual([0, 1]);
});

test('a new epoch goes on to live readers, and old cursors meet a gap', async () => {
  const source = await openSource();
  await source.append([numbered(1)]);
  const hub = openHub(source);
  const old = hub.position;
  const reader = collect();
  hub.join(reader, createShape(countingEncoder('epoch').encoder, everything));
  await source.log.newEpoch(source.tenant);
  await source.append([numbered(2)]);
  await turn();
  expect(reader.got.map(({ bytes }) => bytes.toString())).toEqual(['2 ']);
  expect(await hub.read(old, 10, new AbortController().signal)).toMatchObject({ gap: 'epoch' });
});

const extensions = ['101', '102', '103'] as const;
const calls = ['call_1', 'call_2', 'call_3'] as const;
const types = ['dtmf.received', 'leg.held', 'call.merged'] as const;

/** An event with what filters look at, and nothing else. */
const anyEvent = fc
  .record({
    type: fc.constantFrom(...types),
    callId: fc.option(fc.constantFrom(...calls), { nil: undefined }),
    extension: fc.option(fc.constantFrom(...extensions), { nil: undefined }),
    legs: fc.array(fc.constantFrom(...extensions), { maxLength: 3 }),
    aliases: fc.array(fc.constantFrom(...calls), { maxLength: 2 }),
  })
  .map(({ type, callId, extension, legs, aliases }): LoggedEvent => {
    const event = {
      type,
      data: type === 'call.merged' ? { into: 'call_3' } : {},
      ...(callId === undefined ? {} : { callId, call: { aliases, from: {}, to: {}, legs: legs.map((leg) => ({ extension: leg })) } }),
    };
    return {
      cursor: { epoch: 'e1', seq: 1 },
      at: 0,
      type,
      callId: callId === undefined ? undefined : callIdFrom(callId),
      legId: undefined,
      extension: extension === undefined ? undefined : extensionNumber(extension),
      json: '',
      event: event as unknown as LoggedEvent['event'],
    };
  });

const some = <Value>(values: readonly Value[]): fc.Arbitrary<readonly Value[] | undefined> =>
  fc.option(fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 }), { nil: undefined });

const anyFilter = fc
  .record({ types: some([...types, 'leg.*', 'call.*'] as const), extensions: some(extensions), calls: some(calls) })
  .map((filter) => Object.fromEntries(Object.entries(filter).filter(([, values]) => values !== undefined)) as FeedFilter);

test('the index finds exactly those whose filter the event satisfies', () => {
  fc.assert(
    fc.property(fc.array(anyFilter, { maxLength: 20 }), fc.array(fc.nat({ max: 19 })), anyEvent, (filters, removed, event) => {
      const index = new FilterIndex<{ readonly filter: FeedFilter; readonly at: number }>();
      const members = filters.map((filter, at) => ({ filter, at }));
      for (const member of members) index.add(member);
      const gone = new Set(removed);
      for (const member of members) if (gone.has(member.at)) index.remove(member);
      const expected = members.filter((member) => !gone.has(member.at) && matchesFilter(member.filter, event));
      expect([...index.match(event)].map(({ at }) => at).sort()).toEqual(expected.map(({ at }) => at).sort());
    }),
  );
});

test('an extension means its own events and those of every call it takes part in', async () => {
  const source = await openSource();
  const party = { number: '', name: '' };
  const leg = { id: legIdFrom('leg_1'), callId: callIdFrom('call_1'), ordinal: 1, extension: extensionNumber('101') };
  const started = {
    type: 'call.started',
    at: 1,
    pbx: pbxId('office'),
    reconciled: false,
    callId: callIdFrom('call_1'),
    call: { id: 'call_1', aliases: ['call_0'], from: party, to: party, legs: [leg] },
    data: {},
  } as unknown as NewEvent;
  const [event] = await source.append([started]);
  if (event === undefined) throw new Error('nothing was logged');
  expect(matchesFilter({ extensions: ['101'] }, event)).toBe(true);
  expect(matchesFilter({ extensions: ['102'] }, event)).toBe(false);
  expect(matchesFilter({ calls: ['call_0'], types: ['call.*'] }, event)).toBe(true);
  expect(matchesFilter({ calls: ['call_0'], types: ['leg.*'] }, event)).toBe(false);
});

test('the same filter has the same key, in whatever order it is written', () => {
  expect(filterKey({ types: ['b.c', 'a.b'], calls: ['x'] })).toBe(filterKey({ calls: ['x', 'x'], types: ['a.b', 'b.c'] }));
  expect(filterKey({ types: ['x'] })).not.toBe(filterKey({ calls: ['x'] }));
});
