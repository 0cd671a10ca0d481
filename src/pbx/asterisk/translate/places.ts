/** Where many meet: queues with their agents, and conferences. */
import type { Fact } from '../../../model/fact.ts';
import type { ChannelId } from '../../../model/ids.ts';
import type { AgentState } from '../../../model/place.ts';
import type { Micros } from '../../../model/time.ts';
import type { Memory } from './memory.ts';
import { none, type Reader, type Translate } from './reader.ts';

export const queueCallerJoin: Translate = (reader, memory) => {
  const channel = reader.channel('Uniqueid');
  memory.leavingQueue.delete(channel);
  return [{ type: 'queue.joined', at: reader.at, channel, queue: reader.text('Queue'), position: reader.number('Position') }];
};

export const queueCallerAbandon: Translate = (reader, { hangupAsked, leavingQueue }) => {
  const channel = reader.channel('Uniqueid');
  const queue = reader.text('Queue');
  // A redirect out of the queue and the queue's own time-out are logged as abandonments too; then the dialplan goes on.
  if (hangupAsked.has(channel)) return [{ type: 'queue.left', at: reader.at, channel, queue, reason: 'abandoned' }];
  leavingQueue.set(channel, { queue, isGivenUp: true });
  return none;
};

export const queueCallerLeave: Translate = (reader, { leavingQueue }) => {
  // Comes of every way out.
  const channel = reader.channel('Uniqueid');
  if (!leavingQueue.has(channel)) leavingQueue.set(channel, { queue: reader.text('Queue'), isGivenUp: false });
  return none;
};

export const agentConnect: Translate = (reader, memory) => movedOn(reader.channel('Uniqueid'), 'answered', reader.at, memory);

/** Who left a queue and goes on did not hang up. */
export const movedOn = (channel: ChannelId, reason: 'answered' | 'left', at: Micros, { leavingQueue }: Memory): readonly Fact[] => {
  const leaving = leavingQueue.get(channel);
  if (leaving === undefined) return none;
  leavingQueue.delete(channel);
  return [{ type: 'queue.left', at, channel, queue: leaving.queue, reason }];
};

/** Who hangs up after it has left its queue. */
export const gaveUpQueue = (channel: ChannelId, at: Micros, { leavingQueue }: Memory): readonly Fact[] => {
  const leaving = leavingQueue.get(channel);
  if (leaving === undefined) return none;
  leavingQueue.delete(channel);
  return [{ type: 'queue.left', at, channel, queue: leaving.queue, reason: leaving.isGivenUp ? 'abandoned' : 'left' }];
};

export const agentCalled: Translate = (reader) => [
  {
    type: 'queue.called',
    at: reader.at,
    channel: reader.channel('Uniqueid'),
    queue: reader.text('Queue'),
    callee: reader.channel('DestUniqueid'),
    agentDevice: reader.text('Interface'),
    agentName: reader.text('MemberName'),
  },
];

/** The state of a queue member by its device's: AST_DEVICE_* as numbers. */
export const agentStateOf = (deviceState: string, isPaused: boolean): AgentState => {
  if (isPaused) return 'paused';
  switch (deviceState) {
    case '1':
      return 'idle';
    case '2':
    case '3':
    case '8':
      return 'busy';
    case '6':
    case '7':
      return 'ringing';
    default:
      return 'unavailable';
  }
};

const agentOf = (
  reader: Reader,
  { directory }: Memory,
): { queue: string; device: string; name: string } & Pick<Extract<Fact, { type: 'agent.state' }>, 'extension'> => {
  const device = reader.text('Interface');
  const extension = directory.extensionOf(device);
  return { queue: reader.text('Queue'), device, name: reader.text('MemberName'), ...(extension === undefined ? undefined : { extension }) };
};

/** How a member belongs to its queue: by `queues.conf` (`static`), or since it was added (`dynamic`, `realtime`). */
export const queueMembershipOf = (text: (header: string) => string): { readonly penalty?: number; readonly dynamic?: boolean } => {
  const [penalty, membership] = [text('Penalty'), text('Membership')];
  return {
    ...(/^\d{1,9}$/.test(penalty) ? { penalty: Number(penalty) } : undefined),
    ...(membership === '' ? undefined : { dynamic: membership === 'dynamic' }),
  };
};

export const agentState: Translate = (reader, memory) => {
  const isPaused = reader.text('Paused') === '1';
  const pausedReason = reader.text('PausedReason');
  return [
    {
      type: 'agent.state',
      at: reader.at,
      ...agentOf(reader, memory),
      state: agentStateOf(reader.text('Status'), isPaused),
      ...(isPaused && pausedReason !== '' ? { pausedReason } : undefined),
      ...queueMembershipOf((header) => reader.text(header)),
    },
  ];
};

export const agentLoggedIn: Translate = (reader, memory) => [
  { type: 'agent.loggedIn', at: reader.at, ...agentOf(reader, memory) },
  ...agentState(reader, memory),
];

export const agentLoggedOut: Translate = (reader, memory) => [{ type: 'agent.loggedOut', at: reader.at, ...agentOf(reader, memory) }];

export const conferenceJoin: Translate = (reader) => {
  const { at } = reader;
  const channel = reader.channel('Uniqueid');
  const conference = reader.text('Conference');
  const joined: Fact = { type: 'conference.joined', at, channel, conference };
  return reader.text('Muted') === 'Yes' ? [joined, { type: 'conference.muted', at, channel, conference, muted: true }] : [joined];
};

export const conferenceLeave: Translate = (reader) => [
  { type: 'conference.left', at: reader.at, channel: reader.channel('Uniqueid'), conference: reader.text('Conference') },
];

export const conferenceMute =
  (muted: boolean): Translate =>
  (reader) => [
    { type: 'conference.muted', at: reader.at, channel: reader.channel('Uniqueid'), conference: reader.text('Conference'), muted },
  ];
