import { expect, test } from 'vitest';
import { channel, extension, openOffice } from './harness.ts';

test('a call that is answered goes the way that a real PBX tells it', async () => {
  await using office = await openOffice();
  office.phones.call('101', '102');
  office.phones.answer('102');
  office.phones.hangUp('101');
  expect(await office.told()).toEqual([
    'created 101 dialling dialled 102',
    '101 entered dial 102',
    'created 102 down',
    'dial.began 101>102',
    '102 is ringing',
    'dial.ringing 101>102',
    '102 is up',
    'dial.ended 101>102 answered',
    '101 is up',
    '102 entered bridge',
    '101 entered bridge',
    '101 hangup by far-end',
    '101 left bridge',
    '101 ended 16',
    '102 left bridge',
    '102 ended 16',
  ]);
});

test.each([
  {
    story: 'the called phone declines',
    act: 'reject',
    ends: ['102 hangup by far-end', 'dial.ended 101>102 no-answer', '102 ended 21', '101 ended 21'],
  },
  {
    story: 'the caller gives up',
    act: 'cancel',
    ends: ['101 hangup by far-end', 'dial.ended 101>102 cancelled', '101 ended 16', '102 ended 16'],
  },
] as const)('when $story, both channels end', async ({ act, ends }) => {
  await using office = await openOffice();
  office.phones.call('101', '102');
  await office.told();
  if (act === 'reject') office.phones.reject('102');
  else office.phones.hangUp('101');
  expect(await office.told()).toEqual(ends);
});

test('what rings too long goes to voicemail, which ends the call itself', async () => {
  await using office = await openOffice();
  office.phones.call('101', '102');
  await office.told();
  office.driver.clock.advance(20);
  expect(await office.told()).toEqual(['dial.ended 101>102 no-answer', '102 ended 19', '101 entered voicemail 102', '101 is up']);
  office.driver.clock.advance(30);
  expect(await office.told()).toEqual(['101 hangup by pbx', '101 ended 16']);
});

test.each([
  { to: '116', why: 'is busy', cause: 17 },
  { to: '120', why: 'wants not to be disturbed', cause: 17 },
])('a phone that $why never rings', async ({ to, cause }) => {
  await using office = await openOffice();
  office.phones.call('101', to);
  expect(await office.told()).toEqual([
    `created 101 dialling dialled ${to}`,
    `101 entered dial ${to}`,
    `created ${to} down`,
    `dial.began 101>${to}`,
    `${to} hangup by far-end`,
    `dial.ended 101>${to} busy`,
    `${to} ended ${cause}`,
    `101 ended ${cause}`,
  ]);
});

test('a phone that is not registered is not called at all', async () => {
  await using office = await openOffice();
  office.phones.call('101', '119');
  expect(await office.told()).toEqual(['created 101 dialling dialled 119', '101 entered dial 119', '101 ended 20']);
});

test('some phones answer or decline by themselves after some seconds', async () => {
  await using office = await openOffice();
  office.phones.call('101', '111');
  office.phones.call('102', '118');
  await office.told();
  office.driver.clock.advance(5);
  const told = await office.told();
  expect(told).toContain('dial.ended 101>111 answered');
  expect(told).toContain('118 ended 21');
});

test('a call from outside dials the direct number and comes in over the trunk', async () => {
  await using office = await openOffice();
  office.phones.call('+15550100001', '101');
  expect((await office.told())[0]).toBe('created +15550100001 dialling dialled +15550200101');
  expect(office.facts.find(({ type }) => type === 'channel.created')).toMatchObject({ endpoint: { kind: 'trunk', trunk: 'trunk' } });
});

test('an outside phone answers after two seconds and can hang up', async () => {
  await using office = await openOffice();
  office.phones.call('101', '+15550100001');
  office.driver.clock.advance(2);
  await office.told();
  office.phones.hangUpOutside('+15550100001');
  expect(await office.told()).toEqual([
    '+15550100001 hangup by far-end',
    '+15550100001 left bridge',
    '+15550100001 ended 16',
    '101 left bridge',
    '101 ended 16',
  ]);
});

test('click-to-dial rings the own phone, then the other', async () => {
  await using office = await openOffice();
  const dialled = await office.command({
    name: 'dial',
    channel: channel('own-1'),
    extension: extension('101'),
    number: '102',
    timeoutSeconds: 30,
  });
  expect(dialled).toEqual({ outcome: 'accepted' });
  office.phones.answer('101');
  expect(await office.told()).toEqual([
    'commanded 101>102',
    'created 101 down',
    'dial.began pbx>101',
    '101 is ringing',
    'dial.ringing pbx>101',
    '101 is up',
    'dial.ended pbx>101 answered',
    '101 entered dial 102',
    'created 102 down',
    'dial.began 101>102',
    '102 is ringing',
    'dial.ringing 101>102',
  ]);
  expect(office.channelOf('101')).toBe('own-1');
});

test('the same seed and the same deeds give the same facts', async () => {
  const day = async (): Promise<unknown> => {
    await using office = await openOffice({ seed: 7 });
    for (const to of ['111', '112', '113', '600']) office.phones.call('+15550100001', to);
    office.driver.clock.advance(60);
    await office.told();
    return office.facts;
  };
  expect(await day()).toEqual(await day());
});
