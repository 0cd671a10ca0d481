import { expect, test } from 'vitest';
import { channel, extension, openOffice, type TestOffice } from './harness.ts';

const talking = async (): Promise<TestOffice> => {
  const office = await openOffice();
  office.phones.call('+15550100001', '101');
  office.phones.answer('101');
  await office.told();
  return office;
};
const outside = '+15550100001';

test('transfer: the peer goes on, its transferer is gone', async () => {
  await using office = await talking();
  const own = office.channelOf('101');
  expect(await office.command({ name: 'transfer', channel: own, peer: office.channelOf(outside), to: '102' })).toEqual({
    outcome: 'accepted',
  });
  expect(await office.told()).toEqual([
    `101 transferred ${outside} to 102`,
    `${outside} left bridge`,
    '101 left bridge',
    '101 ended 16',
    `${outside} entered dial 102`,
    'created 102 down',
    `dial.began ${outside}>102`,
    '102 is ringing',
    `dial.ringing ${outside}>102`,
  ]);
});

test('transfer to a number that leads nowhere is refused, and the call unharmed', async () => {
  await using office = await talking();
  const refused = await office.command({ name: 'transfer', channel: office.channelOf('101'), peer: office.channelOf(outside), to: '999' });
  expect(refused).toMatchObject({ outcome: 'failed', code: 'invalid-parameter' });
  expect(await office.told()).toEqual([]);
});

test('voicemail: the peer goes to the mailbox', async () => {
  await using office = await talking();
  const mailbox = extension('103');
  await office.command({ name: 'voicemail', channel: office.channelOf('101'), peer: office.channelOf(outside), mailbox });
  expect((await office.told()).at(-1)).toBe(`${outside} entered voicemail 103`);
});

test('voicemail: the caller of what rings goes to the mailbox', async () => {
  await using office = await openOffice();
  office.phones.call('101', '102');
  await office.told();
  const mailbox = extension('103');
  await office.command({ name: 'voicemail', channel: office.channelOf('102'), peer: office.channelOf('101'), mailbox, ringing: true });
  expect(await office.told()).toEqual(['dial.ended 101>102 forwarded to 103', '102 ended 23', '101 entered voicemail 103', '101 is up']);
});

test('divert: what rings goes elsewhere', async () => {
  await using office = await openOffice();
  office.phones.call('101', '102');
  await office.told();
  await office.command({ name: 'divert', channel: office.channelOf('102'), caller: office.channelOf('101'), to: '103' });
  expect((await office.told()).slice(0, 4)).toEqual([
    'dial.ended 101>102 forwarded to 103',
    '102 ended 23',
    '101 entered dial 103',
    'created 103 down',
  ]);
});

test('pickup: another phone answers in place of the one that rings', async () => {
  await using office = await openOffice();
  office.phones.call('101', '102');
  await office.told();
  await office.command({ name: 'pickup', channel: office.channelOf('102'), extension: extension('104'), picker: channel('picker-1') });
  expect(await office.told()).toEqual([
    'created 104 down',
    'dial.began pbx>104',
    '104 is ringing',
    'dial.ringing pbx>104',
    '104 is up',
    'dial.ended pbx>104 answered',
    '104 entered pickup 102',
    '104 picked up 102',
    '102 ended 26',
    'dial.ended 101>104 answered',
    '101 is up',
    '104 entered bridge',
    '101 entered bridge',
  ]);
});

test('park and retrieve, with an occupied slot refused', async () => {
  await using office = await talking();
  const slot = { lot: 'valet', slot: '4' };
  const park = { name: 'park', channel: office.channelOf('101'), peer: office.channelOf(outside), slot, timeoutSeconds: 60 } as const;
  await office.command(park);
  expect(await office.told()).toEqual([
    `${outside} left bridge`,
    `${outside} parked in 4 by 101`,
    `${outside} entered bridge (holding)`,
    '101 left bridge',
    '101 ended 16',
  ]);
  office.phones.call('102', '103');
  office.phones.answer('103');
  await office.told();
  const again = await office.command({ ...park, channel: office.channelOf('103'), peer: office.channelOf('102') });
  expect(again).toMatchObject({ outcome: 'failed', code: 'slot-occupied' });
  const stranger = {
    name: 'retrieve',
    slot,
    parked: office.channelOf('103'),
    extension: extension('105'),
    channel: channel('r-0'),
  } as const;
  expect(await office.command(stranger)).toMatchObject({ outcome: 'failed', code: 'slot-empty' });
  await office.command({ name: 'retrieve', slot, parked: park.peer, extension: extension('105'), channel: channel('retriever-1') });
  expect((await office.told()).slice(-4)).toEqual([
    `${outside} retrieved from 4 by 105`,
    `${outside} left bridge`,
    `${outside} entered bridge`,
    '105 entered bridge',
  ]);
  const empty = await office.command({
    name: 'retrieve',
    slot,
    parked: park.peer,
    extension: extension('106'),
    channel: channel('retriever-2'),
  });
  expect(empty).toMatchObject({ outcome: 'failed', code: 'slot-empty' });
});

test('bridge: two calls become one, those left behind are hung up', async () => {
  await using office = await talking();
  office.phones.call('102', '103');
  office.phones.answer('103');
  await office.told();
  await office.command({ name: 'bridge', channel: office.channelOf(outside), other: office.channelOf('103') });
  expect(await office.told()).toEqual([
    `${outside} left bridge`,
    '101 left bridge',
    '101 ended 16',
    '103 left bridge',
    '102 left bridge',
    '102 ended 16',
    `${outside} entered bridge`,
    '103 entered bridge',
  ]);
});

test('supervise: a second command changes the mode, and it ends with the call', async () => {
  await using office = await talking();
  const supervise = {
    name: 'supervise',
    channel: office.channelOf('101'),
    extension: extension('105'),
    supervisor: channel('ear-1'),
  } as const;
  await office.command({ ...supervise, mode: 'listen' });
  await office.command({ ...supervise, mode: 'whisper' });
  office.phones.hangUp('101');
  expect((await office.told()).slice(5)).toEqual([
    'dial.ended pbx>105 answered',
    '105 entered supervision 101',
    '105 supervises 101: listen',
    '105 supervises: whisper',
    '101 hangup by far-end',
    '101 left bridge',
    '101 ended 16',
    `${outside} left bridge`,
    `${outside} ended 16`,
    '105 supervises no more',
    '105 ended 16',
  ]);
});

test('hold, mute, digits and recording act on the channel that is named', async () => {
  await using office = await talking();
  const own = office.channelOf('101');
  for (const name of ['hold', 'resume', 'mute', 'unmute'] as const) await office.command({ name, channel: own });
  await office.command({ name: 'dtmf', channel: own, digits: '1#' });
  const recording = 'r1';
  for (const name of ['record', 'pauseRecording', 'resumeRecording', 'stopRecording'] as const) {
    await office.command({ name, channel: own, recording });
  }
  expect(await office.told()).toEqual([
    '101 held',
    '101 unheld',
    '101 muted',
    '101 unmuted',
    '101 sent 1',
    '101 sent #',
    'recording.started 101 r1',
    'recording.paused 101 r1',
    'recording.resumed 101 r1',
    'recording.stopped 101 r1',
  ]);
});

test('a click-to-dial that records begins when the other answers', async () => {
  await using office = await openOffice();
  const dial = { name: 'dial', channel: channel('own-1'), extension: extension('101'), number: '102', timeoutSeconds: 30 } as const;
  await office.command({ ...dial, autoAnswer: {}, record: { name: 'r1' } });
  await office.told();
  office.phones.answer('102');
  expect((await office.told()).at(-1)).toBe('recording.started 101 r1');
});

test.each([
  { what: 'a channel that has ended', command: { name: 'hangup', channel: channel('gone') }, code: 'leg-ended' },
  {
    what: 'an unknown extension',
    command: { name: 'dial', channel: channel('x'), extension: extension('999'), number: '101', timeoutSeconds: 5 },
    code: 'no-such-extension',
  },
  {
    what: 'a phone that is not registered',
    command: { name: 'dial', channel: channel('x'), extension: extension('119'), number: '101', timeoutSeconds: 5 },
    code: 'unreachable',
  },
] as const)('a command for $what fails with $code', async ({ command, code }) => {
  await using office = await openOffice();
  expect(await office.command(command)).toMatchObject({ outcome: 'failed', code });
});

test('a phone that never answers takes the command and goes on ringing', async () => {
  await using office = await openOffice();
  office.phones.call('101', '117');
  await office.told();
  expect(await office.command({ name: 'answer', channel: office.channelOf('117'), extension: extension('117') })).toEqual({
    outcome: 'accepted',
  });
  expect(await office.told()).toEqual([]);
});
