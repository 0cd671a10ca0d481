import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Fact } from '../../../src/model/fact.ts';
import { replayFacts } from '../../../src/pbx/freeswitch/replay.ts';
import { brokenPromises } from '../../captures/facts.ts';
import { calls } from '../../captures/freeswitch/stories/calls.story.ts';
import { commands } from '../../captures/freeswitch/stories/commands.story.ts';
import { parking } from '../../captures/freeswitch/stories/parking.story.ts';
import { places } from '../../captures/freeswitch/stories/places.story.ts';
import { transfers } from '../../captures/freeswitch/stories/transfers.story.ts';
import { brokenInvariants } from '../../captures/invariants.ts';
import { play } from '../../captures/play.ts';
import { inWordsOf, tell } from '../../captures/short-form.ts';
import type { Story } from '../../captures/story.ts';

const folder = new URL('../../captures/freeswitch/', import.meta.url);
const stories: readonly Story[] = [...calls, ...transfers, ...parking, ...places, ...commands];

const bytesOf = (name: string): Buffer => gunzipSync(readFileSync(new URL(`${name}.esl.gz`, folder)));

const replayed = async (bytes: Buffer, pieceBytes = bytes.length): Promise<readonly Fact[]> => {
  const reads = async function* (): AsyncGenerator<{ readonly bytes: Uint8Array }, void> {
    for (let start = 0; start < bytes.length; start += pieceBytes) yield { bytes: bytes.subarray(start, start + pieceBytes) };
  };
  const facts: Fact[] = [];
  for await (const fact of replayFacts(reads())) facts.push(fact);
  return facts;
};

describe.each(stories)('$capture: $what', (story) => {
  const bytes = bytesOf(story.capture);

  test('comes out as the phones did it', async () => {
    const told = tell(play(await replayed(bytes)).events);
    expect(inWordsOf(story.events, told.events)).toEqual(story.events.flat());
    expect(told.presence).toEqual(story.presence ?? {});
  });

  test('keeps what facts and events promise, and everything ends', async () => {
    const facts = await replayed(bytes);
    expect(brokenPromises(facts)).toEqual([]);
    expect(brokenInvariants(play(facts).events, true)).toEqual([]);
  });

  test('in pieces of a thousand bytes it tells the same', async () => {
    expect(await replayed(bytes, 1000)).toEqual(await replayed(bytes));
  });
});

test('every recording has a story, and every story a recording', () => {
  const recordings = readdirSync(folder).flatMap((file) => /^(.*)\.esl\.gz$/.exec(file)?.[1] ?? []);
  expect(stories.map(({ capture }) => capture).toSorted()).toEqual(recordings.toSorted());
});

test('a name comes through whole, whatever it is made of', async () => {
  const created = (await replayed(bytesOf('names'))).find((fact) => fact.type === 'channel.created');
  expect(created).toMatchObject({ number: '1004', name: 'Zoë 100% "q" +x=y; <z>' });
});

test('a phone that sends sound before it answers is connected when it answers', async () => {
  const facts = await replayed(bytesOf('early_media'));
  const up = facts.filter((fact) => fact.type === 'channel.state' && fact.state === 'up').map(({ at }) => at);
  const linked = play(facts).events.find(({ type }) => type === 'legs.linked');
  expect(linked?.at).toBe(Math.max(...up));
});

test('the same run as json tells the same', async () => {
  expect(await replayed(bytesOf('json/park_retrieve'))).toEqual(await replayed(bytesOf('park_retrieve')));
});

test('phones that register, leave and are forgotten are told of with their contact', async () => {
  const facts = await replayed(bytesOf('registrations'));
  const told = facts.map((fact) =>
    fact.type.startsWith('extension.') && 'contact' in fact ? `${fact.type} ${fact.device} ${fact.contact}` : fact.type,
  );
  const [of1006, of1007] = ['user/1006 sip:1006@127.0.0.1:6006', 'user/1007 sip:1007@127.0.0.1:6007'];
  expect(told).toEqual([
    `extension.registered ${of1006}`,
    `extension.registered ${of1006}`,
    `extension.registered ${of1007}`,
    `extension.unregistered ${of1007}`,
    `extension.registered ${of1006}`,
    `extension.unregistered ${of1006}`,
  ]);
});
