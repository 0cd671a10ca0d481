import { expect, test } from 'vitest';
import { runSwitchhook } from './process.ts';

interface Printed {
  readonly type: string;
  readonly time: string;
}

const printedBy = (output: string): readonly Printed[] =>
  output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Printed);

test.each([
  ['asterisk', 'test/captures/asterisk-22/basic_answer_hangup.ami.gz'],
  ['freeswitch', 'test/captures/freeswitch/caller_hangs_up.esl.gz'],
])('a recorded call of %s is told from its start to its end', async (driver, file) => {
  const replay = runSwitchhook(['replay', '--driver', driver, file]);
  expect(await replay.exited).toBe(0);
  const events = printedBy(replay.output()).filter(({ type }) => type.startsWith('call.'));
  expect(events.map(({ type }) => type)).toEqual(['call.started', 'call.ended']);
  expect(new Date(events[1]?.time ?? 0) > new Date(events[0]?.time ?? 0)).toBe(true);
});

test('a driver that there is not is refused with the names of those that there are', async () => {
  const replay = runSwitchhook(['replay', '--driver', 'nobody', 'test/captures/freeswitch/caller_hangs_up.esl.gz']);
  expect(await replay.exited).not.toBe(0);
  expect(replay.output()).toBe('');
  expect(replay.errors()).toContain('There are: asterisk, freeswitch.');
});
