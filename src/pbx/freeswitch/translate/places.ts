/** Where many meet: conferences and queues. */
import { channelId } from '../../../model/ids.ts';
import type { Fact } from '../../../model/fact.ts';
import type { Micros } from '../../../model/time.ts';
import type { Channel, Memory } from './memory.ts';
import { none, type Translate } from './reader.ts';

export const conference: Translate = (reader, { channels }) => {
  const { at } = reader;
  const channel = reader.channel();
  if (!channels.has(channel)) return none;
  const name = reader.text('Conference-Name');
  switch (reader.text('Action')) {
    case 'add-member':
      return [{ type: 'conference.joined', at, channel, conference: name }];
    case 'del-member':
      return [{ type: 'conference.left', at, channel, conference: name }];
    case 'mute-member':
    case 'unmute-member':
      return [{ type: 'conference.muted', at, channel, conference: name, muted: reader.text('Action') === 'mute-member' }];
    default:
      return none;
  }
};

export const callCenter: Translate = (reader, memory) => {
  const channel = memory.channels.get(channelId(reader.text('CC-Member-Session-UUID')));
  if (channel === undefined) return none;
  switch (reader.text('CC-Action')) {
    case 'member-queue-start':
      return joined(channel, reader.text('CC-Queue'), reader.at, memory);
    case 'member-queue-end':
      return left(channel, reader.text('CC-Cancel-Reason') === 'BREAK_OUT' ? 'abandoned' : 'left', reader.at);
    default:
      return none;
  }
};

/** mod_fifo tells on the channel that waits; whoever takes it out shows in the bridge of the two. */
export const fifo: Translate = (reader, memory) => {
  const channel = memory.channels.get(reader.channel());
  if (channel === undefined) return none;
  switch (reader.text('FIFO-Action')) {
    case 'push':
      return joined(channel, reader.text('FIFO-Name'), reader.at, memory);
    case 'abort':
      return left(channel, 'abandoned', reader.at);
    case 'timeout':
      return left(channel, 'left', reader.at);
    default:
      return none;
  }
};

const joined = (channel: Channel, queue: string, at: Micros, { channels }: Memory): readonly Fact[] => {
  const waiting = [...channels.values()].filter((one) => one.queue === queue && one.id !== channel.id);
  channel.queue = queue;
  return [{ type: 'queue.joined', at, channel: channel.id, queue, position: waiting.length + 1 }];
};

/** Of one who was connected or has hung up this comes too late to tell anything. */
const left = (channel: Channel, reason: 'abandoned' | 'left', at: Micros): readonly Fact[] => {
  const { queue } = channel;
  if (queue === undefined) return none;
  delete channel.queue;
  return [{ type: 'queue.left', at, channel: channel.id, queue, reason }];
};
