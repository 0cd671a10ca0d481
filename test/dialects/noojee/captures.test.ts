import { describe, expect, test } from 'vitest';
import { createNoojeeProjector } from '../../../src/dialects/noojee/project.ts';
import type { Entry, Status } from '../../../src/dialects/noojee/schema.ts';
import { envelop } from '../../../src/model/event.ts';
import { tenantId } from '../../../src/model/ids.ts';
import { isoTime } from '../../../src/model/time.ts';
import { eventsOf } from '../../captures/play.ts';
import { readRecording, recordings, type Recording } from '../../captures/recording.ts';

/** What may follow what; `begin` stands before the first. */
const follows: Readonly<Record<Status | 'begin', readonly Status[]>> = {
  begin: ['Ringing', 'Dialing Out', 'Connected', 'Busy', 'No Answer', 'Hungup'],
  Ringing: ['Connected', 'No Answer', 'Hungup'],
  'Dialing Out': ['Connected', 'Hungup'],
  Connected: ['Unlinked', 'Hungup'],
  Unlinked: ['Connected', 'Hungup'],
  Busy: ['Hungup'],
  'No Answer': ['Hungup'],
  Hungup: [],
};

const entriesOf = (recording: Recording): readonly Entry[] => {
  const entries: Entry[] = [];
  const { initial, project, types } = createNoojeeProjector({
    endedWindowSeconds: 60,
    render: (entry) => {
      entries.push(entry);
      return '';
    },
  });
  let state = initial;
  for (const [index, event] of eventsOf(readRecording(recording)).entries()) {
    if (types.has(event.type)) state = project(state, envelop(event, tenantId('lab'), 'e1', index + 1, isoTime(event.at)), event.at).state;
  }
  return entries;
};

/** The recording that ends with its calls up: the PBX was killed. */
const unfinished: ReadonlySet<string> = new Set(['pbx_kill9_with_call']);

/** Where another program has the PBX ring a phone for a call that is still to be placed, there is no other party yet. */
const ringsForNobody: ReadonlySet<string> = new Set(['originate_local', 'busy_office']);

describe.each(recordings)('what a client is told of $pbx $name', (recording) => {
  const lives = [...Map.groupBy(entriesOf(recording), ({ id }) => id).values()];

  test('is a life of each CallID that its clients know, and ends with Hungup', () => {
    const statuses = lives.map((life) => life.map(({ status }) => status));
    const isKnown = (life: readonly Status[]): boolean =>
      life.every((status, index) => follows[life[index - 1] ?? 'begin'].includes(status)) &&
      (life.at(-1) === 'Hungup' || unfinished.has(recording.name));
    expect(statuses.filter((life) => !isKnown(life))).toEqual([]);
  });

  test('names each CallID by one extension and one uniqueCallId', () => {
    const names = lives.map(
      (life) => new Set(life.map(({ extension, farId, ownId, inbound }) => `${extension} ${farId} ${ownId} ${inbound}`)),
    );
    expect(names.filter(({ size }) => size !== 1)).toEqual([]);
  });

  test.skipIf(ringsForNobody.has(recording.name))("gives who is called the other party's channel", () => {
    const called = lives.flatMap(([first]) => (first?.inbound === true ? [first] : []));
    expect(called.filter(({ farId, ownId }) => farId === ownId)).toEqual([]);
  });
});
