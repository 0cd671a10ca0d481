import type { Fact } from '../../model/fact.ts';
import type { Micros } from '../../model/time.ts';
import type { AmiMessage } from './ami-parser.ts';
import type { Directory } from './directory.ts';
import { newExten, originateResponse, spyStart, spyStop } from './translate/applications.ts';
import { bridgeEnter, bridgeLeave, localPair } from './translate/bridges.ts';
import { dialBegin, dialEnd, dialState, hangup, hangupRequest, identified, newChannel, newState } from './translate/channels.ts';
import { createMemory, forgetLive } from './translate/memory.ts';
import { parkedCall, parkedCallGiveUp, parkedCallTimeOut, unparkedCall } from './translate/parking.ts';
import {
  contactStatus,
  deviceStateChange,
  dtmf,
  extensionStatus,
  held,
  peerStatus,
  presenceStateChange,
  recording,
  recordingMute,
} from './translate/phones.ts';
import {
  agentCalled,
  agentConnect,
  agentLoggedIn,
  agentLoggedOut,
  agentState,
  conferenceJoin,
  conferenceLeave,
  conferenceMute,
  queueCallerAbandon,
  queueCallerJoin,
  queueCallerLeave,
} from './translate/places.ts';
import { none, Reader, type Translate } from './translate/reader.ts';
import { attendedTransfer, blindTransfer, pickup } from './translate/transfers.ts';

/** Manager events to facts. */
export interface Translator {
  /** The facts in a message, most often none or one. Asterisk's own `Timestamp`, if it sends one, is preferred to `at`, when it came. */
  translate(message: AmiMessage, at: Micros): readonly Fact[];
}

export interface TranslatorOptions {
  readonly directory: Directory;
}

/** Whether `translate` has a use for events of this name: the rest need not be read at all. */
export const isInteresting = (event: string): boolean => translations.has(event);

export const createTranslator = ({ directory }: TranslatorOptions): Translator => {
  const memory = createMemory(directory);
  return {
    translate(message, at) {
      const translate = message.event === undefined ? undefined : translations.get(message.event);
      return translate === undefined ? none : translate(new Reader(message, at), memory);
    },
  };
};

const shutdown: Translate = (reader) => [{ type: 'pbx.degraded', at: reader.at, reason: 'Asterisk is shutting down.' }];

/** The first event after a login. */
const fullyBooted: Translate = (_reader, memory) => {
  forgetLive(memory);
  return none;
};

const translations: ReadonlyMap<string, Translate> = new Map<string, Translate>([
  ['Newchannel', newChannel],
  ['Newstate', newState],
  ['NewCallerid', identified('channel.identified', 'CallerID')],
  ['NewConnectedLine', identified('channel.peerIdentified', 'ConnectedLine')],
  ['Newexten', newExten],
  ['Hangup', hangup],
  ['HangupRequest', hangupRequest('far-end')],
  ['SoftHangupRequest', hangupRequest('pbx')],
  ['Hold', held('channel.held')],
  ['Unhold', held('channel.unheld')],
  ['DTMFEnd', dtmf],
  ['DialBegin', dialBegin],
  ['DialState', dialState],
  ['DialEnd', dialEnd],
  ['BridgeEnter', bridgeEnter],
  ['BridgeLeave', bridgeLeave],
  ['LocalBridge', localPair('local.joined')],
  ['LocalOptimizationBegin', localPair('local.optimised')],
  ['BlindTransfer', blindTransfer],
  ['AttendedTransfer', attendedTransfer],
  ['Pickup', pickup],
  ['ParkedCall', parkedCall],
  // Another takes its place in the slot: who consulted the slot sends it there.
  ['ParkedCallSwap', parkedCall],
  ['UnParkedCall', unparkedCall],
  ['ParkedCallTimeOut', parkedCallTimeOut],
  ['ParkedCallGiveUp', parkedCallGiveUp],
  ['QueueCallerJoin', queueCallerJoin],
  ['QueueCallerAbandon', queueCallerAbandon],
  ['QueueCallerLeave', queueCallerLeave],
  ['AgentCalled', agentCalled],
  ['AgentConnect', agentConnect],
  ['QueueMemberStatus', agentState],
  ['QueueMemberPause', agentState],
  ['QueueMemberPenalty', agentState],
  ['QueueMemberAdded', agentLoggedIn],
  ['QueueMemberRemoved', agentLoggedOut],
  ['ConfbridgeJoin', conferenceJoin],
  ['ConfbridgeLeave', conferenceLeave],
  ['ConfbridgeMute', conferenceMute(true)],
  ['ConfbridgeUnmute', conferenceMute(false)],
  ['ChanSpyStart', spyStart],
  ['ChanSpyStop', spyStop],
  ['OriginateResponse', originateResponse],
  ['MixMonitorStart', recording('recording.started')],
  ['MixMonitorStop', recording('recording.stopped')],
  ['MixMonitorMute', recordingMute],
  ['ExtensionStatus', extensionStatus],
  ['ContactStatus', contactStatus],
  ['PeerStatus', peerStatus],
  ['PresenceStateChange', presenceStateChange],
  ['DeviceStateChange', deviceStateChange],
  ['Shutdown', shutdown],
  ['FullyBooted', fullyBooted],
]);
