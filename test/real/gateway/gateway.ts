/** The gateway as its operator runs it: `switchhook serve`, a process of its own, with a data folder that survives it. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { CommandRecord } from '../../../src/control/control.ts';
import { nodeFlags } from '../../node-flags.ts';
import { TiedProcess } from '../lifeline.ts';
import { Changes } from '../phone/waiting.ts';
import { freeTcpPort } from '../ports.ts';
import { EventTail } from './event-tail.ts';

const run = promisify(execFile);
const main = resolve(import.meta.dirname, '../../../src/main.ts');

/** What the configuration says of one PBX, and of the tenant's dialects. */
export interface GatewaySettings {
  readonly pbx: Readonly<Record<string, unknown>>;
  readonly dialects?: Readonly<Record<string, unknown>>;
  /** Where its calls are parked. */
  readonly parking?: Readonly<Record<string, unknown>>;
  readonly users?: Readonly<Record<string, unknown>>;
  /** OAuth 2.0 clients. */
  readonly clients?: Readonly<Record<string, unknown>>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export class Gateway {
  readonly url: string;
  readonly #folder: string;
  readonly #tails: EventTail[] = [];
  #process: TiedProcess | undefined;
  #said = '';
  #key = '';

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Writes its configuration, and starts nothing yet. */
  static async prepare(settings: GatewaySettings): Promise<Gateway> {
    const folder = await mkdtemp(join(tmpdir(), 'gateway-'));
    const port = await freeTcpPort();
    const gateway = new Gateway(folder, port);
    const tenant = {
      pbxs: { office: settings.pbx },
      dialects: settings.dialects ?? {},
      parking: settings.parking,
      clients: settings.clients,
      users: settings.users,
    };
    // JSON is YAML.
    await writeFile(
      gateway.config,
      // The programs that are delivered to run on this machine.
      JSON.stringify({
        data: join(folder, 'data'),
        logLevel: 'warn',
        http: { port },
        webhooks: { allow: ['127.0.0.1/32'] },
        tenants: { main: tenant },
      }),
    );
    return gateway;
  }

  static async start(settings: GatewaySettings): Promise<Gateway> {
    const gateway = await Gateway.prepare(settings);
    try {
      await gateway.boot();
    } catch (error) {
      await gateway.close();
      throw error;
    }
    return gateway;
  }

  /** Its configuration file. */
  get config(): string {
    return join(this.#folder, 'switchhook.yaml');
  }

  /** The key of the tenant's first administrator. */
  get key(): string {
    return this.#key;
  }

  /** Starts it (again, after `kill` or `stop`), at the same address and with the same data. */
  async boot(): Promise<void> {
    const tied = new TiedProcess([process.execPath, ...nodeFlags, main, 'serve', '--config', this.config], this.#folder, 'pipe');
    this.#process = tied;
    const changes = new Changes();
    let said = '';
    for (const stream of [tied.child.stdout, tied.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        this.#said += chunk.toString();
        changes.notify();
      });
    }
    tied.child.once('exit', () => changes.notify());
    const isReady = (): true | undefined => {
      if (!tied.isRunning) throw new Error(`the gateway ended: ${said}`);
      return said.includes(this.url) ? true : undefined;
    };
    await changes.until(isReady, 'the gateway to serve', () => said);
    this.#key = /shown this once: (\S+)/.exec(said)?.[1] ?? this.#key;
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.#process?.signal('KILL');
    await this.#process?.ended();
  }

  /** An orderly end; resolves with the exit code. */
  async stop(): Promise<number | null> {
    this.#process?.signal('TERM');
    await this.#process?.ended();
    return this.#process?.child.exitCode ?? null;
  }

  async get(path: string, signal?: AbortSignal): Promise<HttpAnswer> {
    return this.#ask(path, signal === undefined ? {} : { signal });
  }

  async post(path: string, body: unknown = {}, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> {
    return this.#ask(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } });
  }

  /** Gives a command and waits for what became of it; resolves with its record. */
  async command(path: string, body: unknown = {}): Promise<CommandRecord> {
    const { status, body: said } = await this.post(path, body, { prefer: 'wait=20' });
    if (status === 200) return said as CommandRecord;
    // A command that failed is answered with its problem; the record is kept all the same.
    const { command } = said as { readonly command?: string };
    if (command === undefined) throw new Error(`${path}: ${status} ${JSON.stringify(said)}`);
    return (await this.get(`/v1/commands/${command}`)).body as CommandRecord;
  }

  /** Asks the Noojee dialect. */
  async noojee(method: string, parameters: Readonly<Record<string, string | number>>): Promise<Readonly<Record<string, unknown>>> {
    const query = new URLSearchParams({ apiKey: this.#key });
    for (const [name, value] of Object.entries(parameters)) query.set(name, String(value));
    const { body } = await this.#ask(`/servicemanager/rest/CallManagementAPI/${method}?${query}`, { method: 'POST' });
    return body as Readonly<Record<string, unknown>>;
  }

  /** Follows the log over restarts: from `after` on, a cursor or `oldest`. */
  tail(after: string): EventTail {
    const get = async (path: string, signal: AbortSignal): Promise<unknown> => {
      const answer = await this.get(path, signal);
      if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
      return answer.body;
    };
    const tail = new EventTail(get, after);
    this.#tails.push(tail);
    return tail;
  }

  /** Runs another command of the command line with its configuration: `doctor`. */
  async cli(command: string): Promise<{ readonly code: number; readonly output: string }> {
    const words = [main, command, '--config', this.config];
    return run(process.execPath, words, { timeout: 60_000 }).then(
      ({ stdout }) => ({ code: 0, output: stdout }),
      (error: { code?: number; stdout?: string }) => ({ code: error.code ?? -1, output: error.stdout ?? '' }),
    );
  }

  /** What it wrote of itself. */
  get said(): string {
    return this.#said;
  }

  async close(): Promise<void> {
    for (const tail of this.#tails) await tail.close();
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #ask(path: string, init: RequestInit): Promise<HttpAnswer> {
    const headers = { authorization: `Bearer ${this.#key}`, ...(init.headers as Readonly<Record<string, string>> | undefined) };
    const response = await fetch(`${this.url}${path}`, { ...init, headers });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
  }
}
