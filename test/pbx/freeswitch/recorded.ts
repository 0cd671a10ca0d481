/** Recorded event streams, message by message, to be played in parts and under other names. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { createEslParser, type EslMessage } from '../../../src/pbx/freeswitch/esl-parser.ts';

export interface RecordedEvent {
  readonly name: string;
  readonly channel: string;
  /** FreeSWITCH's own time, in microseconds. */
  readonly at: number;
  /** As it was sent. */
  readonly text: string;
  readonly message: EslMessage;
}

const folder = new URL('../../captures/freeswitch/', import.meta.url);

export const recordedBytes = (capture: string): Buffer => gunzipSync(readFileSync(new URL(`${capture}.esl.gz`, folder)));

export const recordedEvents = (capture: string): readonly RecordedEvent[] => {
  const events: RecordedEvent[] = [];
  for (const message of createEslParser().push(recordedBytes(capture))) {
    if (message.event !== undefined) events.push(eventOf(message));
  }
  return events;
};

const eventOf = (message: EslMessage): RecordedEvent => ({
  name: message.event ?? '',
  channel: message.get('Unique-ID') ?? '',
  at: Number(message.get('Event-Date-Timestamp') ?? 0),
  text: message.text(),
  message,
});

/** Its channels, in the order in which they were made. */
export const channelsIn = (events: readonly RecordedEvent[]): readonly string[] =>
  events.filter(({ name }) => name === 'CHANNEL_CREATE').map(({ channel }) => channel);

/** The same with other texts in it: another channel's id, another cause. */
export const rewritten = (
  events: readonly RecordedEvent[],
  changes: readonly (readonly [from: string, to: string])[],
): readonly RecordedEvent[] =>
  events.map(({ text }) => eventWith(changes.reduce((changed, [from, to]) => changed.replaceAll(from, to), text)));

/** An event that nobody recorded. */
export const eventFrom = (headers: Readonly<Record<string, string>>): RecordedEvent =>
  eventWith(
    Object.entries(headers)
      .map(([name, value]) => `${name}: ${encodeURIComponent(value)}`)
      .join('\n'),
  );

const eventWith = (text: string): RecordedEvent => {
  const body = Buffer.from(`${text}\n\n`);
  const header = `Content-Length: ${body.length}\nContent-Type: text/event-plain\n\n`;
  const [message] = createEslParser().push(Buffer.concat([Buffer.from(header), body]));
  if (message === undefined) throw new Error('no event');
  return eventOf(message);
};
