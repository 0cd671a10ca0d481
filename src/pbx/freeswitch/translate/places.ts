/** Where many meet: conferences and queues. */
import { channelId } from '../../../model/ids.ts';
import type { Fact } from '../../../model/fact.ts';
import type { AgentState } from '../../../model/place.ts';
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
  const agent = agentChanged(reader, memory);
  if (agent.length > 0) return agent;
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

/** An agent tells once of what changes for it in all of its queues. */
const agentChanged: Translate = (reader, { agents }) => {
  const agent = agents.get(reader.text('CC-Agent'));
  if (agent === undefined) return none;
  switch (reader.text('CC-Action')) {
    case 'agent-state-change':
      agent.state = reader.text('CC-Agent-State');
      break;
    case 'agent-status-change':
      agent.status = reader.text('CC-Agent-Status');
      break;
    default:
      return none;
  }
  const state = agentStateOf(agent.status, agent.state);
  return [...agent.queues].map(([queue, penalty]) => ({ type: 'agent.state', at: reader.at, queue, ...agent.snapshot, state, penalty }));
};

/** An agent's own status counts before what it does. */
export const agentStateOf = (status: string, state: string): AgentState => {
  if (status === 'On Break') return 'paused';
  if (status === 'Logged Out') return 'unavailable';
  switch (state) {
    case 'Waiting':
      return 'idle';
    case 'Receiving':
      return 'ringing';
    case 'In a queue call':
      return 'busy';
    default:
      return 'unavailable';
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
