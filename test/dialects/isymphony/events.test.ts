import { describe, expect, test } from 'vitest';
import type { ISymphonyOptions } from '../../../src/dialects/isymphony/index.ts';
import { linesOf, reader, type Told } from './event-client.ts';
import { serveISymphony } from './serve-isymphony.ts';

const uuid = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/) as string;
const base = { time: expect.any(Number) as number, coreServerId: uuid };

const side = (number: string, name: string, suffix = ''): Readonly<Record<string, unknown>> => ({
  [`callSegmentId${suffix}`]: uuid,
  [`callerIdName${suffix}`]: name,
  [`callerIdNumber${suffix}`]: number,
  [`did${suffix}`]: null,
  [`extensionId${suffix}`]: uuid,
  [`extensionNumber${suffix}`]: number,
  [`userId${suffix}`]: uuid,
  [`username${suffix}`]: number,
});

/** Of a segment in a place: the place's properties stand before the extension's. */
const keysOf = (told: Told | undefined): readonly string[] => Object.keys(told ?? {});

/** A world, somebody who is told everything of it, and the phones. */
const office = async (options: Partial<ISymphonyOptions> = {}) => {
  const world = await serveISymphony({ options });
  const client = await world.connect();
  return { world, client, until: reader(client), phones: world.sandbox.phones };
};

describe('a call from 101 to 102', () => {
  test('is a dial, a link, its end and two hangups, each once', async () => {
    const { world, client, phones } = await office();
    phones.call('101', '102');
    await client.first(1);
    phones.answer('102');
    await client.first(2);
    phones.hangUp('101');
    const told = await client.first(5);
    const [alice, tom] = [side('101', 'Alice Archer', '1'), side('102', 'Tom Sawyer', '2')];
    expect(told).toEqual([
      { type: 'dial', ...base, ...alice, ...tom },
      { type: 'linkStart', ...base, ...alice, ...tom },
      { type: 'linkEnd', ...base, ...alice, ...tom },
      { type: 'hangup', ...base, ...side('101', 'Alice Archer') },
      { type: 'hangup', ...base, ...side('102', 'Tom Sawyer') },
    ]);
    await world.settled();
    expect(client.told).toHaveLength(5);
    expect(keysOf(told[0]).slice(0, 11)).toEqual([
      ...['type', 'time', 'coreServerId', 'callSegmentId1', 'callerIdName1', 'callerIdNumber1', 'did1', 'extensionId1'],
      ...['extensionNumber1', 'userId1', 'username1'],
    ]);
    expect(keysOf(told[3])).toEqual([
      ...['type', 'time', 'coreServerId', 'callSegmentId', 'callerIdName', 'callerIdNumber', 'did', 'extensionId', 'extensionNumber'],
      ...['userId', 'username'],
    ]);
    // The same segment, extension and user go by the same ids everywhere.
    expect([told[3]?.['callSegmentId'], told[3]?.['userId']]).toEqual([told[0]?.['callSegmentId1'], told[0]?.['userId1']]);
    expect(new Set(told.map(({ coreServerId }) => coreServerId)).size).toBe(1);
    expect(told[0]?.['time']).toBe(1_800_000_000_000);
  });

  test('that is declined, is not answered, or finds nobody ends with how the dial ended', async () => {
    const { client, phones, until, world } = await office();
    phones.call('101', '102');
    await client.first(1);
    phones.reject('102');
    expect(await until('hangup 101')).toEqual(['dial 101>102', 'dialEnd 101>102 BUSY', 'hangup 102', 'hangup 101']);
    phones.call('101', '116');
    expect(await until('hangup 101')).toEqual(['dial 101>116', 'dialEnd 101>116 BUSY', 'hangup 116', 'hangup 101']);
    phones.call('101', '102');
    await until('dial 101>102');
    phones.hangUp('101');
    expect(await until('hangup 102')).toEqual(['hangup 101', 'dialEnd 101>102 CANCEL', 'hangup 102']);
    phones.call('101', '117');
    await until('dial 101>117');
    world.clock.advance(21);
    expect(await until('hangup 117')).toEqual(['dialEnd 101>117 NOANSWER', 'hangup 117']);
  });

  test('tells of the end of an answered dial where that is asked for', async () => {
    const { client, phones, until } = await office({ answeredDialEnd: true });
    phones.call('101', '102');
    await client.first(1);
    phones.answer('102');
    expect(await until('linkStart 101>102')).toEqual(['dial 101>102', 'dialEnd 101>102 ANSWER', 'linkStart 101>102']);
  });

  test('is held, and taken back', async () => {
    const { client, phones, until } = await office();
    phones.call('101', '102');
    await client.first(1);
    phones.answer('102');
    await client.first(2);
    phones.hold('102');
    phones.resume('102');
    expect((await until('unhold 102')).slice(-2)).toEqual(['hold 102', 'unhold 102']);
  });
});

test('a caller from outside has no user, and the number by which it came in', async () => {
  const { client, phones } = await office();
  phones.call('+15550100001', '101');
  const [dial] = await client.first(1);
  expect(dial).toEqual({
    type: 'dial',
    ...base,
    callSegmentId1: uuid,
    callerIdName1: '',
    callerIdNumber1: '+15550100001',
    did1: '+15550200101',
    extensionId1: null,
    extensionNumber1: null,
    userId1: null,
    username1: null,
    ...side('101', 'Alice Archer', '2'),
  });
});

test('a ring group dials each, and ends the dials of those who were too slow', async () => {
  const { client, phones, until, world } = await office();
  phones.call('101', '610');
  expect(await until('dial 101>108')).toEqual(['dial 101>106', 'dial 101>107', 'dial 101>108']);
  phones.answer('106');
  await until('hangup 108');
  await world.settled();
  expect(linesOf(client.told).slice(3).toSorted()).toEqual(
    ['dialEnd 101>107 CANCEL', 'dialEnd 101>108 CANCEL', 'hangup 107', 'hangup 108', 'linkStart 101>106'].toSorted(),
  );
});

describe('transfers', () => {
  test('blind: the link ends, and the one that is sent on dials whoever is rung', async () => {
    const { client, phones, until } = await office();
    phones.call('101', '102');
    await client.first(1);
    phones.answer('102');
    await client.first(2);
    phones.transfer('101', '103');
    expect((await until('dial 102>103')).slice(2)).toEqual(['linkEnd 101>102', 'hangup 101', 'dial 102>103']);
    phones.answer('103');
    expect(await until('linkStart 102>103')).toEqual(['linkStart 102>103']);
  });

  test('attended: both links end, and those who are left are linked', async () => {
    const { client, phones, until } = await office();
    phones.call('101', '102');
    await client.first(1);
    phones.answer('102');
    await client.first(2);
    phones.hold('102');
    phones.call('102', '103');
    await until('dial 102>103');
    phones.answer('103');
    await until('linkStart 102>103');
    phones.transfer('102');
    await until('hangup 102');
    const told = linesOf(client.told).slice(5);
    expect(told.filter((line) => line.startsWith('link'))).toEqual(['linkEnd 101>102', 'linkEnd 102>103', 'linkStart 101>103']);
  });
});

describe('places', () => {
  test('a queue: who waits, who is rung, and where the caller stood when it left', async () => {
    const { client, phones, until } = await office();
    phones.call('101', '600');
    await until('dial 101>104');
    expect(client.told.find(({ type }) => type === 'queueCallJoin')).toEqual({
      type: 'queueCallJoin',
      ...base,
      ...side('101', 'Alice Archer'),
      queueId: uuid,
      queue: '600',
      position: 1,
    });
    phones.call('102', '600');
    await until('queueCallJoin 102 600 2');
    phones.hangUp('102');
    await until('hangup 102');
    phones.answer('104');
    await until('agentState 104 600 INUSE');
    const told = linesOf(client.told);
    expect(told).toContain('queueCallLeave 102 600 2');
    expect(told).toContain('queueCallLeave 101 600 1');
    expect(told.filter((line) => line.startsWith('agentState 104'))).toEqual(['agentState 104 600 RINGING', 'agentState 104 600 INUSE']);
  });

  test('a conference is no link, however many are in it', async () => {
    const { client, phones, until } = await office();
    for (const number of ['101', '102', '103']) {
      phones.call(number, '650');
      expect(await until(`confRoomCallJoin ${number} 650`)).toHaveLength(1);
    }
    phones.hangUp('102');
    expect(await until('hangup 102')).toEqual(['confRoomCallLeave 102 650', 'hangup 102']);
    expect(client.told[3]).toEqual({
      type: 'confRoomCallLeave',
      ...base,
      ...side('102', 'Tom Sawyer'),
      conferenceRoomId: uuid,
      conferenceRoomName: '650',
    });
  });

  test('a parking lot', async () => {
    const { client, phones, until, world } = await office();
    phones.call('101', '102');
    await client.first(1);
    phones.answer('102');
    await client.first(2);
    phones.transfer('102', '*806');
    await until('hangup 102');
    expect(linesOf(client.told).slice(2)).toEqual(expect.arrayContaining(['linkEnd 101>102', 'park 101 6']));
    phones.call('103', '*806');
    await world.settled();
    await until('linkStart 101>103');
    expect(client.told.find(({ type }) => type === 'unpark')).toMatchObject({ parkingLot: 'valet', space: '6', extensionNumber: '101' });
  });
});

describe('people', () => {
  test('a login is of a phone of the user, with its address, and the logout has the same id', async () => {
    const { client, phones, world } = await office();
    phones.unregister('110');
    await world.settled();
    world.clock.advance(10);
    const out = await client.next('logout');
    phones.register('110');
    const back = await client.next('login');
    expect(out).toEqual({
      type: 'logout',
      ...base,
      userId: uuid,
      username: 'mikey',
      userLoginId: uuid,
      ip: expect.any(String),
      port: expect.any(Number),
    });
    expect(keysOf(out)).toEqual(['type', 'time', 'coreServerId', 'userId', 'username', 'userLoginId', 'ip', 'port']);
    expect(back['userId']).toBe(out['userId']);
    expect(back['userLoginId']).not.toBe(out['userLoginId']);
    const now = await world.rest('CS/users/getByName/mikey/logins');
    expect(now.body).toEqual([{ id: back['userLoginId'], ip: back['ip'], port: back['port'], timeConnected: expect.any(Number) }]);
  });

  test('a status, and do not disturb', async () => {
    const { client, world } = await office();
    await world.act('CS/users/getByName/mikey/status/set', { name: 'Lunch', type: 'away', note: 'soup', returnTime: 1_800_000_600_000 });
    expect((await client.first(1))[0]).toEqual({
      type: 'userStatus',
      ...base,
      userId: uuid,
      username: 'mikey',
      name: 'Lunch',
      statusType: 'away',
      note: 'soup',
      returnTime: 1_800_000_600_000,
      userCreated: false,
    });
    await world.act('CS/extensions/getByName/110/enableDoNotDisturb');
    const { callSegmentId: _1, callerIdName: _2, callerIdNumber: _3, did: _4, ...owner } = side('110', '');
    expect(client.told[1]).toEqual({ type: 'doNotDisturb', ...base, ...owner, username: 'mikey', enabled: true });
    await world.act('CS/extensions/getByName/110/enableDoNotDisturb');
    await world.settled();
    expect(client.told).toHaveLength(2);
  });

  test('of one who is not full, calls and status are not told, unless somebody takes part who is', async () => {
    const { client, world, until, phones } = await office({ users: { mikey: { full: false } } });
    await world.act('CS/users/getByName/mikey/status/set', { type: 'away' });
    phones.call('110', '650');
    await world.leg('110', ({ conference }) => conference === '650');
    phones.hangUp('110');
    await world.event(({ type }) => type === 'call.ended');
    phones.call('110', '102');
    await until('dial 110>102');
    expect(linesOf(client.told)).toEqual(['dial 110>102']);
  });
});

test('what goes on already when the gateway begins is known: who talks, who rings, who waits and where', async () => {
  const world = await serveISymphony({
    before: async ({ sandbox: { phones }, leg }) => {
      phones.call('101', '102');
      await leg('102', ({ state }) => state === 'ringing');
      phones.answer('102');
      phones.call('103', '106');
      await leg('106', ({ state }) => state === 'ringing');
      phones.call('109', '600');
      await leg('109', ({ state }) => state === 'queued');
      phones.call('110', '600');
      await leg('110', ({ state }) => state === 'queued');
    },
  });
  const client = await world.connect();
  const until = reader(client);
  const { phones } = world.sandbox;
  phones.hangUp('101');
  expect(await until('hangup 102')).toEqual(['linkEnd 101>102', 'hangup 101', 'hangup 102']);
  phones.reject('106');
  expect(await until('hangup 103')).toEqual(['dialEnd 103>106 BUSY', 'hangup 106', 'hangup 103']);
  phones.hangUp('110');
  await until('hangup 110');
  expect(linesOf(client.told)).toContain('queueCallLeave 110 600 2');
  // Who was not to be disturbed all along is no news.
  phones.call('120', '101');
  await until('dial 120>101');
  expect(client.types()).not.toContain('doNotDisturb');
});
