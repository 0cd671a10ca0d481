/**
 * Phones that do this and that, and a link that breaks between: whatever comes of it, the gateway knows what lives. The seed of a
 * failed run is in the test's name, and its deeds are in the message.
 */
import { expect, test } from 'vitest';
import type { Call } from '../../../src/model/call.ts';
import type { PhoneCall } from '../phone/phone-call.ts';
import type { Phone } from '../phone/phone.ts';
import { onEachAsterisk, sharedOffice } from './on-each-asterisk.ts';
import { sharedGateway } from '../shared-gateway.ts';

const seeds = [11, 12, 13];
const deedsPerRun = 60;
const compareEvery = 10;
const compareMs = 40_000;

/** Numbers in [0, 1) that repeat with their seed (mulberry32). */
const randomFrom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

interface Deed {
  readonly what: string;
  readonly done: () => Promise<unknown> | void;
}

/** What the phones could do now. Calls go to phones, through a Local channel, to the group, the conference and the slots. */
const deedsOf = (phones: readonly Phone[]): readonly Deed[] =>
  phones.flatMap((phone) => {
    const live = phone.calls.filter(({ state }) => state !== 'ended');
    const others = [...phones.filter((other) => other !== phone).map(({ number }) => number), '8203', '610', '650', '701'];
    const name = phone.number;
    const dials = live.length > 1 ? [] : [...others, '*8102'].map((to) => ({ what: `${name} dials ${to}`, done: () => dial(phone, to) }));
    return [...dials, ...live.flatMap((call) => deedsWith(call, live, others))];
  });

const dial = async (phone: Phone, to: string): Promise<void> => {
  const call = await phone.call(to);
  await phone.changes.until(
    () => (call.state === 'dialling' ? undefined : true),
    'the call to get somewhere',
    () => call.describe(),
  );
};

const deedsWith = (call: PhoneCall, live: readonly PhoneCall[], others: readonly string[]): readonly Deed[] => {
  const name = call.phone.number;
  const hangup = { what: `${name} hangs up`, done: () => call.hangup() };
  if (call.state === 'ringing' && call.direction === 'incoming') {
    const answer = { what: `${name} answers`, done: () => call.answer() };
    return [answer, answer, answer, answer, { what: `${name} declines`, done: () => call.reject() }];
  }
  if (call.state !== 'up') return [hangup];
  const consulted = live.filter((other) => other !== call && other.state === 'up');
  return [
    hangup,
    call.holding ? { what: `${name} resumes`, done: () => call.resume() } : { what: `${name} holds`, done: () => call.hold() },
    ...[...others, '700'].map((to) => ({ what: `${name} transfers to ${to}`, done: () => call.transfer(to) })),
    ...consulted.map((other) => ({ what: `${name} joins two calls`, done: () => call.transferTo(other) })),
  ];
};

onEachAsterisk('whatever the phones do', (_version, tree) => {
  const office = sharedOffice(tree);
  const connected = sharedGateway(office);

  interface Seen {
    /** The phones' channels that live, and whether each is up: `1795267821.1 up`. */
    readonly pbx: readonly string[];
    readonly gateway: readonly string[];
  }

  const look = async (): Promise<Seen> => {
    const [listed, { body }] = await Promise.all([office().pbx.cli('core show channels concise'), connected().gateway.get('/v1/state')]);
    const channels = listed.split('\n').filter((line) => line.startsWith('PJSIP/'));
    const legs = (body as { readonly calls: readonly Call[] }).calls.flatMap((call) => call.legs).filter(({ state }) => state !== 'ended');
    return {
      pbx: channels.map((line) => `${line.split('!').at(-1)?.trim() ?? ''}${line.split('!')[4] === 'Up' ? ' up' : ''}`).toSorted(),
      gateway: legs.map(({ channel, state }) => `${channel}${state === 'initiated' || state === 'ringing' ? '' : ' up'}`).toSorted(),
    };
  };

  /** Nothing once both see the same, for what is under way is seen by one a moment before the other; else what each sees. */
  const differences = async (deeds: readonly string[]): Promise<readonly (Seen & { readonly after: string })[]> => {
    const deadline = Date.now() + compareMs;
    for (;;) {
      const seen = await look();
      if (seen.pbx.join() === seen.gateway.join()) return [];
      if (Date.now() > deadline) return [{ after: deeds.join(', '), ...seen }];
    }
  };

  test.each(seeds)('the gateway knows which channels live, and each call ends once (seed %i)', async (seed) => {
    const random = randomFrom(seed);
    const pick = <T>(choices: readonly T[]): T | undefined => choices[Math.floor(random() * choices.length)];
    const phones = await office().phones('101', '102', '103', '104', '105');
    const done: string[] = [];
    const found: (Seen & { readonly after: string })[] = [];
    for (let i = 1; i <= deedsPerRun; i += 1) {
      // First what kind of deed, then which: a phone has far more numbers to dial than calls to answer.
      const kinds = Map.groupBy(deedsOf(phones), ({ what }) => what.split(' ')[1]);
      const deed = pick([...(pick([...kinds.values()]) ?? [])]);
      if (deed === undefined) continue;
      done.push(deed.what);
      // The other side may have ended the call meanwhile, or the PBX refuses a transfer: both are part of the game.
      await Promise.resolve(deed.done()).catch((error: unknown) =>
        done.push(`(${error instanceof Error ? error.message : String(error)})`),
      );
      if (i % compareEvery === 0) found.push(...(await differences(done)));
      if (i === 25) {
        connected().link.cut();
        done.push('the link breaks');
      }
      if (i === 28) {
        connected().link.mend();
        done.push('the link is back');
      }
      if (i === 45) {
        done.push('the gateway is killed');
        await connected().gateway.kill();
        await connected().gateway.boot();
      }
    }
    await office().quiet();
    found.push(...(await differences(done)));
    expect(found).toEqual([]);
  });
});
