import { readFileSync } from 'node:fs';

/** This package's own, as it says of itself. */
export const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
