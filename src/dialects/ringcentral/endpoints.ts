import type { Endpoint } from './endpoint.ts';

/** Everything but `/restapi/oauth`: served over HTTP and over the WebSocket alike. */
export const endpoints: readonly Endpoint[] = [];
