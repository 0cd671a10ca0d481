import { expect, test } from 'vitest';
import { RecentCalls } from '../../src/control/recent-calls.ts';
import { callIdFrom } from '../../src/model/ids.ts';

test('a call of which nothing was seen may have changed up to where the seeing began', () => {
  const recent = new RecentCalls({ epoch: 'now', seq: 10 });
  const call = callIdFrom('call_1');
  expect(recent.changedSince(call, { epoch: 'now', seq: 9 })).toBe(true);
  expect(recent.changedSince(call, { epoch: 'before', seq: 99 })).toBe(true);
  expect(recent.changedSince(call, { epoch: 'now', seq: 10 })).toBe(false);
});
