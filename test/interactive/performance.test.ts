import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { menuOf, type MenuContext } from '../../src/interactive/menu.ts';
import { performMenu, type Ending } from '../../src/interactive/performance.ts';
import { parseResponse } from '../../src/interactive/response-xml.ts';
import { substitute } from '../../src/interactive/script.ts';
import { openOffice, type TestOffice } from '../pbx/sandbox/harness.ts';

interface Led {
  readonly office: TestOffice;
  /** The addresses that were asked. */
  readonly asked: readonly string[];
  readonly faults: readonly string[];
  readonly ending: Promise<Ending>;
  /** What the caller was played, and where the caller was sent, in order. */
  heard(): readonly string[];
  /** Lets seconds of the office's time pass, and everything happen that they bring. */
  pass(seconds: number): Promise<void>;
}

interface Given {
  readonly office: TestOffice;
  readonly contexts?: Readonly<Record<string, MenuContext>>;
  readonly otherwise?: string;
}

/** A caller of 700, whose menu asks addresses that answer with these verbs. */
const lead = async (answers: Readonly<Record<string, string>>, { office, contexts = {}, otherwise }: Given): Promise<Led> => {
  const asked: string[] = [];
  const faults: string[] = [];
  const options = { method: 'GET', choiceSeconds: 5, contexts, otherwise } as const;
  const menu = menuOf('start' in answers ? { ...options, url: 'start' } : options, () => ({}));
  const ending = Promise.withResolvers<Ending>();
  await office.driver.interactive?.take((call) => {
    const ask = async ({ url }: { readonly url: string }, variables: ReadonlyMap<string, string>) => {
      asked.push(substitute(url, variables));
      return parseResponse(answers[url] === undefined ? '' : `<Response>${answers[url]}</Response>`);
    };
    const rules = { mayReach: (number: string) => !number.startsWith('00'), mayShow: (number: string) => number !== '911' };
    const { clock } = office.driver;
    performMenu({ call, menu, ask, clock, rules, onFault: (what) => faults.push(what) }).then(ending.resolve, ending.reject);
    return true;
  });
  office.phones.call('+15550100001', '+15550200700');
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await setImmediate();
  };
  await settle();
  return {
    office,
    asked,
    faults,
    ending: ending.promise,
    heard: () =>
      office.facts.flatMap((fact) => {
        if (fact.type === 'channel.entered' && fact.detail !== '') return [`${fact.application} ${fact.detail}`];
        return fact.type === 'channel.ended' ? [`ended ${fact.causeCode}`] : [];
      }),
    pass: async (seconds) => {
      await settle();
      for (let second = 0; second < seconds; second += 1) {
        office.driver.clock.advance(1);
        await settle();
      }
    },
  };
};

test('verbs are done one after the other, and the call is hung up', async () => {
  await using office = await openOffice();
  const { heard, pass, ending } = await lead(
    { start: '<PlaySound>hello</PlaySound><Pause length="3"/><PlaySound>bye</PlaySound><Hangup/>' },
    { office },
  );
  expect(heard()).toEqual(['announcement hello']);
  await pass(4);
  expect(heard()).toEqual(['announcement hello']);
  await pass(1);
  expect(heard()).toEqual(['announcement hello', 'announcement bye']);
  await pass(2);
  expect(heard().at(-1)).toBe('ended 16');
  expect(await ending).toBe('hung-up');
});

test('a key pressed during a sound is kept in its variable, ends the sound, and goes with the next question', async () => {
  await using office = await openOffice();
  const contexts = { next: { start: [{ kind: 'ask', url: 'next?c=$contact&m=$missing', method: 'GET' }] } } as const;
  const { asked, pass, ending } = await lead(
    { start: '<PlaySound digitvar="contact">menu</PlaySound><Jump context="next"/>', 'next?c=$contact&m=$missing': '<Hangup/>' },
    { office, contexts },
  );
  office.phones.pressKeysOutside('+15550100001', '#');
  await pass(0);
  expect(await ending).toBe('hung-up');
  expect(asked).toEqual(['start', 'next?c=%23&m=']);
});

test('in the foreground keys are not heard, in the background they choose the option', async () => {
  await using office = await openOffice();
  const contexts = { main: { 2: [{ kind: 'transfer', to: '102' }] } } as const;
  const { heard, pass, ending } = await lead(
    { start: '<PlaySound>deaf</PlaySound><PlaySound where="background">choose</PlaySound><PlaySound>never</PlaySound>' },
    { office, contexts },
  );
  office.phones.pressKeysOutside('+15550100001', '2');
  await pass(2);
  office.phones.pressKeysOutside('+15550100001', '2');
  await pass(0);
  expect(heard()).toEqual(['announcement deaf', 'announcement choose', 'dial 102']);
  expect(await ending).toBe('sent-on');
  expect(office.phones.stateOf('102')).toBe('ringing');
});

test('who chooses nothing meets the timeout option, who chooses what there is not the invalid one', async () => {
  await using office = await openOffice();
  const contexts = {
    main: {
      1: [{ kind: 'hangup' }],
      timeout: [{ kind: 'play', sound: 'are-you-there' }],
      invalid: [{ kind: 'transfer', to: '103' }],
    },
  } as const;
  const { heard, pass, ending } = await lead({ start: '<PlaySound>choose</PlaySound>' }, { office, contexts });
  await pass(2 + 5);
  expect(heard()).toEqual(['announcement choose', 'announcement are-you-there']);
  await pass(2);
  office.phones.pressKeysOutside('+15550100001', '9');
  await pass(0);
  expect(heard().at(-1)).toBe('dial 103');
  expect(await ending).toBe('sent-on');
});

test('an extension is rung past its voicemail; where nobody answers the next verb follows', async () => {
  await using office = await openOffice();
  const { heard, pass } = await lead(
    {
      start:
        '<SetCaller name="Gold" number="4711"/><SimpleTransfer timeout="10">102</SimpleTransfer><SimpleTransfer>103</SimpleTransfer><Hangup/>',
    },
    { office },
  );
  await pass(10);
  expect(heard()).toEqual(['dial 102', 'ended 19', 'dial 103']);
  const shown = office.facts.find((fact) => fact.type === 'channel.peerIdentified' && fact.number === '4711');
  expect(shown).toMatchObject({ name: 'Gold' });
  office.phones.answer('103');
  await pass(1);
  expect(office.phones.stateOf('103')).toBe('talking');
});

test('what the dial rules do not allow is passed over', async () => {
  await using office = await openOffice();
  const { heard, faults, ending } = await lead(
    {
      start:
        '<SetCaller name="Help" number="911"/><Transfer>00900123</Transfer><SimpleTransfer>00900123</SimpleTransfer><Transfer>102</Transfer>',
    },
    { office },
  );
  expect(await ending).toBe('sent-on');
  expect(heard()).toEqual(['dial 102']);
  expect(faults).toHaveLength(3);
});

test('a menu is given up after an hour', async () => {
  await using office = await openOffice();
  const { heard, faults, pass, ending } = await lead({ start: '<Pause length="600"/>'.repeat(10) }, { office, otherwise: '101' });
  for (let pauses = 0; pauses < 6; pauses += 1) {
    office.driver.clock.advance(600);
    await pass(0);
  }
  expect(await ending).toBe('sent-on');
  expect(heard()).toEqual(['dial 101']);
  expect(faults).toEqual(['the menu led on for 3600 s without an end']);
});

test('an extension that nobody has is passed over', async () => {
  await using office = await openOffice();
  const { ending } = await lead({ start: '<SimpleTransfer>999</SimpleTransfer><Hangup/>' }, { office });
  expect(await ending).toBe('hung-up');
});

test.each([
  ['no answer that can be read', {}],
  ['a jump to nowhere', { start: '<Jump context="nowhere"/>' }],
  ['a jump to what every object has', { start: '<Jump context="constructor"/>' }],
  ['a script without an end of its own', { start: '<SetVar name="a">1</SetVar>' }],
])('after %s the caller goes where the menu says', async (_what, answers) => {
  await using office = await openOffice();
  const { heard, ending } = await lead({ start: '', ...answers }, { office, otherwise: '101' });
  expect(await ending).toBe('sent-on');
  expect(heard()).toEqual(['dial 101']);
});

test('a menu that leads in circles ends', async () => {
  await using office = await openOffice();
  const { asked, faults, ending } = await lead({ start: '<Jump context="main"/>' }, { office, otherwise: '101' });
  expect(await ending).toBe('sent-on');
  expect(asked.length).toBeLessThan(50);
  expect(faults).toEqual(['the menu led on 50 times without an end']);
});

test.each(['play', 'pause', 'ring'])('a caller who leaves during a %s ends it', async (what) => {
  await using office = await openOffice();
  const verbs = { play: '<PlaySound>long</PlaySound>', pause: '<Pause length="600"/>', ring: '<SimpleTransfer>102</SimpleTransfer>' };
  const { ending } = await lead({ start: verbs[what as keyof typeof verbs] }, { office });
  office.phones.hangUpOutside('+15550100001');
  expect(await ending).toBe('left');
});

test('a call that a command takes elsewhere is no longer led', async () => {
  await using office = await openOffice();
  const { ending, heard } = await lead({ start: '<Pause length="600"/>' }, { office });
  office.driver.faults.restart();
  expect(await ending).toBe('left');
  expect(heard()).toEqual([]);
});

test('where nothing takes the calls, the number leads nowhere', async () => {
  await using office = await openOffice();
  office.phones.call('101', '700');
  expect(await office.told()).toEqual(['created 101 dialling dialled 700', '101 hangup by pbx', '101 ended 1']);
});
