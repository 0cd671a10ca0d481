import type { Endpoint } from './endpoint.ts';
import { accountEndpoints } from './endpoints/account.ts';
import { deviceEndpoints } from './endpoints/devices.ts';

/** Everything but `/restapi/oauth`: served over HTTP and over the WebSocket alike. */
export const endpoints: readonly Endpoint[] = [...accountEndpoints, ...deviceEndpoints];
