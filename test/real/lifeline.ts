/** Processes that cannot outlive the test that started them. */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';

/**
 * Runs a program until it ends by itself, by a signal (each line on stdin names one), or because whoever held the other end of
 * stdin is gone, be it by kill -9: then it is killed, and its folder removed, for nobody else is left to do it.
 */
const script = `exec 3<&0
folder=$0
"$@" </dev/null & program=$!
(
  while read -r signal <&3; do kill -"$signal" $program; done
  trap '' TERM
  kill -9 $program
  rm -rf "$folder"
) 2>/dev/null & guard=$!
wait $program; code=$?
kill $guard 2>/dev/null
exit $code`;

const endMs = 40_000;

export class TiedProcess {
  readonly child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(command: readonly string[], folder: string, output: StdioOptions, environment: NodeJS.ProcessEnv = process.env) {
    // A process group of its own: a Ctrl-C in the terminal is for the tests, which end and so let go.
    this.child = spawn('/bin/sh', ['-c', script, folder, ...command], { detached: true, stdio: output, env: environment });
    this.child.stdin?.on('error', () => undefined); // The program may be gone before it is let go of.
    this.#ended = once(this.child, 'exit');
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Resolves when it has ended. */
  async ended(): Promise<void> {
    const timer = new Promise<never>((_, reject) => {
      const late = (): void => reject(new Error(`process ${this.child.pid ?? 0} does not end`));
      AbortSignal.timeout(endMs).addEventListener('abort', late);
    });
    await Promise.race([this.#ended, timer]);
  }

  /** Sends it a signal, if it still runs. */
  signal(name: 'KILL' | 'TERM' | 'STOP' | 'CONT'): void {
    if (this.isRunning) this.child.stdin?.write(`${name}\n`);
  }
}
