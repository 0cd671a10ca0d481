import { expect, test } from 'vitest';
import { parseReply } from '../world.ts';
import { serveRingCentral } from './serve-ringcentral.ts';

const account = '400144452008';
const tom = '400144455008';

test('an extension is read by its own ids, with the account’s id as the text that call-control clients compare', async () => {
  const { rest, url } = await serveRingCentral();
  const whole = {
    uri: `${url}/restapi/v1.0/account/${account}/extension/${tom}`,
    id: Number(tom),
    extensionNumber: '102',
    name: 'Tom Sawyer',
    type: 'User',
    status: 'Enabled',
    account: { id: account, uri: `${url}/restapi/v1.0/account/${account}` },
    contact: { firstName: 'Tom', lastName: 'Sawyer' },
    permissions: { admin: { enabled: true } },
  };
  expect(await rest('GET', '/account/~/extension/~', undefined, '102')).toMatchObject({ status: 200, body: whole });
  expect(await rest('GET', `/account/${account}/extension/${tom}/`, undefined, '102')).toMatchObject({ status: 200, body: whole });
  // Who is no administrator sees others too.
  const seen = await rest('GET', `/account/~/extension/${tom}`, undefined, '105');
  expect(seen).toMatchObject({ status: 200, body: { id: Number(tom), permissions: { admin: { enabled: false } } } });
});

test('the account has its main number and an operator', async () => {
  const { rest, url } = await serveRingCentral();
  expect(await rest('GET', '/account/~')).toMatchObject({
    status: 200,
    body: {
      uri: `${url}/restapi/v1.0/account/${account}`,
      id: Number(account),
      mainNumber: '+15550200000',
      status: 'Confirmed',
      operator: { extensionNumber: '101' },
    },
  });
});

test('lists come in pages', async () => {
  const { rest, url, engine } = await serveRingCentral();
  const count = engine.snapshot().extensions.length;
  const list = `${url}/restapi/v1.0/account/${account}/extension`;
  const totalPages = Math.ceil(count / 10);
  const second = await rest('GET', '/account/~/extension?page=2&perPage=10');
  expect(second).toMatchObject({
    status: 200,
    body: {
      uri: `${list}?page=2&perPage=10`,
      paging: { page: 2, totalPages, perPage: 10, totalElements: count, pageStart: 10, pageEnd: 19 },
      navigation: {
        firstPage: { uri: `${list}?page=1&perPage=10` },
        previousPage: { uri: `${list}?page=1&perPage=10` },
        nextPage: { uri: `${list}?page=3&perPage=10` },
        lastPage: { uri: `${list}?page=${totalPages}&perPage=10` },
      },
    },
  });
  expect((second.body as { readonly records: readonly unknown[] }).records).toHaveLength(10);
  const beyond = await rest('GET', '/account/~/extension?page=99');
  expect(beyond.body).toMatchObject({ records: [], paging: { page: 99, totalPages: 1 } });
  const presences = await rest('GET', '/account/~/presence?detailedTelephonyState=true&perPage=10&access_token=secret');
  const next = `${url}/restapi/v1.0/account/${account}/presence?page=2&perPage=10&detailedTelephonyState=true`;
  expect(presences.body).toMatchObject({ navigation: { nextPage: { uri: next } } });
  const one = await rest('GET', '/account/~/extension?extensionNumber=103');
  expect(one.body).toMatchObject({ records: [{ name: 'TheCat Jerry' }], paging: { totalElements: 1 } });
  for (const page of ['0', '-1', 'x', '1.5']) {
    expect(await rest('GET', `/account/~/extension?page=${page}`)).toMatchObject({
      status: 400,
      body: { errorCode: 'CMN-101', parameterName: 'page' },
    });
  }
});

test('every phone is a device, whose id stays while it comes and goes', async () => {
  const { rest, sandbox, clock, url, event } = await serveRingCentral();
  const devices = async (): Promise<readonly { readonly id: string; readonly status: string }[]> => {
    const { body } = await rest('GET', '/account/~/extension/~/device', undefined, '102');
    return (body as { readonly records: readonly { readonly id: string; readonly status: string }[] }).records;
  };
  const [device] = await devices();
  const id = device?.id ?? '';
  expect(device).toMatchObject({
    uri: `${url}/restapi/v1.0/account/${account}/device/${id}`,
    id: expect.stringMatching(/^\d+$/) as string,
    type: 'OtherPhone',
    name: 'SIP/102',
    status: 'Online',
    extension: { id: Number(tom), extensionNumber: '102' },
    phoneLines: [],
  });
  sandbox.phones.unregister('102');
  // It is told when it has stayed away for some seconds.
  expect(await devices()).toMatchObject([{ id, status: 'Online' }]);
  clock.advance(60);
  await event(({ type, extension }) => type === 'extension.unregistered' && extension === '102');
  expect(await devices()).toMatchObject([{ id, status: 'Offline' }]);
  expect(await rest('GET', `/account/~/device/${id}`)).toMatchObject({ status: 200, body: { id, status: 'Offline' } });
  expect(await rest('GET', '/account/~/device/1')).toMatchObject({ status: 404, body: { parameterName: 'deviceId' } });
  expect((await rest('GET', '/account/~/device?perPage=2')).body).toMatchObject({ records: [{}, {}] });
});

test('public numbers are the main one and those that reach an extension directly', async () => {
  const { rest } = await serveRingCentral();
  const main = { phoneNumber: '+15550200000', usageType: 'MainCompanyNumber' };
  const direct = { phoneNumber: '+15550200102', usageType: 'DirectNumber', extension: { extensionNumber: '102' } };
  const own = await rest('GET', '/account/~/extension/~/phone-number', undefined, '102');
  expect(own).toMatchObject({ status: 200, body: { records: [main, direct], paging: { totalElements: 2 } } });
  const all = await rest('GET', '/account/~/phone-number');
  expect(all.body).toMatchObject({ records: [main, { extension: { extensionNumber: '101' } }, direct, {}] });
});

test('what there is, is told without a token', async () => {
  const { url } = await serveRingCentral();
  const version = { uri: `${url}/restapi/v1.0`, uriString: 'v1.0', versionString: '1.0.46' };
  expect(await parseReply(await fetch(`${url}/restapi`))).toMatchObject({ status: 200, body: { apiVersions: [version] } });
  expect(await parseReply(await fetch(`${url}/restapi/v1.0`))).toMatchObject({ status: 200, body: version });
  expect(await parseReply(await fetch(`${url}/restapi/v1.0/client-info`))).toMatchObject({ status: 200, body: {} });
});

test('a softphone is told how to register at the PBX, by its own user alone, where the configuration says it', async () => {
  const sip = {
    transport: 'WSS',
    domain: 'pbx.example.com',
    outboundProxy: 'pbx.example.com:8089',
    accounts: { 104: { password: 'secret' } },
  } as const;
  const { rest } = await serveRingCentral({ sip });
  const provisioned = await rest('POST', '/client-info/sip-provision', { sipInfo: [{ transport: 'WSS' }] }, '104');
  const { outboundProxy, domain } = sip;
  expect(provisioned).toMatchObject({
    status: 200,
    body: {
      device: { extension: { extensionNumber: '104' } },
      sipInfo: [
        {
          transport: 'WSS',
          username: '104',
          password: 'secret',
          authorizationId: '104',
          domain,
          outboundProxy,
          outboundProxyBackup: outboundProxy,
        },
      ],
      sipFlags: { voipFeatureEnabled: true, outboundCallsEnabled: true },
    },
  });
  const { id } = (provisioned.body as { readonly device: { readonly id: string } }).device;
  const info = { domain, userName: '104', password: 'secret', authorizationId: '104', outboundProxies: [{ proxy: outboundProxy }] };
  expect(await rest('GET', `/account/~/device/${id}/sip-info`, undefined, '104')).toMatchObject({ status: 200, body: info });
  const others = (await rest('GET', '/account/~/extension/~/device', undefined, '102')).body as {
    readonly records: readonly { readonly id: string }[];
  };
  const refused = { status: 403, body: { errorCode: 'CMN-404' } };
  expect(await rest('GET', `/account/~/device/${others.records[0]?.id}/sip-info`, undefined, '104')).toMatchObject(refused);
  expect(await rest('GET', `/account/~/device/${id}/sip-info`, undefined, '105')).toMatchObject({
    status: 403,
    body: { errorCode: 'CMN-401' },
  });
  expect(await rest('POST', '/client-info/sip-provision', {}, '102')).toMatchObject({ status: 403, body: { errorCode: 'CMN-109' } });
});
