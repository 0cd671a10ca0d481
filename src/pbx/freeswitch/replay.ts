import type { Fact } from '../../model/fact.ts';
import type { Micros } from '../../model/time.ts';
import { createDirectory } from './directory.ts';
import { createEslParser } from './esl-parser.ts';
import { createTranslator, isInteresting } from './translate.ts';
import { createFactGuard } from '../link/fact-guard.ts';

/** What one read gave of a recorded stream, and when, if that was recorded. */
export interface RecordedRead {
  readonly bytes: Uint8Array;
  readonly at?: Micros;
}

/** The facts in a recorded stream of the event socket, as the driver would have told them, with no resync before. The events carry their own time. */
export async function* replayFacts(reads: AsyncIterable<RecordedRead>): AsyncGenerator<Fact, void> {
  const parser = createEslParser({ interesting: isInteresting });
  const translator = createTranslator({ directory: createDirectory() });
  const guard = createFactGuard();
  for await (const { bytes, at = 0 } of reads) {
    for (const message of parser.push(bytes)) {
      for (const fact of translator.translate(message, at)) if (guard.admit(fact)) yield fact;
    }
  }
}
