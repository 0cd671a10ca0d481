import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runScenario } from '../../../src/pbx/sandbox/index.ts';
import { openOffice, playToEnd } from './harness.ts';

const never = new AbortController().signal;
const examples = globSync('examples/scenarios/*.yaml');

test('there are examples', () => expect(examples.length).toBeGreaterThan(3));

test.each(examples)('%s plays to its end, and leaves nobody on the phone', async (file) => {
  await using office = await openOffice();
  await playToEnd(readFileSync(file, 'utf8'), office);
  for (const { number } of office.driver.office.extensions) expect(`${number} ${office.phones.stateOf(number)}`).toBe(`${number} idle`);
});

test('an expectation that does not hold names its step', async () => {
  await using office = await openOffice();
  const text = 'steps: [{ repeat: { times: 2, steps: [{ call: { from: 101, to: 102 } }, { expect: { phone: 102, is: idle } }] } }]';
  await expect(runScenario(text, office.driver, never)).rejects.toMatchObject({
    code: 'wrong-state',
    message: expect.stringContaining('102 is ringing, not idle'),
    details: { phone: '102', step: 'steps.0.repeat.1' },
  });
});

test('what the office refuses names its step', async () => {
  await using office = await openOffice();
  await expect(runScenario('steps: [{ answer: 101 }]', office.driver, never)).rejects.toMatchObject({
    code: 'no-such-leg',
    details: { step: 'steps.0' },
  });
});

test('a wait ends as soon as what it waits for is so, and fails when its time is over', async () => {
  await using office = await openOffice();
  const waiting = runScenario('steps: [{ wait: { phone: 102, is: ringing, within: 60 } }]', office.driver, never);
  office.phones.call('101', '102');
  await waiting;
  const late = runScenario('steps: [{ wait: { phone: 103, is: ringing, within: 5 } }]', office.driver, never);
  office.driver.clock.advance(5);
  await expect(late).rejects.toMatchObject({ code: 'wrong-state' });
});

test('a scenario stops when it is told to', async () => {
  await using office = await openOffice();
  const stop = new AbortController();
  const running = runScenario('steps: [{ pause: 60 }, { call: { from: 101, to: 102 } }]', office.driver, stop.signal);
  stop.abort(new Error('stopped'));
  await expect(running).rejects.toThrow('stopped');
  expect(office.phones.stateOf('101')).toBe('idle');
});

test.each([
  { text: 'steps: [{ call: { from: 101 } }]', field: 'steps.0.call.to' },
  { text: 'steps: [{ answer: 101, reject: 102 }]', field: 'steps.0' },
  { text: 'steps: [{ whistle: 101 }]', field: 'steps.0' },
  { text: 'steps: [{ advance: soon }]', field: 'steps.0.advance' },
  { text: 'steps: [{ expect: { phone: 101 } }]', field: 'steps.0.expect' },
  { text: 'steps: [{ repeat: { times: 0, steps: [{ pause: 1 }] } }]', field: 'steps.0.repeat.times' },
  { text: 'steps: []', field: 'steps' },
  { text: '', field: '' },
])('$text is refused at $field', async ({ text, field }) => {
  await using office = await openOffice();
  await expect(runScenario(text, office.driver, never)).rejects.toMatchObject({ code: 'invalid-parameter', details: { field } });
});

test('what is no YAML is refused with its line', async () => {
  await using office = await openOffice();
  const text = 'steps:\n  - call: { from: 101';
  await expect(runScenario(text, office.driver, never)).rejects.toMatchObject({ code: 'invalid-parameter', details: { line: 2 } });
});
