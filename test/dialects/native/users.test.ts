import { expect, test } from 'vitest';
import { serveNative } from './serve-native.ts';

test('a user is made, found by id and name, changed and removed', async () => {
  const world = await serveNative();
  const made = await world.ask('/v1/users', {
    method: 'POST',
    json: { name: 'tom', password: 'river', extension: '102', displayName: 'Tom Sawyer' },
  });
  expect(made).toMatchObject({
    status: 201,
    body: { name: 'tom', extension: '102', scopes: ['observe', 'control-own'], configured: false },
  });
  const { id } = made.body as { readonly id: string };
  expect(JSON.stringify(made.body)).not.toContain('river');
  expect(await world.ask(`/v1/users/${id}`)).toMatchObject({ status: 200, body: { id, logins: [{ kind: 'phone' }] } });
  expect(await world.ask('/v1/users/tom')).toMatchObject({ status: 200, body: { id } });
  expect(await world.ask('/v1/users/tom', { method: 'PATCH', json: { extension: '', scopes: ['observe'] } })).toMatchObject({
    status: 200,
    body: { scopes: ['observe'], displayName: 'Tom Sawyer' },
  });
  expect(await world.ask('/v1/users')).toMatchObject({ body: { users: [{ id, name: 'tom' }] } });
  expect(await world.ask('/v1/users/tom', { method: 'DELETE' })).toMatchObject({ status: 204 });
  expect(await world.ask('/v1/users/tom')).toMatchObject({ status: 404, body: { id: 'no-such-user' } });
});

test('users are made by administrators alone, each name once', async () => {
  const world = await serveNative();
  const json = { name: 'tom', password: 'river' };
  const headers = { authorization: `Bearer ${world.keyFor(['observe'])}` };
  expect(await world.ask('/v1/users', { method: 'POST', json, headers })).toMatchObject({ status: 403 });
  expect(await world.ask('/v1/users', { method: 'POST', json })).toMatchObject({ status: 201 });
  expect(await world.ask('/v1/users', { method: 'POST', json })).toMatchObject({ status: 409, body: { id: 'user-exists' } });
  expect(await world.ask('/v1/users', { headers })).toMatchObject({ status: 200 });
  expect(await world.ask('/v1/users', { method: 'POST', json: { name: 'huck' } })).toMatchObject({
    status: 400,
    body: { id: 'missing-parameter', field: 'password' },
  });
});

test('a user says how it is, and others may say so only if they may control', async () => {
  const world = await serveNative();
  await world.ask('/v1/users', { method: 'POST', json: { name: 'tom', password: 'river', extension: '102' } });
  const json = { status: 'away', label: 'Lunch', note: 'Back soon', returnAt: '2026-11-21T13:00:00.000Z' };
  const own = { authorization: `Bearer ${world.keyFor(['control-own'], '102')}` };
  const other = { authorization: `Bearer ${world.keyFor(['control-own'], '103')}` };
  expect(await world.ask('/v1/users/tom/status', { method: 'PUT', json, headers: other })).toMatchObject({ status: 403 });
  expect(await world.ask('/v1/users/tom/status', { method: 'PUT', json, headers: own })).toMatchObject({
    status: 200,
    body: { status: json },
  });
  expect(await world.event(({ type }) => type === 'user.statusChanged')).toMatchObject({
    extension: '102',
    data: { user: 'tom', ...json },
  });
  expect(await world.ask('/v1/state')).toMatchObject({ body: { users: [{ name: 'tom', extension: '102', status: json }] } });
  expect(await world.ask('/v1/users/tom/status', { method: 'PUT', json: { status: 'Out To Lunch' } })).toMatchObject({
    status: 400,
    body: { field: 'status' },
  });
});

test('a phone that registers logs its user in, and shows in its logins', async () => {
  const world = await serveNative();
  await world.ask('/v1/users', { method: 'POST', json: { name: 'sam', password: 'stone', extension: '119' } });
  expect(await world.ask('/v1/users/sam')).toMatchObject({ body: { logins: [] } });
  world.sandbox.phones.register('119');
  const { data } = await world.event(({ type }) => type === 'user.loggedIn');
  expect(data).toMatchObject({ user: 'sam', login: { kind: 'phone' } });
  expect(await world.ask('/v1/users/sam')).toMatchObject({ body: { logins: [(data as { login: object }).login] } });
  expect(await world.ask('/v1/extensions/119')).toMatchObject({ body: { extension: { user: 'sam' } } });
});
