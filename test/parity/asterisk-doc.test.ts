import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderStanza } from '../../src/pbx/asterisk/diagnose.ts';

const page = readFileSync(new URL('../../docs/asterisk.md', import.meta.url), 'utf8');

test('docs/asterisk.md shows the account as doctor gives it', () => {
  expect(page).toContain(`\`\`\`ini\n${renderStanza({ username: 'switchhook' })}\n\`\`\``);
});

test('docs/asterisk.md says of each permission what goes without it', () => {
  for (const [, access = '', classes = ''] of page.matchAll(/^(read|write) = (.*)$/gm)) {
    for (const name of classes.split(',')) expect(page).toContain(`| ${access} \`${name}\``);
  }
});
