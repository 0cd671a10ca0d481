/** Starts a real FreeSWITCH on ports and in a folder of its own, as many side by side as are wanted, and stops it for sure. */
import { execFile } from 'node:child_process';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { TiedProcess } from '../lifeline.ts';
import type { OfficePbx } from '../office.ts';
import { freeTcpPort, freeUdpPorts } from '../ports.ts';
import type { FreeswitchInstall } from './find.ts';
import { eventSocketPassword, officeDomain, runFolders, writeRunFolder } from './run-folder.ts';

const run = promisify(execFile);

export interface PbxOptions {
  /** Extensions of the dialplan besides those of the office, in FreeSWITCH's own XML. */
  readonly dialplan?: string;
}

const bootMs = 90_000;
const bootLookMs = 50;

/** One running FreeSWITCH. */
export class Pbx implements OfficePbx {
  readonly sipPort: number;
  readonly trunkPort: number;
  readonly providerPort: number;
  readonly gatewayPort: number;
  /** Its configuration, databases, recordings and logs; gone after `close`. */
  readonly folder: string;
  readonly #install: FreeswitchInstall;
  #process: TiedProcess | undefined;

  private constructor(install: FreeswitchInstall, folder: string, ports: Ports) {
    this.#install = install;
    this.folder = folder;
    this.sipPort = ports.sip;
    this.trunkPort = ports.trunk;
    this.providerPort = ports.provider;
    this.gatewayPort = ports.eventSocket;
  }

  static async start(install: FreeswitchInstall, options: PbxOptions = {}): Promise<Pbx> {
    const folder = await mkdtemp(join(tmpdir(), 'pbx-'));
    const ports = await freePorts();
    await writeRunFolder(folder, {
      sipPort: ports.sip,
      trunkPort: ports.trunk,
      providerPort: ports.provider,
      eventSocketPort: ports.eventSocket,
      rtpFirst: ports.rtp,
      dialplan: options.dialplan ?? '',
    });
    const pbx = new Pbx(install, folder, ports);
    try {
      await pbx.boot();
    } catch (error) {
      await pbx.close();
      throw error;
    }
    return pbx;
  }

  async boot(): Promise<void> {
    if (this.#process?.isRunning === true) throw new Error('the PBX runs already');
    const { binary, modules } = this.#install;
    const log = await open(join(this.folder, 'log/console'), 'a');
    const folders = runFolders.flatMap((name) => [`-${name}`, join(this.folder, name)]);
    const tied = new TiedProcess([binary, '-nf', '-nc', '-nonat', '-nocal', '-np', ...folders, '-mod', modules], this.folder, [
      'pipe',
      log.fd,
      log.fd,
    ]);
    this.#process = tied;
    await log.close();
    const deadline = Date.now() + bootMs;
    while (!(await this.#isReady())) {
      if (!tied.isRunning || Date.now() > deadline) throw new Error(`FreeSWITCH did not start: ${await this.#lastWords()}`);
      await setTimeout(bootLookMs);
    }
  }

  get recordings(): string {
    return join(this.folder, 'recordings');
  }

  settingsAt(port: number): Readonly<Record<string, unknown>> {
    return { kind: 'freeswitch', port, password: eventSocketPassword, domain: officeDomain, extensionPattern: '^[0-9]{3}$' };
  }

  async cli(command: string): Promise<string> {
    const words = ['-H', '127.0.0.1', '-P', String(this.gatewayPort), '-p', eventSocketPassword, '-t', '5000', '-x', command];
    return (await run(this.#install.cli, words, { timeout: 10_000, maxBuffer: 16 << 20 })).stdout;
  }

  async channelCount(): Promise<number> {
    const count = /^(\d+) total/m.exec(await this.cli('show channels count'))?.[1];
    if (count === undefined) throw new Error('FreeSWITCH does not tell how many channels it has');
    return Number(count);
  }

  async describeChannels(): Promise<string> {
    return this.cli('show channels as json');
  }

  async endChannels(): Promise<void> {
    await this.cli('hupall');
  }

  async dialplan(): Promise<string> {
    return this.cli('xml_locate dialplan');
  }

  async crash(): Promise<void> {
    this.#process?.signal('KILL');
    await this.#process?.ended();
  }

  freeze(): void {
    this.#process?.signal('STOP');
  }

  thaw(): void {
    this.#process?.signal('CONT');
  }

  async shutDown(): Promise<void> {
    await this.cli('fsctl shutdown').catch(() => undefined); // Its end may break the link before the answer has come.
    await this.#process?.ended();
  }

  /** What FreeSWITCH wrote to its log so far. */
  async messages(): Promise<string> {
    return readFile(join(this.folder, 'log/freeswitch.log'), 'utf8').catch(() => '');
  }

  async close(): Promise<void> {
    await this.crash();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Its phones' profile is the last thing to come up. */
  async #isReady(): Promise<boolean> {
    return this.cli('sofia status').then(
      (status) => /internal\s+profile.*RUNNING/.test(status) && /external\s+profile.*RUNNING/.test(status),
      () => false, // Nobody listens yet.
    );
  }

  async #lastWords(): Promise<string> {
    const said = [await this.messages(), await readFile(join(this.folder, 'log/console'), 'utf8').catch(() => '')].join('\n');
    return said.trim().split('\n').slice(-8).join(' | ') || 'it said nothing';
  }
}

interface Ports {
  readonly sip: number;
  readonly trunk: number;
  readonly provider: number;
  readonly eventSocket: number;
  readonly rtp: number;
}

const freePorts = async (): Promise<Ports> => {
  const eventSocket = await freeTcpPort();
  const [sip = 0, trunk = 0, provider = 0] = await freeUdpPorts(3);
  // Below the ports that systems give out by themselves; each FreeSWITCH of one machine has a range of its own, most likely.
  return { sip, trunk, provider, eventSocket, rtp: 10_000 + (eventSocket % 45) * 400 };
};
