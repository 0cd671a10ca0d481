import type { Fact } from '../../model/fact.ts';
import type { Micros } from '../../model/time.ts';
import { createAmiParser } from './ami-parser.ts';
import { createDirectory } from './directory.ts';
import { createFactGuard } from '../link/fact-guard.ts';
import { createTranslator } from './translate.ts';

/** What one read gave of a recorded stream, and when, if that was recorded. */
export interface RecordedRead {
  readonly bytes: Uint8Array;
  readonly at?: Micros;
}

/** Without recorded times each message counts as this much later than the one before, from 1970 on. */
const messageStep: Micros = 1000;

/** The facts in a recorded stream, as the driver would have told them, with no resync before. */
export async function* replayFacts(reads: AsyncIterable<RecordedRead>): AsyncGenerator<Fact, void> {
  const parser = createAmiParser();
  const translator = createTranslator({ directory: createDirectory() });
  const guard = createFactGuard();
  let counted: Micros = 0;
  for await (const { bytes, at } of reads) {
    for (const message of parser.push(bytes)) {
      counted += messageStep;
      for (const fact of translator.translate(message, at ?? counted)) if (guard.admit(fact)) yield fact;
    }
  }
}
