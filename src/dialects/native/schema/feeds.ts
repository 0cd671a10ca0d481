/** What a WebSocket says besides events, and what it is told. */
import { z } from 'zod';
import { cursorTextSchema, optional, problemSchema } from './words.ts';

/** Frames of the WebSocket that are not events: their types begin with `feed.`, which no event's does. */
export const feedReadySchema = z
  .object({ type: z.literal('feed.ready'), cursor: cursorTextSchema })
  .readonly()
  .meta({ id: 'FeedReady', description: 'The subscription holds; the events after `cursor` follow.' });

export const feedHeartbeatSchema = z
  .object({ type: z.literal('feed.heartbeat'), cursor: cursorTextSchema })
  .readonly()
  .meta({ id: 'FeedHeartbeat', description: 'Everything that matches up to `cursor` has been sent.' });

export const feedProblemSchema = z
  .object({ type: z.literal('feed.problem'), problem: problemSchema })
  .readonly()
  .meta({ id: 'FeedProblem', description: 'The subscription was refused; the connection closes.' });

const asked = (description: string): z.ZodString => z.string().min(1).max(200).describe(description);

export const subscribeSchema = z
  .strictObject({
    type: z.literal('subscribe'),
    after: optional(cursorTextSchema.describe('A cursor, `now` or `oldest`; `now` when absent')),
    types: optional(z.array(asked('An event type, or a family: `call.*`')).max(100)),
    extensions: optional(z.array(asked('An extension')).max(1000)),
    calls: optional(z.array(asked('A call')).max(1000)),
  })
  .meta({ id: 'Subscribe', description: 'Replaces the subscription of the connection.' });
