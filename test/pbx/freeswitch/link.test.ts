/** The link to an event socket that plays what was recorded. */
import { readdirSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import type { Fact } from '../../../src/model/fact.ts';
import { replayFacts } from '../../../src/pbx/freeswitch/replay.ts';
import { liveState } from '../../../src/tracker/tracker.ts';
import { brokenPromises } from '../../captures/facts.ts';
import { brokenInvariants } from '../../captures/invariants.ts';
import { play } from '../../captures/play.ts';
import { tell } from '../../captures/short-form.ts';
import { Driven, withoutMarkers } from './driven.ts';
import { channelsIn, eventFrom, recordedBytes, recordedEvents } from './recorded.ts';
import { ReplayingSocket } from './replaying-socket.ts';

const captures = readdirSync(new URL('../../captures/freeswitch/', import.meta.url)).flatMap(
  (file) => /^(.*)\.esl\.gz$/.exec(file)?.[1] ?? [],
);

let opened: Driven | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

const driven = async (...args: Parameters<typeof Driven.create>): Promise<Driven> => (opened = await Driven.create(...args));

const replayed = async (capture: string): Promise<readonly Fact[]> => {
  const facts: Fact[] = [];
  const reads = async function* (): AsyncGenerator<{ readonly bytes: Uint8Array }, void> {
    yield { bytes: recordedBytes(capture) };
  };
  for await (const fact of replayFacts(reads())) facts.push(fact);
  return facts;
};

/** Slots of the tenant's own lot go by a name of ours. */
const told = (facts: readonly Fact[]): unknown => {
  const { events, presence } = tell(play(facts).events);
  return {
    events: events.filter((line) => !line.startsWith('pbx.')).map((line) => line.replaceAll('park@pbx.local/', 'valet/')),
    presence,
  };
};

/** How many of these facts there were when everything was quiet: then a list tells all that the facts told. */
const heard = (facts: readonly Fact[]): readonly Fact[] =>
  withoutMarkers(facts).filter(({ type }) => type !== 'resync' && !type.startsWith('pbx.'));

describe('what is asked of the event socket', () => {
  test.each(captures)('%s: the events that pass its filters tell the same as all', async (capture) => {
    const one = await driven();
    await one.start();
    one.esl.play(recordedEvents(capture));
    await one.settled();
    expect(told(heard(one.facts))).toEqual(told(heard(await replayed(capture))));
  });

  test('is a small part of what happens', async () => {
    const one = await (await driven()).start();
    one.esl.pieceBytes = 7;
    const all = recordedEvents('caller_hangs_up');
    one.esl.play(all);
    await one.settled();
    expect(told(heard(one.facts))).toEqual(told(heard(await replayed('caller_hangs_up'))));
    expect(one.esl.sent).toBeLessThan(0.7 * all.reduce((sum, { text }) => sum + text.length, 0));
  });
});

test.each([0, 5_000])('played with its own timing, and %i ms late, a stream tells the same', async (delayMs) => {
  const one = await (await driven()).start();
  one.esl.pieceBytes = 1_000;
  const played = one.esl.playInTime(recordedEvents('park_retrieve'), one.time, delayMs);
  for (let second = 0; second < 20; second += 1) {
    one.time.advance(1_000);
    await one.settled();
  }
  await played;
  expect(told(heard(one.facts))).toEqual(told(heard(await replayed('park_retrieve'))));
});

describe('a link that breaks', () => {
  test.each(captures)('%s: is told, and everything is found again and ends once', async (capture) => {
    const events = recordedEvents(capture);
    for (const cut of [0.55].map((share) => Math.floor(share * events.length))) {
      const one = await (await driven()).start();
      one.esl.play(events.slice(0, cut));
      await one.settled();
      one.esl.cut();
      await one.until('pbx.disconnected');
      for (const event of events.slice(cut, cut + 5)) one.esl.note(event);
      await one.time.untilDue(250);
      one.time.advance(250);
      await one.until('resync', 2);
      one.esl.play(events.slice(cut + 5));
      await one.settled();
      const facts = withoutMarkers(one.facts);
      expect(
        brokenPromises(
          facts
            .filter(({ type }) => type !== 'resync')
            .slice(
              0,
              facts.findIndex(({ type }) => type === 'pbx.disconnected'),
            ),
        ),
      ).toEqual([]);
      const { events: news, state } = play(facts);
      expect(brokenInvariants(news, true), `cut at ${cut}`).toEqual([]);
      expect(liveState(state).calls).toEqual([]);
      await one.close();
      opened = undefined;
    }
  });

  /**
   * Where no list of FreeSWITCH tells what the events told: that somebody consults, and whom it keeps waiting; who has sent a channel on
   * that is not parked yet; who came to be registered, since the lists of this test name everybody always.
   */
  const untold: ReadonlySet<string> = new Set(['attended_by_feature', 'park_any_slot', 'profile_restart', 'registrations']);

  test.each(captures.filter((capture) => !untold.has(capture)))(
    '%s: in a quiet moment, nothing is told otherwise than without it',
    async (capture) => {
      const events = recordedEvents(capture);
      const quiet = events.flatMap(({ at }, index) => ((events[index + 1]?.at ?? 0) - at > 200_000 ? [index + 1] : []));
      const whole = told(heard(await replayed(capture)));
      for (const cut of quiet.slice(0, 2)) {
        const one = await (await driven()).start();
        one.esl.play(events.slice(0, cut));
        await one.settled();
        one.esl.cut();
        await one.time.untilDue(250);
        one.time.advance(250);
        await one.until('resync', 2);
        one.esl.play(events.slice(cut));
        await one.settled();
        expect(told(withoutMarkers(one.facts)), `cut at ${cut}`).toEqual(whole);
        await one.close();
        opened = undefined;
      }
    },
  );

  test('a call that goes on is the same call', async () => {
    const events = recordedEvents('caller_hangs_up');
    const talking = events.findIndex(({ name }) => name === 'CHANNEL_BRIDGE') + 1;
    const one = await (await driven()).start();
    one.esl.play(events.slice(0, talking));
    await one.settled();
    one.esl.cut();
    await one.time.untilDue(250);
    one.time.advance(250);
    await one.until('resync', 2);
    one.esl.play(events.slice(talking));
    await one.settled();
    expect(told(withoutMarkers(one.facts))).toEqual(told(heard(await replayed('caller_hangs_up'))));
    expect(one.types.slice(-14)).not.toContain('channel.created');
  });

  test.each([
    ['with a notice', (esl: ReplayingSocket) => esl.notice('Disconnected, goodbye.\n'), 'FreeSWITCH closed the connection.'],
    [
      'as FreeSWITCH is shut down',
      (esl: ReplayingSocket) => esl.notice('The system is being shut down.\n'),
      'FreeSWITCH is shutting down.',
    ],
    [
      'with what is no event',
      (esl: ReplayingSocket) => esl.raw('Content-Length: many\n\n'),
      'What came in is not the event socket protocol.',
    ],
  ])('%s: says why', async (_what, breakLink, reason) => {
    const one = await (await driven()).start();
    breakLink(one.esl);
    await one.until('pbx.disconnected');
    expect(one.of('pbx.disconnected').map((fact) => fact.reason)).toEqual([reason]);
  });

  test('more than can be processed drops the link, and a resync makes up for it', async () => {
    const one = await (await driven({ maxWaitingBytes: 20_000 })).start();
    const gate = Promise.withResolvers<void>();
    const events = recordedEvents('caller_hangs_up');
    const begun = events.findIndex(({ name }) => name === 'CHANNEL_CREATE') + 1;
    one.gate = gate.promise;
    one.esl.play(events.slice(0, begun));
    await one.until('channel.created');
    one.esl.play(events.slice(begun));
    await one.time.untilDue(250);
    gate.resolve();
    one.gate = undefined;
    await one.until('pbx.disconnected');
    expect(one.of('pbx.disconnected').at(-1)?.reason).toBe('More came in than could be processed in time.');
    one.time.advance(250);
    await one.until('resync', 2);
    expect(brokenInvariants(play(withoutMarkers(one.facts)).events, true)).toEqual([]);
  });

  test('a FreeSWITCH that answers nothing is degraded, then dropped', async () => {
    const one = await (await driven()).start();
    one.esl.isSilent = true;
    await one.time.untilDue(5_000);
    one.time.advance(5_000);
    await one.time.untilDue(3_000);
    one.time.advance(3_000);
    await one.until('pbx.degraded');
    one.time.advance(12_000);
    await one.until('pbx.disconnected');
    expect(one.of('pbx.disconnected')[0]?.reason).toBe('FreeSWITCH stopped answering.');
  });
});

describe('another FreeSWITCH', () => {
  test('that started anew is known by its id, and every call of the old one has ended', async () => {
    const events = recordedEvents('caller_hangs_up');
    const one = await (await driven()).start();
    one.esl.play(events.slice(0, events.findIndex(({ name }) => name === 'CHANNEL_BRIDGE') + 1));
    await one.settled();
    one.esl.coreUuid = 'another';
    one.esl.forget();
    one.esl.cut();
    await one.time.untilDue(250);
    one.time.advance(60_000);
    await one.until('resync', 2);
    const [before, after] = one.of('resync');
    expect(after?.startedAt).toBeGreaterThan((before?.startedAt ?? 0) + 10_000_000);
    const { events: news, state } = play(withoutMarkers(one.facts));
    expect(news.filter(({ type }) => type === 'call.ended').map(({ reconciled }) => reconciled)).toEqual([true]);
    expect(liveState(state).calls).toEqual([]);
  });

  test('that is the same one has the same start, however often it is asked', async () => {
    const one = await (await driven()).start();
    one.esl.cut();
    await one.time.untilDue(250);
    one.time.advance(1_250);
    await one.until('resync', 2);
    const [before, after] = one.of('resync');
    expect(after?.startedAt).toBe(before?.startedAt);
  });
});

describe('events that FreeSWITCH dropped without a word', () => {
  const heartbeat = (sessions: number): ReturnType<typeof eventFrom> =>
    eventFrom({ 'Event-Name': 'HEARTBEAT', 'Session-Count': String(sessions) });

  test('show in the heartbeats, and everything is read again', async () => {
    const one = await (await driven()).start();
    for (const event of recordedEvents('caller_hangs_up').slice(0, 60)) one.esl.note(event);
    one.esl.play([heartbeat(2), heartbeat(2)]);
    await one.time.untilDue(1_000);
    one.time.advance(1_000);
    await one.until('resync', 2);
    expect(one.of('resync')[1]?.channels).toHaveLength(one.esl.channels);
  });

  test('are not suspected when one heartbeat catches a call in its first moment', async () => {
    const one = await (await driven()).start();
    one.esl.play([heartbeat(1), heartbeat(0), heartbeat(1), heartbeat(0)]);
    await one.settled();
    expect(one.time.due()).not.toContain(1_000);
  });
});

describe('a login', () => {
  test.each([
    [
      'with a wrong password',
      (esl: ReplayingSocket) => void (esl.password = 'other'),
      'FreeSWITCH refused the password of its event socket.',
    ],
    [
      'from an address that the access list does not name',
      (esl: ReplayingSocket) => void (esl.refusesByAcl = true),
      "FreeSWITCH does not let this address in: its event socket's apply-inbound-acl must allow it.",
    ],
  ])('%s is told, and not tried again for a while', async (_what, spoil, reason) => {
    const esl = await ReplayingSocket.start();
    spoil(esl);
    const one = await driven({ esl });
    one.read();
    await one.until('pbx.disconnected');
    expect(one.of('pbx.disconnected')[0]?.reason).toBe(reason);
    await one.time.untilDue(30_000);
  });
});

const ownPhone = eventFrom({
  'Event-Name': 'CUSTOM',
  'Event-Subclass': 'sofia::register',
  'from-user': '1001',
  'from-host': 'other.local',
  contact: 'sip:own',
});

test('a shared FreeSWITCH shows what is the tenant’s alone', async () => {
  const one = await (await driven({ config: { sharesPbx: true, domain: 'other.local', dialContext: 'other' } })).start();
  one.esl.play([...recordedEvents('caller_hangs_up'), ...recordedEvents('registrations'), ownPhone]);
  await one.until('extension.registered');
  expect(one.of('channel.created')).toEqual([]);
  expect(one.of('extension.registered').map(({ contact }) => contact)).toEqual(['sip:own']);
  expect(one.of('resync')[0]?.extensions).toEqual([]);
});

test('a shared FreeSWITCH shows all of a call of the tenant', async () => {
  const one = await (await driven({ config: { sharesPbx: true, domain: 'pbx.local' } })).start();
  const events = recordedEvents('caller_hangs_up');
  one.esl.play(events);
  await one.settled();
  expect(one.of('channel.created').map(({ channel }) => channel)).toEqual(channelsIn(events));
});
