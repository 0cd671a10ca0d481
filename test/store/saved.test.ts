import { expect, onTestFinished, test } from 'vitest';
import { GatewayError } from '../../src/model/errors.ts';
import { tenantId } from '../../src/model/ids.ts';
import { Saved } from '../../src/store/saved.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const [demo, other] = [tenantId('demo'), tenantId('other')];

const openIn = (folder: string): Store => {
  const store = openSqliteStore({ folder });
  onTestFinished(() => store.close());
  return store;
};

test('a value is what was put last, also after a restart, and of one tenant', async () => {
  const folder = temporaryFolder();
  const store = openIn(folder);
  const rooms = new Saved<readonly string[]>(store, demo, 'test:rooms', []);
  expect(rooms.value).toEqual([]);
  rooms.put(['600']);
  rooms.put(['600', '601']);
  expect(rooms.value).toEqual(['600', '601']);
  await store.close();

  const again = openIn(folder);
  expect(new Saved<readonly string[]>(again, demo, 'test:rooms', []).value).toEqual(['600', '601']);
  expect(new Saved<readonly string[]>(again, other, 'test:rooms', ['none']).value).toEqual(['none']);
});

test('a value that cannot be written stays as it was', async () => {
  const store = openIn(temporaryFolder());
  const rooms = new Saved<readonly string[]>(store, demo, 'test:rooms', []);
  rooms.put(['600']);
  await store.close();
  expect(() => rooms.put(['601'])).toThrow(GatewayError);
  expect(rooms.value).toEqual(['600']);
});
