import { describe, expect, test } from 'vitest';
import { basic, publicCredentials } from './event-client.ts';
import { serveISymphony, type ISymphonyWorld } from './serve-isymphony.ts';

const uuid = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/) as string;

type Body = Readonly<Record<string, unknown>>;
const one = async (world: ISymphonyWorld, path: string): Promise<Body> => {
  const { status, body } = await world.rest(path);
  expect([path, status]).toEqual([path, 200]);
  return body as Body;
};
const all = async (world: ISymphonyWorld, path: string): Promise<readonly Body[]> => (await one(world, path)) as unknown as readonly Body[];

/** 101 talks with 102. */
const talking = async (): Promise<ISymphonyWorld> => {
  const world = await serveISymphony();
  world.sandbox.phones.call('101', '102');
  await world.leg('102', ({ state }) => state === 'ringing');
  world.sandbox.phones.answer('102');
  await world.leg('102', ({ state }) => state === 'connected');
  await world.settled();
  return world;
};

const segmentOf = async (world: ISymphonyWorld, number: string): Promise<string> => {
  const [segment] = await all(world, `CS/extensions/getByName/${number}/callSegments`);
  return `CS/callSegments/${String(segment?.['id'])}`;
};

describe('what each resource looks like', () => {
  test('the core server', async () => {
    const world = await serveISymphony();
    const [server, ...more] = await all(world, '/coreServers');
    expect([server, more]).toEqual([{ id: uuid, slug: 'default', name: 'default', configurationId: uuid }, []]);
    expect(await one(world, `/coreServers/${String(server?.['id'])}`)).toEqual(server);
    expect(await one(world, 'CS')).toEqual(server);
  });

  test('a user, its status, logins and extensions', async () => {
    const world = await serveISymphony();
    const user = await one(world, 'CS/users/getByName/mikey');
    expect(user).toEqual({ id: uuid, configurationId: uuid, userName: 'mikey', displayedName: 'Mike Young', permissionId: uuid });
    expect(await one(world, `CS/users/${String(user['id'])}`)).toEqual(user);
    expect(await one(world, 'CS/users/getByName/mikey/status')).toEqual({
      id: uuid,
      configurationId: uuid,
      name: 'Available',
      type: 'available',
      note: '',
      returnTime: -1,
      userCreated: false,
    });
    const [login, ...more] = await all(world, 'CS/users/getByName/mikey/logins');
    expect([login, more]).toEqual([{ id: uuid, ip: expect.any(String), port: expect.any(Number), timeConnected: expect.any(Number) }, []]);
    expect(await one(world, `CS/users/getByName/mikey/logins/${String(login?.['id'])}`)).toEqual(login);
    expect(await all(world, 'CS/users/getByName/mikey/extensions')).toMatchObject([{ extensionNumber: '110' }]);
  });

  test('an extension, its user and do not disturb', async () => {
    const world = await serveISymphony();
    const extension = await one(world, 'CS/extensions/getByName/110');
    expect(extension).toEqual({ id: uuid, extensionNumber: '110', displayName: 'Mike Young', configurationId: uuid, permissionId: uuid });
    expect(await one(world, 'CS/extensions/getByName/110/user')).toMatchObject({ userName: 'mikey' });
    expect(await one(world, 'CS/extensions/getByName/120/doNotDisturb')).toEqual({ enabled: true });
    expect((await world.rest('CS/extensions/getByName/117/user')).status).toBe(404);
  });

  test('call segments, what they are linked with and whom they dial', async () => {
    const world = await talking();
    const [alice, tom, ...more] = await all(world, 'CS/callSegments');
    expect([alice, more]).toEqual([
      {
        id: uuid,
        type: 'INTERNAL',
        callerId: { id: uuid, name: 'Alice Archer', number: '101' },
        did: null,
        onHold: false,
        recording: false,
        incoming: false,
      },
      [],
    ]);
    expect(tom).toMatchObject({ callerId: { number: '102' }, incoming: true });
    expect(await all(world, `CS/callSegments/${String(alice?.['id'])}/links`)).toEqual([tom]);
    expect(await all(world, `CS/callSegments/${String(alice?.['id'])}/dials`)).toEqual([]);
    world.sandbox.phones.call('+15550100001', '103');
    await world.leg('103');
    await world.settled();
    const outside = (await all(world, 'CS/callSegments')).find(({ type }) => type === 'EXTERNAL');
    expect(outside).toMatchObject({ callerId: { number: '+15550100001' }, did: '+15550200103', incoming: false });
    expect(await all(world, `CS/callSegments/${String(outside?.['id'])}/dials`)).toMatchObject([{ callerId: { number: '103' } }]);
  });

  test('queues and agents', async () => {
    const world = await serveISymphony();
    expect(await all(world, 'CS/queues')).toEqual([
      { id: uuid, displayName: expect.any(String), identifier: '600', configurationId: uuid, permissionId: uuid },
    ]);
    const agents = await all(world, 'CS/queues/getByName/600/agents');
    expect(agents.map(({ name }) => name)).toEqual(['Dora Diaz', 'Emil Engel', 'Kim Keller']);
    expect(agents[0]).toEqual({ id: uuid, paused: false, state: 'NOT_INUSE', name: 'Dora Diaz', dynamic: false });
    const path = `CS/queues/getByName/600/agents/${String(agents[0]?.['id'])}`;
    expect(await one(world, path)).toEqual(agents[0]);
    expect(await one(world, `${path}/extension`)).toMatchObject({ extensionNumber: '104' });
    expect(await all(world, 'CS/extensions/getByName/104/agents')).toEqual([agents[0]]);
    world.sandbox.phones.call('101', '600');
    await world.leg('104');
    await world.settled();
    expect(await all(world, 'CS/queues/getByName/600/callSegments')).toMatchObject([{ callerId: { number: '101' } }]);
    expect(await one(world, 'CS/queues/getByName/600/statistics')).toMatchObject({ callsWaiting: 1, agents: 3 });
    expect(await one(world, path)).toMatchObject({ state: 'RINGING' });
  });

  test('conferences and parking lots', async () => {
    const world = await serveISymphony();
    world.sandbox.phones.call('101', '650');
    await world.leg('101', ({ conference }) => conference !== undefined);
    const rooms = await all(world, 'CS/conferences');
    expect(rooms).toEqual([
      {
        id: uuid,
        configurationId: uuid,
        displayName: '650',
        identifier: '650',
        dialString: '650',
        userGenerated: false,
        permissionId: uuid,
      },
    ]);
    expect(await all(world, `CS/conferences/${String(rooms[0]?.['id'])}/callSegments`)).toMatchObject([{ callerId: { number: '101' } }]);
    expect(await all(world, 'CS/parkingLots')).toMatchObject([{ identifier: 'valet' }]);
  });
});

describe('paths', () => {
  test('by id and by name, singular and plural, mixed at every level', async () => {
    const world = await talking();
    const id = async (path: string): Promise<string> => String((await one(world, path))['id']);
    const server = `/coreServers/${await id('CS')}`;
    const user = await id('CS/users/getByName/101');
    const extension = await one(world, 'CS/extensions/getByName/101');
    for (const path of [
      `CS/extensions/${String(extension['id'])}`,
      `CS/extension/getByName/101`,
      `${server}/extensions/getByName/101`,
      `/coreServer/getByName/default/extension/getByName/101`,
      `CS/users/${user}/extensions/${String(extension['id'])}`,
      `CS/user/${user}/extensions/getByName/101`,
      `CS/user/getByName/101/extension/getByName/101/`,
      `CS/extensions/getByName/1%301`,
      `CS/extensions/getByName/101?now`,
    ]) {
      expect([path, await one(world, path)]).toEqual([path, extension]);
    }
    expect(await all(world, 'CS/users/getByName/101/extensions/getByName/101/callSegments')).toHaveLength(1);
  });

  test('that lead nowhere: 404, in plain text', async () => {
    const world = await serveISymphony();
    for (const path of [
      '/nothing',
      '',
      '/coreServers/getByName/other',
      '/coreServers/getByName',
      '/coreServers/default',
      '/coreServers/getByName/default/nothing',
      'CS/extensions/getByName/999',
      'CS/extensions/101',
      'CS/extensions/00000000-0000-4000-8000-000000000000',
      'CS/extensions/getByName/101/nothing',
      'CS/callSegments/getByName/101',
      'CS//extensions',
      'CS/extensions/getByName/102/callSegments/constructor',
      'CS/constructor',
    ]) {
      const { status, headers, body } = await world.rest(path);
      expect([path, status, headers.get('content-type'), body === '']).toEqual([path, 404, 'text/plain; charset=utf-8', false]);
    }
  });

  test('the configuration of the core server can be read, under the id that lasts, and not be changed', async () => {
    const world = await serveISymphony();
    const base = `${world.url}/communication_manager/rest/config/server/coreServers`;
    const headers = { Authorization: basic(publicCredentials) };
    const [live] = await all(world, '/coreServers');
    const server = { id: live?.['configurationId'], slug: 'default', name: 'default' };
    for (const path of ['/getByName/default', `/${String(server.id)}`]) {
      expect(await (await fetch(`${base}${path}`, { headers })).json()).toEqual(server);
    }
    expect(await (await fetch(base, { headers })).json()).toEqual([server]);
    expect((await fetch(`${base}/getByName/other`, { headers })).status).toBe(404);
    const add = async (body: string): Promise<readonly [number, string]> => {
      const reply = await fetch(base, { headers, method: 'POST', body });
      return [reply.status, await reply.text()];
    };
    expect(await add('{}')).toEqual([409, 'No slug provided.']);
    expect(await add('{"slug": "branch"}')).toEqual([409, 'The configuration holds it; it cannot be changed here.']);
    expect(await add('{')).toEqual([412, 'The body is not valid JSON.']);
    expect((await fetch(`${base}/getByName/default`, { headers, method: 'DELETE' })).status).toBe(409);
  });

  test('the older form of the configuration has the same things, under the ids that last', async () => {
    const world = await serveISymphony();
    const headers = { Authorization: basic(publicCredentials) };
    const older = async (path: string, method = 'GET'): Promise<{ readonly status: number; readonly body: unknown }> => {
      const reply = await fetch(`${world.url}/communication_manager/api/resource/${path}`, { headers, method });
      const isJson = reply.headers.get('content-type')?.startsWith('application/json') === true;
      return { status: reply.status, body: isJson ? await reply.json() : undefined };
    };
    const [live] = await all(world, '/coreServers');
    const id = String(live?.['configurationId']);
    expect((await older('server/coreServers/getBySlug/default')).body).toEqual({ id, slug: 'default', name: 'default' });
    const extension = await one(world, 'CS/extensions/getByName/110');
    const lasting = String(extension['configurationId']);
    expect((await older(`asterisk/${id}/extensions/${lasting}`)).body).toMatchObject({
      id: lasting,
      extension: '110',
      displayName: 'Mike Young',
    });
    const owner = { username: 'mikey', enabled: true, restricted: false, full: true };
    expect((await older(`asterisk/${id}/extensions/${lasting}/managingUser`)).body).toMatchObject(owner);
    expect((await older(`core/${id}/users/noHash`)).body).toContainEqual(expect.objectContaining(owner));
    expect((await older(`core/${id}/users`)).body).not.toContainEqual(expect.objectContaining({ password: expect.anything() }));
    const nobodys = await one(world, 'CS/extensions/getByName/109');
    expect((await older(`asterisk/${id}/extensions/${String(nobodys['configurationId'])}/managingUser`)).status).toBe(404);
    const names = async (what: string): Promise<unknown> =>
      ((await older(`asterisk/${id}/${what}`)).body as readonly Record<string, unknown>[]).map(
        (each) => each['identifier'] ?? each['name'],
      );
    expect(await Promise.all(['queues', 'conferenceRooms', 'parkingLots', 'pbxServers'].map(names))).toEqual([
      ['600'],
      ['650'],
      ['valet'],
      ['sandbox'],
    ]);
    expect((await older(`asterisk/${id}/extensions/${lasting}`, 'PUT')).status).toBe(409);
    expect((await older('asterisk/other/extensions')).status).toBe(404);
  });

  test('a resource takes GET, an action POST', async () => {
    const world = await serveISymphony();
    const post = await world.rest('CS/users', { method: 'POST' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET']);
    const get = await world.rest('CS/extensions/getByName/101/originate');
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
  });

  test('without credentials 401, and how far the PBX can be trusted is said', async () => {
    const world = await serveISymphony();
    const bare = await world.rest('CS', { headers: { Authorization: '' } });
    expect([bare.status, bare.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="communication_manager"']);
    expect((await world.rest('CS')).headers.get('switchhook-pbx')).toMatch(/^live; since=/);
  });

  test('ids change with the process, and what is configured keeps its other id', async () => {
    const [before, after] = [await serveISymphony(), await serveISymphony()];
    const path = 'CS/extensions/getByName/101';
    const [was, is] = [await one(before, path), await one(after, path)];
    expect(is['id']).not.toBe(was['id']);
    expect([is['configurationId'], is['permissionId']]).toEqual([was['configurationId'], was['permissionId']]);
  });
});

describe('actions', () => {
  test('originate rings the extension and then the destination: 204, and the events follow', async () => {
    const world = await serveISymphony();
    const client = await world.connect();
    const path = 'CS/extensions/getByName/101/originate';
    const body = { destination: '103', callerId: { name: 'Support', number: '800' } };
    const asked = world.act(path, body);
    await world.leg('101', ({ state }) => state === 'ringing');
    expect(await asked).toEqual({ status: 204, body: '' });
    world.sandbox.phones.answer('101');
    expect(await client.next('dial')).toMatchObject({ username1: '101', username2: '103' });
    world.sandbox.phones.answer('103');
    expect(await client.next('linkStart')).toMatchObject({ username1: '101', username2: '103' });
  });

  test('what is asked wrongly, or refused by the PBX, is told by its status', async () => {
    const world = await serveISymphony();
    for (const [path, body, status] of [
      ['CS/extensions/getByName/101/originate', '{', 412],
      ['CS/extensions/getByName/101/originate', '{}', 412],
      ['CS/extensions/getByName/101/originate', undefined, 412],
      ['CS/extensions/getByName/101/originate', { destination: 7 }, 412],
      ['CS/extensions/getByName/101/originate', { destination: '1,2' }, 412],
      ['CS/extensions/getByName/119/originate', { destination: '103' }, 409],
      ['CS/extensions/getByName/999/originate', { destination: '103' }, 404],
      ['CS/extensions/getByName/101/nothing', {}, 404],
      ['CS/extensions/getByName/101/enableDoNotDisturb', '{', 412],
      ['CS/users/getByName/mikey/status/set', { type: 'sleepy' }, 412],
      ['CS/users/getByName/mikey/status/set', {}, 412],
      ['CS/queues/getByName/600/login', {}, 412],
      ['CS/queues/getByName/600/login', { extensionId: 'x' }, 404],
      ['CS/queues/getByName/600/logout', { extensionNumber: '101' }, 409],
    ] as const) {
      expect([path, body, (await world.act(path, body)).status]).toEqual([path, body, status]);
    }
  });

  test('a call segment is held, recorded, parked by its user, and hung up', async () => {
    const world = await talking();
    const [alice, tom] = [await segmentOf(world, '101'), await segmentOf(world, '102')];
    const act = async (path: string, body?: unknown): Promise<number> => (await world.act(path, body)).status;
    expect(await act(`${alice}/hold`)).toBe(204);
    expect(await one(world, alice)).toMatchObject({ onHold: true });
    expect(await act(`${alice}/unhold`)).toBe(204);
    expect(await act(`${alice}/startRecording`)).toBe(204);
    expect(await one(world, alice)).toMatchObject({ recording: true });
    expect(await act(`${alice}/startRecording`)).toBe(409);
    expect(await act(`${alice}/stopRecording`)).toBe(204);
    expect(await act(`${tom}/park`, { space: '4' })).toBe(204);
    const [lot] = await all(world, 'CS/parkingLots');
    expect(await all(world, `CS/parkingLots/${String(lot?.['id'])}/callSegments`)).toMatchObject([{ callerId: { number: '101' } }]);
    expect(await act(`${alice}/hangup`)).toBe(204);
    expect((await world.rest(alice)).status).toBe(404);
  });

  test('a transfer sends on the other party, wherever it is to go', async () => {
    const to = async (body: (world: ISymphonyWorld) => Promise<unknown>): Promise<ISymphonyWorld> => {
      const world = await talking();
      expect(await world.act(`${await segmentOf(world, '102')}/transfer`, await body(world))).toEqual({ status: 204, body: '' });
      return world;
    };
    const id = async (world: ISymphonyWorld, path: string): Promise<string> => String((await one(world, path))['id']);
    const plain = await to(async () => ({ destination: '103' }));
    expect(await plain.leg('103')).toMatchObject({ state: 'ringing', peer: { number: '101' } });
    const extension = await to(async (world) => ({ extensionId: await id(world, 'CS/extensions/getByName/105') }));
    expect(await extension.leg('105')).toMatchObject({ state: 'ringing' });
    const queue = await to(async (world) => ({ queueId: await id(world, 'CS/queues/getByName/600') }));
    expect(await queue.leg('101', ({ queue: name }) => name === '600')).toBeDefined();
    const voicemail = await to(async () => ({ voicemail: '103' }));
    expect(await voicemail.leg('101', (leg) => leg.voicemail === true)).toBeDefined();
  });

  test('a transfer needs one destination, no more and no less', async () => {
    const world = await talking();
    const segment = await segmentOf(world, '102');
    for (const body of [{}, { destination: '103', voicemail: '103' }, '{']) {
      expect((await world.act(`${segment}/transfer`, body)).status).toBe(412);
    }
  });

  test("an outside caller's segment is itself sent on, and one that rings is diverted", async () => {
    const world = await serveISymphony();
    world.sandbox.phones.call('+15550100001', '101');
    await world.leg('101', ({ state }) => state === 'ringing');
    expect((await world.act(`${await segmentOf(world, '101')}/transfer`, { destination: '102' })).status).toBe(204);
    await world.leg('102', ({ state }) => state === 'ringing');
    world.sandbox.phones.answer('102');
    await world.leg('102', ({ state }) => state === 'connected');
    await world.settled();
    const outside = (await all(world, 'CS/callSegments')).find(({ type }) => type === 'EXTERNAL');
    expect((await world.act(`CS/callSegments/${String(outside?.['id'])}/transfer`, { destination: '103' })).status).toBe(204);
    expect(await world.leg('103')).toMatchObject({ peer: { number: '+15550100001' } });
  });

  test('a supervisor listens', async () => {
    const world = await talking();
    const supervisor = await one(world, 'CS/extensions/getByName/105');
    const asked = world.act(`${await segmentOf(world, '102')}/barge`, { extensionId: supervisor['id'], mode: 'whisper' });
    expect(await asked).toEqual({ status: 204, body: '' });
    expect(await world.leg('105', ({ supervising }) => supervising !== undefined)).toMatchObject({ supervising: { mode: 'whisper' } });
  });

  test('agents log in and out, and take breaks', async () => {
    const world = await serveISymphony();
    const client = await world.connect();
    await client.filter('username=106');
    const extension = await one(world, 'CS/extensions/getByName/106');
    expect((await world.act('CS/queues/getByName/600/login', { extensionId: extension['id'] })).status).toBe(204);
    const [agent] = await all(world, 'CS/extensions/getByName/106/agents');
    const path = `CS/queues/getByName/600/agents/${String(agent?.['id'])}`;
    expect((await world.act(`${path}/pause`, { reason: 'tea' })).status).toBe(204);
    expect(await one(world, path)).toMatchObject({ paused: true });
    expect((await world.act(`${path}/unpause`)).status).toBe(204);
    expect((await world.act(`${path}/logout`)).status).toBe(204);
    const told = (await client.first(5)).slice(1);
    expect(told.map(({ type }) => type)).toEqual(['agentLogin', 'agentPause', 'agentUnpause', 'agentLogout']);
    expect(told[0]).toEqual({
      type: 'agentLogin',
      time: expect.any(Number),
      coreServerId: uuid,
      agentId: agent?.['id'],
      agent: 'Fay Fisher',
      state: 'NOT_INUSE',
      queueId: uuid,
      queue: expect.any(String),
      extensionId: extension['id'],
      extensionNumber: '106',
      userId: uuid,
      username: '106',
    });
    expect(told[1]).toMatchObject({ agentId: agent?.['id'], paused: true, reason: 'tea' });
    expect((await world.act('CS/queues/getByName/600/login', { extensionNumber: '106' })).status).toBe(204);
    expect((await all(world, 'CS/extensions/getByName/106/agents'))[0]?.['id']).not.toBe(agent?.['id']);
  });

  test('a conference: mute, kick, and bring somebody in', async () => {
    const world = await serveISymphony();
    for (const number of ['101', '102']) {
      world.sandbox.phones.call(number, '650');
      await world.leg(number, ({ conference }) => conference !== undefined);
    }
    const [room] = await all(world, 'CS/conferences');
    const path = `CS/conferences/${String(room?.['id'])}`;
    const segment = (await all(world, `${path}/callSegments`)).find(({ callerId }) => (callerId as Body)['number'] === '102');
    const tom = `${path}/callSegments/${String(segment?.['id'])}`;
    expect((await world.act(`${tom}/mute`)).status).toBe(204);
    expect(await world.leg('102')).toMatchObject({ muted: true });
    expect((await world.act(`${tom}/unmute`)).status).toBe(204);
    expect((await world.act(`${tom}/kick`)).status).toBe(204);
    expect(await all(world, `${path}/callSegments`)).toHaveLength(1);
    const asked = world.act(`${path}/invite`, { extensionNumber: '103' });
    expect((await asked).status).toBe(204);
    expect(await all(world, `${path}/callSegments`)).toHaveLength(2);
  });
});

test('three in one call are a conference that nobody made: the link ends, and begins again when one leaves', async () => {
  const world = await talking();
  const client = await world.connect();
  const tom = await world.leg('102');
  await world.control.submit(world.identity(['control']), { name: 'join', leg: tom.id, extension: '103' as never });
  const words = (told: readonly Body[]): readonly string[] =>
    told.map(({ type, username, username1, username2 }) => [type, username, username1, username2].filter(Boolean).map(String).join(' '));
  expect(words((await client.first(4)).slice(0, 4)).toSorted()).toEqual(
    ['linkEnd 101 102', 'confRoomCallJoin 101', 'confRoomCallJoin 102', 'confRoomCallJoin 103'].toSorted(),
  );
  const room = (await all(world, 'CS/conferences')).find(({ userGenerated }) => userGenerated === true);
  expect(room).toMatchObject({ displayName: 'Conference', dialString: '' });
  expect(await all(world, `CS/conferences/${String(room?.['id'])}/callSegments`)).toHaveLength(3);
  world.sandbox.phones.hangUp('101');
  const ending = words((await client.first(9)).slice(4));
  expect([ending[0], ...ending.slice(1, 3).toSorted(), ...ending.slice(3)]).toEqual([
    'confRoomCallLeave 101',
    'confRoomCallLeave 102',
    'confRoomCallLeave 103',
    'linkStart 102 103',
    'hangup 101',
  ]);
});

test('an account may do what its scopes say', async () => {
  const accounts = { manager: { password: 'manag3rpa55word', scopes: ['observe'] as const } };
  const world = await serveISymphony({ options: { accounts } });
  expect((await world.rest('CS/users')).status).toBe(200);
  expect(await world.act('CS/extensions/getByName/101/originate', { destination: '102' })).toMatchObject({ status: 403 });
});
