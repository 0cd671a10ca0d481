import { expect, test } from 'vitest';
import { Traffic } from '../../../src/pbx/sandbox/index.ts';
import type { Fact } from '../../../src/model/fact.ts';
import { openOffice } from './harness.ts';

const hour = async (seed: number): Promise<readonly Fact[]> => {
  await using office = await openOffice();
  const { phones, driver } = office;
  const traffic = new Traffic({ office: driver.office, phones, clock: driver.clock, seed });
  traffic.start();
  driver.clock.advance(3600);
  traffic.close();
  driver.clock.advance(600);
  await office.told();
  return office.facts;
};

test('an hour of traffic has calls of every kind, and repeats with its seed', async () => {
  const facts = await hour(3);
  const types = new Set(facts.map(({ type }) => type));
  for (const type of ['transfer.blind', 'parking.entered', 'parking.left', 'queue.joined', 'channel.held', 'bridge.entered'] as const) {
    expect(types).toContain(type);
  }
  const applications = new Set(facts.flatMap((fact) => (fact.type === 'channel.entered' ? [fact.application] : [])));
  expect(applications).toContain('voicemail');
  expect(await hour(3)).toEqual(facts);
  expect(await hour(4)).not.toEqual(facts);
});

test('traffic rings at no phone that is the user’s alone', async () => {
  const facts = await hour(5);
  const rung = new Set(facts.flatMap((fact) => (fact.type === 'channel.created' ? [fact.number] : [])));
  for (const number of ['101', '102', '103', '200', '341', '400', '410']) expect(rung).not.toContain(number);
});

test('a call of the user is left alone', async () => {
  await using office = await openOffice();
  const { phones, driver } = office;
  const traffic = new Traffic({ office: driver.office, phones, clock: driver.clock, seed: 5 });
  phones.call('104', '105');
  phones.answer('105');
  traffic.start();
  driver.clock.advance(1800);
  await office.told();
  expect(phones.stateOf('104')).toBe('talking');
  traffic.close();
});
