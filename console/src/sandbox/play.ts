import { ask } from '../api.ts';
import { attempt } from '../parts/notices.tsx';

/** Somebody outside, who may call. */
export const outside = '+15550100001';

/** Does something at a phone of the sandbox; says what went wrong. Resolves to whether it was done. */
export const play = (path: string, body: unknown = {}, done?: string): Promise<boolean> =>
  attempt(() => ask('POST', `/v1/sandbox/${path}`, body), done);
