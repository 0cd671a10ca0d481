import { expect, test } from 'vitest';
import { demoOffice, parseOffice } from '../../../src/pbx/sandbox/index.ts';
import { openOffice } from './harness.ts';

test('the demo’s office is as it is documented', () => {
  const habits = Object.fromEntries(demoOffice.extensions.map(({ number, habit }) => [number, habit.kind]));
  for (const told of ['101', '102', '103', '110', '200', '341', '400', '410']) expect(habits[told]).toBe('waits');
  for (const itself of ['111', '112', '113', '114', '115']) expect(habits[itself]).toBe('answers');
  expect(habits).toMatchObject({ '116': 'busy', '117': 'never', '118': 'rejects' });
  const extension = (number: string): unknown => demoOffice.extensions.find((each) => each.number === number);
  expect(extension('102')).toMatchObject({ name: 'Tom Sawyer' });
  expect(extension('103')).toMatchObject({ name: 'TheCat Jerry' });
  expect(extension('110')).toMatchObject({ user: 'mikey' });
  expect(extension('119')).toMatchObject({ registered: false });
  expect(extension('120')).toMatchObject({ dnd: true });
  expect(demoOffice).toMatchObject({ ringGroups: [{ number: '610' }], queues: [{ number: '600', agents: ['104', '105', '111'] }] });
  expect(demoOffice).toMatchObject({ conferences: ['650'], parking: { lot: 'valet', slots: '123456789'.split('') } });
});

test('an office of one’s own has its own numbers and habits', async () => {
  const office = parseOffice({
    extensions: [
      { number: '7001', name: 'Desk' },
      { number: '7002', habit: { kind: 'answers', afterSeconds: [1, 1] } },
    ],
    dids: [{ number: '+442071838750', to: '7001' }],
    outside: [{ number: '+442071838751', name: 'Supplier', habit: { kind: 'busy' } }],
    ringSeconds: 5,
  });
  await using opened = await openOffice({ office });
  opened.phones.call('+15550100001', '+442071838750');
  expect(opened.phones.stateOf('7001')).toBe('ringing');
  opened.phones.reject('7001');
  opened.phones.call('7001', '7002');
  opened.driver.clock.advance(1);
  expect(opened.phones.stateOf('7002')).toBe('talking');
  opened.phones.hangUp('7001');
  opened.phones.call('7001', '+442071838751');
  expect((await opened.told()).at(-1)).toMatch(/^7001'* ended 17$/);
  expect(() => opened.phones.call('7001', '*806')).toThrow('Nothing can be reached');
});

test.each([
  { input: {}, field: 'extensions' },
  { input: { extensions: [{ number: '1 01' }] }, field: 'extensions.0.number' },
  { input: { extensions: [{ number: '101', habit: { kind: 'sings' } }] }, field: 'extensions.0.habit.kind' },
  { input: { extensions: [{ number: '101' }], colour: 'red' }, field: '' },
])('$input is refused at "$field"', ({ input, field }) => {
  expect(() => parseOffice(input)).toThrow(expect.objectContaining({ code: 'config-invalid', details: { field } }));
});

test('a member that is no extension is refused', () => {
  const input = { extensions: [{ number: '101' }], ringGroups: [{ number: '610', members: ['102'] }] };
  expect(() => parseOffice(input)).toThrow(expect.objectContaining({ code: 'config-invalid', details: { extension: '102' } }));
});
