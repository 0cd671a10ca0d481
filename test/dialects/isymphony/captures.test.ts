import { readdirSync, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { LiveIds } from '../../../src/dialects/isymphony/ids.ts';
import type { People } from '../../../src/dialects/isymphony/people.ts';
import { EventProjection } from '../../../src/dialects/isymphony/project.ts';
import { eventProperties, type WireEvent } from '../../../src/dialects/isymphony/schema.ts';
import { Segments } from '../../../src/dialects/isymphony/segments.ts';
import { envelop } from '../../../src/model/event.ts';
import type { Fact } from '../../../src/model/fact.ts';
import { tenantId } from '../../../src/model/ids.ts';
import { isoTime } from '../../../src/model/time.ts';
import { replayFacts } from '../../../src/pbx/freeswitch/replay.ts';
import { createTrackerState, legsOf, liveState, queueOf, track } from '../../../src/tracker/tracker.ts';
import { factsOf, lab } from '../../captures/play.ts';
import { readRecording, recordings, type Recording } from '../../captures/recording.ts';

const nobody: People = { ownerOf: () => undefined, named: () => undefined, all: () => [], idOf: () => '', isFull: () => true };

interface Numbered {
  /** The place of the event that led to it. */
  readonly seq: number;
  readonly event: WireEvent;
}

/** What a PBX of any kind was recorded to say. */
interface Story {
  readonly pbx: string;
  readonly name: string;
  readonly facts: readonly Fact[];
}

const ofAsterisk = (recording: Recording): Story => ({ ...recording, facts: factsOf(readRecording(recording)) });

const esl = new URL('../../captures/freeswitch/', import.meta.url);
const ofFreeSwitch = async (file: string): Promise<Story> => {
  const bytes = gunzipSync(readFileSync(new URL(file, esl)));
  const facts: Fact[] = [];
  for await (const fact of replayFacts(Readable.from([{ bytes }]))) facts.push(fact);
  return { pbx: 'freeswitch', name: file.slice(0, -'.esl.gz'.length), facts };
};

/** What is told while the story is played, the engine being as far as its facts; somebody listens after the event of that number. */
const numberedOf = ({ facts }: Story, after = 0): readonly Numbered[] => {
  let state = createTrackerState(lab);
  const segments = new Segments();
  const projection = new EventProjection({
    engine: {
      snapshot: () => ({ ...liveState(state), cursor: { epoch: 'e1', seq: 0 }, pbxs: [] }),
      legsOf: (extension) => legsOf(state, extension),
      queue: (name) => queueOf(state, name),
    },
    people: nobody,
    ids: new LiveIds('test'),
    segments,
    coreServerId: 'server',
    answeredDialEnd: true,
  });
  const told: Numbered[] = [];
  let seq = 0;
  for (const fact of facts) {
    const step = track(state, fact);
    state = step.state;
    for (const happened of step.events) {
      const event = envelop(happened, tenantId('lab'), 'e1', (seq += 1), isoTime(happened.at));
      const now = projection.take(event, seq > after);
      if (seq > after) for (const each of now) told.push({ seq, event: each });
    }
  }
  return told;
};

const toldOf = (story: Story): readonly WireEvent[] => numberedOf(story).map(({ event }) => event);

const about = (told: WireEvent): string => {
  const two = told['callerIdNumber1'] === undefined ? undefined : `${told['callerIdNumber1']}>${told['callerIdNumber2']}`;
  const number = told['extensionNumber'] ?? told['callerIdNumber'];
  return [told.type, two ?? number, told['result']].filter((word) => word !== undefined).join(' ');
};
const linesOf = (name: string): readonly string[] =>
  recordings.filter((each) => each.pbx === 'asterisk-22' && each.name === name).flatMap((each) => toldOf(ofAsterisk(each)).map(about));

/** The recording that ends with its calls up: the PBX was killed. */
const unfinished: ReadonlySet<string> = new Set(['pbx_kill9_with_call']);

const stories = [
  ...recordings.map(ofAsterisk),
  ...(await Promise.all(
    readdirSync(esl)
      .filter((file) => file.endsWith('.esl.gz'))
      .toSorted()
      .map(ofFreeSwitch),
  )),
];

describe.each(stories)('what is told of $pbx $name', (story) => {
  const told = toldOf(story);

  test('has the properties of its type, each of them, in order', () => {
    for (const event of told) expect(Object.keys(event)).toEqual(['type', 'time', 'coreServerId', ...eventProperties[event.type]]);
  });

  test('is the same for one who comes later', () => {
    expect(numberedOf(story, 20)).toEqual(numberedOf(story).filter(({ seq }) => seq > 20));
  });

  test('pairs: who is linked is unlinked, who is dialled is dialled no more, who comes into a room leaves it; then it is hung up, once', () => {
    const open = new Set<string>();
    const gone = new Set<unknown>();
    const wrong: string[] = [];
    const pairs: Readonly<Record<string, string>> = {
      linkEnd: 'linkStart',
      dialEnd: 'dial',
      confRoomCallLeave: 'confRoomCallJoin',
      queueCallLeave: 'queueCallJoin',
      unpark: 'park',
    };
    const begins = new Set(Object.values(pairs));
    for (const event of told) {
      const { type } = event;
      const ids = [event['callSegmentId'], event['callSegmentId1'], event['callSegmentId2']].filter((id) => id !== undefined);
      const place = event['conferenceRoomId'] ?? event['queueId'] ?? '';
      const key = `${pairs[type] ?? type} ${ids.toSorted().join(' ')} ${place}`;
      if (begins.has(type)) {
        if (open.has(key)) wrong.push(`twice: ${about(event)}`);
        open.add(key);
      } else if (pairs[type] !== undefined && !open.delete(key)) wrong.push(`never begun: ${about(event)}`);
      // A caller may be gone when the dial of whom it called ends.
      if (ids.some((id) => gone.has(id)) && type !== 'dialEnd') wrong.push(`after its end: ${about(event)}`);
      if (type === 'hangup') for (const id of ids) gone.add(id);
    }
    expect(wrong).toEqual([]);
    expect(open.size > 0).toBe(unfinished.has(story.name));
  });
});

const talking = ['dial 101>102', 'dialEnd 101>102 ANSWER', 'linkStart 101>102'];

test('calls as their phones lived them', () => {
  expect({
    answered: linesOf('basic_answer_hangup'),
    busy: linesOf('busy_486'),
    cancelled: linesOf('caller_cancel'),
    declined: linesOf('reject_after_ringing'),
    blind: linesOf('blind_transfer_refer_callee'),
    attended: linesOf('attended_transfer_refer'),
    semi: linesOf('attended_dtmf_semi').toSorted(),
    bridged: linesOf('join_bridgeadd'),
  }).toEqual({
    answered: [...talking, 'linkEnd 101>102', 'hangup 101', 'hangup 102'],
    busy: ['dial 101>102', 'dialEnd 101>102 BUSY', 'hangup 102', 'hangup 101'],
    cancelled: ['dial 101>102', 'hangup 101', 'dialEnd 101>102 CANCEL', 'hangup 102'],
    declined: ['dial 101>102', 'dialEnd 101>102 BUSY', 'hangup 102', 'hangup 101'],
    // 102 sends 101 on to 103.
    blind: [
      ...talking,
      ...['linkEnd 101>102', 'hangup 102', 'dial 101>103', 'dialEnd 101>103 ANSWER', 'linkStart 101>103'],
      ...['linkEnd 101>103', 'hangup 101', 'hangup 103'],
    ],
    // 102 holds 101, calls 103 on a second line, and joins the two.
    attended: [
      ...talking,
      ...['hold 102', 'dial 102>103', 'dialEnd 102>103 ANSWER', 'linkStart 102>103', 'unhold 102'],
      ...['linkEnd 101>102', 'linkEnd 102>103', 'linkStart 101>103', 'hangup 102', 'hangup 102'],
      ...['linkEnd 101>103', 'hangup 101', 'hangup 103'],
    ],
    // 102 hangs up while 103 rings; 103 answers and hears 101. The PBX tells of both in one moment.
    semi: [
      ...talking,
      ...['hold 102', 'linkEnd 101>102', 'unhold 102', 'dial 102>103', 'hangup 102', 'dialEnd 102>103 ANSWER', 'linkStart 101>103'],
      ...['linkEnd 101>103', 'hangup 103', 'hangup 101'],
    ].toSorted(),
    // 105 is brought in; 101 hangs up, then 102.
    bridged: [
      ...talking,
      ...['linkEnd 101>102', 'confRoomCallJoin 101', 'confRoomCallJoin 102', 'confRoomCallJoin 105'],
      ...['confRoomCallLeave 101', 'confRoomCallLeave 105', 'confRoomCallLeave 102', 'linkStart 102>105', 'hangup 101'],
      ...['linkEnd 102>105', 'hangup 102', 'hangup 105'],
    ],
  });
});
