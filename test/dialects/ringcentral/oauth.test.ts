import { expect, test } from 'vitest';
import { serveRingCentral } from './serve-ringcentral.ts';

const jwt = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

test('an app logs in with an assertion and is told for whom', async () => {
  const { grant } = await serveRingCentral();
  const { status, headers, body } = await grant({ grant_type: jwt, assertion: 'demo-jwt-102', endpoint_id: 'my-endpoint' });
  expect(status).toBe(200);
  expect(headers.get('rcrequestid')).not.toBe('');
  expect(body).toEqual({
    access_token: expect.stringMatching(/^[\w.-]{10,}$/) as string,
    token_type: 'bearer',
    expires_in: 3600,
    refresh_token: expect.stringMatching(/^[\w.-]{10,}$/) as string,
    refresh_token_expires_in: 604_800,
    scope: 'ReadAccounts ReadPresence EditPresence CallControl SubscriptionWebhook WebSocketsSubscription CallMonitoring CallRecording',
    owner_id: '400144455008',
    endpoint_id: 'my-endpoint',
    session_id: expect.any(String) as string,
  });
});

test.each([
  ['101', '', 400_144_400_101],
  ['mikey', '', 400_144_400_110],
  ['+15550200102', '', 400_144_455_008],
  ['15550200102', '', 400_144_455_008],
  ['+15550200000*103', '', 400_144_457_008],
  ['+15550200000', '103', 400_144_457_008],
])('the user %s with extension %j logs in by its password', async (username, extension, id) => {
  const { grant } = await serveRingCentral();
  const { body } = await grant({ grant_type: 'password', username, password: 'demo', ...(extension === '' ? {} : { extension }) });
  expect(body).toMatchObject({ owner_id: String(id) });
});
