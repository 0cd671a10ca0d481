import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Fact } from '../../../src/model/fact.ts';
import { replayFacts } from '../../../src/pbx/freeswitch/replay.ts';
import { factsOf, play } from '../play.ts';
import { tell } from '../short-form.ts';
import { inCommonWords, recordingOf } from './houses.ts';
import { factsOnSandbox } from './sandbox.ts';
import type { ParityPbx, ParityStory } from './stories.ts';

/** What happened to each call, leg and slot, in order, and what each extension became. */
export interface Told {
  readonly subjects: Readonly<Record<string, readonly string[]>>;
  readonly presence: Readonly<Record<string, string>>;
}

const factsOn = async (pbx: ParityPbx, story: ParityStory): Promise<readonly Fact[]> => {
  switch (pbx) {
    case 'sandbox':
      return factsOnSandbox(story);
    case 'freeswitch':
      return factsIn(recordingOf(pbx, story));
    case 'asterisk-22':
    case 'asterisk-16':
      return factsOf([{ at: 0, bytes: gunzipSync(readFileSync(recordingOf(pbx, story))) }]);
    default:
      return pbx satisfies never;
  }
};

const factsIn = async (file: URL): Promise<readonly Fact[]> => {
  const inOneRead = async function* (): AsyncGenerator<{ readonly bytes: Uint8Array }, void> {
    yield { bytes: gunzipSync(readFileSync(file)) };
  };
  const facts: Fact[] = [];
  for await (const fact of replayFacts(inOneRead())) facts.push(fact);
  return facts;
};

export const toldOn = async (pbx: ParityPbx, story: ParityStory): Promise<Told> => {
  const { events, presence } = tell(play(await factsOn(pbx, story)).events);
  const ours = inCommonWords(pbx, story);
  const subjects: Record<string, string[]> = {};
  for (const event of events.filter((line) => !line.startsWith('pbx.'))) {
    const line = ours(event);
    for (const subject of subjectsOf(line)) (subjects[subject] ??= []).push(line);
  }
  return {
    subjects: Object.fromEntries(Object.entries(subjects).map(([subject, lines]) => [subject, inMoments(lines)])),
    presence: Object.fromEntries(Object.entries(presence).map(([number, states]) => [ours(number), states])),
  };
};

const subjectsOf = (line: string): readonly string[] => {
  const [type = '', one = '', two = ''] = line.split(' ');
  if (type.startsWith('call.')) return [`call ${one}`];
  return type.startsWith('legs.') ? [one, two] : [one];
};

/** Who is sent to a slot ceases to hear the sender in the same moment, and the sender to hold it. */
const ofOneMoment: ReadonlySet<string> = new Set(['legs.unlinked', 'leg.parked', 'leg.resumed']);

const inMoments = (lines: readonly string[]): readonly string[] => {
  const isOfMoment = (line = ''): boolean => ofOneMoment.has(line.split(' ', 1)[0] ?? '');
  const moments: string[][] = [];
  for (const [index, line] of lines.entries()) {
    if (isOfMoment(line) && isOfMoment(lines[index - 1])) moments.at(-1)?.push(line);
    else moments.push([line]);
  }
  return moments.flatMap((moment) => moment.toSorted());
};
