/** Starts a real Asterisk on ports and in a folder of its own, as many side by side as are wanted, and stops it for sure. */
import { execFile } from 'node:child_process';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { treeCommand, type AsteriskTree } from './fetch.ts';
import { writeRunFolder } from './run-folder.ts';
import { TiedProcess } from '../lifeline.ts';
import type { OfficePbx } from '../office.ts';
import { freeTcpPort, freeUdpPorts } from '../ports.ts';

const run = promisify(execFile);

/** The AMI accounts of the test PBX, as conf/manager.conf has them. */
export const amiAccounts = {
  /** The rights that are recommended to an owner. */
  recommended: { username: 'switchhook', secret: 'switchhook-secret' },
  /** Sees calls and may hang up, nothing more. */
  limited: { username: 'limited', secret: 'limited-secret' },
  /** For tests that look at the PBX past the gateway. */
  witness: { username: 'witness', secret: 'witness-secret' },
} as const;

export interface PbxOptions {
  /** `timestampevents` of manager.conf; on unless told otherwise. */
  readonly timestampEvents?: boolean;
}

const bootMs = 90_000;

/** One running Asterisk. */
export class Pbx implements OfficePbx {
  readonly sipPort: number;
  readonly amiPort: number;
  /** Where the provider of the trunk is expected. */
  readonly providerPort: number;
  /** What it said at its start: `Asterisk 22.10.1...`. */
  readonly banner: string;
  /** Its configuration, spool and logs; gone after `close`. */
  readonly folder: string;
  readonly #command: readonly string[];
  #process: TiedProcess | undefined;

  private constructor(folder: string, command: readonly string[], banner: string, ports: Ports) {
    this.folder = folder;
    this.#command = command;
    this.banner = banner;
    this.sipPort = ports.sip;
    this.amiPort = ports.ami;
    this.providerPort = ports.provider;
  }

  static async start(tree: AsteriskTree, options: PbxOptions = {}): Promise<Pbx> {
    // The folder is short on purpose: the control socket lies in it, and its path may have 107 characters.
    const folder = await mkdtemp(join(tmpdir(), 'pbx-'));
    const ports = await freePorts();
    await writeRunFolder(folder, {
      tree: tree.root,
      sipPort: ports.sip,
      amiPort: ports.ami,
      providerPort: ports.provider,
      rtpFirst: ports.rtp,
      timestampEvents: options.timestampEvents ?? true,
    });
    const asterisk = await treeCommand(tree.root, 'usr/sbin/asterisk');
    const pbx = new Pbx(folder, [...asterisk, '-C', join(folder, 'etc/asterisk.conf')], tree.banner, ports);
    try {
      await pbx.boot();
      const version = await pbx.cli('core show version');
      if (!version.startsWith(tree.banner)) throw new Error(`the PBX says ${JSON.stringify(version)}, the tree ${tree.banner}`);
    } catch (error) {
      await pbx.close();
      throw error;
    }
    return pbx;
  }

  /** Starts Asterisk (again, after `crash` or `shutDown`), on the same ports and with the same spool. */
  async boot(): Promise<void> {
    if (this.#process?.isRunning === true) throw new Error('the PBX runs already');
    const log = await open(join(this.folder, 'log/console'), 'a');
    const tied = new TiedProcess([...this.#command, '-f'], this.folder, ['pipe', log.fd, log.fd]);
    this.#process = tied;
    await log.close();
    const deadline = Date.now() + bootMs;
    while (!(await this.#answersCli())) {
      if (!tied.isRunning || Date.now() > deadline) throw new Error(`Asterisk did not start: ${await this.#lastWords()}`);
    }
  }

  /** The provider is known by a header of its calls, not by where they come in. */
  get trunkPort(): number {
    return this.sipPort;
  }

  get gatewayPort(): number {
    return this.amiPort;
  }

  get recordings(): string {
    return join(this.folder, 'spool/monitor');
  }

  settingsAt(port: number): Readonly<Record<string, unknown>> {
    return { kind: 'asterisk', port, ...amiAccounts.recommended, extensionPattern: '^[0-9]{3}$' };
  }

  async channelCount(): Promise<number> {
    const count = /^(\d+) active channels?/m.exec(await this.cli('core show channels count'))?.[1];
    if (count === undefined) throw new Error('Asterisk does not tell how many channels it has');
    return Number(count);
  }

  async describeChannels(): Promise<string> {
    return this.cli('core show channels concise');
  }

  async endChannels(): Promise<void> {
    await this.cli('channel request hangup all');
  }

  async dialplan(): Promise<string> {
    return this.cli('dialplan show');
  }

  /** The output of a CLI command: `core show channels`. */
  async cli(command: string): Promise<string> {
    const [loader = '', ...words] = this.#command;
    return (await run(loader, [...words, '-rx', command], { timeout: 40_000, maxBuffer: 16 << 20 })).stdout;
  }

  /** kill -9: no hangups, no goodbyes. */
  async crash(): Promise<void> {
    this.#process?.signal('KILL');
    await this.#process?.ended();
  }

  /** Stops in its tracks: connections stay, nobody answers; until `thaw`. */
  freeze(): void {
    this.#process?.signal('STOP');
  }

  thaw(): void {
    this.#process?.signal('CONT');
  }

  /** An orderly end: it hangs up every call first. */
  async shutDown(): Promise<void> {
    await this.cli('core stop now').catch(() => undefined); // Its end breaks the link before the CLI has answered.
    await this.#process?.ended();
  }

  /** What Asterisk wrote to its log so far. */
  async messages(): Promise<string> {
    return readFile(join(this.folder, 'log/messages'), 'utf8').catch(() => '');
  }

  async close(): Promise<void> {
    await this.crash();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #answersCli(): Promise<boolean> {
    return this.cli('core waitfullybooted').then(
      (answer) => answer.includes('fully booted'),
      () => false, // Nobody listens on its control socket yet; the CLI itself takes a while to find that out.
    );
  }

  async #lastWords(): Promise<string> {
    const text = await readFile(join(this.folder, 'log/console'), 'utf8').catch(() => '');
    return text.trim().split('\n').slice(-5).join(' | ') || 'it said nothing';
  }
}

interface Ports {
  readonly sip: number;
  readonly ami: number;
  readonly provider: number;
  readonly rtp: number;
}

const freePorts = async (): Promise<Ports> => {
  const ami = await freeTcpPort();
  const [sip = 0, provider = 0] = await freeUdpPorts(2);
  // Asterisk passes over RTP ports in use, so that overlapping ranges do no harm; spreading them saves it the search.
  return { sip, ami, provider, rtp: 20_000 + (ami % 50) * 200 };
};
