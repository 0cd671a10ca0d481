import { describe, expect, test } from 'vitest';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import type { Output } from '../../src/cli/output.ts';
import { printRows } from '../../src/cli/output.ts';
import type { LocalActions } from '../../src/cli/options.ts';
import { runProgram } from '../../src/cli/program.ts';

const record = (interactive: boolean): Output & { readonly lines: string[]; readonly notes: string[] } => {
  const lines: string[] = [];
  const notes: string[] = [];
  return { interactive, lines, notes, line: (text) => lines.push(text), note: (text) => notes.push(text) };
};

const none = (): never => {
  throw new Error('not asked for');
};
const actions: LocalActions = {
  demo: none,
  serve: none,
  doctor: none,
  checkConfig: none,
  newEpoch: none,
  replay: none,
  init: none,
  capture: none,
};

const run = async (
  args: readonly string[],
  given: Partial<LocalActions> = {},
): Promise<{ code: number; output: ReturnType<typeof record> }> => {
  const output = record(false);
  const environment = { SWITCHHOOK_URL: 'http://127.0.0.1:1' };
  const signal = new AbortController().signal;
  const code = await runProgram(args, { version: '0.0.0', environment, output, signal, actions: { ...actions, ...given } });
  return { code, output };
};

describe('the command line', () => {
  test('says on standard error what is wrong with it, and exits with 2', async () => {
    const { code, output } = await run(['demmo']);
    expect(code).toBe(exitCodes.usage);
    expect(output.notes.join('\n')).toContain("unknown command 'demmo'");
  });

  test('refuses a port that is none', async () => {
    const { code, output } = await run(['demo', '--port', '65536']);
    expect(code).toBe(exitCodes.usage);
    expect(output.notes.join('\n')).toContain('65536 is not a port');
  });

  test('shows its help without failing', async () => {
    const { code, output } = await run(['--help']);
    expect(code).toBe(exitCodes.ok);
    expect(output.lines.join('\n')).toContain('replay');
  });

  test('hands the demo its options', async () => {
    const { code } = await run(['demo', '--port', '9090', '--quiet'], {
      demo: (options) => {
        expect(options).toMatchObject({ port: 9090, quiet: true, seed: 1 });
        return Promise.resolve(exitCodes.ok);
      },
    });
    expect(code).toBe(exitCodes.ok);
  });

  test('refuses a port that is no number', async () => {
    const { code, output } = await run(['demo', '--port', 'http']);
    expect(code).toBe(exitCodes.usage);
    expect(output.notes.join()).toContain('http is not a whole number');
  });

  test('exits with 3 where no server answers, and says which it asked', async () => {
    const { code, output } = await run(['calls']);
    expect(code).toBe(exitCodes.unreachable);
    expect(output.notes.join()).toContain('http://127.0.0.1:1');
  });
});

describe('rows', () => {
  const columns = [
    { title: 'KEY', value: (row: { id: string; name: string }) => row.id },
    { title: 'NAME', value: (row: { id: string; name: string }) => row.name },
  ];
  const rows = [
    { id: 'key_1', name: 'crm' },
    { id: 'key_22', name: 'wall' },
  ];

  test('are a table on a terminal', () => {
    const output = record(true);
    printRows(output, rows, columns, 'none');
    expect(output.lines).toEqual(['KEY     NAME', 'key_1   crm', 'key_22  wall']);
  });

  test('are JSON lines for a program', () => {
    const output = record(false);
    printRows(output, rows, columns, 'none');
    expect(output.lines).toEqual(['{"id":"key_1","name":"crm"}', '{"id":"key_22","name":"wall"}']);
  });

  test('say on a terminal that there are none', () => {
    const output = record(true);
    printRows(output, [], columns, 'Nobody is on the phone.');
    expect(output.lines).toEqual(['Nobody is on the phone.']);
  });
});
