/** A whole small office for a test: a real PBX, the phones that the test asks for, and a provider outside. */
import { Phone } from './phone/phone.ts';
import { longestWaitMs } from './phone/waiting.ts';

/** The phones of the office: desk phones 101 to 110 and those that published integrations' samples speak of. */
export const phoneNumbers = ['101', '102', '103', '104', '105', '106', '107', '108', '109', '110', '200', '341', '400', '410'] as const;

/** The SIP password of a phone's account. */
export const phonePassword = (number: string): string => `phone-${number}`;

/** Calls that their phones have hung up are given so long before the PBX is asked to end them. */
const hangupMs = 3_000;

/** Music on hold is this one tone, so that phones can tell it from people. */
export const musicHertz = 1600;

/** A running PBX with a configuration of the office, as its suites see it, whichever it is. */
export interface OfficePbx {
  /** Where phones register. */
  readonly sipPort: number;
  /** Where the provider's calls come in. */
  readonly trunkPort: number;
  /** Where the provider of the trunk is expected. */
  readonly providerPort: number;
  /** Where a gateway connects to. */
  readonly gatewayPort: number;
  /** The folder that recordings go to. */
  readonly recordings: string;
  /** What a gateway's configuration says of it, to be reached at `port`. */
  settingsAt(port: number): Readonly<Record<string, unknown>>;
  /** The output of a command of its own command line. */
  cli(command: string): Promise<string>;
  /** What it wrote to its log so far. */
  messages(): Promise<string>;
  channelCount(): Promise<number>;
  /** Its channels in its own words. */
  describeChannels(): Promise<string>;
  /** Asks every channel to end. */
  endChannels(): Promise<void>;
  /** Its dialplan in its own words: what nothing that a test does may change. */
  dialplan(): Promise<string>;
  /** Starts it again, after `crash` or `shutDown`, on the same ports and with the same data. */
  boot(): Promise<void>;
  /** kill -9: no hangups, no goodbyes. */
  crash(): Promise<void>;
  /** An orderly end: it hangs up every call first. */
  shutDown(): Promise<void>;
  /** Stops in its tracks: connections stay, nobody answers; until `thaw`. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

/** What the same office is called, and does otherwise, on one PBX than on another. */
export interface OfficeHabits {
  /** The queue behind 600. */
  readonly queue: string;
  /** The device of an extension's phone. */
  deviceOf(number: string): string;
  /** Whether it holds a call by itself if its phone does not do so when asked to. */
  readonly holdsByItself: boolean;
  /** Whether it says beforehand that a number or a mailbox leads nowhere; else the call is found to have ended there. */
  readonly knowsNumbers: boolean;
  /** Whether a phone that picks up and is not there is known not to be; else it is waited for. */
  readonly noticesAbsence: boolean;
  /** Whether two of three who talk go on when the third hangs up who was there first. */
  readonly joinsForGood: boolean;
  /** Whether it joins two parties before it hangs up those whom they leave, so that all of them are of the one call. */
  readonly joinsBeforeLeaving: boolean;
  /** What its log says when a phone that parks has been told the number of the slot; absent where none is told. */
  saidSlot?(parker: string, slot: string): RegExp;
}

/** Everything that can sound, each with a tone of its own. All calls from outside share one. */
const tones: ReadonlyMap<string, number> = new Map([...phoneNumbers, 'outside'].map((name, i) => [name, 500 + 50 * i] as const)).set(
  'music',
  musicHertz,
);

export class Office<Pbx extends OfficePbx = OfficePbx> {
  readonly pbx: Pbx;
  readonly #phones = new Map<string, Phone>();

  constructor(pbx: Pbx) {
    this.pbx = pbx;
  }

  /** The phone of an extension, registered; the same one each time. */
  async phone(number: (typeof phoneNumbers)[number]): Promise<Phone> {
    return this.#phoneOf(number, async () => {
      const phone = await Phone.open({ number, password: phonePassword(number), pbxPort: this.pbx.sipPort, tones });
      await phone.register();
      return phone;
    });
  }

  async phones<const Numbers extends readonly (typeof phoneNumbers)[number][]>(
    ...numbers: Numbers
  ): Promise<{ readonly [I in keyof Numbers]: Phone }> {
    return Promise.all(numbers.map((number) => this.phone(number))) as Promise<{ readonly [I in keyof Numbers]: Phone }>;
  }

  /** The far end of the trunk: calls from outside come from it (`call(did, { from })`), calls to outside ring at it. */
  async provider(): Promise<Phone> {
    const headers = [{ name: 'x-provider', value: 'test' }];
    return this.#phoneOf('outside', () =>
      Phone.open({ number: 'outside', port: this.pbx.providerPort, pbxPort: this.pbx.trunkPort, tones, headers }),
    );
  }

  /** Ends every call, and waits until the PBX has none left: the office as it was. Fails if a phone met something unexpected. */
  async quiet(): Promise<void> {
    const phones = [...this.#phones.values()];
    await Promise.all(phones.flatMap((phone) => phone.calls).map((call) => call.hangup()));
    const began = Date.now();
    for (;;) {
      if ((await this.pbx.channelCount()) === 0) break;
      if (Date.now() > began + longestWaitMs) throw new Error(`calls are left: ${await this.pbx.describeChannels()}`);
      if (Date.now() > began + hangupMs) await this.pbx.endChannels();
    }
    for (const phone of phones) {
      phone.forgetCalls();
      Object.assign(phone, { policy: 'ring', callWaiting: true, obeysNotify: true, obeysAutoAnswer: true });
    }
    const faults = phones.flatMap((phone) => phone.faults.splice(0));
    if (faults.length > 0) throw new AggregateError(faults, 'a phone met something unexpected');
  }

  async close(): Promise<void> {
    for (const phone of this.#phones.values()) phone.close();
    await this.pbx.close();
  }

  async #phoneOf(name: string, open: () => Promise<Phone>): Promise<Phone> {
    const known = this.#phones.get(name) ?? (await open());
    this.#phones.set(name, known);
    return known;
  }
}
