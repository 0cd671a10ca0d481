import type { NewEvent } from '../../src/model/event.ts';
import type { Fact } from '../../src/model/fact.ts';
import { pbxId } from '../../src/model/ids.ts';
import { createAmiParser } from '../../src/pbx/asterisk/ami-parser.ts';
import { createDirectory } from '../../src/pbx/asterisk/directory.ts';
import { createFactGuard } from '../../src/pbx/link/fact-guard.ts';
import { createTranslator } from '../../src/pbx/asterisk/translate.ts';
import { createTrackerState, track, type TrackerState } from '../../src/tracker/tracker.ts';
import type { Read } from './recording.ts';

export const lab = pbxId('lab');

/** Bytes to facts, as the driver does it. */
export const factsOf = (reads: readonly Read[]): readonly Fact[] => {
  const parser = createAmiParser();
  const translator = createTranslator({ directory: createDirectory() });
  const guard = createFactGuard();
  return reads
    .flatMap(({ at, bytes }) => parser.push(bytes).flatMap((message) => translator.translate(message, at)))
    .filter((fact) => guard.admit(fact));
};

/** Facts to events, from nothing known or from `state` on. */
export const play = (
  facts: readonly Fact[],
  state = createTrackerState(lab),
): { readonly state: TrackerState; readonly events: readonly NewEvent[] } => {
  const events: NewEvent[] = [];
  let now = state;
  for (const fact of facts) {
    const step = track(now, fact);
    now = step.state;
    for (const event of step.events) events.push(event);
  }
  return { state: now, events };
};

export const eventsOf = (reads: readonly Read[]): readonly NewEvent[] => play(factsOf(reads)).events;
