import type { NewEvent } from '../../src/model/event.ts';
import type { Endpoint, Fact } from '../../src/model/fact.ts';
import { bridgeId, channelId, extensionNumber, pbxId } from '../../src/model/ids.ts';
import { createTrackerState, track, type TrackerState } from '../../src/tracker/tracker.ts';

/** Short ways to say facts, for stories that no recording tells. */

export const pbx = pbxId('pbx');
export const id = channelId;
export const extension = extensionNumber;
export const bridge = bridgeId;

type Untimed = Fact extends infer One ? (One extends Fact ? Omit<One, 'at'> & { readonly at?: number } : never) : never;

export interface Played {
  readonly state: TrackerState;
  readonly events: readonly NewEvent[];
}

/** Facts a second apart, unless they say when, after what was played before. */
export const play = (facts: readonly Untimed[], before: Played = { state: createTrackerState(pbx), events: [] }): Played => {
  let { state } = before;
  const events = [...before.events];
  for (const [index, fact] of facts.entries()) {
    const step = track(state, { at: (events.length + index + 1) * 1_000_000, ...fact });
    state = step.state;
    events.push(...step.events);
  }
  return { state, events };
};

export const phone = (number: string): Endpoint => ({ kind: 'extension', extension: extension(number), device: `PJSIP/${number}` });
export const trunk: Endpoint = { kind: 'trunk', trunk: 'provider', device: 'PJSIP/provider' };

export const calls = (channel: string, endpoint: Endpoint, dialled: string): readonly Untimed[] => [
  {
    type: 'channel.created',
    channel: id(channel),
    endpoint,
    number: numberOf(endpoint),
    name: '',
    dialled,
    family: id(channel),
    state: 'dialling',
  },
  { type: 'channel.entered', channel: id(channel), application: 'dial', detail: '', dialled },
];

export const isRung = (channel: string, endpoint: Endpoint, caller: string): readonly Untimed[] => [
  { type: 'channel.created', channel: id(channel), endpoint, number: numberOf(endpoint), name: '', family: id(caller), state: 'down' },
  { type: 'dial.began', caller: id(caller), callee: id(channel) },
  { type: 'channel.state', channel: id(channel), state: 'ringing' },
];

export const answers = (channel: string, caller: string, room = `of ${caller}`): readonly Untimed[] => [
  { type: 'channel.state', channel: id(channel), state: 'up' },
  { type: 'dial.ended', caller: id(caller), callee: id(channel), result: 'answered' },
  { type: 'channel.state', channel: id(caller), state: 'up' },
  { type: 'bridge.entered', channel: id(channel), bridge: bridge(room), kind: 'mixing' },
  { type: 'bridge.entered', channel: id(caller), bridge: bridge(room), kind: 'mixing' },
];

export const ends = (channel: string, causeCode = 16): readonly Untimed[] => [{ type: 'channel.ended', channel: id(channel), causeCode }];

export const hangsUp = (channel: string, causeCode = 16): readonly Untimed[] => [
  { type: 'channel.hangupRequested', channel: id(channel), by: 'far-end' },
  ...ends(channel, causeCode),
];

const numberOf = (endpoint: Endpoint): string => (endpoint.kind === 'extension' ? endpoint.extension : '+15550100001');

/** `call.ended cancelled`: the types of the events, with the word that matters most. */
export const told = (events: readonly NewEvent[]): readonly string[] =>
  events
    .filter(({ type }) => type !== 'extension.presenceChanged')
    .map((event) => {
      switch (event.type) {
        case 'call.ended':
          return `${event.type} ${event.data.mergedInto === undefined ? event.data.disposition : 'merged'}`;
        case 'leg.started':
        case 'leg.ringing':
        case 'leg.connected':
        case 'leg.ended':
          return `${event.type} ${event.leg?.party.number ?? ''}`;
        default:
          return event.type;
      }
    });

export const presencesOf = (number: string, events: readonly NewEvent[]): readonly string[] =>
  events.flatMap((event) => (event.type === 'extension.presenceChanged' && event.extension === number ? [event.data.presence] : []));
