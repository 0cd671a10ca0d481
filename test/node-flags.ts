import { readFileSync } from 'node:fs';

const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

/** The flags before `src/main.ts` in a line that starts it. */
export const flagsIn = (line: string | undefined): readonly string[] => line?.match(/--[\w-]+=\S+/g) ?? [];

/** What `npm run switchhook` starts node with; for who starts a gateway as its operator does. */
export const nodeFlags = flagsIn(scripts['switchhook']);

export const startScript = scripts['start'];
