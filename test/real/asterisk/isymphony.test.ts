/** The iSymphony APIs on a real PBX: logins, calls, the queue, a conference and the parking lot, as its clients see them. */
import { describe, expect, test } from 'vitest';
import {
  basic,
  connectClient,
  linesOf,
  publicCredentials,
  reader,
  type EventClient,
  type Told,
} from '../../dialects/isymphony/event-client.ts';
import { onEachAsterisk, sharedOffice } from './on-each-asterisk.ts';
import { sharedGateway } from '../shared-gateway.ts';

const numbers = ['101', '102', '103', '104', '105', '106', '107', '108'] as const;

onEachAsterisk('the iSymphony APIs', (_version, tree) => {
  const office = sharedOffice(tree);
  const users = Object.fromEntries(numbers.map((number) => [number, { password: 'demo', extension: number, scopes: ['observe'] }]));
  const connected = sharedGateway(office, {
    users: { ...users, mikey: { password: 'demo', displayName: 'Mike Young', extension: '110', scopes: ['observe'] } },
    pbx: { queues: { support: { displayName: 'Help desk', number: '600' } } },
  });

  const connect = (): Promise<EventClient> => connectClient(connected().gateway.url);
  const rest = async (
    path: string,
    body?: unknown,
  ): Promise<{ readonly status: number; readonly headers: Headers; readonly body: unknown }> => {
    const url = `${connected().gateway.url}/communication_manager/rest/live${path.replace(/^CS\b/, '/coreServers/getByName/default')}`;
    const headers = { Authorization: basic(publicCredentials), 'Content-Type': 'application/json' };
    const post = { method: 'POST', ...(body === null ? {} : { body: JSON.stringify(body) }) };
    const reply = await fetch(url, { headers, ...(body === undefined ? {} : post) });
    const text = await reply.text();
    const isJson = reply.headers.get('content-type')?.startsWith('application/json') === true;
    return { status: reply.status, headers: reply.headers, body: isJson ? (JSON.parse(text) as unknown) : text };
  };
  const one = async (path: string): Promise<Told> => (await rest(path)).body as Told;
  const all = async (path: string): Promise<readonly Told[]> => (await rest(path)).body as readonly Told[];
  const act = async (path: string, body: unknown = null): Promise<number> => (await rest(path, body)).status;
  const segmentOf = async (number: string): Promise<string> =>
    `CS/callSegments/${String((await all(`CS/extensions/getByName/${number}/callSegments`))[0]?.['id'])}`;

  describe('a call', () => {
    test('from 101 to 102, told to two connections as each asked', async () => {
      const [alice, tom] = await office().phones('101', '102');
      const [everything, links] = [await connect(), await connect()];
      await links.filter('type=linkStart', 'type=linkEnd', 'username2=102');
      const until = reader(everything);
      const call = await alice.call('102');
      const ringing = await tom.incoming();
      await until('dial 101>102');
      expect(await one(await segmentOf('102'))).toMatchObject({ type: 'INTERNAL', callerId: { number: '102' }, incoming: true });
      ringing.answer();
      expect(await until('linkStart 101>102')).toEqual(['linkStart 101>102']);
      const segment = await segmentOf('101');
      expect(await all(`${segment}/links`)).toMatchObject([{ callerId: { number: '102' } }]);
      await call.hangup();
      const ending = ['linkEnd 101>102', 'hangup 101', 'hangup 102'];
      while (linesOf(everything.told).filter((line) => line.startsWith('hangup')).length < 2) await everything.next();
      expect(linesOf(everything.told).slice(-3).toSorted()).toEqual(ending.toSorted());
      expect((await rest(segment)).status).toBe(404);
      expect(linesOf(links.told).slice(1)).toEqual(['linkStart 101>102', 'linkEnd 101>102']);
      const hangup = everything.told.find(({ type, extensionNumber }) => type === 'hangup' && extensionNumber === '101');
      expect(hangup).toMatchObject({ username: '101', did: null });
      expect(`CS/callSegments/${String(hangup?.['callSegmentId'])}`).toBe(segment);
    });

    test('from outside has the number by which it came in; who is not there is not dialled for ever', async () => {
      const tom = await office().phone('102');
      const provider = await office().provider();
      const client = await connect();
      const until = reader(client);
      const call = await provider.call('+15550200102', { from: '+15550100001' });
      await tom.incoming();
      await until('dial +15550100001>102');
      const dial = client.told.find(({ type }) => type === 'dial');
      expect(dial).toMatchObject({ did1: '+15550200102', extensionId1: null, username1: null, did2: null, username2: '102' });
      const outside = (await all('CS/callSegments')).find(({ type }) => type === 'EXTERNAL');
      expect(outside).toMatchObject({ id: dial?.['callSegmentId1'], did: '+15550200102' });
      await call.hangup();
      await until('hangup 102');
      expect(linesOf(client.told).filter((line) => line.startsWith('dialEnd'))).toEqual(['dialEnd +15550100001>102 CANCEL']);
    });

    test('that is placed, held, sent on and hung up by actions', async () => {
      const [alice, tom, jerry] = await office().phones('101', '102', '103');
      const client = await connect();
      const until = reader(client);
      const originated = act('CS/extensions/getByName/101/originate', { destination: '102' });
      (await alice.incoming()).answer();
      expect(await originated).toBe(204);
      (await tom.incoming()).answer();
      await until('linkStart 101>102');
      const mine = await segmentOf('102');
      expect(await act(`${mine}/hold`)).toBe(204);
      await until('hold 102');
      expect(await one(mine)).toMatchObject({ onHold: true });
      expect(await act(`${mine}/unhold`)).toBe(204);
      await until('unhold 102');
      expect(await act(`${mine}/transfer`, { destination: '103' })).toBe(204);
      const ringing = await jerry.incoming();
      await until('dial 101>103');
      ringing.answer();
      await until('linkStart 101>103');
      expect(await act(`${await segmentOf('103')}/hangup`)).toBe(204);
      await until('hangup 101');
      expect(await act(`${mine}/hangup`)).toBe(404);
    });

    test('is parked and fetched by actions', async () => {
      const [alice, tom, jerry] = await office().phones('101', '102', '103');
      const client = await connect();
      const until = reader(client);
      await alice.call('102');
      (await tom.incoming()).answer();
      await until('linkStart 101>102');
      expect(await rest(`${await segmentOf('102')}/park`, { space: '3' })).toMatchObject({ status: 204, body: '' });
      await until('park 101 3');
      const [lot] = await all('CS/parkingLots');
      const path = `CS/parkingLots/${String(lot?.['id'])}`;
      expect(await all(`${path}/callSegments`)).toMatchObject([{ callerId: { number: '101' } }]);
      // Its phone answers by itself.
      expect(await act(`${path}/retrieve`, { space: '3', extensionNumber: '103' })).toBe(204);
      await (await jerry.incoming()).untilHears('101');
      await until('linkStart 101>103');
      expect(linesOf(client.told)).toContain('unpark 101 3');
    });
  });

  test('a user is logged in by its phone, with its address, and logged out when the phone is gone', async () => {
    const client = await connect();
    await client.filter('type=userLogin', 'type=logout', 'username=mikey');
    const phone = await office().phone('110');
    const login = await client.next('userLogin');
    const port = Number(/:(\d+)/.exec(phone.contact.slice('sip:'.length))?.[1]);
    expect(login).toMatchObject({ username: 'mikey', ip: '127.0.0.1', port });
    expect(await all('CS/users/getByName/mikey/logins')).toEqual([
      { id: login['userLoginId'], ip: '127.0.0.1', port, timeConnected: login['time'] },
    ]);
    expect(await one('CS/users/getByName/mikey')).toMatchObject({ id: login['userId'], displayedName: 'Mike Young' });
    await phone.unregister();
    expect(await client.next('logout')).toMatchObject({ userLoginId: login['userLoginId'] });
    await phone.register();
    expect((await client.next('userLogin'))['userLoginId']).not.toBe(login['userLoginId']);
  });

  test('an agent logs in, is rung, takes a call, a break, and logs out', async () => {
    const [alice, jerry] = await office().phones('101', '103', '106', '107');
    const client = await connect();
    await client.filter('extensionNumber=103', 'extensionNumber=101');
    const until = reader(client);
    const path = 'CS/queues/getByName/600';
    for (const number of ['106', '107']) {
      const [agent] = await all(`CS/extensions/getByName/${number}/agents`);
      expect(await act(`${path}/agents/${String(agent?.['id'])}/pause`, { reason: 'lunch' })).toBe(204);
    }
    expect(await act(`${path}/login`, { extensionNumber: '103', penalty: 1 })).toBe(204);
    await until('agentLogin 103 Help desk NOT_INUSE');
    const [agent] = await all('CS/extensions/getByName/103/agents');
    expect(agent).toMatchObject({ paused: false, state: 'NOT_INUSE', dynamic: true });
    const call = await alice.call('600');
    const ringing = await jerry.incoming();
    await until('agentState 103 Help desk RINGING');
    expect(linesOf(client.told)).toContain('queueCallJoin 101 Help desk 1');
    expect(await all(`${path}/callSegments`)).toMatchObject([{ callerId: { number: '101' } }]);
    ringing.answer();
    await until('agentState 103 Help desk INUSE');
    expect(linesOf(client.told)).toContain('queueCallLeave 101 Help desk 1');
    await call.hangup();
    await until('agentState 103 Help desk NOT_INUSE');
    const own = `${path}/agents/${String(agent?.['id'])}`;
    expect(await act(`${own}/setPenalty`, { penalty: 4 })).toBe(204);
    expect(await one(`${own}/statistics`)).toMatchObject({ penalty: 4 });
    expect(await act(`${own}/pause`, { reason: 'tea' })).toBe(204);
    await until('agentPause 103 Help desk NOT_INUSE');
    expect(client.told.at(-1)).toMatchObject({ paused: true, reason: 'tea' });
    expect(await act(`${own}/unpause`)).toBe(204);
    expect(await act(`${path}/logout`, { extensionNumber: '103' })).toBe(204);
    await until('agentLogout 103 Help desk NOT_INUSE');
    for (const number of ['106', '107']) {
      const [other] = await all(`CS/extensions/getByName/${number}/agents`);
      expect(await act(`${path}/agents/${String(other?.['id'])}/unpause`)).toBe(204);
    }
  });

  test('a conference: who comes, who is muted and thrown out', async () => {
    const [alice, tom] = await office().phones('101', '102');
    const client = await connect();
    const until = reader(client);
    await alice.call('650');
    await until('confRoomCallJoin 101 650');
    await tom.call('650');
    await until('confRoomCallJoin 102 650');
    const [room] = await all('CS/conferences');
    expect(room).toMatchObject({ identifier: '650', userGenerated: false });
    const path = `CS/conferences/${String(room?.['id'])}/callSegments`;
    expect(await all(path)).toHaveLength(2);
    const segment = (await segmentOf('102')).split('/').at(-1);
    expect(await act(`${path}/${String(segment)}/mute`)).toBe(204);
    expect(await act(`${path}/${String(segment)}/kick`)).toBe(204);
    await until('confRoomCallLeave 102 650');
    expect(await all(path)).toHaveLength(1);
    expect(linesOf(client.told).filter((line) => line.startsWith('link'))).toEqual([]);
  });

  test('while the PBX is away it is said so; who talked on keeps its ids, who is gone is hung up', async () => {
    const [alice, tom, jerry, dora] = await office().phones('101', '102', '103', '104');
    const client = await connect();
    const until = reader(client);
    const staying = await alice.call('102');
    (await tom.incoming()).answer();
    await until('linkStart 101>102');
    const leaving = await jerry.call('104');
    (await dora.incoming()).answer();
    await until('linkStart 103>104');
    const segment = await segmentOf('101');
    const { link, tail } = connected();
    const start = tail.events.at(-1);
    link.cut();
    await tail.until('pbx.disconnected', () => true, start);
    expect((await rest(segment)).headers.get('switchhook-pbx')).toMatch(/^down; /);
    expect(await act('CS/extensions/getByName/105/originate', { destination: '106' })).toBe(503);
    await leaving.hangup();
    link.mend();
    await until('linkEnd 103>104');
    await until('hangup 104');
    expect(linesOf(client.told)).toContain('hangup 103');
    expect((await rest(segment)).status).toBe(200);
    await staying.hangup();
    await until('linkEnd 101>102');
    await until('hangup 102');
  });
});
