/** People and places of a real PBX: who is logged in, who takes a queue's calls and in which order, who is in which room. */
import { expect, test } from 'vitest';
import type { CommandRecord } from '../../../src/control/control.ts';
import type { Event } from '../../../src/model/event.ts';
import type { Conference, Queue } from '../../../src/model/place.ts';
import { onEachAsterisk, sharedOffice } from './on-each-asterisk.ts';
import { sharedGateway } from '../shared-gateway.ts';

onEachAsterisk('people and places', (_version, tree) => {
  const office = sharedOffice(tree);
  const connected = sharedGateway(office, {
    users: { tom: { password: 'river', displayName: 'Tom Sawyer', extension: '102' } },
    pbx: {
      queues: { support: { displayName: 'Help desk', number: '600' } },
      conferences: { 650: { displayName: 'Main room', number: '650' } },
    },
  });
  const mark = (): Event | undefined => connected().tail.events.at(-1);
  const body = async <Body>(path: string): Promise<Body> => (await connected().gateway.get(path)).body as Body;
  const agent = (number: string, what: string, asked: unknown = {}): Promise<CommandRecord> =>
    connected().gateway.command(`/v1/queues/support/agents/${number}/${what}`, asked);
  const support = async (): Promise<Queue> => (await body<{ readonly queue: Queue }>('/v1/queues/support')).queue;
  const shown = async (number: string): Promise<unknown> => (await support()).agents.find(({ extension }) => extension === number);
  const room = async (name: string): Promise<Conference> =>
    (await body<{ readonly conference: Conference }>(`/v1/conferences/${name}`)).conference;

  /** The gateway does not see what happens meanwhile; resolves when it has caught up. */
  const unseen = async (meanwhile: () => Promise<unknown>): Promise<Event> => {
    const { link, tail } = connected();
    const start = mark();
    link.cut();
    await tail.until('pbx.disconnected', () => true, start);
    await meanwhile();
    link.mend();
    return tail.until('pbx.resynced', () => true, start);
  };

  test('a user is logged in by its phone, from its address, until the phone is gone for good', async () => {
    const { tail } = connected();
    const start = mark();
    const phone = await office().phone('102');
    const began = await tail.until('user.loggedIn', ({ data }) => data.user === 'tom', start);
    const port = Number(/:(\d+)(?:;|$)/.exec(phone.contact)?.[1]);
    expect(began).toMatchObject({ extension: '102', data: { login: { kind: 'phone', device: 'PJSIP/102', address: '127.0.0.1', port } } });
    expect(await body('/v1/users/tom')).toMatchObject({ extension: '102', logins: [began.data.login] });
    const call = await phone.call('901');
    expect((await tail.until('leg.started', () => true, start)).leg).toMatchObject({ extension: '102', user: 'tom' });
    await call.hangup();
    await phone.unregister();
    const ended = await tail.until('user.loggedOut', () => true, start);
    expect(ended.data).toEqual(began.data);
    expect(await body('/v1/users/tom')).toMatchObject({ logins: [] });
    await phone.register();
    const again = await tail.until('user.loggedIn', () => true, ended);
    expect(again.data.login.id).not.toBe(began.data.login.id);
  });

  test('a phone that leaves while nobody watches logs its user out', async () => {
    const { tail } = connected();
    const phone = await office().phone('102');
    const start = mark();
    const resynced = await unseen(() => phone.unregister());
    expect(await tail.until('user.loggedOut', ({ data }) => data.user === 'tom', start)).toMatchObject({ reconciled: true });
    await phone.register();
    await tail.until('user.loggedIn', () => true, resynced);
  });

  test('a session of the user is a login of its own', async () => {
    const { gateway, tail } = connected();
    const start = mark();
    const answer = await gateway.post('/v1/login', { user: 'tom', password: 'river' });
    expect(answer).toMatchObject({ status: 200, body: { name: 'tom', extension: '102' } });
    const { data } = await tail.until('user.loggedIn', ({ data: { login } }) => login.kind === 'session', start);
    const cookie = answer.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
    await fetch(`${gateway.url}/v1/login`, { method: 'DELETE', headers: { cookie } });
    expect((await tail.until('user.loggedOut', ({ data: { login } }) => login.kind === 'session', start)).data).toEqual(data);
  });

  test('a queue says what it is called, how it chooses and who belongs to it', async () => {
    await office().phones('106', '107');
    expect(await support()).toMatchObject({ displayName: 'Help desk', number: '600', strategy: 'rrmemory' });
    expect(await shown('106')).toMatchObject({ device: 'PJSIP/106', name: 'Agent 106', penalty: 0, dynamic: false });
  });

  test('who logs in with a penalty is rung when those of a lower one take a break', async () => {
    const { tail } = connected();
    const [tom, one, two, kim] = await office().phones('101', '106', '107', '103');
    const start = mark();
    expect(await agent('103', 'login', { penalty: 5 })).toMatchObject({ state: 'done' });
    expect(await shown('103')).toMatchObject({ penalty: 5, dynamic: true });
    const call = await tom.call('600');
    const rung = await Promise.race([one.incoming(), two.incoming()]);
    expect(kim.calls).toEqual([]);
    await call.hangup();
    await rung.until('ended');
    await tail.until('call.ended', () => true, start);
    for (const number of ['106', '107']) expect(await agent(number, 'pause', { reason: 'lunch' })).toMatchObject({ state: 'done' });
    expect(await shown('106')).toMatchObject({ state: 'paused', pausedReason: 'lunch' });
    const second = await tom.call('600');
    const taken = await kim.incoming();
    taken.answer();
    await taken.untilHears('101');
    await second.hangup();
    for (const number of ['106', '107']) expect(await agent(number, 'unpause')).toMatchObject({ state: 'done' });
    expect(await agent('103', 'logout')).toMatchObject({ state: 'done' });
    expect(await shown('103')).toBeUndefined();
  });

  test('another penalty is told, whoever gave it', async () => {
    const { tail } = connected();
    await office().phone('106');
    const start = mark();
    expect(await agent('106', 'penalty', { penalty: 3 })).toMatchObject({ state: 'done' });
    await office().pbx.cli('queue set penalty 0 on PJSIP/106 in support');
    const told = await tail.until('agent.stateChanged', ({ data }) => data.penalty === 0, start);
    expect(told).toMatchObject({ extension: '106', data: { queue: 'support', device: 'PJSIP/106' } });
    expect(await shown('106')).toMatchObject({ penalty: 0 });
  });

  test('who logs in, and who pauses, while nobody watches is told when the PBX is heard again', async () => {
    const { tail } = connected();
    await office().phones('104', '106');
    const start = mark();
    await unseen(async () => {
      await office().pbx.cli('queue add member PJSIP/104 to support penalty 2');
      await office().pbx.cli('queue pause member PJSIP/106 queue support reason dentist');
    });
    const news = { reconciled: true };
    expect(await tail.until('agent.loggedIn', ({ extension }) => extension === '104', start)).toMatchObject(news);
    expect(await tail.until('agent.paused', ({ extension }) => extension === '106', start)).toMatchObject({
      ...news,
      data: { reason: 'dentist' },
    });
    expect(await shown('104')).toMatchObject({ penalty: 2, dynamic: true });
    await office().pbx.cli('queue remove member PJSIP/104 from support');
    await office().pbx.cli('queue unpause member PJSIP/106 queue support');
    await tail.until('agent.loggedOut', ({ extension }) => extension === '104', start);
    await tail.until('agent.unpaused', ({ extension }) => extension === '106', start);
  });

  test('a room of the configuration is there with nobody in it; who is muted unseen in it is muted', async () => {
    const { tail } = connected();
    expect(await room('650')).toEqual({ name: '650', displayName: 'Main room', number: '650', members: [] });
    const [tom, ann] = await office().phones('101', '102');
    const start = mark();
    const calls = [await tom.call('650'), await ann.call('650')];
    for (const number of ['101', '102']) await tail.until('conference.joined', ({ extension }) => extension === number, start);
    expect((await room('650')).members).toMatchObject([{ muted: false }, { muted: false }]);
    const channel = (await tail.leg('102')).channel;
    await unseen(async () => {
      const members = await office().pbx.cli('confbridge list 650');
      const name = /PJSIP\/102-\w+/.exec(members)?.[0] ?? channel;
      await office().pbx.cli(`confbridge mute 650 ${name}`);
    });
    expect(await tail.until('leg.muted', ({ extension }) => extension === '102', start)).toMatchObject({ reconciled: true });
    expect((await room('650')).members.filter(({ muted }) => muted)).toHaveLength(1);
    for (const call of calls) await call.hangup();
    await tail.until('conference.left', ({ extension }) => extension === '102', start);
    await tail.until('conference.left', ({ extension }) => extension === '101', start);
    expect((await room('650')).members).toEqual([]);
  });
});
