/** The Noojee API on a real PBX: the scenarios of the vendor's page, with phones that ring. */
import { expect, test } from 'vitest';
import { onEachAsterisk, sharedOffice } from './on-each-asterisk.ts';
import { sharedGateway } from '../shared-gateway.ts';

interface Item {
  readonly CallData: {
    readonly status: string;
    readonly callerId: string;
    readonly uniqueCallId: string;
    readonly callStartTime: string;
    readonly isClickToDialCall: boolean;
  };
  readonly CallID: number;
}

type Items = Readonly<Record<string, readonly Item[]>>;
type Statuses = Readonly<Record<string, readonly string[]>>;

interface Told {
  readonly items: Items;
  readonly statuses: Statuses;
  readonly seq: number;
}

onEachAsterisk('the Noojee API', (_version, tree) => {
  const office = sharedOffice(tree);
  const connected = sharedGateway(office, { dialects: { noojee: { timeZone: 'UTC' } } });

  const call = (method: string, parameters: Readonly<Record<string, string | number>>): Promise<Readonly<Record<string, unknown>>> =>
    connected().gateway.noojee(method, parameters);

  /** Where a test begins: what came before is no business of its. */
  const head = async (): Promise<number> => (await call('subscribe', { exten: '999', lastSequenceNumber: 0, timeOut: 0 }))['seq'] as number;

  const statusesOf = (items: Items): Statuses =>
    Object.fromEntries(Object.entries(items).map(([extension, list]) => [extension, list.map(({ CallData }) => CallData.status)]));

  /** Polls on from a cursor until as much has been told as is expected. */
  const listen = async (cursor: number, expected: Statuses): Promise<Told> => {
    const items: Record<string, Item[]> = {};
    let seq = cursor;
    const total = Object.values(expected).flat().length;
    while (Object.values(items).flat().length < total) {
      const answer = await call('subscribe', { exten: Object.keys(expected).join(','), lastSequenceNumber: seq, timeOut: 10 });
      const data = answer['Data'] as Items;
      seq = answer['seq'] as number;
      if (Object.keys(data).length === 0) break;
      for (const [extension, more] of Object.entries(data)) (items[extension] ??= []).push(...more);
    }
    return { items, statuses: statusesOf(items), seq };
  };

  /** Listens, and expects to be told exactly that. */
  const told = async (cursor: number, expected: Statuses): Promise<Told> => {
    const heard = await listen(cursor, expected);
    expect(heard.statuses).toEqual(expected);
    return heard;
  };

  test('two calls from 400 at 410, both declined at once', async () => {
    const [desk, room] = await office().phones('400', '410');
    const begin = await head();
    await desk.call('410');
    const first = await room.incoming();
    const one = await told(begin, { 400: ['Dialing Out'], 410: ['Ringing'] });
    await desk.call('410');
    const second = await room.incoming();
    const two = await told(one.seq, { 400: ['Dialing Out'], 410: ['Ringing'] });
    const [ringing] = one.items['410'] ?? [];
    const [dialling] = one.items['400'] ?? [];
    expect(ringing?.CallData).toMatchObject({ callerId: '400', callStartTime: '' });
    expect(dialling?.CallData).toMatchObject({ callerId: '410', callStartTime: '' });
    // Each is told the other's channel; the caller's is the elder.
    expect(Number(ringing?.CallData.uniqueCallId.split('.')[1])).toBeLessThan(Number(dialling?.CallData.uniqueCallId.split('.')[1]));
    // One poll, which waits while both are declined, tells of all four ends.
    const poll = call('subscribe', { timeOut: 60, lastSequenceNumber: two.seq, instanceId: 1, exten: '400,410,410' });
    first.reject(486);
    second.reject(603);
    const ended = (await poll)['Data'] as Items;
    expect(statusesOf(ended)).toEqual({ 400: ['Hungup', 'Hungup'], 410: ['Hungup', 'Hungup'] });
    const times = (id: number | undefined): readonly string[] =>
      Object.values(ended)
        .flat()
        .filter(({ CallID }) => CallID === id)
        .map(({ CallData }) => CallData.callStartTime);
    expect(times(ringing?.CallID)).toEqual(times(dialling?.CallID));
    expect(times(ringing?.CallID)[0]).toMatch(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d$/);
  });

  test('400 dials 410, who is busy', async () => {
    const [desk, room] = await office().phones('400', '410');
    room.policy = 'busy';
    const begin = await head();
    await desk.call('410');
    const expected = { 400: ['Dialing Out', 'Hungup'], 410: ['Busy', 'Hungup'] };
    expect((await listen(begin, expected)).statuses).toEqual(expected);
  });

  test('of two ringing calls the named one is answered, and the other rings on', async () => {
    const [tom, ann, room] = await office().phones('101', '102', '410');
    const begin = await head();
    const first = await tom.call('410');
    const firstRung = await room.incoming();
    const one = await told(begin, { 410: ['Ringing'] });
    const second = await ann.call('410');
    await room.incoming();
    const two = await told(one.seq, { 410: ['Ringing'] });
    const uniqueId = two.items['410']?.[0]?.CallData.uniqueCallId ?? '';
    expect(await call('answer', { exten: 'SIP/410', uniqueId, answerString: 'Call-Info:\\\\; answer-after=0' })).toMatchObject({ Code: 0 });
    await second.untilHears('410');
    await told(two.seq, { 102: ['Connected'] });
    expect(first.state).toBe('ringing');
    expect(firstRung.state).toBe('ringing');
  });

  test('dial rings the extension, and its SessionID is the CallID under which the call is followed', async () => {
    const [desk, room] = await office().phones('400', '410');
    const begin = await head();
    const reply = await call('dial', { number: '410', extenOrUniqueId: 'SIP/400', autoAnswer: 'Call-Info:\\\\; answer-after=0' });
    expect(reply).toEqual({ SessionID: expect.any(Number) as number, Message: 'Dialing', Code: 0 });
    const own = await desk.incoming();
    await own.until('up');
    const ringing = await told(begin, { 400: ['Dialing Out'], 410: ['Ringing'] });
    expect(ringing.items['400']?.[0]).toMatchObject({ CallID: reply['SessionID'], CallData: { callerId: '410', isClickToDialCall: true } });
    (await room.incoming()).answer();
    await own.untilHears('410');
    const talking = await told(ringing.seq, { 400: ['Connected'], 410: ['Connected'] });
    const [mine] = talking.items['400'] ?? [];
    expect(mine).toMatchObject({
      CallID: reply['SessionID'],
      CallData: { uniqueCallId: ringing.items['400']?.[0]?.CallData.uniqueCallId },
    });
    expect(await call('hangup', { extenOrUniqueId: mine?.CallData.uniqueCallId ?? '' })).toEqual({ Message: 'Channel Hungup', Code: 0 });
    await own.until('ended');
    await told(talking.seq, { 400: ['Hungup'], 410: ['Hungup'] });
  });

  test('a call that nobody answers is `No Answer`, and then `Hungup`', async () => {
    const [desk, tom] = await office().phones('400', '101');
    const begin = await head();
    const dialled = await desk.call('8101');
    await tom.incoming();
    const expected = { 101: ['Ringing', 'No Answer', 'Hungup'] };
    expect((await listen(begin, expected)).statuses).toEqual(expected);
    await dialled.hangup();
  });

  test('a blind transfer unlinks both, and connects the one that goes on', async () => {
    const [desk, room, tom] = await office().phones('400', '410', '101');
    const begin = await head();
    const dialled = await desk.call('410');
    const rung = await room.incoming();
    rung.answer();
    await rung.untilHears('400');
    const talking = await told(begin, { 400: ['Dialing Out', 'Connected'], 410: ['Ringing', 'Connected'] });
    await rung.transfer('101');
    (await tom.incoming()).answer();
    await dialled.untilHears('101');
    const moved = await told(talking.seq, { 400: ['Unlinked', 'Connected'], 410: ['Unlinked', 'Hungup'], 101: ['Ringing', 'Connected'] });
    expect(moved.items['400']?.at(-1)?.CallData.callerId).toBe('101');
  });

  test('a ringing call is declined by hangup, while another rings on', async () => {
    const [tom, ann, room] = await office().phones('101', '102', '410');
    const begin = await head();
    const first = await tom.call('410');
    await room.incoming();
    const one = await told(begin, { 410: ['Ringing'] });
    const second = await ann.call('410');
    await room.incoming();
    const uniqueId = one.items['410']?.[0]?.CallData.uniqueCallId ?? '';
    expect(await call('hangup', { extenOrUniqueId: uniqueId })).toEqual({ Message: 'Channel Hungup', Code: 0 });
    await first.until('ended');
    await told(one.seq, { 410: ['Ringing', 'Hungup'] });
    expect(second.state).toBe('ringing');
  });

  test('after kill -9 of the gateway a cursor tells what happened meanwhile, under the same CallIDs', async () => {
    const [desk, room] = await office().phones('400', '410');
    const begin = await head();
    const dialled = await desk.call('410');
    const rung = await room.incoming();
    const before = await told(begin, { 400: ['Dialing Out'], 410: ['Ringing'] });
    await connected().gateway.kill();
    rung.answer();
    await dialled.untilHears('410');
    await connected().gateway.boot();
    const after = await told(before.seq, { 400: ['Connected'], 410: ['Connected'] });
    for (const extension of ['400', '410']) {
      const [then, now] = [before, after].map(({ items }) => items[extension]?.[0]);
      expect([now?.CallID, now?.CallData.uniqueCallId]).toEqual([then?.CallID, then?.CallData.uniqueCallId]);
    }
  });
});
