import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { StateChange } from '../../src/log/event-log.ts';
import { LiveRows, readChanges, writeChanges } from '../../src/log/live-rows.ts';
import { LogFile } from '../../src/log/log-file.ts';
import { inTransaction } from '../../src/sqlite/transaction.ts';
import '../property-seed.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const key = fc.constantFrom('call/1', 'call/2', 'extension/101', 'queue/sales, 1:2', 'pbx');
const changesBy = (keys: fc.Arbitrary<string>): fc.Arbitrary<[string, string | undefined][]> =>
  fc.uniqueArray(fc.tuple(keys, fc.option(text, { nil: undefined })), { maxLength: 4, selector: ([changed]) => changed });

const asStateChanges = (changes: readonly (readonly [string, string | undefined])[]): readonly StateChange[] =>
  changes.map(([changed, value]) => ({ key: changed, value }));

/** The tables of a log file. */
const openDatabase = (): DatabaseSync => {
  const path = join(temporaryFolder(), 'log.db');
  new LogFile(path).close();
  const database = new DatabaseSync(path);
  onTestFinished(() => database.close());
  return database;
};

test('changes are read as they were written, whatever their keys and values are made of', () => {
  fc.assert(
    fc.property(changesBy(text), (changes) => {
      expect(readChanges(writeChanges(changes))).toEqual(asStateChanges(changes));
    }),
  );
});

describe('live rows', () => {
  type Step =
    | { readonly does: 'writes' | 'fails'; readonly tenant: number; readonly changes: [string, string | undefined][] }
    | { readonly does: 'restarts' };

  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 10, arbitrary: fc.record({ does: fc.constant('writes'), tenant: fc.integer({ min: 1, max: 2 }), changes: changesBy(key) }) },
    { weight: 2, arbitrary: fc.record({ does: fc.constant('fails'), tenant: fc.integer({ min: 1, max: 2 }), changes: changesBy(key) }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constant('restarts') }) },
  );

  const play = (database: DatabaseSync, steps: readonly Step[], lately: number): ReadonlyMap<number, ReadonlyMap<string, string>> => {
    const expected = new Map([1, 2].map((tenant) => [tenant, new Map<string, string>()]));
    let rows = new LiveRows(database, lately);
    for (const played of steps) {
      switch (played.does) {
        case 'writes':
          inTransaction(database, () => rows.write([[played.tenant, writeChanges(played.changes)]]));
          for (const [changed, value] of played.changes) {
            if (value === undefined) expected.get(played.tenant)?.delete(changed);
            else expected.get(played.tenant)?.set(changed, value);
          }
          break;
        case 'fails':
          expect(() =>
            inTransaction(database, () => {
              rows.write([[played.tenant, writeChanges(played.changes)]]);
              throw new Error('no room');
            }),
          ).toThrow('no room');
          rows.forget();
          break;
        case 'restarts':
          rows = new LiveRows(database, lately);
          break;
        default:
          played satisfies never;
      }
    }
    return expected;
  };

  test('are what the last changes left, however little of them is kept as it came, through failures and restarts', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.constantFrom(0, 20, 60, 1_000), (steps, lately) => {
        const database = openDatabase();
        const expected = play(database, steps, lately);
        for (const [tenant, rows] of expected) expect(new LiveRows(database).of(tenant)).toEqual(rows);
      }),
      { numRuns: 60 },
    );
  });

  test('that change again or go in the meantime never reach their table', () => {
    const database = openDatabase();
    const rows = new LiveRows(database, 200);
    for (let call = 1; call <= 100; call += 1) {
      for (const state of ['ringing', 'active', undefined]) {
        inTransaction(database, () => rows.write([[1, writeChanges([[`call/${call}`, state]])]]));
      }
    }
    inTransaction(database, () => rows.write([[1, writeChanges([['pbx', 'live']])]]));
    for (let turn = 0; turn < 30; turn += 1) inTransaction(database, () => rows.write([[1, writeChanges([['queue/sales', 'one waits']])]]));

    expect(database.prepare('SELECT key FROM state').all()).toEqual([{ key: 'pbx' }]);
    expect(rows.of(1)).toEqual(
      new Map([
        ['pbx', 'live'],
        ['queue/sales', 'one waits'],
      ]),
    );
  });
});
