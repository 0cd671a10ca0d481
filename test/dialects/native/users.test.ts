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
  expect(await world.ask(`/v1/users/${id}`)).toMatchObject({ status: 200, body: made.body as object });
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
