import { type ExitCode, exitCodes } from '../../cli/exit-codes.ts';
import type { ReplayOptions } from '../../cli/options.ts';
import type { Output } from '../../cli/output.ts';
import { openRecording } from '../../cli/recording.ts';
import { GatewayError } from '../../model/errors.ts';
import { envelop, type Event } from '../../model/event.ts';
import { pbxId, tenantId } from '../../model/ids.ts';
import { isoTime } from '../../model/time.ts';
import { replayFacts as replayAsterisk } from '../../pbx/asterisk/replay.ts';
import { replayFacts as replayFreeswitch } from '../../pbx/freeswitch/replay.ts';
import { createTrackerState, track } from '../../tracker/tracker.ts';

const replayName = 'replay';

const replays = new Map([
  ['asterisk', replayAsterisk],
  ['freeswitch', replayFreeswitch],
]);

export const replay = async (options: ReplayOptions, output: Output, signal: AbortSignal): Promise<ExitCode> => {
  const { driver = options.driver, reads } = openRecording(options.file);
  const replayFacts = replays.get(driver);
  if (replayFacts === undefined) {
    const note = `There are: ${[...replays.keys()].join(', ')}.`;
    throw new GatewayError('invalid-parameter', { driver }, { note });
  }
  let state = createTrackerState(pbxId(replayName));
  let seq = 0;
  for await (const fact of replayFacts(reads)) {
    if (signal.aborted) break;
    const step = track(state, fact);
    state = step.state;
    for (const event of step.events) {
      seq += 1;
      const logged: Event = envelop(event, tenantId(replayName), replayName, seq, isoTime(event.at));
      output.line(JSON.stringify(logged));
    }
  }
  if (seq === 0) output.note(`${options.file} holds nothing that makes an event.`);
  return exitCodes.ok;
};
