/** Whatever is asked, in whatever shape: an answer in the vendor's words, never a failure of ours. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { endpoints } from '../../../src/dialects/ringcentral/endpoints.ts';
import { partyIdOf, telephonySessionIdOf } from '../../../src/dialects/ringcentral/ids.ts';
import { serveRingCentral } from './serve-ringcentral.ts';

/** Members that bodies have, so that what is made up comes near to what is read. */
const names = [
  'deviceId',
  'extensionId',
  'extensionNumber',
  'phoneNumber',
  'voicemail',
  'parkOrbit',
  'telephonySessionId',
  'partyId',
  'sessionId',
  'callFlipId',
  'muted',
  'party',
  'active',
  'mode',
  'supervisorDeviceId',
  'from',
  'to',
  'userStatus',
  'message',
  'eventFilters',
  'deliveryMode',
  'transportType',
  'address',
  'expiresIn',
];

const values = fc.oneof(
  fc.constantFrom(
    '102',
    101,
    '*806',
    '+15550100001',
    '400144455008',
    '~',
    'Listen',
    'Busy',
    'WebHook',
    'http://127.0.0.1:1/',
    '',
    null,
    true,
    -1,
    1e300,
  ),
  fc.string(),
  fc.constantFrom('\r\nAction: Originate', '1,2|3&4', '${HANGUPCAUSE}', '../..', '\u0000', 'x'.repeat(5_000), '{', '😀'),
);
const bodies = fc.oneof(
  fc
    .dictionary(
      fc.constantFrom(...names),
      fc.oneof(values, fc.dictionary(fc.constantFrom(...names), values), fc.array(values, { maxLength: 3 })),
      {
        maxKeys: 5,
      },
    )
    .map((body) => JSON.stringify(body)),
  fc.jsonValue().map((body) => JSON.stringify(body)),
  fc.string(),
);

/** Whether it says what is wrong where clients look for it. */
const isFault = (body: unknown): boolean => {
  const { errorCode, message, errors } = body as {
    readonly errorCode?: string;
    readonly message?: string;
    readonly errors?: readonly object[];
  };
  return /^(CMN|SUB|TAS)-\d{3}$/.test(errorCode ?? '') && (message ?? '') !== '' && errors?.length === 1;
};

test('no body, path or query makes an operation fail', async () => {
  const world = await serveRingCentral();
  const authorization = `Bearer ${await world.token('101')}`;
  world.sandbox.phones.call('103', '102');
  const { callId } = await world.leg('102', ({ state }) => state === 'ringing');
  const ids = fc.constantFrom(
    telephonySessionIdOf(callId),
    partyIdOf(callId, 1),
    partyIdOf(callId, 2),
    's-',
    'p--1',
    '400144455008',
    '~',
    'x'.repeat(200),
    '%2e%2e',
  );
  const request = fc.record({
    endpoint: fc.constantFrom(...endpoints),
    body: bodies,
    ids: fc.array(ids, { minLength: 4, maxLength: 4 }),
    query: fc.oneof(
      fc.constant(''),
      fc.constantFrom('page=0', 'perPage=1e9', 'page=99999999999', 'detailedTelephonyState=%ff', 'sipData&sipData=true'),
      fc.webQueryParameters(),
    ),
  });
  await fc.assert(
    fc.asyncProperty(request, async ({ endpoint, body, ids: [account = '', ...others], query }) => {
      let at = 0;
      const path = endpoint.path.replaceAll(/:(\w+)/g, (_, name: string) =>
        name === 'accountId' && account !== 's-' ? '~' : (others[(at += 1) - 1] ?? '~'),
      );
      const reply = await fetch(`${world.url}${path}?${query}`, {
        method: endpoint.method,
        headers: { authorization, 'content-type': 'application/json' },
        ...(endpoint.method === 'GET' ? {} : { body }),
      });
      const text = await reply.text();
      expect([200, 201, 204, 400, 403, 404, 409, 501]).toContain(reply.status);
      expect(reply.status < 400 || isFault(JSON.parse(text))).toBe(true);
    }),
    { numRuns: 120 },
  );
});
