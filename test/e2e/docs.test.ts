import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freeTcpPort } from '../real/ports.ts';
import { paste, runSwitchhook } from './process.ts';

const root = new URL('../../', import.meta.url);
const pagePaths = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(new URL('docs/', root)).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
];

interface Block {
  readonly path: string;
  readonly language: string;
  readonly text: string;
}

const blocks: readonly Block[] = pagePaths.flatMap((path) =>
  [...readFileSync(new URL(path, root), 'utf8').matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({
    path,
    language,
    text,
  })),
);
const shellBlocks = blocks.filter(({ language }) => language === 'sh');

/** Lines that this test does not run, each with who runs them or why nobody can. */
const runElsewhere: Readonly<Record<string, string>> = {
  'npm ci && npm start': 'the demo is what the other lines are run against; a clean checkout is CI’s',
  'npm ci && npm test': 'this is that',
  'npm ci ': 'installs; the scripts are CI’s steps',
  'npm run -s switchhook -- doctor': 'needs an Asterisk: test/real/asterisk',
  'npm run -s asterisk': 'needs an Asterisk: test/real/asterisk',
  'npm start\n': 'the demo, as here',
  '# npm start, in another terminal\nnpx': 'listens until Ctrl-C: test/e2e/demo.test.ts runs the same line of the demo',
  'source <(switchhook completion': 'changes a shell: test/cli has the completions',
  'npm start -- --quiet': 'runs until Ctrl-C: test/e2e/webhooks.test.ts has `listen`',
};
const isRunElsewhere = ({ text }: Block): boolean => Object.keys(runElsewhere).some((begin) => text.startsWith(begin));

const startDemo = async (): Promise<string> => {
  const demo = runSwitchhook(['demo', '--port', '0', '--quiet']);
  const [, url = ''] = await demo.prints(/on (http:\S+)/);
  await demo.prints(/Metrics: /);
  return url;
};

/** The demo is elsewhere here, and an HTTP error is a failure. */
const asPasted = ({ text }: Block, url: string): string =>
  `set -e\ncurl() { command curl --fail-with-body -sS "$@"; }\n${text
    .replaceAll(/http:\/\/(?:127\.0\.0\.1|localhost):(?:8080|58080)/g, url)
    .replaceAll(/localhost:58080/g, new URL(url).host)}`;

describe('the lines of shell in the pages', () => {
  test('are all run, or said why not', () => {
    const named = Object.keys(runElsewhere).filter((begin) => !shellBlocks.some(({ text }) => text.startsWith(begin)));
    expect(named, 'no page has these any more').toEqual([]);
    expect(shellBlocks.length).toBeGreaterThan(10);
  });

  test('work as they are printed', async () => {
    const url = await startDemo();
    for (const block of shellBlocks.filter((each) => !isRunElsewhere(each))) {
      const { code, output, errors } = await paste(asPasted(block, url)).ended;
      expect
        .soft({ code, errors: errors === '' ? '' : `${errors}${output}` }, `${block.path}: ${block.text}`)
        .toEqual({ code: 0, errors: '' });
    }
  });
});

/** Runs a program of the page in a folder of its own; what it prints, so far. */
const runRecipe = (name: string, environment: Readonly<Record<string, string>>): (() => string) => {
  const text = blocks.find((block) => block.language === 'js' && block.text.startsWith(`// ${name}\n`))?.text;
  if (text === undefined) throw new Error(`docs/recipes.md has no ${name}.`);
  const folder = mkdtempSync(join(tmpdir(), 'switchhook-recipe-'));
  writeFileSync(join(folder, name), text);
  const child = spawn(process.execPath, [name], { cwd: folder, env: { ...process.env, ...environment } });
  onTestFinished(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (more: string) => (output += more));
  return () => output;
};

test('the recipes do what they say', async () => {
  const url = await startDemo();
  const post = async (path: string, body: unknown = {}): Promise<void> => {
    const headers = { authorization: 'Bearer demo-key', 'content-type': 'application/json' };
    const answer = await fetch(`${url}/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(answer.ok, `${path}: ${answer.status}`).toBe(true);
  };
  const environment = { SWITCHHOOK_URL: url };
  const port = await freeTcpPort();
  const tickets = runRecipe('tickets.mjs', { PORT: String(port) });
  await post('webhooks', { url: `http://127.0.0.1:${port}/`, types: ['call.ended'] });
  const wallboard = runRecipe('wallboard.mjs', environment);
  await expect.poll(wallboard).toContain("'600': 0");
  await post('sandbox/calls', { from: '+15550100009', to: '600' });
  await expect.poll(wallboard).toContain("'600': 1");
  const log = runRecipe('call-log.mjs', environment);
  const pop = runRecipe('screen-pop.mjs', environment);
  // It begins with what happens once it listens: somebody calls until it has heard of one.
  const callIn = async (): Promise<string> => {
    await post('sandbox/calls', { from: '+15550100001', to: '101' });
    await post('sandbox/phones/101/reject');
    return pop();
  };
  await expect.poll(callIn).toContain('phone=%2B15550100001');
  await expect.poll(log).toContain(',+15550100001,101,rejected,0\n');
  await post('sandbox/calls', { from: '+15550100002', to: '102' });
  await post('sandbox/outside/+15550100002/hangup');
  await expect.poll(tickets).toContain('ticket: call +15550100002 back, cancelled');
});
