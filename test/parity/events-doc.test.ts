import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { envelop, eventTypes } from '../../src/model/event.ts';
import { tenantId } from '../../src/model/ids.ts';
import { isoTime } from '../../src/model/time.ts';
import { eventsOf } from '../captures/play.ts';
import { readRecording } from '../captures/recording.ts';

const page = readFileSync(new URL('../../docs/events.md', import.meta.url), 'utf8');

test('the page of events has a row for every type, and for no other', () => {
  const rows = [...page.matchAll(/^\| ((?:`[a-z]+\.[a-zA-Z]+`(?:, )?)+) +\|/gm)].flatMap(
    (match) => match[1]?.match(/[a-z]+\.[a-zA-Z]+/g) ?? [],
  );
  expect(rows.toSorted()).toEqual([...eventTypes].toSorted());
});

test('its example is what comes of a recorded call', () => {
  const events = eventsOf(readRecording({ pbx: 'asterisk-22', name: 'basic_answer_hangup' })).map((event, index) =>
    envelop(event, tenantId('lab'), 'e1', index + 1, isoTime(event.at)),
  );
  const example: unknown = JSON.parse(/```json\n(.*?)\n```/s.exec(page)?.[1] ?? '');
  expect(example).toEqual(events.find((event) => event.type === 'call.ended'));
});
