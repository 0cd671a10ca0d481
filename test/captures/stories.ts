import type { Story } from './story.ts';
import { calls } from './stories/calls.story.ts';
import { commands } from './stories/commands.story.ts';
import { conferences } from './stories/conferences.story.ts';
import { furtherCalls } from './stories/further-calls.story.ts';
import { furtherTransfers } from './stories/further-transfers.story.ts';
import { longWays } from './stories/long-ways.story.ts';
import { parking } from './stories/parking.story.ts';
import { pbx } from './stories/pbx.story.ts';
import { pickups } from './stories/pickups.story.ts';
import { queues } from './stories/queues.story.ts';
import { supervision } from './stories/supervision.story.ts';
import { transfers } from './stories/transfers.story.ts';

export const stories: readonly Story[] = [
  ...calls,
  ...furtherCalls,
  ...transfers,
  ...furtherTransfers,
  ...longWays,
  ...parking,
  ...pickups,
  ...queues,
  ...conferences,
  ...supervision,
  ...commands,
  ...pbx,
];
