import { expect, onTestFinished, test } from 'vitest';
import { History } from '../../src/engine/history.ts';
import type { Lease } from '../../src/log/event-log.ts';
import type { SqliteLog } from '../../src/log/sqlite-log.ts';
import type { Call } from '../../src/model/call.ts';
import { callIdFrom, pbxId, tenantId } from '../../src/model/ids.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { openTestLog } from '../log/open-log.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const tenant = tenantId('demo');

interface World {
  readonly log: SqliteLog;
  readonly store: Store;
  readonly disk: { isFull: boolean };
  /** Ends a call, and has its history recorded as the engine does. */
  readonly end: (history: History, ...ids: readonly string[]) => Promise<void>;
  readonly kept: () => readonly string[];
}

const open = async (): Promise<World> => {
  const disk = { isFull: false };
  const log = openTestLog();
  const store = openSqliteStore({ folder: temporaryFolder(), reserve: { isReleased: () => disk.isFull, release: () => false } });
  onTestFinished(() => store.close());
  const lease: Lease = await log.acquire(tenant);
  const end = async (history: History, ...ids: readonly string[]): Promise<void> => {
    const calls = ids.map(ended);
    const events = await log.append(
      lease,
      calls.map((call) => ({
        type: 'call.ended',
        at: 0,
        pbx: pbxId('office'),
        reconciled: false,
        callId: call.id,
        call,
        data: { disposition: 'answered', cause: { code: 16, name: 'normal-clearing' }, ringMs: 0, talkMs: 0, totalMs: 0 },
      })),
      [],
      { urgent: true },
    );
    history.record(calls, events.at(-1)?.cursor ?? log.head(tenant));
  };
  const kept = (): readonly string[] =>
    store.history
      .list(tenant, { limit: 100 })
      .map(({ id }) => id)
      .toReversed();
  return { log, store, disk, end, kept };
};

const ended = (id: string): Call => ({
  id: callIdFrom(id),
  aliases: [],
  state: 'ended',
  direction: 'internal',
  from: { number: '101', name: '' },
  to: { number: '102', name: '' },
  clickToDial: false,
  reachedVoicemail: false,
  startedAt: '2025-11-21T10:00:00.000Z',
  disposition: 'answered',
  legs: [],
});

test('what the last process committed and did not record is recorded at the start', async () => {
  const { log, store, end, kept } = await open();
  await end(new History(store, log, tenant), 'call_a');
  const silent = new History({ ...store, history: { ...store.history, record: () => undefined } }, log, tenant);
  await end(silent, 'call_b', 'call_c');
  expect(kept()).toEqual(['call_a']);
  await new History(store, log, tenant).begin();
  expect(kept()).toEqual(['call_a', 'call_b', 'call_c']);
  expect(store.history.position(tenant)).toEqual(log.head(tenant));
});

test('a full disk loses no call from the history: it is caught up when there is room, the later ones included', async () => {
  const { log, store, disk, end, kept } = await open();
  const history = new History(store, log, tenant);
  await end(history, 'call_a');
  disk.isFull = true;
  await end(history, 'call_b');
  await history.catchUp();
  disk.isFull = false;
  await end(history, 'call_c');
  expect(kept()).toEqual(['call_a']);
  await Promise.all([history.catchUp(), history.catchUp()]);
  expect(kept()).toEqual(['call_a', 'call_b', 'call_c']);
  await end(history, 'call_d');
  expect(kept()).toEqual(['call_a', 'call_b', 'call_c', 'call_d']);
});

test('a full disk costs traces, and nothing else', async () => {
  const { log, store, disk } = await open();
  const history = new History(store, log, tenant);
  disk.isFull = true;
  history.keepTraces([{ call: ended('call_a').id, at: 0, text: 'lost' }]);
  disk.isFull = false;
  history.keepTraces([{ call: ended('call_b').id, at: 0, text: 'kept' }]);
  expect([store.traces.get(tenant, callIdFrom('call_a')), store.traces.get(tenant, callIdFrom('call_b'))]).toEqual([undefined, 'kept']);
});
