import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { ScenarioFile } from '../pbx/sandbox/index.ts';

const folder = new URL('../../examples/scenarios/', import.meta.url);

/** The scenarios that come with the program, for the sandbox's page. */
export const exampleScenarios = (): readonly ScenarioFile[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => file.endsWith('.yaml'))
        .toSorted()
        .map((file) => ({ file, text: readFileSync(new URL(file, folder), 'utf8') }))
    : [];
