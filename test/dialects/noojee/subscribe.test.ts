import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openProjection, type Projection } from '../../../src/delivery/projection.ts';
import { defaultNoojeeOptions, type NoojeeOptions } from '../../../src/dialects/noojee/options.ts';
import { createNoojeeProjector, type NoojeeState } from '../../../src/dialects/noojee/project.ts';
import { renderEntry } from '../../../src/dialects/noojee/render.ts';
import { createServerTime } from '../../../src/dialects/noojee/server-time.ts';
import type { Entry } from '../../../src/dialects/noojee/schema.ts';
import { answerPoll, type PollSource } from '../../../src/dialects/noojee/subscribe.ts';
import type { EventLog, Lease } from '../../../src/log/event-log.ts';
import { extensionNumber, pbxId, tenantId } from '../../../src/model/ids.ts';
import type { PbxStatus } from '../../../src/model/live-state.ts';
import { createManualClock, type OfficeClock } from '../../../src/pbx/sandbox/index.ts';
import { openSqliteStore } from '../../../src/store/sqlite-store.ts';
import { openTestLog } from '../../log/open-log.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { Story, storyStart } from './story.ts';

const tenant = tenantId('demo');

interface Item {
  readonly CallData: { readonly status: string; readonly callStartTime: string; readonly uniqueCallId: string };
  readonly CallID: number;
  readonly Code: number;
}

interface Subscription {
  readonly Data: Readonly<Record<string, readonly Item[]>>;
  readonly seq: number;
  readonly Code: number;
  readonly Message?: string;
}

interface Answered {
  readonly text: string;
  readonly reply: Subscription;
  /** How long the poll took, in the test's own time. */
  readonly ms: number;
}

class World {
  readonly clock: OfficeClock;
  readonly log: EventLog;
  status: PbxStatus = 'live';
  readonly #lease: Lease;
  readonly #source: PollSource;
  readonly #projection: Projection<NoojeeState, string>;
  #appended = 0;

  private constructor(lease: Lease, log: EventLog, clock: OfficeClock, source: (world: World) => PollSource) {
    this.#lease = lease;
    this.log = log;
    this.clock = clock;
    this.#source = source(this);
    this.#projection = this.#source.projection;
  }

  static async open(more: Partial<NoojeeOptions> = {}, historyEvents = 1_000): Promise<World> {
    const clock = createManualClock(storyStart);
    const log = openTestLog({ clock });
    const store = openSqliteStore({ folder: temporaryFolder() });
    onTestFinished(() => store.close());
    const options = { ...defaultNoojeeOptions, timeZone: 'Australia/Melbourne', ...more };
    const serverTime = createServerTime(options.timeZone);
    const render = (entry: Entry): string => renderEntry(entry, { serverTime, extended: options.extended });
    const lease = await log.acquire(tenant);
    const projection = await openProjection({
      engine: {
        tenant,
        log,
        snapshot: () => ({ cursor: log.head(tenant), calls: [], extensions: [], queues: [], conferences: [], slots: [], users: [] }),
      },
      projector: createNoojeeProjector({ render, endedWindowSeconds: options.endedWindowSeconds }),
      store,
      clock,
      logger: pino({ enabled: false }),
      historyEvents,
    });
    onTestFinished(() => projection.close());
    return new World(lease, log, clock, (world) => ({
      projection,
      options,
      clock,
      timers: clock,
      render,
      status: () => ({ id: pbxId('office'), status: world.status, since: '2014-10-08T06:25:10.000Z' }),
    }));
  }

  get head(): number {
    return this.#projection.view().head;
  }

  /** Appends what the story has told since the last time; it is folded when this resolves. */
  async tell(story: Story): Promise<void> {
    const events = story.events.slice(this.#appended);
    this.#appended = story.events.length;
    await this.log.append(this.#lease, events, []);
    while (this.head < this.log.head(tenant).seq) await this.#projection.changed(new AbortController().signal);
  }

  poll(extensions: string, cursor: number, timeOut: number, signal = new AbortController().signal): Promise<string> {
    return answerPoll({ extensions: extensions.split(',').map(extensionNumber), cursor, timeOut }, this.#source, signal);
  }

  /** Lets the test's time pass until the poll is answered. */
  async answer(poll: Promise<string>): Promise<Answered> {
    const began = this.clock.now();
    const settled = new AbortController();
    const settle = (): void => settled.abort();
    poll.then(settle, settle);
    while (!settled.signal.aborted) {
      await nextTurn();
      if (!settled.signal.aborted) this.clock.advance(0.01);
    }
    const text = await poll;
    return { text, reply: JSON.parse(text) as Subscription, ms: (this.clock.now() - began) / 1000 };
  }

  async ask(extensions: string, cursor: number, timeOut: number): Promise<Answered> {
    return this.answer(this.poll(extensions, cursor, timeOut));
  }
}

const statusesOf = ({ reply }: Answered): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(Object.entries(reply.Data).map(([extension, items]) => [extension, items.map(({ CallData }) => CallData.status)]));

const firstCall = ['1412749510.488', '1412749517.489'] as const;
const secondCall = ['1412749520.490', '1412749520.491'] as const;
const ringing = (): Story => new Story().rings('A', '400', '410', firstCall);

describe('a first poll (cursor 0)', () => {
  test('without waiting answers after 100 ms, with idle extensions as empty lists', async () => {
    const world = await World.open();
    const { text, ms } = await world.ask('400,410', 0, 0);
    expect(text).toBe('{"Data":{"400":[],"410":[]},"seq":0,"Code":0}');
    expect(ms).toBe(100);
  });

  test('that waits and finds nothing waits to its end', async () => {
    const world = await World.open();
    const { text, ms } = await world.ask('400,410', 0, 30);
    expect(text).toBe('{"Data":{},"seq":0,"Code":0}');
    expect(ms).toBe(30_000);
  });

  test.each([0, 30])('that may take %i s tells the latest state of each live leg', async (timeOut) => {
    const world = await World.open();
    await world.tell(ringing().answers('A', '400', '410'));
    const answered = await world.ask('400,410', 0, timeOut);
    expect(statusesOf(answered)).toEqual({ 400: ['Connected'], 410: ['Connected'] });
    expect(answered.reply.seq).toBe(world.head);
    expect(answered.ms).toBe(100);
  });

  test('tells of legs that ended less than a minute ago only when it waits', async () => {
    const world = await World.open();
    await world.tell(ringing().end('A', '410', 21, 'self').end('A', '400', 21, 'pbx'));
    world.clock.advance(30);
    expect(statusesOf(await world.ask('400,410', 0, 30))).toEqual({ 400: ['Hungup'], 410: ['Hungup'] });
    expect(statusesOf(await world.ask('400,410', 0, 0))).toEqual({ 400: [], 410: [] });
    world.clock.advance(60);
    expect(statusesOf(await world.ask('400,410', 0, 1))).toEqual({});
  });

  test('tells of no ended leg where the window is 0', async () => {
    const world = await World.open({ endedWindowSeconds: 0 });
    await world.tell(ringing().end('A', '410', 21, 'self').end('A', '400', 21, 'pbx'));
    expect(statusesOf(await world.ask('400,410', 0, 1))).toEqual({});
  });

  test('that waits is answered by the first call, with all that happened since', async () => {
    const world = await World.open();
    const poll = world.poll('400,410', 0, 30);
    await world.tell(ringing());
    const answered = await world.answer(poll);
    expect(statusesOf(answered)).toEqual({ 400: ['Dialing Out'], 410: ['Ringing'] });
    expect(answered.ms).toBe(100);
  });
});

describe('a poll from a cursor', () => {
  test('tells what followed, once, and for the extensions listed alone', async () => {
    const world = await World.open();
    const story = ringing();
    await world.tell(story);
    const { seq } = (await world.ask('400,410', 0, 30)).reply;
    await world.tell(story.wait(2).answers('A', '400', '410'));
    const answered = await world.ask('410', seq, 30);
    expect(statusesOf(answered)).toEqual({ 410: ['Connected'] });
    expect(statusesOf(await world.ask('410', answered.reply.seq, 5))).toEqual({});
  });

  test('is answered when something happens, within the coalescing window', async () => {
    const world = await World.open();
    const story = ringing();
    await world.tell(story);
    const poll = world.poll('400,410', world.head, 60);
    await world.tell(story.answers('A', '400', '410'));
    const answered = await world.answer(poll);
    expect(statusesOf(answered)).toEqual({ 400: ['Connected'], 410: ['Connected'] });
    expect(answered.ms).toBe(100);
  });

  test('at its end answers with no data and the head, not with its cursor', async () => {
    const world = await World.open();
    const story = ringing();
    await world.tell(story);
    const before = world.head;
    const poll = world.poll('420', before, 3);
    await world.tell(story.rings('B', '430', '440', secondCall));
    const { reply, ms } = await world.answer(poll);
    expect(reply).toEqual({ Data: {}, seq: world.head, Code: 0 });
    expect(world.head).toBeGreaterThan(before);
    expect(ms).toBe(3_000);
  });

  test('repeated tells the same again', async () => {
    const world = await World.open();
    await world.tell(ringing().answers('A', '400', '410'));
    const one = await world.ask('400,410', 1, 30);
    expect((await world.ask('400,410', 1, 30)).text).toBe(one.text);
  });

  test('beside another over other extensions: both are answered rightly, under one numbering', async () => {
    const world = await World.open();
    const story = ringing();
    await world.tell(story);
    const cursor = world.head;
    const polls = [world.poll('400', cursor, 30), world.poll('410', cursor, 30)];
    await world.tell(story.end('A', '410', 21, 'self').end('A', '400', 21, 'pbx'));
    const [one, two] = await Promise.all(polls.map((poll) => world.answer(poll)));
    expect(one?.reply.Data).toHaveProperty('400');
    expect(two?.reply.Data).toHaveProperty('410');
    expect(one?.reply.seq).toBe(two?.reply.seq);
  });

  test('above the head is of an earlier life: the present state, and no error', async () => {
    const world = await World.open();
    await world.tell(ringing().end('A', '410', 21, 'self').end('A', '400', 21, 'pbx'));
    const answered = await world.ask('400,410', 28, 60);
    expect(statusesOf(answered)).toEqual({ 400: ['Hungup'], 410: ['Hungup'] });
    expect(answered.reply).toMatchObject({ seq: world.head, Code: 0 });
    expect(answered.ms).toBe(100);
  });

  test('above the head waits for the first call if there is nothing to tell', async () => {
    const world = await World.open();
    const poll = world.poll('400,410', 28, 60);
    await world.tell(ringing());
    expect(statusesOf(await world.answer(poll))).toEqual({ 400: ['Dialing Out'], 410: ['Ringing'] });
  });

  test('older than what is kept is told so, with the present state', async () => {
    const world = await World.open({}, 8);
    const story = new Story();
    for (let count = 0; count < 12; count += 1)
      story.rings(`A${count}`, '420', '430', secondCall).end(`A${count}`, '430', 21, 'self').end(`A${count}`, '420', 21, 'pbx');
    await world.tell(story.rings('B', '400', '410', firstCall));
    const answered = await world.ask('400,410', 1, 60);
    expect(answered.reply).toMatchObject({ Code: 1, Message: 'Events may have been lost', seq: world.head });
    expect(statusesOf(answered)).toEqual({ 400: ['Dialing Out'], 410: ['Ringing'] });
  });

  test('whose client leaves, or whose server stops, ends at once with the present head', async () => {
    const world = await World.open();
    await world.tell(ringing());
    const leaving = new AbortController();
    const poll = world.poll('410', world.head, 60, leaving.signal);
    leaving.abort();
    expect(await world.answer(poll)).toMatchObject({ ms: 0, reply: { Data: {}, seq: world.head, Code: 0 } });
  });
});

test('two calls from 400 at 410, both declined at once: one answer for the second call, and one with all four ends', async () => {
  const world = await World.open();
  const story = ringing();
  await world.tell(story);
  const first = await world.ask('400,410,410', 0, 60);
  expect(statusesOf(first)).toEqual({ 400: ['Dialing Out'], 410: ['Ringing'] });

  const secondPoll = world.poll('400,410', first.reply.seq, 60);
  await world.tell(
    story
      .wait(7)
      .begin('B', '400', '410')
      .start('B', '400#2', 'outbound', secondCall[0], '410')
      .start('B', '410#2', 'inbound', secondCall[1], '400')
      .ring('B', '410#2'),
  );
  const second = await world.answer(secondPoll);
  expect(statusesOf(second)).toEqual({ 400: ['Dialing Out'], 410: ['Ringing'] });
  expect(second.reply.Data['410']?.[0]?.CallData.uniqueCallId).toBe(secondCall[0]);

  const lastPoll = world.poll('400,410', second.reply.seq, 60);
  await world.tell(story.end('A', '410', 21, 'self').end('A', '400', 21, 'pbx'));
  await world.tell(story.end('B', '410#2', 21, 'self').end('B', '400#2', 21, 'pbx'));
  const last = await world.answer(lastPoll);
  expect(statusesOf(last)).toEqual({ 400: ['Hungup', 'Hungup'], 410: ['Hungup', 'Hungup'] });
  expect(last.reply.Data['400']?.every(({ CallData }) => CallData.callStartTime.length === 19)).toBe(true);
});

test('whoever polls on from each answer is told everything, once and in order, wherever events and polls fall', async () => {
  const wholeCall = (story: Story, name: string): void => {
    const [from, to] = [`400#${name}`, `410#${name}`];
    story.rings(name, from, to, firstCall).answers(name, from, to).hangsUp(name, from, to);
  };
  const whole = ['Dialing Out', 'Ringing', 'Connected', 'Connected', 'Hungup', 'Hungup'];
  const batches = fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(batches, fc.array(fc.boolean(), { maxLength: 24 }), async (sizes, pollsFirst) => {
      const world = await World.open();
      const story = new Story();
      for (const name of ['1', '2', '3']) wholeCall(story, name);
      const events = story.events.splice(0);
      const heard: Item[] = [];
      // The first event alone tells nothing: from its place on everything is told.
      let cursor = 1;
      for (let step = 0; events.length > 0; step += 1) {
        const batch = events.splice(0, 1 + (sizes[step % sizes.length] ?? 0));
        const waiting = pollsFirst[step % pollsFirst.length] === true && world.head > 0 ? world.poll('400,410', cursor, 5) : undefined;
        story.events.push(...batch);
        await world.tell(story);
        const { reply } = await world.answer(waiting ?? world.poll('400,410', cursor, 0));
        heard.push(...Object.values(reply.Data).flat());
        cursor = reply.seq;
      }
      const lives = Map.groupBy(heard, ({ CallID }) => CallID);
      expect(heard.map(({ CallData }) => CallData.status).toSorted()).toEqual([...whole, ...whole, ...whole].toSorted());
      for (const life of lives.values()) expect(life.map(({ CallData }) => CallData.status).slice(1)).toEqual(['Connected', 'Hungup']);
    }),
    { numRuns: 15 },
  );
});

describe('while the PBX is not connected', () => {
  test('a poll waits to its end, and then says so', async () => {
    const world = await World.open();
    world.status = 'down';
    const { reply, ms } = await world.ask('400', 0, 5);
    expect(reply).toEqual({ Data: {}, seq: 0, Message: 'PBX not connected', Code: 1 });
    expect(ms).toBe(5_000);
  });

  test('a poll that does not wait says so with the state as it was last', async () => {
    const world = await World.open();
    await world.tell(ringing());
    world.status = 'down';
    const answered = await world.ask('410,420', 0, 0);
    expect(answered.reply).toMatchObject({ Code: 1, Message: 'PBX not connected' });
    expect(statusesOf(answered)).toEqual({ 410: ['Ringing'], 420: [] });
  });
});

test('an extension may be called anything, for nobody but its own members are in an answer', async () => {
  const world = await World.open();
  const { text } = await world.ask('__proto__', 0, 0);
  expect(text).toBe('{"Data":{"__proto__":[]},"seq":0,"Code":0}');
});
