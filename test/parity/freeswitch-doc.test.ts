import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { commandNames } from '../../src/model/command.ts';
import { renderStanza } from '../../src/pbx/freeswitch/diagnose.ts';

const page = readFileSync(new URL('../../docs/freeswitch.md', import.meta.url), 'utf8');

test('docs/freeswitch.md shows the event socket as doctor and init give it', () => {
  expect(page).toContain(`\`\`\`xml\n${renderStanza()}\n\`\`\``);
});

test('docs/freeswitch.md says of each command what is asked of FreeSWITCH', () => {
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .flatMap((line) => (line.split('|')[1] ?? '').trim().split(', '));
  const untold = commandNames.filter((name) => !rows.includes(name) && name !== 'unmute' && name !== 'agentUnpause');
  expect(untold).toEqual([]);
});
