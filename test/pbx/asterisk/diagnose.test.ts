import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Finding } from '../../../src/pbx/driver.ts';
import { diagnoseAsterisk } from '../../../src/pbx/asterisk/diagnose.ts';
import type { AsteriskConfig } from '../../../src/pbx/asterisk/index.ts';
import { configFor, message } from './driven.ts';
import { ManualTime } from '../link/manual-time.ts';
import { ScriptedAmi } from './scripted-ami.ts';

let ami: ScriptedAmi;
beforeEach(async () => {
  ami = await ScriptedAmi.start();
  permit('PJSIPNotify', 'ModuleCheck', 'Redirect', 'Originate', 'ConfbridgeListRooms', 'QueuePause', 'UserEvent');
  ami.answers.set('ModuleCheck', () => ['Response: Success']);
  ami.answers.set('UserEvent', (action, session) => {
    ami.send(session, [message('UserEvent', { Timestamp: '1795242428.187654' })], action['ActionID']);
    return ['Response: Success'];
  });
  const logIn = ami.answers.get('Login');
  ami.answers.set('Login', (action, session) => {
    const answer = logIn?.(action, session);
    setImmediate(() => ami.emit('Event: FullyBooted\nUptime: 10'));
    return answer;
  });
});
afterEach(() => ami.close());

const permit = (...actions: readonly string[]): void => {
  ami.answers.set('ListCommands', () => [
    ['Response: Success', ...actions.map((action) => `${action}: Does it.  (Priv: x,all)`)].join('\n'),
  ]);
};

const diagnose = (config: Partial<AsteriskConfig> = {}): Promise<readonly Finding[]> => {
  const time = new ManualTime();
  return diagnoseAsterisk(
    configFor(ami.port, config),
    { clock: time, timers: time, token: () => 'abcdefgh' },
    new AbortController().signal,
  );
};

const ills = async (config: Partial<AsteriskConfig> = {}): Promise<readonly Finding[]> => (await diagnose(config)).filter(({ ok }) => !ok);

describe('a diagnosis', () => {
  test('finds nothing wrong where nothing is', async () => {
    const findings = await diagnose();
    expect(findings.filter(({ ok }) => !ok)).toEqual([]);
    expect(findings.map(({ check }) => check)).toEqual(
      expect.arrayContaining([
        'login',
        'version',
        'write permission originate',
        'read permission system',
        'module res_parking.so',
        'writetimeout',
      ]),
    );
  });

  test('tells which permission is missing, and gives the whole stanza to paste', async () => {
    permit('Redirect', 'ConfbridgeListRooms', 'QueuePause', 'UserEvent');
    const [system, originate] = await ills();
    expect(system).toMatchObject({ check: 'write permission system' });
    expect(originate).toMatchObject({
      check: 'write permission originate',
      detail: 'Missing: placing calls, picking them up, joining and supervising them.',
    });
    expect(originate?.mend?.split('\n')).toEqual([
      '[gateway]',
      'secret = THE_SECRET_OF_THE_CONFIGURATION',
      'deny = 0.0.0.0/0.0.0.0',
      "permit = THE_GATEWAY'S_ADDRESS/255.255.255.255",
      'read = system,call,agent,user,dialplan',
      'write = system,call,originate,reporting,agent,user',
      'writetimeout = 5000',
    ]);
  });

  test('believes the CLI about the event classes, where the account may use it', async () => {
    ami.answers.set('Command', () => ['Response: Success\nOutput:        username: gateway\nOutput:       read perm: system,call,user']);
    expect((await ills()).map(({ check }) => check)).toEqual(['read permission agent', 'read permission dialplan']);
  });

  test('tells which module is not loaded, and how to load it', async () => {
    ami.answers.set('ModuleCheck', (action) =>
      action['Module'] === 'app_mixmonitor' ? ['Response: Error\nMessage: Module not loaded'] : ['Response: Success'],
    );
    expect(await ills()).toEqual([
      {
        check: 'module app_mixmonitor.so',
        ok: false,
        detail: 'Not loaded: recording does not work.',
        mend: 'In modules.conf: load = app_mixmonitor.so',
      },
    ]);
  });

  test('advises time stamps where events have none', async () => {
    ami.answers.set('UserEvent', (action, session) => {
      ami.send(session, [message('UserEvent', {})], action['ActionID']);
      return ['Response: Success'];
    });
    expect(await ills()).toMatchObject([{ check: 'timestampevents', mend: '[general]\ntimestampevents = yes' }]);
  });

  test('an Asterisk that is too old is told', async () => {
    ami.answers.set('CoreSettings', () => ['Response: Success\nAsteriskVersion: 13.38.3']);
    expect(await ills()).toMatchObject([{ check: 'version', detail: 'Asterisk 13.38.3' }]);
  });

  test('a wrong secret is explained with the stanza', async () => {
    const [finding, ...others] = await diagnose({ secret: 'wrong' });
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ check: 'login', ok: false, detail: expect.stringContaining('refused the login') });
    expect(finding?.mend).toContain('[gateway]');
  });

  test('TLS on a plain port is explained', async () => {
    expect(await diagnose({ tls: true })).toMatchObject([{ check: 'login', ok: false, mend: expect.stringContaining('tls: false') }]);
  });

  test('nobody there is explained', async () => {
    await ami.close();
    const findings = await diagnose();
    ami = await ScriptedAmi.start();
    expect(findings).toMatchObject([{ check: 'login', ok: false, mend: expect.stringContaining('enabled = yes') }]);
  });
});

describe('parking', () => {
  const slots = { lot: 'valet', slots: ['1', '2', '3'] };
  const lot = (name: string, first: number, last: number): string =>
    `Event: Parkinglot\nName: ${name}\nStartSpace: ${first}\nStopSpace: ${last}`;
  const parking = async (...lots: readonly string[]): Promise<Finding | undefined> => {
    ami.answers.set('Parkinglots', () => [
      'Response: Success\nEventList: start',
      ...lots,
      'Event: ParkinglotsComplete\nEventList: Complete',
    ]);
    return (await diagnose({ slots })).find(({ check }) => check === 'parking');
  };
  const stanza = [
    '; res_parking.conf, then: asterisk -rx "module reload res_parking.so"',
    '[valet]',
    'parkpos = 1-3',
    'context = parkedcalls-valet',
    'parkingtime = 180',
    'comebacktoorigin = yes',
    'comebackdialtime = 30',
    'findslot = first',
  ].join('\n');

  test('is well where Asterisk has a lot of the slots’ own', async () => {
    const finding = await parking(lot('default', 701, 720), lot('valet', 1, 9));
    expect(finding).toEqual({ check: 'parking', ok: true, detail: 'The slots 1 to 3 are those of the lot valet.' });
  });

  test('works by the lot that Asterisk has; how the slots get their own numbers is printed', async () => {
    const finding = await parking(lot('default', 701, 720));
    expect(finding).toMatchObject({ ok: true, detail: expect.stringContaining('the spaces 701 to 703 of the lot default'), mend: stanza });
  });

  test('does not work where there are too few spaces, or no lot', async () => {
    expect(await parking(lot('default', 701, 702))).toMatchObject({ ok: false, detail: expect.stringContaining('slot 3'), mend: stanza });
    expect(await parking()).toMatchObject({ ok: false, mend: stanza });
    ami.answers.set('Parkinglots', () => ['Response: Error\nMessage: Invalid/unknown command']);
    expect((await diagnose({ slots })).find(({ check }) => check === 'parking')).toMatchObject({ ok: false, mend: stanza });
  });
});
