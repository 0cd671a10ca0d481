import type { NewEvent } from '../model/event.ts';
import type { Fact, FactOf } from '../model/fact.ts';
import { Change } from './change.ts';
import {
  beginDial,
  connectBeyond,
  createChannel,
  endChannel,
  endDial,
  enterApplication,
  identifyChannel,
  identifyPeer,
  stateChannel,
} from './channels.ts';
import { joinConference, leaveConference } from './conferences.ts';
import { noteHangupRequest } from './leg-ends.ts';
import { holdLeg, muteLeg, resumeLeg, ringLeg } from './legs.ts';
import { enterBridge, joinHalves, leaveBridge, optimiseHalves } from './links.ts';
import { parkChannel, releaseSlot, unpark } from './parking.ts';
import { connectPbx, degradePbx, disconnectPbx, recoverPbx } from './pbx.ts';
import {
  findExtension,
  loseExtension,
  registerDevice,
  setStatus,
  settlePresence,
  settleRegistrations,
  unregisterDevice,
} from './presence.ts';
import { callAgent, joinQueue, leaveQueue, logAgentIn, logAgentOut, setAgent } from './queues.ts';
import { pauseRecording, startRecording, stopRecording } from './recordings.ts';
import { resync } from './resync.ts';
import type { TrackerState } from './state.ts';
import { changeSupervision, stopSupervision, superviseLeg } from './supervision.ts';
import { arrive, arriveInTalk, pickUp, settleSilentTransfers, transferAttended, transferBlind } from './transfers.ts';
import { assignUsers, beginSession, endSession, setUserStatus } from './users.ts';

/** How long a dial that was announced may wait for its channel, in microseconds. */
const commandedLifetime = 120_000_000;

/**
 * What a fact means: the state after it, and the events that tell of it. A pure fold: no clock, no I/O, and the state that is
 * given stays valid.
 */
export const track = (state: TrackerState, fact: Fact): { readonly state: TrackerState; readonly events: readonly NewEvent[] } => {
  const change = new Change(state, fact.at);
  apply(change, fact);
  settlePresence(change);
  return { state: change.finish(), events: change.events };
};

const apply = (change: Change, fact: Fact): void => {
  switch (fact.type) {
    case 'channel.created':
      return createChannel(change, fact);
    case 'channel.state':
      return stateChannel(change, fact.channel, fact.state);
    case 'channel.identified':
      return identifyChannel(change, fact);
    case 'channel.peerIdentified':
      return identifyPeer(change, fact);
    case 'channel.entered':
      return enterApplication(change, fact);
    case 'channel.held':
      return holdLeg(change, fact.channel);
    case 'channel.unheld':
      return resumeLeg(change, fact.channel);
    case 'channel.muted':
    case 'conference.muted':
      return muteLeg(change, fact.channel, fact.muted);
    case 'channel.dtmf':
      return receiveDigit(change, fact);
    case 'channel.hangupRequested':
      return noteHangupRequest(change, fact.channel, fact.by);
    case 'channel.ended':
      return endChannel(change, fact.channel, fact.causeCode);
    case 'dial.began':
      return beginDial(change, fact);
    case 'dial.ringing':
      return ringLeg(change, fact.callee);
    case 'dial.ended':
      return endDial(change, fact);
    case 'dial.commanded': {
      const { command, extension, number, at } = fact;
      return change.setCommanded(fact.channel, { command, extension, number, at });
    }
    case 'bridge.entered':
      // Who talks has left its slot; a PBX may say so only afterwards.
      if (fact.kind === 'mixing') releaseSlot(change, fact.channel, 'retrieved');
      enterBridge(change, fact.channel, fact);
      connectBeyond(change, fact.channel);
      return arriveInTalk(change, fact.channel);
    case 'bridge.left':
      return leaveBridge(change, fact.channel, fact.bridge);
    case 'local.joined':
      return joinHalves(change, fact.one, fact.two);
    case 'local.optimised':
      return optimiseHalves(change, fact.one, fact.two);
    case 'transfer.blind':
      return transferBlind(change, fact);
    case 'transfer.attended':
      return transferAttended(change, fact);
    case 'pickup':
      return pickUp(change, fact);
    case 'parking.entered':
      return parkChannel(change, fact.channel, fact, fact.at);
    case 'parking.left':
      return unpark(change, fact);
    case 'queue.joined':
      arrive(change, fact.channel, 'blind');
      return joinQueue(change, fact.channel, fact.queue, fact.position, fact.at);
    case 'queue.left':
      return leaveQueue(change, fact.channel, fact.reason);
    case 'queue.called':
      return callAgent(change, fact);
    case 'agent.state':
      return setAgent(change, fact.queue, fact);
    case 'agent.loggedIn':
      return logAgentIn(change, fact);
    case 'agent.loggedOut':
      return logAgentOut(change, fact);
    case 'conference.joined':
      arrive(change, fact.channel, 'blind');
      return joinConference(change, fact.channel, fact.conference);
    case 'conference.left':
      return leaveConference(change, fact.channel);
    case 'supervision.started':
      return superviseLeg(change, fact.channel, fact.target, fact.mode);
    case 'supervision.modeChanged':
      return changeSupervision(change, fact.channel, fact.mode);
    case 'supervision.stopped':
      return stopSupervision(change, fact.channel);
    case 'recording.started':
      return startRecording(change, fact.channel, fact.name, fact.file);
    case 'recording.paused':
      return pauseRecording(change, fact.channel, 'paused');
    case 'recording.resumed':
      return pauseRecording(change, fact.channel, 'recording');
    case 'recording.stopped':
      return stopRecording(change, fact.channel, fact.file);
    case 'extension.found':
      return findExtension(change, fact);
    case 'extension.lost':
      return loseExtension(change, fact.extension);
    case 'extension.registered':
      return registerDevice(change, fact);
    case 'extension.unregistered':
      return unregisterDevice(change, fact);
    case 'extension.dnd':
      return setStatus(change, fact.extension, { dnd: fact.dnd });
    case 'extension.status':
      return setStatus(change, fact.extension, { dnd: fact.dnd, text: fact.text });
    case 'users.assigned':
      return assignUsers(change, fact);
    case 'user.sessionBegan':
      return beginSession(change, fact);
    case 'user.sessionEnded':
      return endSession(change, fact);
    case 'user.status':
      return setUserStatus(change, fact);
    case 'pbx.connected':
      return connectPbx(change, fact);
    case 'pbx.degraded':
      return degradePbx(change, fact);
    case 'pbx.recovered':
      return recoverPbx(change, fact);
    case 'pbx.disconnected':
      return disconnectPbx(change, fact);
    case 'resync':
      return resync(change, fact);
    case 'tick':
      return tick(change);
  }
};

const receiveDigit = (change: Change, fact: FactOf<'channel.dtmf'>): void => {
  if (fact.direction !== 'received') return;
  const { digit, durationMs } = fact;
  change.emitLeg('dtmf.received', fact.channel, { digit, ...(durationMs === undefined ? undefined : { durationMs }) });
};

const tick = (change: Change): void => {
  settleRegistrations(change);
  settleSilentTransfers(change);
  for (const [channel, { at }] of change.commandedDials()) if (change.at - at > commandedLifetime) change.removeCommanded(channel);
};

export { createTrackerState, type TrackerState } from './state.ts';
export {
  callOf,
  conferenceOf,
  extensionOf,
  legByChannel,
  legOf,
  legsOf,
  liveState,
  pbxState,
  queueOf,
  slotsOf,
  userOf,
} from './snapshot.ts';
export { restoreState, saveChanges } from './saved.ts';
