/** A whole small office for a test: a real Asterisk, the phones that the test asks for, and a provider outside. */
import type { AsteriskTree } from './fetch.ts';
import { Pbx, type PbxOptions } from './pbx.ts';
import { musicHertz, phoneNumbers, phonePassword } from './run-folder.ts';
import { Phone } from '../phone/phone.ts';

/** Everything that can sound, each with a tone of its own. All calls from outside share one. */
const tones: ReadonlyMap<string, number> = new Map([...phoneNumbers, 'outside'].map((name, i) => [name, 500 + 50 * i] as const)).set(
  'music',
  musicHertz,
);

export class Office {
  readonly pbx: Pbx;
  readonly #phones = new Map<string, Phone>();

  private constructor(pbx: Pbx) {
    this.pbx = pbx;
  }

  static async start(tree: AsteriskTree, options: PbxOptions = {}): Promise<Office> {
    return new Office(await Pbx.start(tree, options));
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
      Phone.open({ number: 'outside', port: this.pbx.providerPort, pbxPort: this.pbx.sipPort, tones, headers }),
    );
  }

  /** Ends every call, and waits until the PBX has none left: the office as it was. Fails if a phone met something unexpected. */
  async quiet(): Promise<void> {
    const phones = [...this.#phones.values()];
    await Promise.all(phones.flatMap((phone) => phone.calls).map((call) => call.hangup()));
    const deadline = Date.now() + 10_000;
    for (;;) {
      const channels = await this.pbx.cli('core show channels count');
      if (/^0 active channels/m.test(channels)) break;
      if (Date.now() > deadline) throw new Error(`calls are left: ${await this.pbx.cli('core show channels concise')}`);
      if (Date.now() > deadline - 7000) await this.pbx.cli('channel request hangup all');
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
