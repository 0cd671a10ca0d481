import { describe, expect, test } from 'vitest';
import { eventsOf } from './play.ts';
import { inOnePiece, masked, readRecording, recordingNames, type Read } from './recording.ts';
import { inWordsOf, tell, type Told } from './short-form.ts';
import { stories } from './stories.ts';
import type { Story } from './story.ts';

const outcomeOf = (story: Story): Told => ({ events: story.events.flat(), presence: story.presence ?? {}, agents: story.agents ?? {} });

const inWords = (told: Told, story: Story): Told => ({ ...told, events: inWordsOf(story.events, told.events) });

const playTold = (reads: readonly Read[]): Told => tell(eventsOf(reads));

const withoutKeys = (lines: readonly string[]): readonly string[] => lines.filter((line) => !line.startsWith('dtmf.received'));

describe.each(stories)('$capture: $what', (story) => {
  const reads = readRecording(story.capture);

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

test('every recording has its story, once', () => {
  expect(stories.map((story) => story.capture).toSorted()).toEqual(recordingNames);
});
