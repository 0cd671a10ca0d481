import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { ownersOf, peopleOf, tellSessions, tellUsers } from '../../src/app/people.ts';
import { createAuth } from '../../src/auth/create-auth.ts';
import { configSchema } from '../../src/config/schema.ts';
import { createNewId, extensionNumber, tenantId } from '../../src/model/ids.ts';
import { pino } from 'pino';
import { quickPeople } from '../quick-users.ts';
import { startSandboxTenant } from '../sandbox-tenant.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const tenant = tenantId('demo');
const logger = pino({ level: 'silent' });

const start = async (folder = temporaryFolder()) => {
  const world = await startSandboxTenant(folder);
  const { store, clock, engine } = world;
  const auth = createAuth({ store, clock, newId: createNewId(randomBytes), masterKey: new Uint8Array(32) });
  const { users, sessions } = quickPeople({ store, clock, auth });
  const engines = new Map([[tenant, engine]]);
  const stops = [
    tellUsers({ users, owners: new Map(), engines, clock }),
    tellSessions({ sessions, users, engines, clock, timers: clock, logger }),
    () => sessions.close(),
  ];
  const stop = (): void => stops.forEach((each) => each());
  onTestFinished(stop);
  return { ...world, users, sessions, stop };
};

test('owners whom the configuration names beside the users need not be able to log in', () => {
  const config = configSchema.parse({
    tenants: {
      demo: {
        pbxs: {
          office: { kind: 'asterisk', username: 'u', secret: 's', extensions: { 103: { user: 'huck' }, 102: { user: 'tom' }, 104: {} } },
        },
        users: { tom: { password: 'river', extension: '101' } },
      },
    },
  });
  const owners = ownersOf(config);
  const users = {
    list: () => [{ name: 'tom', extension: extensionNumber('101') }],
    named: (_: unknown, name: string) => (name === 'tom' ? {} : undefined),
  };
  expect(peopleOf(tenant, users as never, owners)).toEqual([
    { name: 'tom', extension: '101' },
    { name: 'huck', extension: '103' },
  ]);
});

test('a session that outlived the process is a login still; one that ran out meanwhile is told when it comes back', async () => {
  const folder = temporaryFolder();
  const first = await start(folder);
  const tom = await first.users.create(tenant, { name: 'tom', password: 'river', extension: extensionNumber('119'), scopes: ['observe'] });
  const { session } = await first.sessions.begin(tom, { address: '192.0.2.9' });
  expect(first.engine.user('tom')?.logins).toMatchObject([{ id: session.id, kind: 'session', address: '192.0.2.9' }]);
  first.stop();
  await first.close();

  const second = await start(folder);
  expect(second.engine.user('tom')?.logins).toMatchObject([{ id: session.id }]);
  second.clock.advance(24 * 60 * 60 + 61);
  const ended = await second.event(({ type }) => type === 'user.loggedOut');
  expect(ended.data).toMatchObject({ user: 'tom', login: { id: session.id } });
  expect(second.events.some(({ type }) => type === 'user.loggedIn')).toBe(false);
});

test('a session whose end nobody could be told of is told of at the next look', async () => {
  const world = await start();
  const tom = await world.users.create(tenant, { name: 'tom', password: 'river', scopes: ['observe'] });
  const { session } = await world.sessions.begin(tom);
  world.stop();
  await world.sessions.end(session.id);
  expect(world.engine.user('tom')?.logins).toHaveLength(1);
  const engines = new Map([[tenant, world.engine]]);
  const { clock, users, sessions } = world;
  onTestFinished(tellSessions({ sessions, users, engines, clock, timers: clock, logger }));
  expect((await world.event(({ type }) => type === 'user.loggedOut')).data).toMatchObject({ login: { id: session.id } });
});
