import { describe, expect, test } from 'vitest';
import { callStatusOf } from '../../../src/dialects/ringcentral/presence.ts';
import { envelop, type Event } from '../../../src/model/event.ts';
import { tenantId } from '../../../src/model/ids.ts';
import { isoTime } from '../../../src/model/time.ts';
import { eventsOf } from '../../captures/play.ts';
import { readRecording, recordings, type Recording } from '../../captures/recording.ts';
import { flowsOf, fold, line } from './fold.ts';

const toldBy = (recording: Recording): readonly Event[] =>
  eventsOf(readRecording(recording)).map((event, index) => envelop(event, tenantId('lab'), 'e1', index + 1, isoTime(event.at)));

/** The recording that ends with its calls up: the PBX was killed. */
const unfinished: ReadonlySet<string> = new Set(['pbx_kill9_with_call']);

const ended: ReadonlySet<string> = new Set(['Disconnected', 'Gone']);

describe.each(recordings)('what is told of $pbx $name', (recording) => {
  const events = toldBy(recording);
  const { notices, state } = fold(events);

  test('counts without a hole, and tells of each party until it ends, once', () => {
    const sequences = new Map<string, number>();
    const over = new Set<string>();
    const wrong: string[] = [];
    let tick = 0;
    for (const notice of notices) {
      if (notice.tick <= tick) wrong.push(`tick ${notice.tick}`);
      tick = notice.tick;
      const key = notice.kind === 'session' ? notice.session.call : notice.extension;
      const sequence = notice.kind === 'session' ? notice.session.sequence : notice.state.sequence;
      if (sequence !== (sequences.get(key) ?? (notice.kind === 'session' ? 1 : 0)) + 1) wrong.push(`${key} ${sequence}`);
      sequences.set(key, sequence);
      if (notice.kind !== 'session') continue;
      const party = `${notice.session.call} ${notice.party.number}`;
      if (over.has(party)) wrong.push(line(notice));
      if (ended.has(notice.party.status.code)) over.add(party);
    }
    expect(wrong).toEqual([]);
  });

  test('leaves nobody in a call when all have ended', () => {
    const left = [...state.sessions.values()].flatMap(({ parties }) => parties).filter((party) => callStatusOf(party) !== 'NoCall');
    const busy = [...state.presence.values()].flatMap(({ calls }) => calls).filter(({ party }) => callStatusOf(party) !== 'NoCall');
    expect(left.length > 0).toBe(unfinished.has(recording.name));
    expect(busy.length > 0).toBe(unfinished.has(recording.name));
  });

  test('is the same when the gateway is started anew after each event', () => {
    expect(fold(events, true).notices).toEqual(notices);
  });
});

const story = (name: string): readonly (readonly string[])[] => {
  const recording = recordings.find((each) => each.pbx === 'asterisk-22' && each.name === name);
  return recording === undefined ? [] : flowsOf(toldBy(recording));
};

test('how the vendor’s flows look on a real Asterisk', () => {
  expect({
    basic: story('basic_answer_hangup'),
    blind: story('blind_transfer_dtmf'),
    attended: story('attended_transfer_refer'),
  }).toMatchInlineSnapshot(`
    {
      "attended": [
        [
          "2 -1 Outbound Setup 101",
          "3 -2 Inbound Setup 102",
          "4 -1 Outbound Answered 101",
          "5 -2 Inbound Proceeding 102",
          "6 -2 Inbound Answered 102",
          "7 -2 Inbound Hold 102",
          "8 -2 Inbound Answered 102",
          "9 -2 Inbound Gone 102 AttendedTransfer",
          "10 -3 Inbound Answered 103",
          "11 -1 Outbound Disconnected 101",
          "12 -3 Inbound Disconnected 103",
        ],
        [
          "2 -1 Outbound Setup 102",
          "3 -2 Inbound Setup 103",
          "4 -1 Outbound Answered 102",
          "5 -2 Inbound Proceeding 103",
          "6 -2 Inbound Answered 103",
          "7 -1 Outbound Gone 102 AttendedTransfer",
          "8 -2 Inbound Gone 103 AttendedTransfer",
        ],
      ],
      "basic": [
        [
          "2 -1 Outbound Setup 101",
          "3 -2 Inbound Setup 102",
          "4 -1 Outbound Answered 101",
          "5 -2 Inbound Proceeding 102",
          "6 -2 Inbound Answered 102",
          "7 -1 Outbound Disconnected 101",
          "8 -2 Inbound Disconnected 102",
        ],
      ],
      "blind": [
        [
          "2 -1 Outbound Setup 101",
          "3 -2 Inbound Setup 102",
          "4 -1 Outbound Answered 101",
          "5 -2 Inbound Proceeding 102",
          "6 -2 Inbound Answered 102",
          "7 -2 Inbound Hold 102",
          "8 -2 Inbound Answered 102",
          "9 -2 Inbound Disconnected 102 BlindTransfer",
          "10 -3 Inbound Setup 103",
          "11 -3 Inbound Proceeding 103",
          "12 -3 Inbound Answered 103",
          "13 -3 Inbound Disconnected 103",
          "14 -1 Outbound Disconnected 101",
        ],
      ],
    }
  `);
});
