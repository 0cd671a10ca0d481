/**
 * The same doings of phones come out as the same events, whatever PBX they are connected to: what was recorded of Asterisk and of FreeSWITCH
 * is compared with what the sandbox tells when its phones do the same. Ids and times are each PBX's own, and so are the
 * numbers of its house (groups, queues, slots) and the Q.850 causes that it gives; all else is equal, leg by leg and call by call.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Fact } from '../../src/model/fact.ts';
import { replayFacts } from '../../src/pbx/freeswitch/replay.ts';
import { parseOffice } from '../../src/pbx/sandbox/index.ts';
import { openOffice, type TestOffice } from '../pbx/sandbox/harness.ts';
import { factsOf, play } from './play.ts';
import { readRecording } from './recording.ts';
import { tell } from './short-form.ts';

type Play = (office: TestOffice) => void | Promise<void>;

type House = readonly (readonly [theirs: string, ours: string])[];

/** One recording, and how to play the same on the sandbox. */
interface Recorded {
  readonly capture: string;
  readonly plays: Play;
  /** Numbers of the PBX's house and ours, put one after the other in place of each other. */
  readonly house?: House;
}

interface Parity {
  readonly story: string;
  readonly asterisk?: Recorded;
  readonly freeswitch?: Recorded;
}

/** What phones do: `101 calls 102`, `102 answers`, `102 sends 103`, `101 joins`. */
const phones =
  (...deeds: readonly string[]): Play =>
  (office) => {
    for (const deed of deeds) {
      const [who = '', does = '', whom = ''] = deed.split(' ');
      // Events of one moment may come in any order; these are moments of their own.
      office.driver.clock.advance(does === 'waits' ? Number(whom) : 0.5);
      act(office.phones, who, does, whom);
    }
  };

const act = (all: TestOffice['phones'], who: string, does: string, whom: string): unknown => {
  switch (does) {
    case 'calls':
      return all.call(who, whom);
    case 'answers':
      return all.answer(who);
    case 'rejects':
      return all.reject(who);
    case 'holds':
      return all.hold(who);
    case 'resumes':
      return all.resume(who);
    case 'sends':
      return all.transfer(who, whom);
    case 'joins':
      return all.transfer(who);
    case 'presses':
      return all.pressKeys(who, whom);
    case 'leaves':
      return all.hangUp(who);
    case 'waits':
      return undefined;
    default:
      throw new Error(`nobody ${does}`);
  }
};

const talk = ['101 calls 102', '102 answers'] as const;

/** 102 sends 101 to a slot. Asterisk's slots are 701 and so on; FreeSWITCH's are dialled as they are. */
const spaces = [
  ['default/70', 'valet/'],
  ['>70', '>*80'],
  ['to=70', 'to='],
] as const;
const valet = [
  ['park@pbx.local/', 'valet/'],
  ['>6', '>*806'],
] as const;

/** Recordings of both PBXs, or of one where the other's house made something else of it. */
const stories: readonly Parity[] = [
  {
    story: 'a call that the caller ends',
    asterisk: { capture: 'basic_answer_hangup', plays: phones(...talk, '101 leaves') },
    freeswitch: { capture: 'caller_hangs_up', plays: phones(...talk, '101 leaves') },
  },
  {
    story: 'a call that the callee ends',
    asterisk: { capture: 'basic_callee_hangup', plays: phones(...talk, '102 leaves') },
    freeswitch: { capture: 'callee_hangs_up', plays: phones(...talk, '102 leaves') },
  },
  {
    story: 'a phone whose name is made of signs',
    freeswitch: { capture: 'names', plays: phones('104 calls 105', '105 answers', '104 leaves') },
  },
  {
    story: 'a phone that sends sound before it answers',
    freeswitch: { capture: 'early_media', plays: phones(...talk, '101 leaves') },
  },
  {
    story: 'the caller holds',
    freeswitch: { capture: 'hold_by_caller', plays: phones(...talk, '101 holds', '101 resumes', '101 holds', '101 resumes', '101 leaves') },
  },
  {
    story: 'the callee holds',
    asterisk: { capture: 'hold_notify', plays: phones(...talk, '102 holds', '102 resumes', '101 leaves') },
    freeswitch: { capture: 'hold_by_callee', plays: phones(...talk, '102 holds', '102 resumes', '102 holds', '102 resumes', '102 leaves') },
  },
  {
    story: 'one after the other holds',
    asterisk: {
      capture: 'hold_unhold',
      plays: phones(...talk, '102 holds', '102 resumes', '101 holds', '101 resumes', '101 leaves'),
    },
  },
  {
    story: 'both hold',
    asterisk: { capture: 'hold_both', plays: phones(...talk, '101 holds', '102 holds', '101 resumes', '102 resumes', '101 leaves') },
    freeswitch: { capture: 'hold_both', plays: phones(...talk, '101 holds', '102 holds', '101 resumes', '102 resumes', '101 leaves') },
  },
  {
    story: 'a phone that is asked to answer and to hold',
    asterisk: { capture: 'answer_notify_talk_channel', plays: phones(...talk, '101 leaves') },
    freeswitch: {
      capture: 'phone_events',
      plays: phones(...talk, '102 holds', '102 resumes', '101 holds', '101 resumes', '101 leaves'),
    },
  },
  {
    story: 'a hold by command',
    freeswitch: {
      capture: 'hold_by_command',
      plays: phones(...talk, '101 holds', '101 resumes', '102 holds', '102 resumes', '101 holds', '101 resumes', '101 leaves'),
    },
  },
  {
    story: 'a mute of which the PBX tells nothing',
    asterisk: { capture: 'mute_ami', plays: phones(...talk, '101 leaves') },
    freeswitch: { capture: 'mute_by_command', plays: phones(...talk, '101 leaves') },
  },
  {
    story: 'keys',
    freeswitch: { capture: 'keys', plays: phones(...talk, '101 presses 12#', '102 presses 5', '101 leaves') },
  },
  {
    story: 'the caller gives up',
    asterisk: { capture: 'caller_cancel', plays: phones('101 calls 102', '101 leaves') },
    freeswitch: { capture: 'caller_cancel', plays: phones('101 calls 102', '101 leaves') },
  },
  {
    story: 'the callee declines',
    freeswitch: { capture: 'reject_after_ringing', plays: phones('101 calls 102', '102 rejects') },
  },
  { story: 'nobody answers', freeswitch: { capture: 'no_answer', plays: phones('101 calls 102', '0 waits 30') } },
  {
    story: 'nobody answers but voicemail',
    asterisk: { capture: 'no_answer_to_voicemail', plays: phones('101 calls 108', '0 waits 21', '101 leaves'), house: [['102', '108']] },
    freeswitch: {
      capture: 'no_answer_to_voicemail',
      plays: phones('101 calls 108', '0 waits 21', '101 leaves'),
      house: [
        ['81002', '1002'],
        ['1002', '108'],
      ],
    },
  },
  { story: 'a busy phone', freeswitch: { capture: 'busy_486', plays: phones('101 calls 106'), house: [['1002', '106']] } },
  { story: 'a phone that is not there', freeswitch: { capture: 'unregistered_callee', plays: phones('101 calls 109') } },
  {
    story: 'a ring group',
    asterisk: {
      capture: 'ringgroup_answer',
      plays: phones('101 calls 200', '103 answers', '101 leaves'),
      house: [
        ['103', 'first'],
        ['104', '103'],
        ['105', '104'],
        ['first', '102'],
      ],
    },
    freeswitch: { capture: 'ring_group', plays: phones('101 calls 200', '103 answers', '101 leaves'), house: [['>2000', '>200']] },
  },
  {
    story: 'a queue',
    asterisk: {
      capture: 'queue_answer',
      plays: phones('101 calls 300', '102 answers', '102 leaves'),
      house: [
        ['106', '102'],
        ['support', '300'],
      ],
    },
    freeswitch: {
      capture: 'queue',
      plays: phones('101 calls 300', '102 answers', '103 calls 300', '103 leaves', '101 leaves'),
      house: [
        ['>2100', '>300'],
        ['support@default', '300'],
      ],
    },
  },
  {
    story: 'a conference',
    asterisk: {
      capture: 'confbridge_three',
      plays: phones('101 calls 400', '102 calls 400', '103 calls 400', '101 leaves', '102 leaves', '103 leaves'),
    },
  },
  {
    story: 'a blind transfer by the callee',
    asterisk: { capture: 'blind_transfer_refer_callee', plays: phones(...talk, '102 sends 103', '103 answers', '101 leaves') },
    freeswitch: { capture: 'blind_by_callee', plays: phones(...talk, '102 sends 103', '103 answers', '101 leaves') },
  },
  {
    story: 'a blind transfer by the caller',
    asterisk: { capture: 'blind_transfer_refer_caller', plays: phones(...talk, '101 sends 103', '103 answers', '102 leaves') },
    freeswitch: { capture: 'blind_by_caller', plays: phones(...talk, '101 sends 103', '103 answers', '103 leaves') },
  },
  {
    story: 'a blind transfer to a busy phone',
    freeswitch: { capture: 'blind_to_busy', plays: phones(...talk, '102 sends 106'), house: [['1003', '106']] },
  },
  {
    story: 'an attended transfer by the caller',
    asterisk: {
      capture: 'attended_refer_by_caller',
      plays: phones(...talk, '101 holds', '101 calls 103', '103 answers', '101 joins', '103 leaves'),
    },
    freeswitch: {
      capture: 'attended_by_caller',
      plays: phones(...talk, '101 holds', '101 calls 103', '103 answers', '101 joins', '102 leaves'),
    },
  },
  {
    story: 'an attended transfer by the callee',
    asterisk: {
      capture: 'attended_transfer_refer',
      plays: phones(...talk, '102 holds', '102 calls 103', '103 answers', '102 joins', '101 leaves'),
    },
    freeswitch: {
      capture: 'attended_by_callee',
      plays: phones(...talk, '102 holds', '102 calls 103', '103 answers', '102 joins', '103 leaves'),
    },
  },
  {
    story: 'park and retrieve',
    freeswitch: { capture: 'park_retrieve', plays: phones(...talk, '102 sends *806', '103 calls *806', '101 leaves'), house: valet },
  },
  {
    story: 'park in any slot',
    freeswitch: {
      capture: 'park_any_slot',
      plays: phones(...talk, '102 sends *801', '103 calls *801', '103 leaves'),
      house: [
        ['valet_parking_lot/590', 'valet/'],
        ['>590', '>*80'],
        ['to=590', 'to='],
      ],
    },
  },
  {
    story: 'park and give up',
    asterisk: { capture: 'park_giveup', plays: phones(...talk, '102 sends *801', '101 leaves'), house: spaces },
    freeswitch: { capture: 'lamps', plays: phones(...talk, '102 sends *806', '101 leaves'), house: valet },
  },
  {
    story: 'park and come back',
    asterisk: {
      capture: 'park_timeout_comeback',
      plays: phones(...talk, '102 sends *801', '0 waits 7', '102 answers', '101 leaves'),
      house: spaces,
    },
  },
  {
    story: 'park by the caller, who takes the call back',
    freeswitch: { capture: 'park_by_caller', plays: phones(...talk, '101 sends *806', '101 calls *806', '102 leaves'), house: valet },
  },
  {
    story: 'hold, then park',
    freeswitch: {
      capture: 'hold_then_park',
      plays: phones(...talk, '102 holds', '102 sends *806', '103 calls *806', '103 holds', '103 resumes', '103 leaves'),
      house: valet,
    },
  },
  {
    story: 'a recording',
    freeswitch: {
      capture: 'record',
      plays: async (office) => {
        await phones(...talk)(office);
        await office.told();
        await office.command({ name: 'record', channel: office.channelOf('101'), recording: 'call' });
        await office.command({ name: 'stopRecording', channel: office.channelOf('101') });
        await phones('101 leaves')(office);
      },
    },
  },
];

/** The house of these stories: what the labs of the recordings have, too. */
const house = parseOffice({
  extensions: [
    ...['101', '102', '103', '104', '105'].map((number) => ({ number, voicemail: false })),
    { number: '106', voicemail: false, habit: { kind: 'busy' } },
    { number: '108' },
    { number: '109', voicemail: false, registered: false },
  ],
  ringGroups: [{ number: '200', members: ['102', '103', '104'] }],
  queues: [{ number: '300', agents: ['102'] }],
  conferences: ['400'],
  parking: { lot: 'valet', slots: ['1', '2', '3', '4', '5', '6', '7', '8', '9'], prefix: '*80', comebackSeconds: 6 },
});

const onSandbox = async (plays: Play): Promise<readonly Fact[]> => {
  await using office = await openOffice({ office: house });
  await plays(office);
  await office.told();
  return [...office.facts];
};

const onFreeswitch = async (capture: string): Promise<readonly Fact[]> => {
  const bytes = gunzipSync(readFileSync(new URL(`freeswitch/${capture}.esl.gz`, import.meta.url)));
  const reads = async function* (): AsyncGenerator<{ readonly bytes: Uint8Array }, void> {
    yield { bytes };
  };
  const facts: Fact[] = [];
  for await (const fact of replayFacts(reads())) facts.push(fact);
  return facts;
};

/** What happened to each call, leg and slot, in order, and what each extension became. */
const told = (facts: readonly Fact[], numbers: House = []): unknown => {
  const { events, presence } = tell(play(facts).events);
  const ours = (text: string): string =>
    numbers.reduce((line, [theirs, own]) => line.replaceAll(theirs, own), text).replaceAll(/\b100(\d)\b/g, '10$1');
  const subjects: Record<string, string[]> = {};
  for (const event of events.filter((line) => !line.startsWith('pbx.'))) {
    const line = withoutCause(ours(event));
    for (const subject of subjectsOf(line)) (subjects[subject] ??= []).push(line);
  }
  return {
    subjects: Object.fromEntries(Object.entries(subjects).map(([subject, lines]) => [subject, inMoments(lines)])),
    presence: Object.fromEntries(Object.entries(presence).map(([number, states]) => [ours(number), states])),
  };
};

const withoutCause = (line: string): string =>
  line.replace(/^(leg\.ended \S+) \d+/, '$1').replace(/^(call\.ended \S+ \S+ \S+ \S+) \d+/, '$1');

const subjectsOf = (line: string): readonly string[] => {
  const [type = '', one = '', two = ''] = line.split(' ');
  if (type.startsWith('call.')) return [`call ${one}`];
  return type.startsWith('legs.') ? [one, two] : [one];
};

/** Who is sent to a slot ceases to hear the sender in the same moment, and the sender to hold it. */
const ofOneMoment: ReadonlySet<string> = new Set(['legs.unlinked', 'leg.parked', 'leg.resumed']);

const inMoments = (lines: readonly string[]): readonly string[] => {
  const isOfMoment = (line = ''): boolean => ofOneMoment.has(line.split(' ', 1)[0] ?? '');
  const moments: string[][] = [];
  for (const [index, line] of lines.entries()) {
    if (isOfMoment(line) && isOfMoment(lines[index - 1])) moments.at(-1)?.push(line);
    else moments.push([line]);
  }
  return moments.flatMap((moment) => moment.toSorted());
};

const recordedOn = (pbx: 'asterisk' | 'freeswitch'): readonly (Recorded & { readonly story: string })[] =>
  stories.flatMap(({ story, [pbx]: recorded }) => (recorded === undefined ? [] : [{ story, ...recorded }]));

describe('on Asterisk as on the sandbox', () => {
  test.each(recordedOn('asterisk'))('$story', async ({ capture, plays, house: numbers }) => {
    expect(told(factsOf(readRecording({ pbx: 'asterisk-22', name: capture })), numbers)).toEqual(told(await onSandbox(plays)));
  });
});

describe('on FreeSWITCH as on the sandbox', () => {
  test.each(recordedOn('freeswitch'))('$story', async ({ capture, plays, house: numbers }) => {
    expect(told(await onFreeswitch(capture), numbers)).toEqual(told(await onSandbox(plays)));
  });
});
