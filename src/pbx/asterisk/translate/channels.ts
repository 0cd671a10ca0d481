/** The life of a channel, and the dialling of one for another. */
import type { ChannelState, DialResult, Fact } from '../../../model/fact.ts';
import type { ChannelId } from '../../../model/ids.ts';
import { dialable } from './applications.ts';
import { rememberEnded } from './memory.ts';
import { gaveUpSlot } from './parking.ts';
import { gaveUpQueue } from './places.ts';
import { none, type Reader, type Translate } from './reader.ts';

/** AST_STATE_*; others (busy, reserved, prering) tell nothing that matters here. */
export const channelStates: Readonly<Record<string, ChannelState>> = {
  '0': 'down', '1': 'down', '2': 'down', '3': 'dialling', '4': 'dialling', '5': 'ringing', '6': 'up', '8': 'dialling',
}; // prettier-ignore

const dialResults: Readonly<Record<string, DialResult>> = {
  ANSWER: 'answered',
  BUSY: 'busy',
  NOANSWER: 'no-answer',
  CANCEL: 'cancelled',
  CHANUNAVAIL: 'unavailable',
  CONGESTION: 'congested',
};

export const newChannel: Translate = (reader, { directory }) => {
  const channel = reader.channel('Uniqueid');
  const state = channelStates[reader.text('ChannelState')] ?? 'down';
  const exten = reader.text('Exten');
  const context = reader.text('Context');
  // A channel that is called starts down; one that calls starts in "Ring" with what it dialled. Snoop and Local;2 have no wish of their own.
  const dialled = state === 'dialling' && dialable.test(exten) ? exten : undefined;
  return [
    {
      type: 'channel.created',
      at: reader.at,
      channel,
      endpoint: directory.endpointOf(reader.text('Channel')),
      number: reader.text('CallerIDNum'),
      name: reader.text('CallerIDName'),
      ...(dialled === undefined ? undefined : { dialled }),
      ...(context === '' ? undefined : { context }),
      family: reader.has('Linkedid') ? reader.channel('Linkedid') : channel,
      state,
    },
  ];
};

export const newState: Translate = (reader) => {
  const state = channelStates[reader.text('ChannelState')];
  return state === undefined ? none : [{ type: 'channel.state', at: reader.at, channel: reader.channel('Uniqueid'), state }];
};

export const identified =
  (type: 'channel.identified' | 'channel.peerIdentified', who: 'CallerID' | 'ConnectedLine'): Translate =>
  (reader, { ended }) => {
    const number = reader.text(`${who}Num`);
    const channel = reader.channel('Uniqueid');
    // A queue names its caller to an agent's channel that was busy, after that has ended.
    if (number === '' || ended.has(channel)) return none;
    return [{ type, at: reader.at, channel, number, name: reader.text(`${who}Name`) }];
  };

/** Q.850. */
const redirected = 23;

export const hangup: Translate = (reader, memory) => {
  const { at } = reader;
  const channel = reader.channel('Uniqueid');
  const left = [...gaveUpSlot(channel, at, memory), ...gaveUpQueue(channel, at, memory)];
  memory.talking.delete(channel);
  memory.hangupAsked.delete(channel);
  memory.supervision.delete(channel);
  const isForwarded = memory.forwarded.delete(channel);
  rememberEnded(channel, memory);
  const cause = reader.number('Cause');
  const ended: Fact = {
    type: 'channel.ended',
    at,
    channel,
    // Asterisk 16 tells no cause of a phone that sent the call on; 22 tells this one.
    causeCode: isForwarded && cause === 0 ? redirected : cause,
    ...(reader.has('TechCause') ? { sipCode: reader.number('TechCause') } : undefined),
  };
  return [...left, ended];
};

/** `HangupRequest` is the far end's own wish; `SoftHangupRequest` comes of Asterisk, also as the last step of every hangup. */
export const hangupRequest =
  (by: 'far-end' | 'pbx'): Translate =>
  (reader, memory) => {
    const channel = reader.channel('Uniqueid');
    memory.hangupAsked.add(channel);
    return [{ type: 'channel.hangupRequested', at: reader.at, channel, by }];
  };

const callerOf = (reader: Reader): { readonly caller?: ChannelId } =>
  reader.has('Uniqueid') ? { caller: reader.channel('Uniqueid') } : {};

export const dialBegin: Translate = (reader) => [
  { type: 'dial.began', at: reader.at, ...callerOf(reader), callee: reader.channel('DestUniqueid') },
];

export const dialState: Translate = (reader) =>
  // Many a provider never says that it rings: it lets one hear it (PROGRESS). PROCEEDING only says that the call goes on its way.
  reader.text('DialStatus') === 'RINGING' || reader.text('DialStatus') === 'PROGRESS'
    ? [{ type: 'dial.ringing', at: reader.at, ...callerOf(reader), callee: reader.channel('DestUniqueid') }]
    : none;

export const dialEnd: Translate = (reader, { forwarded }) => {
  const forwardedTo = reader.text('Forward');
  const callee = reader.channel('DestUniqueid');
  if (forwardedTo !== '') forwarded.add(callee);
  const result = forwardedTo === '' ? (dialResults[reader.text('DialStatus')] ?? 'unknown') : 'forwarded';
  return [
    {
      type: 'dial.ended',
      at: reader.at,
      ...callerOf(reader),
      callee,
      result,
      ...(forwardedTo === '' ? undefined : { forwardedTo }),
    },
  ];
};
