/** What every driver promises, on the real thing. */
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { createNewId, extensionNumber, pbxId, type ExtensionNumber } from '../../../src/model/ids.ts';
import type { Timers } from '../../../src/model/time.ts';
import { createAsteriskDriver } from '../../../src/pbx/asterisk/index.ts';
import { describeDriver } from '../../contract/driver.ts';
import { Link } from '../link.ts';
import { onEachAsterisk, sharedOffice } from './on-each-asterisk.ts';
import { amiAccounts } from './pbx.ts';

const timers: Timers = {
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

onEachAsterisk('contract', (version, tree) => {
  const office = sharedOffice(tree);

  describeDriver(`Asterisk ${version}`, async () => {
    const [tom, ann, busy] = await office().phones('101', '102', '103');
    busy.policy = 'busy';
    const link = await Link.to(office().pbx.amiPort);
    const driver = createAsteriskDriver(
      {
        pbx: pbxId('office'),
        host: '127.0.0.1',
        port: link.port,
        tls: false,
        ...amiAccounts.recommended,
        dialContext: 'internal',
        technology: 'PJSIP',
        extensionPattern: '^[0-9]{3}$',
        answer: 'notify-then-pickup',
        hold: 'notify',
        voicemailContext: 'default',
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
    const phones = new Map([tom, ann, busy].map((phone) => [phone.number, phone]));
    const phoneOf = (extension: ExtensionNumber): typeof tom => phones.get(extension) ?? tom;
    return {
      driver,
      world: {
        caller: extensionNumber('101'),
        callee: extensionNumber('102'),
        busy: extensionNumber('103'),
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
        await office().quiet();
        link.close();
      },
    };
  });
});
