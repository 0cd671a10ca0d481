import { describe, expect, test } from 'vitest';
import { Committer, type Commit } from '../../src/engine/committer.ts';
import type { EventLog, LoggedEvent } from '../../src/log/event-log.ts';
import { GatewayError } from '../../src/model/errors.ts';
import type { NewEvent } from '../../src/model/event.ts';
import { pbxId, tenantId } from '../../src/model/ids.ts';

const lease = { tenant: tenantId('main'), fence: 1 };

/** A log whose disk is full until told otherwise, with a reserve for what is urgent. */
const createLog = (): { log: EventLog; appends: string[][]; disk: { full: boolean; reserve: boolean } } => {
  const appends: string[][] = [];
  const disk = { full: false, reserve: true };
  let seq = 0;
  const append: EventLog['append'] = (_, events, __, options) => {
    if (disk.full && !(options?.urgent === true && disk.reserve)) return Promise.reject(new GatewayError('log-full'));
    appends.push(events.map(nameOf));
    return Promise.resolve(
      events.map((event) => ({ cursor: { epoch: 'e1', seq: (seq += 1) }, type: event.type, at: event.at }) as LoggedEvent),
    );
  };
  return { log: { append } as EventLog, appends, disk };
};

const nameOf = (event: NewEvent): string => (event.type === 'pbx.degraded' ? event.data.reason : event.type);

const commitOf = (name: string, seen: string[], over: Partial<Commit> = {}): Commit => ({
  events: [{ type: 'pbx.degraded', at: 0, pbx: pbxId('office'), reconciled: false, data: { reason: name } }],
  changes: [],
  urgent: false,
  whenFull: 'wait',
  committed: () => seen.push(name),
  ...over,
});

const createTimers = (): { timers: { after: (ms: number, run: () => void) => () => void }; fire: () => void } => {
  let due: (() => void) | undefined;
  return {
    timers: {
      after: (_, run) => {
        due = run;
        return () => {
          due = undefined;
        };
      },
    },
    fire: () => due?.(),
  };
};

describe('the single writer', () => {
  test('writes what gathers during one append as the next, and tells in order', async () => {
    const { log, appends } = createLog();
    const seen: string[] = [];
    const committer = new Committer({ log, lease, timers: createTimers().timers, signal: new AbortController().signal });
    const logged = await Promise.all(['a', 'b', 'c'].map((name) => committer.commit(commitOf(name, seen))));
    expect(appends).toEqual([['a'], ['b', 'c']]);
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(logged.map(([event]) => event?.cursor.seq)).toEqual([1, 2, 3]);
  });

  test('rests after a write while many events come, and then writes all that came meanwhile at once', async () => {
    const { log, appends } = createLog();
    const { timers, fire } = createTimers();
    const seen: string[] = [];
    const committer = new Committer({ log, lease, timers, restMs: 3, signal: new AbortController().signal });
    const many = Array.from({ length: 16 }, (_, index) => `early ${index}`);
    await Promise.all(many.map((name) => committer.commit(commitOf(name, seen))));
    const others = ['f', 'g'].map((name) => committer.commit(commitOf(name, seen)));
    expect(seen).toEqual(many);
    fire();
    await Promise.all(others);
    expect(appends.slice(1)).toEqual([many.slice(1), ['f', 'g']]);
  });

  test('while little happens nothing waits', async () => {
    const { log, appends } = createLog();
    const committer = new Committer({ log, lease, timers: createTimers().timers, restMs: 3, signal: new AbortController().signal });
    await committer.commit(commitOf('a', []));
    await committer.commit(commitOf('b', []));
    expect(appends).toEqual([['a'], ['b']]);
  });

  test('what is patient is written with what comes next, or after a moment', async () => {
    const { log, appends } = createLog();
    const { timers, fire } = createTimers();
    const seen: string[] = [];
    const committer = new Committer({ log, lease, timers, restMs: 3, signal: new AbortController().signal });
    const word = committer.commit(commitOf('word', seen, { patient: true }));
    expect(appends).toEqual([]);
    await Promise.all([word, committer.commit(commitOf('effect', seen))]);
    expect(appends).toEqual([['word', 'effect']]);
    const last = committer.commit(commitOf('last word', seen, { patient: true }));
    fire();
    await last;
    expect(seen).toEqual(['word', 'effect', 'last word']);
  });

  test('keeps what may wait in order until the disk has room again', async () => {
    const { log, appends, disk } = createLog();
    const { timers, fire } = createTimers();
    const seen: string[] = [];
    const committer = new Committer({ log, lease, timers, signal: new AbortController().signal });
    disk.full = true;
    disk.reserve = false;
    const waiting = ['a', 'b'].map((name) => committer.commit(commitOf(name, seen)));
    await expect(committer.commit(commitOf('command', seen, { urgent: true, whenFull: 'refuse' }))).rejects.toMatchObject({
      code: 'log-full',
    });
    disk.full = false;
    fire();
    await Promise.all(waiting);
    expect(appends.flat()).toEqual(['a', 'b']);
    expect(seen).toEqual(['a', 'b']);
  });

  test('lets what is urgent overtake nothing: all before it goes into the reserve with it', async () => {
    const { log, appends, disk } = createLog();
    const seen: string[] = [];
    const committer = new Committer({ log, lease, timers: createTimers().timers, signal: new AbortController().signal });
    disk.full = true;
    const first = committer.commit(commitOf('a', seen));
    const end = committer.commit(commitOf('call.ended', seen, { urgent: true }));
    await Promise.all([first, end]);
    expect(appends.flat()).toEqual(['a', 'call.ended']);
  });

  test('gives up what waits when the engine stops', async () => {
    const { log, disk } = createLog();
    const stop = new AbortController();
    disk.full = true;
    disk.reserve = false;
    const committer = new Committer({ log, lease, timers: createTimers().timers, signal: stop.signal });
    const waiting = committer.commit(commitOf('a', []));
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'shutting-down' });
    await expect(committer.commit(commitOf('b', []))).rejects.toMatchObject({ code: 'shutting-down' });
  });
});
