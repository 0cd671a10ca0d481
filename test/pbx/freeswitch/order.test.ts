import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createDirectory } from '../../../src/pbx/freeswitch/directory.ts';
import { createEslParser, type EslMessage } from '../../../src/pbx/freeswitch/esl-parser.ts';
import { createTranslator, isInteresting } from '../../../src/pbx/freeswitch/translate.ts';
import { createFactGuard } from '../../../src/pbx/link/fact-guard.ts';
import { mixed, storyOf, type StoryAnyhow } from '../../captures/anyhow.ts';
import { play } from '../../captures/play.ts';

/**
 * FreeSWITCH tells what one session does in order, and what several do as its dispatching threads get to it: in the recordings about
 * one event in sixty came after a later one of another session (`Event-Sequence`).
 */
const mayComeBefore = (first: EslMessage, second: EslMessage): boolean => {
  const [one, two] = [first.get('Unique-ID'), second.get('Unique-ID')];
  if (one === undefined || two === undefined || one === two) return false;
  if (timeOf(second) - timeOf(first) > reachOfChance) return false;
  const [event, next] = [first.get('Event-Name'), second.get('Event-Name')];
  // A session that hangs up ends others, and one makes another: these are told before what comes of them.
  return event !== 'CHANNEL_HANGUP' && !(event === 'CHANNEL_CREATE' && next === 'CHANNEL_CREATE');
};

const timeOf = (message: EslMessage): number => Number(message.get('Event-Date-Timestamp'));

/** Its clock moves in steps of so many microseconds: within one the times tell no order. */
const reachOfChance = 20_000;

const folder = new URL('../../captures/freeswitch/', import.meta.url);
const names = readdirSync(folder).flatMap((file) => /^(.*)\.esl\.gz$/.exec(file)?.[1] ?? []);

const storyIn = (messages: readonly EslMessage[]): StoryAnyhow => {
  const translator = createTranslator({ directory: createDirectory() });
  const guard = createFactGuard();
  return storyOf(play(messages.flatMap((message) => translator.translate(message, 0)).filter((fact) => guard.admit(fact))));
};

describe.each(names)('%s', (name) => {
  const parser = createEslParser({ interesting: isInteresting });
  const messages = [...parser.push(gunzipSync(readFileSync(new URL(`${name}.esl.gz`, folder))))];

  test('what several sessions tell at once may come in any order', () => {
    const quiet = storyIn(messages);
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.infiniteStream(share), share, (chance, limit) => {
        expect(storyIn(mixed(messages, mayComeBefore, () => (chance.next().value ?? 1) < limit))).toEqual(quiet);
      }),
      { numRuns: 10 },
    );
  });
});
