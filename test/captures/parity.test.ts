/**
 * The same doings of phones come out as the same events, whatever PBX they are connected to. Each story was done on a real Asterisk 22
 * and 16 and on a real FreeSWITCH, and is done on the sandbox, and all that is told of it is compared, leg by leg and call by call. Ids
 * and times are each PBX's own, and so are the numbers of its house; what differs beyond that is named, story by story, with its reason.
 */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { differences, type Difference, type DifferenceName } from './parity/differences.ts';
import { pbxs, stories, type ParityPbx, type ParityStory } from './parity/stories.ts';
import { toldOn, type Told } from './parity/told.ts';

/** Where the other PBXs are compared with. */
const reference = 'freeswitch';

/** What was told on the PBX and on the reference, without the differences that either of the two is known for. */
const compared = async (pbx: ParityPbx, story: ParityStory, names = story.differs ?? []): Promise<readonly [Told, Told]> => {
  const known: readonly Difference[] = names
    .map((name): Difference => differences[name])
    .filter(({ on }) => on.includes(pbx) || on.includes(reference));
  const [here, there] = await Promise.all([toldOn(pbx, story), toldOn(reference, story)]);
  return [without(known, here), without(known, there)];
};

const without = (known: readonly Difference[], { subjects, presence }: Told): Told => {
  const strip = (lines: readonly string[], subject: string): readonly string[] =>
    known.reduce((left, difference) => difference.without(left, subject), lines);
  return {
    subjects: Object.fromEntries(Object.entries(subjects).map(([subject, lines]) => [subject, strip(lines, subject)])),
    presence: Object.fromEntries(Object.entries(presence).map(([number, states]) => [number, strip([states], number).join('')])),
  };
};

const othersOf = (story: ParityStory): readonly ParityPbx[] =>
  pbxs.filter((pbx) => pbx !== reference && (pbx !== 'sandbox' || story.notOnSandbox === undefined));

describe.each(stories)('$story', (story) => {
  test.each(othersOf(story))('on %s as on FreeSWITCH', async (pbx) => {
    const [here, there] = await compared(pbx, story);
    expect(here).toEqual(there);
  });

  test.each(story.differs ?? [])('differs by no more than it must: %s', async (name: DifferenceName) => {
    const others = (story.differs ?? []).filter((each) => each !== name);
    const pairs = await Promise.all(othersOf(story).map((pbx) => compared(pbx, story, others)));
    expect(pairs.every(([here, there]) => isDeepStrictEqual(here, there))).toBe(false);
  });
});

test('the same is told of 30 stories and more on all PBXs, and every difference is one of some story', () => {
  expect(stories.filter(({ notOnSandbox }) => notOnSandbox === undefined).length).toBeGreaterThanOrEqual(30);
  expect(new Set(stories.flatMap(({ differs = [] }) => differs))).toEqual(new Set(Object.keys(differences)));
});
