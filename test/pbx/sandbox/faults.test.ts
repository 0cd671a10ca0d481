import { expect, test } from 'vitest';
import { channel, openOffice } from './harness.ts';

test('what happens while the link is down is not told, and the resync shows what lives', async () => {
  await using office = await openOffice();
  office.phones.call('101', '102');
  await office.told();
  office.driver.faults.disconnect();
  office.phones.hangUp('101');
  office.phones.call('103', '104');
  office.phones.answer('104');
  expect(await office.told()).toEqual(['pbx.disconnected']);
  expect(await office.command({ name: 'hangup', channel: channel('any') })).toMatchObject({ outcome: 'failed', code: 'pbx-down' });
  office.driver.faults.reconnect();
  await office.told();
  const resync = office.facts.at(-1);
  expect(resync).toMatchObject({
    type: 'resync',
    channels: [
      { number: '103', dialled: '104', state: 'up', peerNumber: '104', bridge: { kind: 'mixing' } },
      { number: '104', state: 'up', peerNumber: '103', bridge: { kind: 'mixing' } },
    ],
  });
});

test('after a restart no call lives, the start time is another, and old timers do nothing', async () => {
  await using office = await openOffice();
  office.phones.call('101', '102');
  office.phones.call('+15550100001', '600');
  const before = office.facts.find(({ type }) => type === 'resync');
  await office.told();
  office.driver.faults.restart();
  expect(await office.told()).toEqual(['pbx.disconnected', 'pbx.connected', 'resync']);
  const after = office.facts.findLast(({ type }) => type === 'resync');
  expect(after).not.toMatchObject({ startedAt: before?.type === 'resync' ? before.startedAt : 0 });
  office.driver.clock.advance(600);
  expect(await office.told()).toEqual([]);
});
