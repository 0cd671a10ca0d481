import type { Endpoint } from './endpoint.ts';
import { accountEndpoints } from './endpoints/account.ts';
import { conferenceEndpoints } from './endpoints/conferences.ts';
import { deviceEndpoints } from './endpoints/devices.ts';
import { partyEndpoints } from './endpoints/parties.ts';
import { presenceEndpoints } from './endpoints/presence.ts';
import { sessionEndpoints } from './endpoints/sessions.ts';
import { subscriptionEndpoints } from './endpoints/subscriptions.ts';
import { sipEndpoints } from './endpoints/sip.ts';
import { superviseEndpoints } from './endpoints/supervise.ts';

/** Everything but `/restapi/oauth`: served over HTTP and over the WebSocket alike. */
export const endpoints: readonly Endpoint[] = [
  ...subscriptionEndpoints,
  ...accountEndpoints,
  ...deviceEndpoints,
  ...presenceEndpoints,
  ...sessionEndpoints,
  ...conferenceEndpoints,
  ...partyEndpoints,
  ...superviseEndpoints,
  ...sipEndpoints,
];
