import { describe, expect, test } from 'vitest';
import { eventsOf } from './play.ts';
import { inOnePiece, masked, readRecording, recordings, type Read } from './recording.ts';
import { inWordsOf, tell, type Told } from './short-form.ts';
import { stories } from './stories.ts';
import type { Story } from './story.ts';

const outcomeOf = (story: Story): Told => ({ events: story.events.flat(), presence: story.presence ?? {}, agents: story.agents ?? {} });

const inWords = (told: Told, story: Story): Told => ({ ...told, events: inWordsOf(story.events, told.events) });

const playTold = (reads: readonly Read[]): Told => tell(eventsOf(reads));

const withoutKeys = (lines: readonly string[]): readonly string[] => lines.filter((line) => !line.startsWith('dtmf.received'));

const storyOf = new Map(stories.map((story) => [story.capture, story]));

const told = recordings.flatMap((recording) => {
  const story = storyOf.get(recording.name);
  return story === undefined ? [] : [{ ...recording, what: story.what, recording, story }];
});

describe.each(told)('$pbx $name: $what', ({ recording, story }) => {
  const reads = readRecording(recording);

  test('comes out as the phones did it', () => {
    expect(inWords(playTold(reads), story)).toEqual(outcomeOf(story));
  });

  test('the stream that the driver asks for tells the same, but the keys', () => {
    const whole = playTold(reads);
    expect(playTold(masked(reads))).toEqual({ ...whole, events: withoutKeys(whole.events) });
  });

  test('the same bytes in one piece tell the same', () => {
    expect(playTold(inOnePiece(reads))).toEqual(playTold(reads));
  });
});

/** Nine phones and an administrator doing anything at random: nobody can tell that story, but the properties hold of it. */
const untold: ReadonlySet<string> = new Set(['busy_office']);

test('every recording has a story, and every story a recording', () => {
  const names = new Set(recordings.map(({ name }) => name)).difference(untold);
  expect([...names].toSorted()).toEqual([...storyOf.keys()].toSorted());
  expect(storyOf.size).toBe(stories.length);
});
