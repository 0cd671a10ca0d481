/** A driver on a scripted interface, and what it has said so far. */
import { pbxId } from '../../../src/model/ids.ts';
import { createAsteriskDriver, type AsteriskConfig } from '../../../src/pbx/asterisk/index.ts';
import type { Driver } from '../../../src/pbx/driver.ts';
import { driverTools } from '../link/driver-tools.ts';
import { FactsHeard } from '../link/facts-heard.ts';
import { ManualTime } from '../link/manual-time.ts';
import { ScriptedAmi } from './scripted-ami.ts';

export const configFor = (port: number, more: Partial<AsteriskConfig> = {}): AsteriskConfig => ({
  pbx: pbxId('office'),
  host: '127.0.0.1',
  port,
  tls: false,
  username: 'gateway',
  secret: 'secret',
  dialContext: 'internal',
  technology: 'PJSIP',
  extensionPattern: '^[0-9]{2,6}$',
  answer: 'notify-then-pickup',
  hold: 'notify',
  voicemailContext: 'default',
  extensions: {},
  ...more,
});

export class Driven extends FactsHeard {
  readonly ami: ScriptedAmi;
  readonly time: ManualTime;

  private constructor(ami: ScriptedAmi, time: ManualTime, driver: Driver) {
    super(driver);
    this.ami = ami;
    this.time = time;
  }

  static async create(
    options: { readonly config?: Partial<AsteriskConfig>; readonly maxWaitingBytes?: number; readonly ami?: ScriptedAmi } = {},
  ): Promise<Driven> {
    const ami = options.ami ?? (await ScriptedAmi.start());
    const time = new ManualTime();
    const driver = createAsteriskDriver(configFor(ami.port, options.config), {
      ...driverTools(time),
      ...(options.maxWaitingBytes === undefined ? {} : { maxWaitingBytes: options.maxWaitingBytes }),
    });
    return new Driven(ami, time, driver);
  }

  async close(): Promise<void> {
    await this.end();
    await this.ami.close();
  }
}

/** A channel of the phone `number`, as the events about it name it. */
export const newchannel = (uniqueid: string, number: string, more: Readonly<Record<string, string>> = {}): string =>
  message('Newchannel', {
    Channel: `PJSIP/${number}-0000000a`,
    ChannelState: '0',
    CallerIDNum: number,
    Exten: '',
    Context: 'internal',
    Uniqueid: uniqueid,
    Linkedid: uniqueid,
    ...more,
  });

export const message = (event: string, headers: Readonly<Record<string, string>>): string =>
  [`Event: ${event}`, 'Privilege: call,all', ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)].join('\n');
