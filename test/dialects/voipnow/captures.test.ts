import { describe, expect, test } from 'vitest';
import { createVoipNowProjector } from '../../../src/dialects/voipnow/project.ts';
import { eventNames, type Happening } from '../../../src/dialects/voipnow/schema.ts';
import { envelop } from '../../../src/model/event.ts';
import { tenantId } from '../../../src/model/ids.ts';
import { isoTime } from '../../../src/model/time.ts';
import { eventsOf } from '../../captures/play.ts';
import { readRecording, recordings, type Recording } from '../../captures/recording.ts';

/** With `restart` the state goes through its checkpoint after every event, as if the gateway began anew each time. */
const happeningsOf = (recording: Recording, restart: boolean): readonly Happening[] => {
  const { initial, project, types, save, load } = createVoipNowProjector();
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

const name = ({ type, status, part }: Happening): string => `${part.extension} ${eventNames[type]} ${status}`;
const linesOf = (recording: string): readonly string[] =>
  recordings.filter((each) => each.pbx === 'asterisk-22' && each.name === recording).flatMap((each) => happeningsOf(each, false).map(name));

describe.each(recordings)('what is told of $pbx $name', (recording) => {
  test('begins with CALLING, is answered at most once, and ends with one Hangup', () => {
    const open = new Map<string, number>();
    const wrong: string[] = [];
    for (const happening of happeningsOf(recording, false)) {
      const { type, part } = happening;
      const key = `${part.extension} ${part.callId} ${part.flow}`;
      const now = open.get(key) ?? 0;
      if (type < 2) open.set(key, now + 1);
      else if (now === 0) wrong.push(name(happening));
      if (type === 2) open.set(key, now - 1);
    }
    expect(wrong).toEqual([]);
    const left = [...open].filter(([, parts]) => parts !== 0);
    expect(left.length > 0).toBe(unfinished.has(recording.name));
  });

  test('is the same when the gateway is started anew after each event', () => {
    expect(happeningsOf(recording, true)).toEqual(happeningsOf(recording, false));
  });
});

test('how calls end on Asterisk, in the six words of its DIALSTATUS', () => {
  expect({
    answered: linesOf('basic_answer_hangup'),
    busy: linesOf('busy_486'),
    cancelled: linesOf('caller_cancel'),
    rangOut: linesOf('dial_originate_noanswer').filter((line) => line.includes('Hangup')),
    declined: linesOf('reject_after_ringing').filter((line) => line.includes('Hangup')),
    unreachable: linesOf('unregistered_callee').filter((line) => line.includes('Hangup')),
    abandoned: linesOf('queue_abandon').filter((line) => line.includes('Hangup')),
    transferred: linesOf('attended_transfer_refer'),
  }).toEqual({
    answered: [
      '101 Dial-Out CALLING',
      '102 Dial-In CALLING',
      '102 Answer incoming ANSWER',
      '101 Answer outgoing ANSWER',
      '101 Hangup ANSWER',
      '102 Hangup ANSWER',
    ],
    busy: ['101 Dial-Out CALLING', '102 Dial-In CALLING', '102 Hangup BUSY', '101 Hangup BUSY'],
    cancelled: ['101 Dial-Out CALLING', '102 Dial-In CALLING', '101 Hangup CANCEL', '102 Hangup CANCEL'],
    rangOut: ['101 Hangup NOANSWER'],
    declined: ['102 Hangup BUSY', '101 Hangup BUSY'],
    // The dialplan is told 3, no route, of a phone that is not registered.
    unreachable: ['101 Hangup CONGESTION'],
    abandoned: ['support Hangup CANCEL', '107 Hangup CANCEL', '101 Hangup CANCEL'],
    transferred: [
      '101 Dial-Out CALLING',
      '102 Dial-In CALLING',
      '102 Answer incoming ANSWER',
      '101 Answer outgoing ANSWER',
      '102 Dial-Out CALLING',
      '103 Dial-In CALLING',
      '103 Answer incoming ANSWER',
      '102 Answer outgoing ANSWER',
      '102 Hangup ANSWER',
      '102 Hangup ANSWER',
      '101 Hangup ANSWER',
      '103 Hangup ANSWER',
    ],
  });
});

test('a ring group tells each phone once, and the ones that did not answer that they were cancelled', () => {
  expect(linesOf('trunk_to_ringgroup').toSorted()).toEqual([
    '103 Answer incoming ANSWER',
    '103 Dial-In CALLING',
    '103 Hangup ANSWER',
    '104 Dial-In CALLING',
    '104 Hangup CANCEL',
    '105 Dial-In CALLING',
    '105 Hangup CANCEL',
  ]);
});
