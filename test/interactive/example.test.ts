import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { parseResponse } from '../../src/interactive/response-xml.ts';

test('the example leads a customer that it knows to 102, and anybody else to 103', async () => {
  const child = spawn(process.execPath, ['examples/interactive.mjs'], { env: { ...process.env, PORT: '0' } });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [said] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  const url = /http:\S+/.exec(said)?.[0] ?? '';
  const ringsFor = async (caller: string): Promise<unknown> => {
    const reply = await fetch(`${url}/?CallerIDNum=${encodeURIComponent(caller)}`);
    const script = parseResponse(await reply.text());
    return 'steps' in script ? script.steps.flatMap((step) => (step.do === 'ring' ? [step.extension] : [])) : script;
  };
  expect(await ringsFor('+15550100001')).toEqual(['102']);
  expect(await ringsFor('+15550100002"<&')).toEqual(['103']);
});
