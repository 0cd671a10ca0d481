/** A driver on a replaying event socket, and what it has said so far. */
import type { Fact } from '../../../src/model/fact.ts';
import { pbxId } from '../../../src/model/ids.ts';
import type { Driver } from '../../../src/pbx/driver.ts';
import { createFreeswitchDriver, type FreeswitchConfig } from '../../../src/pbx/freeswitch/index.ts';
import { driverTools } from '../link/driver-tools.ts';
import { FactsHeard } from '../link/facts-heard.ts';
import { ManualTime } from '../link/manual-time.ts';
import { eventFrom, type RecordedEvent } from './recorded.ts';
import { ReplayingSocket } from './replaying-socket.ts';

export const configFor = (port: number, more: Partial<FreeswitchConfig> = {}): FreeswitchConfig => ({
  pbx: pbxId('lab'),
  host: '127.0.0.1',
  port,
  password: 'secret',
  domain: '',
  sharesPbx: false,
  dialContext: 'default',
  extensionPattern: '^[0-9]{2,6}$',
  trunkProfiles: ['external'],
  parkingLot: 'park@{domain}',
  ownLot: 'valet',
  answer: 'notify-then-pickup',
  conferenceProfile: 'default',
  voicemailProfile: 'default',
  extensions: {},
  ...more,
});

export class Driven extends FactsHeard {
  readonly esl: ReplayingSocket;
  readonly time: ManualTime;
  #markers = 0;

  private constructor(esl: ReplayingSocket, time: ManualTime, driver: Driver) {
    super(driver);
    this.esl = esl;
    this.time = time;
  }

  static async create(
    options: { readonly config?: Partial<FreeswitchConfig>; readonly maxWaitingBytes?: number; readonly esl?: ReplayingSocket } = {},
  ): Promise<Driven> {
    const esl = options.esl ?? (await ReplayingSocket.start());
    const time = new ManualTime();
    const driver = createFreeswitchDriver(configFor(esl.port, options.config), {
      ...driverTools(time),
      ...(options.maxWaitingBytes === undefined ? {} : { maxWaitingBytes: options.maxWaitingBytes }),
    });
    return new Driven(esl, time, driver);
  }

  /** Resolves when everything that was played has come through: a registration of nobody's is played behind it. */
  async settled(): Promise<void> {
    const contact = `sip:marker-${this.#markers++}`;
    this.esl.play([markerOf(contact)]);
    await this.untilSo(() => this.of('extension.registered').some((fact) => fact.contact === contact));
  }

  async close(): Promise<void> {
    await this.end();
    await this.esl.close();
  }
}

/** The facts without those that `settled` made. */
export const withoutMarkers = (facts: readonly Fact[]): readonly Fact[] =>
  facts.filter((fact) => !(fact.type === 'extension.registered' && fact.contact.startsWith('sip:marker-')));

const markerOf = (contact: string): RecordedEvent =>
  eventFrom({ 'Event-Name': 'CUSTOM', 'Event-Subclass': 'sofia::register', 'from-user': '1009', 'from-host': 'pbx.local', contact });
