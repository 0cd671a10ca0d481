import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { LocalActions } from '../../src/cli/options.ts';
import { runProgram } from '../../src/cli/program.ts';

const printed = async (...args: readonly string[]): Promise<string> => {
  const lines: string[] = [];
  const output = { interactive: false, line: (text: string) => lines.push(text), note: (text: string) => lines.push(text) };
  const signal = new AbortController().signal;
  await runProgram(args, { version: '0', environment: {}, output, signal, actions: {} as LocalActions });
  return lines.join('\n');
};

/** What bash offers when Tab is pressed after these words. */
const offered = (script: string, ...words: readonly string[]): readonly string[] =>
  execFileSync('bash', [
    '--norc',
    '-c',
    `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _switchhook; printf '%s\\n' "\${COMPREPLY[@]}"`,
    '-',
    ...words,
  ])
    .toString()
    .trim()
    .split('\n');

test('bash completes commands, their own commands, and options', async () => {
  const script = await printed('completion', 'bash');
  expect(offered(script, 'switchhook', 'tr')).toEqual(['transfer']);
  expect(offered(script, 'switchhook', 'record', '')).toEqual(['start', 'pause', 'resume', 'stop', 'save']);
  expect(offered(script, 'switchhook', 'agent', 'pause', '600', '104', '--')).toEqual(['--wait', '--reason']);
});

test.each([
  ['zsh', '#compdef switchhook', "' record') choices='start pause resume stop save'"],
  ['fish', "-a transfer -d 'send a leg\\'s peer on to a number'", "'__fish_seen_subcommand_from record' -a start"],
])('%s gets a script of its own', async (shell, ...parts) => {
  const script = await printed('completion', shell);
  for (const part of parts) expect(script).toContain(part);
  // zsh ties `path` to PATH: a function that used it would find no program any more.
  expect(script).not.toMatch(/\bpath=/);
});

test('a shell that nobody knows is refused', async () => {
  expect(await printed('completion', 'tcsh')).toContain('Allowed choices are bash, zsh, fish');
});

test('the page of the command line names every command', async () => {
  const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');
  const names = [...(await printed('--help')).matchAll(/^ {2}([a-z-]+)(?: |$)/gm)]
    .map((match) => match[1])
    .filter((name) => name !== 'help');
  expect(names.length).toBeGreaterThan(30);
  for (const name of names) expect(page).toMatch(new RegExp(`\`${name}[ \`]`));
});
