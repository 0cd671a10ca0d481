import { describe, expect, test } from 'vitest';
import { createTelphinProjector } from '../../../src/dialects/telphin/project.ts';
import type { Happening } from '../../../src/dialects/telphin/schema.ts';
import { envelop } from '../../../src/model/event.ts';
import { tenantId } from '../../../src/model/ids.ts';
import { isoTime } from '../../../src/model/time.ts';
import { eventsOf } from '../../captures/play.ts';
import { readRecording, recordings, type Recording } from '../../captures/recording.ts';

/** With `restart` the state goes through its checkpoint after every event, as if the gateway began anew each time. */
const happeningsOf = (recording: Recording, restart: boolean): readonly Happening[] => {
  const { initial, project, types, save, load } = createTelphinProjector(new Set());
  const happenings: Happening[] = [];
  let state = initial;
  for (const [index, event] of eventsOf(readRecording(recording)).entries()) {
    if (!types.has(event.type)) continue;
    const step = project(state, envelop(event, tenantId('lab'), 'e1', index + 1, isoTime(event.at)), event.at);
    state = restart ? load(JSON.parse(JSON.stringify(save(step.state)))) : step.state;
    happenings.push(...step.messages.map(({ body }) => body));
  }
  return happenings;
};

/** The recording that ends with its calls up: the PBX was killed. */
const unfinished: ReadonlySet<string> = new Set(['pbx_kill9_with_call']);

const name = ({ type, status, part }: Happening): string => `${part.extension} ${type} ${status}`;
const told = (recording: string): readonly Happening[] =>
  recordings.filter((each) => each.pbx === 'asterisk-22' && each.name === recording).flatMap((each) => happeningsOf(each, false));

describe.each(recordings)('what is told of $pbx $name', (recording) => {
  test('begins with a dial, is answered at most once, and ends with one hangup of the same part', () => {
    const stages = new Map<string, readonly string[]>();
    for (const { type, part } of happeningsOf(recording, false)) {
      const key = `${part.extension} ${part.subCallId}`;
      stages.set(key, [...(stages.get(key) ?? []), type.startsWith('dial-') ? 'dial' : type]);
    }
    const whole = ['dial hangup', 'dial answer hangup', ...(unfinished.has(recording.name) ? ['dial answer', 'dial'] : [])];
    expect([...stages.values()].map((each) => each.join(' ')).filter((each) => !whole.includes(each))).toEqual([]);
  });

  test('is the same when the gateway is started anew after each event', () => {
    expect(happeningsOf(recording, true)).toEqual(happeningsOf(recording, false));
  });
});

test('both sides of a call are told of its answer, by one type', () => {
  expect(told('basic_answer_hangup').map(name)).toEqual([
    '101 dial-out CALLING',
    '102 dial-in CALLING',
    '102 answer ANSWER',
    '101 answer ANSWER',
    '101 hangup ANSWER',
    '102 hangup ANSWER',
  ]);
});

test('times are as exact as Asterisk tells them, and the talk is counted from the answer', () => {
  const happenings = told('basic_answer_hangup');
  const answered = happenings.find(({ type, part }) => type === 'answer' && part.extension === '102');
  const ended = happenings.find(({ type, part }) => type === 'hangup' && part.extension === '102');
  expect(happenings.some(({ at }) => at % 1_000 !== 0)).toBe(true);
  expect(ended?.hangup?.talked).toBe((ended?.at ?? 0) - (answered?.at ?? 0));
});

test('a queue is told that it is called, and at the end whether an agent answered', () => {
  const ofQueue = told('queue_abandon').filter(({ part }) => !/^10\d$/.test(part.extension));
  expect(ofQueue.map(({ type, status, hangup }) => `${type} ${status} ${hangup?.bridged}`)).toEqual([
    'dial-in CALLING undefined',
    'hangup ANSWER false',
  ]);
});

test('parking and coming back are a hangup and a new dial-in of the same call', () => {
  const happenings = told('park_timeout_comeback');
  const parker = happenings.find(({ type, part }) => type === 'hangup' && part.flow === 'in')?.part.extension;
  const ofParker = happenings.filter(({ part }) => part.extension === parker);
  expect(ofParker.map(({ type }) => type).slice(0, 4)).toEqual(['dial-in', 'answer', 'hangup', 'dial-in']);
  expect(new Set(ofParker.map(({ part }) => part.callId)).size).toBe(1);
});

test('who sends a party on has made a call of its own, until the two are parted', () => {
  const byTransfer = told('blind_transfer_refer_callee').filter(({ part }) => part.isTransfer);
  expect(byTransfer.map(name)).toEqual(['102 dial-out CALLING', '102 answer ANSWER', '102 hangup ANSWER']);
  const [dialled, answered, ended] = byTransfer;
  expect(dialled?.part).toMatchObject({ flow: 'out', dialled: '103', caller: { extension: '102' } });
  expect(ended?.hangup?.talked).toBe((ended?.at ?? 0) - (answered?.at ?? 0));
});

test('of a transfer that nobody answers the hangup says why', () => {
  const byTransfer = told('transfer_target_rejects').filter(({ part }) => part.isTransfer);
  expect(byTransfer.map(name)).toEqual(['102 dial-out CALLING', '102 hangup BUSY']);
});

test('each transfer of a chain ends where the next begins', () => {
  const byTransfer = told('blind_transfer_chain').filter(({ part }) => part.isTransfer);
  expect(byTransfer.map(name)).toEqual([
    '102 dial-out CALLING',
    '102 answer ANSWER',
    '102 hangup ANSWER',
    '103 dial-out CALLING',
    '103 answer ANSWER',
    '103 hangup ANSWER',
  ]);
});

test('who is called by a transfer is told who is outside', () => {
  const dialIn = told('trunk_in_transfer_out').find(({ type, part }) => type === 'dial-in' && part.extension === '103');
  expect(dialIn?.part.remote).toBe(dialIn?.part.caller.number);
});
