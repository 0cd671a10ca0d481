/** What is asked of the event socket, so that it sends what something is made of and no more. */
import { applications } from './translate/applications.ts';

const events = [
  'CHANNEL_CREATE', 'CHANNEL_PROGRESS', 'CHANNEL_PROGRESS_MEDIA', 'CHANNEL_ANSWER', 'CHANNEL_BRIDGE', 'CHANNEL_UNBRIDGE',
  'CHANNEL_HOLD', 'CHANNEL_UNHOLD', 'CHANNEL_HANGUP', 'CHANNEL_HANGUP_COMPLETE',
  'DTMF', 'RECORD_START', 'RECORD_STOP', 'HEARTBEAT', 'RELOADXML', 'SHUTDOWN',
] as const; // prettier-ignore

const customEvents = [
  'valet_parking::info', 'conference::maintenance', 'callcenter::info', 'fifo::info', 'sofia::register', 'sofia::unregister', 'sofia::expire',
] as const; // prettier-ignore

/** Of these only some are of use: most tell of a step of the dialplan or of the channel's inner life. */
const siftedEvents = ['CHANNEL_STATE', 'CHANNEL_EXECUTE', 'PLAYBACK_STOP'] as const;

/**
 * The commands that ask for events. FreeSWITCH sends an event if any filter matches: all of `events`; of the others those of an
 * application that matters, of a channel that goes to the dialplan, and of one that was transferred by a phone.
 */
export const subscriptionCommands: readonly string[] = [
  ...[...events, 'CUSTOM'].map((name) => `filter Event-Name ${name}`),
  ...[...applications.keys()].map((name) => `filter Application ${name}`),
  'filter Channel-State CS_ROUTING',
  'filter Caller-Transfer-Source /bl_xfer/',
  `event plain ${[...events, ...siftedEvents].join(' ')} CUSTOM ${customEvents.join(' ')}`,
];

/** Everything that is asked for, unsifted, as `capture` records it. */
export const wholeSubscription = `event plain ${[...events, ...siftedEvents].join(' ')} CUSTOM ${customEvents.join(' ')}`;
