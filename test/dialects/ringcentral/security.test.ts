/** Every operation, asked by whom it is not for. */
import { describe, expect, test } from 'vitest';
import { endpoints } from '../../../src/dialects/ringcentral/endpoints.ts';
import { partyIdOf, telephonySessionIdOf } from '../../../src/dialects/ringcentral/ids.ts';
import { parseReply, type Reply } from '../world.ts';
import { serveRingCentral, type RingCentralWorld } from './serve-ringcentral.ts';

const rest = '/restapi/v1.0';

/** An address with these for its parameters; what is not named is `~`. */
const addressOf = (path: string, parameters: Readonly<Record<string, string>> = {}): string =>
  path.replaceAll(/:(\w+)/g, (_, name: string) => parameters[name] ?? '~');

const ask = async (world: RingCentralWorld, method: string, path: string, headers: Readonly<Record<string, string>>): Promise<Reply> =>
  parseReply(await fetch(`${world.url}${path}`, { method, headers }));

const all = endpoints.map(({ method, path }) => [method, path] as const);

test('no operation is served without a token, with one that has run out, was revoked or never was', async () => {
  const world = await serveRingCentral();
  const old = await world.token('101');
  world.clock.advance(3_601);
  const revoked = await world.token('101');
  await fetch(`${world.url}/restapi/oauth/revoke`, {
    method: 'POST',
    headers: { Authorization: `Basic ${Buffer.from('demo-client:demo-secret').toString('base64')}` },
    body: new URLSearchParams({ token: revoked }),
  });
  const served: unknown[] = [];
  for (const [method, path] of all) {
    for (const authorization of [undefined, `Bearer ${old}`, `Bearer ${revoked}`, 'Bearer made-up', 'Basic ZGVtbzpkZW1v', 'nonsense']) {
      const { status, body } = await ask(world, method, addressOf(path), authorization === undefined ? {} : { authorization });
      const { errorCode, message, errors } = body as {
        readonly errorCode: string;
        readonly message: string;
        readonly errors: readonly unknown[];
      };
      // What clients take as the sign to refresh.
      if (status !== 401 || message === '' || errors.length !== 1) served.push([method, path, authorization, status, errorCode]);
    }
  }
  expect(served).toEqual([]);
});

test('another account’s id is that of nothing', async () => {
  const world = await serveRingCentral();
  const headers = { authorization: `Bearer ${await world.token('101')}` };
  const wrong: unknown[] = [];
  for (const [method, path] of all.filter(([, path]) => path.includes(':accountId'))) {
    const { status, body } = await ask(world, method, addressOf(path, { accountId: '400144452009' }), headers);
    const { errorCode, parameterName } = body as { readonly errorCode: string; readonly parameterName: string };
    if (status !== 404 || errorCode !== 'CMN-102' || parameterName !== 'accountId')
      wrong.push([method, path, status, errorCode, parameterName]);
  }
  expect(wrong).toEqual([]);
});

test('an extension of another account, or of none, is nobody', async () => {
  const world = await serveRingCentral();
  const headers = { authorization: `Bearer ${await world.token('101')}` };
  const wrong: unknown[] = [];
  for (const [method, path] of all.filter(([, path]) => path.includes(':extensionId'))) {
    for (const extensionId of ['400244400101', '1', '-1', 'x', '%00', '9'.repeat(40)]) {
      const { status, body } = await ask(world, method, addressOf(path, { extensionId }), headers);
      const { errorCode } = body as { readonly errorCode: string };
      if (status !== 404 || errorCode !== 'CMN-102') wrong.push([method, path, extensionId, status, errorCode]);
    }
  }
  expect(wrong).toEqual([]);
});

describe('a call between 103 and 102', () => {
  const partyOperations = all.filter(([, path]) => path.includes(':partyId'));

  const ring = async (world: RingCentralWorld): Promise<Readonly<Record<string, string>>> => {
    world.sandbox.phones.call('103', '102');
    const { callId } = await world.leg('102', ({ state }) => state === 'ringing');
    return { telephonySessionId: telephonySessionIdOf(callId), partyId: partyIdOf(callId, 2), recordingId: 'rec_x' };
  };

  test('is commanded by nobody who only watches', async () => {
    const world = await serveRingCentral();
    const parameters = await ring(world);
    const headers = { authorization: `Bearer ${await world.token('105')}` };
    const wrong: unknown[] = [];
    for (const [method, path] of partyOperations) {
      const { status, body } = await ask(world, method, addressOf(path, parameters), headers);
      if (status !== 403) wrong.push([method, path, status, body]);
    }
    expect(wrong).toEqual([]);
    expect(await world.leg('102')).toMatchObject({ state: 'ringing' });
  });

  test('is commanded by no user who commands the own calls alone', async () => {
    const world = await serveRingCentral();
    const parameters = await ring(world);
    const headers = { authorization: `Bearer ${await world.token('104')}` };
    const wrong: unknown[] = [];
    // It may look: that is no command.
    for (const [method, path] of partyOperations.filter(([each]) => each !== 'GET')) {
      const { status, body } = await ask(world, method, addressOf(path, parameters), headers);
      const { errorCode } = body as { readonly errorCode: string };
      const expected = path.endsWith('/supervise') ? 'CMN-401' : 'CMN-404';
      if (status !== 403 || errorCode !== expected) wrong.push([method, path, status, errorCode]);
    }
    expect(wrong).toEqual([]);
    const session = addressOf(`${rest}/account/:accountId/telephony/sessions/:telephonySessionId`, parameters);
    expect(await ask(world, 'DELETE', session, headers)).toMatchObject({ status: 403, body: { errorCode: 'CMN-404' } });
    expect(await world.leg('102')).toMatchObject({ state: 'ringing' });
  });

  test('is not found under ids that are none', async () => {
    const world = await serveRingCentral();
    const parameters = await ring(world);
    const headers = { authorization: `Bearer ${await world.token('101')}` };
    const { telephonySessionId = '', partyId = '' } = parameters;
    const others = [
      { telephonySessionId: `s-${'0'.repeat(32)}` },
      { telephonySessionId: 's-' },
      { telephonySessionId: partyId },
      { telephonySessionId: `${telephonySessionId}0` },
      { partyId: partyId.replace(/2$/, '9') },
      { partyId: `p-${'0'.repeat(32)}-2` },
      { partyId: '..%2f..' },
    ];
    const wrong: unknown[] = [];
    for (const [method, path] of partyOperations) {
      for (const other of others) {
        const { status, body } = await ask(world, method, addressOf(path, { ...parameters, ...other }), headers);
        if (status !== 404) wrong.push([method, path, other, status, body]);
      }
    }
    expect(wrong).toEqual([]);
  });
});
