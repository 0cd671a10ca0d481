/** What every driver promises, on a real FreeSWITCH, if there is one. */
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { createNewId, extensionNumber, pbxId, type ExtensionNumber } from '../../../src/model/ids.ts';
import type { Timers } from '../../../src/model/time.ts';
import type { Driver } from '../../../src/pbx/driver.ts';
import { createFreeswitchDriver } from '../../../src/pbx/freeswitch/index.ts';
import { describeDriver, type DriverUnderTest } from '../../contract/driver.ts';
import { Link } from '../link.ts';
import { Phone } from '../phone/phone.ts';
import { onFreeswitch, sharedOffice } from './office.ts';
import { eventSocketPassword, officeDomain } from './run-folder.ts';
import { realFreeswitch, whyNot, type RealFreeswitch } from './settings.ts';

const timers: Timers = {
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

type DriverAddress = Pick<RealFreeswitch, 'host' | 'port' | 'password' | 'domain' | 'dialContext'>;

const driverOf = ({ host, port, password, domain, dialContext }: DriverAddress): Driver =>
  createFreeswitchDriver(
    {
      pbx: pbxId('office'),
      host,
      port,
      password,
      domain,
      dialContext,
      sharesPbx: false,
      extensionPattern: '^[0-9]{2,6}$',
      trunkProfiles: ['external'],
      parkingLot: 'park@{domain}',
      ownLot: 'valet',
      answer: 'notify-then-pickup',
      conferenceProfile: 'default',
      voicemailProfile: 'default',
      extensions: {},
    },
    {
      clock: { now: () => Date.now() * 1000 },
      timers,
      newId: createNewId(randomBytes),
      random: Math.random,
      log: pino({ level: 'silent' }),
    },
  );

const real = realFreeswitch();
const { sip } = real;

describe.skipIf(real.isMissing)(`a FreeSWITCH of your own (${whyNot})`, () => {
  test('is connected to, and tells who its users are', async () => {
    const driver = driverOf(real);
    const told: ExtensionNumber[] = [];
    for await (const batch of driver.facts(AbortSignal.timeout(20_000))) {
      const resync = batch.map(({ fact }) => fact).find((fact) => fact.type === 'resync');
      if (resync === undefined) continue;
      told.push(...resync.extensions.map(({ extension }) => extension));
      break;
    }
    await driver.close();
    expect(told).toEqual(expect.arrayContaining([...real.users]));
  });

  test('is looked over', async () => {
    const findings = await driverOf(real).diagnose(AbortSignal.timeout(20_000));
    expect(findings.find(({ check }) => check === 'login')).toMatchObject({ ok: true });
  });
});

/** A driver to `pbx` over a link that can be cut, with hands at three phones. */
const underTest = async (
  pbx: DriverAddress,
  phones: readonly [Phone, Phone, Phone],
  close: () => Promise<void>,
): Promise<DriverUnderTest> => {
  const [caller, callee, busy] = phones;
  busy.policy = 'busy';
  const link = await Link.to(pbx.port);
  const phoneOf = (extension: ExtensionNumber): Phone => phones.find(({ number }) => number === extension) ?? caller;
  return {
    driver: driverOf({ ...pbx, host: '127.0.0.1', port: link.port }),
    world: {
      caller: extensionNumber(caller.number),
      callee: extensionNumber(callee.number),
      busy: extensionNumber(busy.number),
      call: async (from, to) => void (await phoneOf(from).call(to)),
      answer: async (extension) => (await phoneOf(extension).incoming()).answer(),
      reject: async (extension) => (await phoneOf(extension).incoming()).reject(),
      hangUp: async (extension) => {
        for (const call of phoneOf(extension).calls) await call.hangup();
      },
      breakLink: async () => {
        link.cut();
        link.mend();
      },
    },
    close: async () => {
      await close();
      link.close();
    },
  };
};

onFreeswitch('contract', (install) => {
  const office = sharedOffice(install);
  describeDriver('FreeSWITCH', async () => {
    const { gatewayPort: port } = office().pbx;
    const address = { host: '127.0.0.1', port, password: eventSocketPassword, domain: officeDomain, dialContext: 'default' };
    return underTest(address, await office().phones('101', '102', '103'), () => office().quiet());
  });
});

/** Its phones are ours: a FreeSWITCH on this machine. */
describe.skipIf(sip === undefined)('a FreeSWITCH of your own with phones', () => {
  describeDriver('FreeSWITCH', async () => {
    const { port: pbxPort = 0, password = '' } = sip ?? {};
    const tones = new Map(real.users.map((number, index) => [number, 400 + 100 * index]));
    const open = async (number: string): Promise<Phone> => {
      const phone = await Phone.open({ number, password, pbxPort, tones });
      await phone.register();
      return phone;
    };
    const [first, second, third] = real.users;
    const phones = [await open(first), await open(second), await open(third)] as const;
    return underTest(real, phones, async () => {
      for (const phone of phones) phone.close();
    });
  });
});
