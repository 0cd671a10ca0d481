import { expect, test } from 'vitest';
import { parseOffice } from '../../../src/pbx/sandbox/index.ts';
import { openOffice } from './harness.ts';

test('a ring group rings all its members; who declines leaves the others ringing, who answers silences them', async () => {
  await using office = await openOffice();
  office.phones.call('+15550100001', '610');
  await office.told();
  office.phones.reject('106');
  office.phones.answer('108');
  expect(await office.told()).toEqual([
    '106 hangup by far-end',
    'dial.ended +15550100001>106 no-answer',
    '106 ended 21',
    '108 is up',
    'dial.ended +15550100001>107 cancelled',
    'dial.ended +15550100001>108 answered',
    '107 ended 26',
    '+15550100001 is up',
    '108 entered bridge',
    '+15550100001 entered bridge',
  ]);
});

test('a ring group in which all decline ends the call as rejected', async () => {
  await using office = await openOffice();
  office.phones.call('101', '610');
  for (const member of ['106', '107', '108']) office.phones.reject(member);
  expect((await office.told()).at(-1)).toBe('101 ended 21');
});

test('a queue answers, rings one free agent, then the next, and connects', async () => {
  await using office = await openOffice();
  office.phones.call('+15550100001', '600');
  expect(await office.told()).toEqual([
    'created +15550100001 dialling dialled 600',
    '+15550100001 is up',
    '+15550100001 entered queue 600',
    '+15550100001 joined queue 600 at 1',
    'created 104 down',
    'queue 600 calls 104 for +15550100001',
    'dial.began +15550100001>104',
    '104 is ringing',
    'dial.ringing +15550100001>104',
  ]);
  office.phones.reject('104');
  office.driver.clock.advance(1);
  office.phones.answer('105');
  expect((await office.told()).slice(3)).toEqual([
    'created 105 down',
    'queue 600 calls 105 for +15550100001',
    'dial.began +15550100001>105',
    '105 is ringing',
    'dial.ringing +15550100001>105',
    '105 is up',
    'dial.ended +15550100001>105 answered',
    '+15550100001 left queue: answered',
    '105 entered bridge',
    '+15550100001 entered bridge',
  ]);
});

test('who hangs up in a queue has abandoned it', async () => {
  await using office = await openOffice();
  office.phones.call('+15550100001', '600');
  await office.told();
  office.phones.hangUpOutside('+15550100001');
  expect(await office.told()).toEqual([
    '+15550100001 hangup by far-end',
    'dial.ended +15550100001>104 cancelled',
    '+15550100001 left queue: abandoned',
    '+15550100001 ended 16',
    '104 ended 16',
  ]);
});

test('callers beyond the free agents wait, and are served as agents become free', async () => {
  await using office = await openOffice();
  for (const caller of ['1', '2', '3', '4']) office.phones.call(`+1555010000${caller}`, '600');
  office.driver.clock.advance(6);
  const told = await office.told();
  expect(told).toContain('+15550100004 joined queue 600 at 4');
  expect(told.filter((line) => line.startsWith('queue 600 calls'))).toHaveLength(3);
  office.phones.answer('104');
  office.phones.hangUp('104');
  office.driver.clock.advance(1);
  expect((await office.told()).filter((line) => line.startsWith('queue 600 calls'))).toEqual(["queue 600 calls 104' for +15550100004"]);
});

test('the states of agents are told as their phones change', async () => {
  await using office = await openOffice();
  const states = (): readonly string[] =>
    office.facts.flatMap((fact) => (fact.type === 'agent.state' && fact.extension === '104' ? [fact.state] : []));
  office.phones.call('101', '104');
  office.phones.answer('104');
  office.phones.hangUp('101');
  office.phones.unregister('104');
  await office.told();
  expect(states()).toEqual(['ringing', 'busy', 'idle', 'unavailable']);
});

test('a call transferred to a slot waits there until somebody dials it', async () => {
  await using office = await openOffice();
  office.phones.call('+15550100001', '101');
  office.phones.answer('101');
  await office.told();
  office.phones.transfer('101', '*806');
  office.phones.call('102', '*806');
  expect(await office.told()).toEqual([
    '101 transferred +15550100001 to *806',
    '+15550100001 left bridge',
    '101 left bridge',
    '101 ended 16',
    '+15550100001 parked in 6 by 101',
    '+15550100001 entered bridge (holding)',
    'created 102 dialling dialled *806',
    '102 is up',
    '102 entered parking 6',
    '+15550100001 retrieved from 6 by 102',
    '+15550100001 left bridge',
    '+15550100001 entered bridge',
    '102 entered bridge',
  ]);
});

test('a parked call that nobody fetches goes back to who parked it', async () => {
  await using office = await openOffice();
  office.phones.call('+15550100001', '101');
  office.phones.answer('101');
  office.phones.transfer('101', '*803');
  await office.told();
  office.driver.clock.advance(180);
  expect(await office.told()).toEqual([
    '+15550100001 timed-out from 3',
    '+15550100001 left bridge',
    '+15550100001 entered dial 101',
    "created 101' down",
    "dial.began +15550100001>101'",
    "101' is ringing",
    "dial.ringing +15550100001>101'",
  ]);
});

test('who hangs up while parked frees the slot', async () => {
  await using office = await openOffice();
  office.phones.call('+15550100001', '101');
  office.phones.answer('101');
  office.phones.transfer('101', '*803');
  await office.told();
  office.phones.hangUpOutside('+15550100001');
  expect(await office.told()).toEqual([
    '+15550100001 hangup by far-end',
    '+15550100001 gave-up from 3',
    '+15550100001 left bridge',
    '+15550100001 ended 16',
  ]);
  expect(office.phones.isOccupied('3')).toBe(false);
});

test('who dials the pickup code takes the call that rings there; where none does there is nothing to take', async () => {
  const office = parseOffice({ extensions: ['1', '2', '3'].map((number) => ({ number })), pickupPrefix: '**' });
  await using opened = await openOffice({ office });
  opened.phones.call('3', '**2');
  expect((await opened.told()).at(-1)).toBe('3 ended 3');
  opened.phones.call('1', '2');
  await opened.told();
  opened.phones.call('3', '**2');
  expect(await opened.told()).toContain("3' picked up 2");
});

test('a call that nobody fetches goes to whom the lot names; where nobody has that number it ends', async () => {
  for (const comebackTo of ['3', '9']) {
    const parking = { lot: 'lot', slots: ['1'], prefix: '*', comebackSeconds: 6, comebackTo };
    const office = parseOffice({ extensions: ['1', '2', '3'].map((number) => ({ number })), parking });
    await using opened = await openOffice({ office });
    opened.phones.call('1', '2');
    opened.phones.answer('2');
    opened.phones.transfer('2', '*1');
    await opened.told();
    opened.driver.clock.advance(6);
    expect((await opened.told()).at(-1)).toBe(comebackTo === '3' ? 'dial.ringing 1>3' : '1 ended 16');
  }
});

test('a conference holds those who dial it until they leave', async () => {
  await using office = await openOffice();
  office.phones.call('101', '650');
  office.phones.call('102', '650');
  await office.told();
  office.phones.hangUp('101');
  expect(await office.told()).toEqual(['101 hangup by far-end', '101 left conference 650', '101 left bridge', '101 ended 16']);
  expect(office.phones.stateOf('102')).toBe('talking');
});

test('an attended transfer joins the held conversation and the other', async () => {
  await using office = await openOffice();
  office.phones.call('101', '102');
  office.phones.answer('102');
  office.phones.hold('102');
  office.phones.call('102', '103');
  office.phones.answer('103');
  await office.told();
  office.phones.transfer('102');
  expect(await office.told()).toEqual([
    '102 unheld',
    '101 left bridge',
    "102' left bridge",
    '101 entered bridge',
    '102 joined 101 and 103',
    '102 left bridge',
    '102 ended 16',
    "102' ended 16",
  ]);
});
