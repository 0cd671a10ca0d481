import type { Application, ChannelState, Endpoint, FactOf } from '../model/fact.ts';
import type { CallId, ChannelId } from '../model/ids.ts';
import { endCallIfEmpty, joinCall, mergeCalls, openCall, patchCall, patchProgress } from './calls.ts';
import type { Change } from './change.ts';
import { leaveConference } from './conferences.ts';
import { endLeg } from './leg-ends.ts';
import { beginLeg, callerLegOf, connectLeg, partyOf, resumeLeg, ringLeg, updateLeg } from './legs.ts';
import { joinHalves, leaveForGood, reach } from './links.ts';
import { releaseSlot } from './parking.ts';
import { leaveQueue } from './queues.ts';
import { stopRecording } from './recordings.ts';
import { stopSupervision } from './supervision.ts';
import { arrive, failTransfer } from './transfers.ts';

/** The life of a channel, from its creation over what the dialplan does with it to its end. */

export const createChannel = (change: Change, fact: FactOf<'channel.created'>): void => {
  // A resync may have listed it before its own event came; an announcer or recorder is nobody.
  if (change.channel(fact.channel) !== undefined || fact.endpoint.kind === 'internal') return;
  const call = openCall(change, fact.family, fact.channel, fact.at);
  addChannel(change, fact.channel, fact.endpoint, fact.state, call.id);
  if (fact.dialled === undefined && fact.family === fact.channel) originate(change, fact.channel);
  beginLeg(change, fact.channel, { number: fact.number, name: fact.name, dialled: fact.dialled });
  stateChannel(change, fact.channel, fact.state);
};

/** Who neither dialled nor descends from one that did was rung by the PBX itself: by a command, to call or join somebody. */
export const originate = (change: Change, id: ChannelId): void => {
  const channel = change.channel(id);
  if (channel !== undefined && channel.endpoint.kind !== 'local') change.setChannel({ ...channel, isOriginated: true });
};

export const addChannel = (change: Change, id: ChannelId, endpoint: Endpoint, state: ChannelState, callId: CallId): void => {
  change.setChannel({ id, endpoint, call: callId, state, isOriginated: false, hears: [] });
  const call = patchCall(change, callId, { channels: [...change.call(callId).channels, id] });
  if (endpoint.kind !== 'local') return;
  const other = call.channels.find((member) => {
    const half = change.channel(member)?.endpoint;
    return half?.kind === 'local' && half.pair === endpoint.pair && half.half !== endpoint.half;
  });
  if (other !== undefined) joinHalves(change, other, id);
};

export const stateChannel = (change: Change, id: ChannelId, state: ChannelState): void => {
  const channel = change.channel(id);
  if (channel === undefined) return;
  if (channel.state !== state) change.setChannel({ ...channel, state });
  if (state === 'ringing') ringLeg(change, id);
  if (state === 'up') connectIfThrough(change, id);
};

/** Applications that answer a caller by themselves; of an empty slot it is an announcement that says so. */
const answering: ReadonlySet<Application> = new Set([
  'voicemail',
  'announcement',
  'music',
  'conference',
  'parking',
  'supervision',
  'other',
]);

/** Whoever enters a bridge with half of a pair meets what the other half has come to, be that told before or after. */
export const connectBeyond = (change: Change, id: ChannelId): void => {
  for (const { other } of reach(change, id).halves) if (other !== undefined) connectIfThrough(change, other);
};

/** A leg that is up is through when something answers it, or when it was rung, by a caller or by the PBX itself: its user has answered. */
const connectIfThrough = (change: Change, id: ChannelId): void => {
  const channel = change.channel(id);
  if (channel === undefined || channel.state !== 'up') return;
  const { application } = channel;
  const isAnswered = application !== undefined && answering.has(application);
  if (channel.leg !== undefined) {
    // Even silence that has answered is all that a caller reached.
    if (application === 'other') patchProgress(change, channel.call, { wasAnnounced: true });
    if (isAnswered || channel.isOriginated || channel.caller !== undefined) connectLeg(change, id);
    return;
  }
  // Behind this half an application answers whoever is on the other side of the pair, or dials on for somebody the PBX rang.
  const other = change.channel(channel.other);
  const isThrough = isAnswered || application === 'dial' || application === 'queue';
  if (!isThrough || other === undefined) return;
  for (const leg of reach(change, other.id).legs) connectLeg(change, leg);
  // Or whom the other half has rung, and who is about to be bridged with it.
  for (const leg of change.liveLegs(change.call(channel.call)))
    if (leg.caller === other.id && leg.state === 'up') connectLeg(change, leg.id);
};

export const identifyChannel = (change: Change, fact: FactOf<'channel.identified'>): void => {
  const channel = change.leg(fact.channel);
  if (channel === undefined) return;
  const { leg, endpoint } = channel;
  const party = partyOf(change, endpoint, fact.number, fact.name);
  if (party.number === leg.party.number && party.name === leg.party.name) return;
  updateLeg(change, channel, { leg: { party } });
  if (leg.ordinal === 1) patchCall(change, leg.callId, { from: party });
};

/** Caller id of the other side; what is known of calls and links is better, where anything is. */
export const identifyPeer = (change: Change, fact: FactOf<'channel.peerIdentified'>): void => {
  const channel = change.leg(fact.channel);
  if (channel === undefined || channel.hears.length > 0 || channel.caller !== undefined) return;
  const { leg } = channel;
  if (fact.number === leg.party.number || fact.number === leg.peer.number) return;
  updateLeg(change, channel, { leg: { peer: change.party(fact.number, fact.name) } });
};

export const enterApplication = (change: Change, fact: FactOf<'channel.entered'>): void => {
  const { channel: id, application } = fact;
  const channel = change.channel(id);
  if (channel === undefined) return;
  const { isLeftAlone: _isLeftAlone, ...next } = channel;
  change.setChannel({ ...next, application });
  // A pause on the way to somewhere is not where a transfer arrives.
  if (channel.bridge === undefined && application !== 'other') arrive(change, id, application === 'voicemail' ? 'voicemail' : 'blind');
  noteDestination(change, id, fact);
  noteProgress(change, channel.call, application);
  if (application === 'voicemail') {
    const leg = change.leg(id);
    if (leg !== undefined) updateLeg(change, leg, { leg: { voicemail: true } });
    patchCall(change, channel.call, { reachedVoicemail: true });
  }
  if (channel.bridge === undefined) resumeLeg(change, id);
  connectIfThrough(change, id);
};

/** Where the first leg, or the pair it is behind, is sent is whom it calls, if it dialled nothing itself or only the number of the house. */
const noteDestination = (change: Change, id: ChannelId, { dialled }: FactOf<'channel.entered'>): void => {
  const entering = change.channel(id);
  if (entering === undefined || dialled === undefined || dialled === '') return;
  const call = change.call(entering.call);
  const isOfCaller = entering.leg === undefined ? call.isAnnounced : entering.leg.ordinal === 1;
  // Who has already joined a conference was answered by no more than what it dialled.
  const isAnswered = call.answeredAt !== undefined && entering.leg?.conference === undefined;
  if (!isOfCaller || call.clickToDial || isAnswered) return;
  const isUnknown = call.to.number === '';
  const isTheHouse = call.did !== undefined && call.to.number === call.did && call.did !== dialled;
  if (!isUnknown && !isTheHouse) return;
  const to = change.party(dialled);
  patchCall(change, call.id, { to, ...(isUnknown ? { dialled } : undefined) });
  const channel = change.leg(id);
  if (channel !== undefined && channel.hears.length === 0) updateLeg(change, channel, { leg: { peer: to } });
};

const noteProgress = (change: Change, call: CallId, application: Application): void => {
  switch (application) {
    case 'dial':
    case 'queue':
      patchProgress(change, call, { hasDialled: true, isNewRound: true, isAbandoned: false });
      return;
    case 'announcement':
    case 'music':
    case 'conference':
    case 'parking':
      patchProgress(change, call, { wasAnnounced: true, isAbandoned: false });
      return;
    case 'voicemail':
    case 'pickup':
    case 'supervision':
    case 'bridge':
    case 'other':
      return;
  }
};

export const beginDial = (change: Change, fact: FactOf<'dial.began'>): void => {
  const callee = change.channel(fact.callee);
  const caller = change.channel(fact.caller);
  if (callee === undefined || caller === undefined) return;
  arrive(change, caller.id, 'blind');
  change.setChannel({ ...callee, caller: caller.id });
  // The PBX's grouping may lag behind: the call is the caller's.
  if (callee.call !== caller.call) {
    if (change.liveLegs(change.call(callee.call)).length > 1) joinCall(change, fact.callee, caller.call);
    else mergeCalls(change, caller.call, callee.call);
  }
  const call = change.call(change.channel(fact.callee)?.call ?? callee.call);
  if (call.progress.isNewRound) patchProgress(change, call.id, { isNewRound: false, attempts: [] });
  inheritFromCaller(change, fact.callee);
};

/** A callee shows who calls it, and for which queue. */
export const inheritFromCaller = (change: Change, id: ChannelId): void => {
  const channel = change.leg(id);
  const caller = callerLegOf(change, id);
  if (channel === undefined || caller === undefined) return;
  const queue = channel.leg.connectedAt === undefined ? caller.waiting?.queue : undefined;
  const isKnown = channel.leg.peer.number === caller.leg.party.number && channel.leg.queue === queue;
  if (isKnown) return;
  updateLeg(change, channel, { leg: { peer: caller.leg.party, ...(queue === undefined ? undefined : { queue }) } });
};

export const endDial = (change: Change, fact: FactOf<'dial.ended'>): void => {
  const callee = change.channel(fact.callee);
  if (callee === undefined) return;
  // A queue ends a dial twice, "no answer" and then "cancelled": the first word tells what the phone did.
  if (callee.result === undefined || fact.result === 'answered') change.setChannel({ ...callee, result: fact.result });
  if (fact.result === 'answered' && fact.caller !== undefined && callee.leg !== undefined)
    patchProgress(change, callee.call, { wasTaken: true });
};

export const endChannel = (change: Change, id: ChannelId, causeCode: number): void => {
  const channel = change.channel(id);
  // Some facts of a channel come after its end.
  if (channel === undefined) return;
  failTransfer(change, id);
  releaseSlot(change, id, 'gave-up');
  leaveQueue(change, id, 'abandoned');
  leaveConference(change, id);
  stopSupervision(change, id);
  stopRecording(change, id);
  leaveForGood(change, channel);
  const leg = change.leg(id);
  if (leg !== undefined) endLeg(change, leg, causeCode);
  const gone = change.channel(id) ?? channel;
  const other = change.channel(gone.other);
  if (other !== undefined) {
    const { other: _other, ...alone } = other;
    change.setChannel(alone);
  }
  change.removeChannel(id);
  const call = change.call(gone.call);
  change.setCall({ ...call, channels: call.channels.filter((member) => member !== id) });
  endCallIfEmpty(change, gone.call);
};
