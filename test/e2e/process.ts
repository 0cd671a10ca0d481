import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';

const root = new URL('../../', import.meta.url);

export interface Running {
  /** Everything printed so far on standard output. */
  output(): string;
  errors(): string;
  /** Resolves with the first match in what is printed, past or to come. */
  prints(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
  readonly exited: Promise<number | null>;
}

/** The program as a user runs it out of a checkout, ended with the test. */
export const runSwitchhook = (args: readonly string[], environment: Readonly<Record<string, string>> = {}): Running => {
  // A demo that is killed leaves its data behind: where this test tidies up.
  const env = { ...process.env, TMPDIR: temporaryFolder(), ...environment };
  const child = spawn(process.execPath, ['src/main.ts', ...args], { cwd: root, env });
  let output = '';
  let errors = '';
  const looking = new Set<() => void>();
  const look = (): void => {
    for (const each of looking) each();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  return {
    output: () => output,
    errors: () => errors,
    prints: (pattern) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const match = pattern.exec(output);
          if (match === null) return;
          looking.delete(check);
          resolve(match);
        };
        looking.add(check);
        check();
        void exited.then((code) => reject(new Error(`It exited with ${code} before it printed ${pattern}: ${output}${errors}`)));
      }),
    kill: (signal) => void child.kill(signal),
    exited,
  };
};

export interface Pasted {
  output(): string;
  /** As Ctrl-C. */
  interrupt(): void;
  readonly ended: Promise<{ readonly output: string; readonly errors: string; readonly code: number | null }>;
}

/** Runs a line of shell in the checkout, as somebody who pastes it. */
export const paste = (line: string): Pasted => {
  const child = spawn('sh', ['-c', line], { cwd: root, detached: true });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const signal = (name: NodeJS.Signals): void => {
    // The whole group: the shell, and what it runs. It may have ended by itself.
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, name);
  };
  onTestFinished(() => signal('SIGKILL'));
  return {
    output: () => output,
    interrupt: () => signal('SIGINT'),
    ended: once(child, 'close').then(([code]) => ({ output, errors, code: code as number | null })),
  };
};
