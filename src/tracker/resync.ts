import type { EventData, NewEvent } from '../model/event.ts';
import type { ChannelSnapshot, FactOf } from '../model/fact.ts';
import type { ChannelId } from '../model/ids.ts';
import { mergeCalls, openCall, patchCall } from './calls.ts';
import type { Change } from './change.ts';
import { addChannel, endChannel, enterApplication, inheritFromCaller, originate, stateChannel } from './channels.ts';
import { joinConference, leaveConference, resyncConferences } from './conferences.ts';
import { beginLeg, connectLeg, holdLeg, muteLeg, resumeLeg } from './legs.ts';
import { enterBridge, leaveBridge } from './links.ts';
import { parkChannel, releaseSlot } from './parking.ts';
import { goLive } from './pbx.ts';
import { findExtension, loseExtension } from './presence.ts';
import { joinQueue, leaveQueue, resyncQueue } from './queues.ts';
import { stopSupervision, superviseLeg } from './supervision.ts';

/**
 * Makes the state what the PBX says it is, whatever was missed. What is found is taken in before what is gone is ended, so that a
 * call of which only the channels changed goes on; what has to be put right is told by events of its own, marked `reconciled`.
 */

type Resync = FactOf<'resync'>;

/** PBXs tell their start by the second, some by subtracting an uptime: nearer than this it is the same one. Microseconds. */
const startTolerance = 2_000_000;

export const resync = (change: Change, fact: Resync): void => {
  const known = change.link.startedAt;
  const isRestarted = known !== 0 && fact.startedAt !== undefined && Math.abs(fact.startedAt - known) > startTolerance;
  const before = change.events.length;
  change.isReconciling = true;
  if (isRestarted) for (const id of channelsInOrder(change)) endChannel(change, id, causeUnknown);
  const startedAt = isRestarted || known === 0 ? (fact.startedAt ?? known) : known;
  const version = fact.version ?? change.link.version;
  goLive(change, { ...change.link, startedAt, ...(version === undefined ? undefined : { version }) }, fact.at);

  resyncExtensions(change, fact);
  resyncChannels(change, fact.channels);
  resyncQueues(change, fact);
  if (fact.conferences !== undefined) resyncConferences(change, fact.conferences);

  const corrections = correctionsOf(change.events.slice(before));
  change.isReconciling = false;
  const news: NewEvent = {
    type: 'pbx.resynced',
    at: change.at,
    pbx: change.pbx,
    reconciled: false,
    data: { restarted: isRestarted, corrections },
  };
  change.events.splice(before, 0, news);
  // Presences that follow from corrections are corrections as well.
  change.isReconciling = true;
};

const causeUnknown = 0;

const resyncExtensions = (change: Change, { extensions }: Resync): void => {
  const listed = new Set(extensions.map(({ extension }) => extension));
  for (const { number } of change.extensions()) if (!listed.has(number)) loseExtension(change, number);
  for (const extension of extensions) findExtension(change, extension);
};

const resyncQueues = (change: Change, { queues }: Resync): void => {
  const listed = new Set(queues.map(({ name }) => name));
  for (const queue of change.queues()) {
    if (!listed.has(queue.name) && queue.waiting.length === 0) change.removeQueue(queue.name);
  }
  for (const queue of queues) resyncQueue(change, queue);
};

const resyncChannels = (change: Change, snapshots: readonly ChannelSnapshot[]): void => {
  const channels = snapshots
    .filter(({ endpoint }) => endpoint.kind !== 'internal')
    .toSorted((one, two) => one.createdAt - two.createdAt || (one.channel < two.channel ? -1 : 1));
  const listed = new Set(channels.map(({ channel }) => channel));
  for (const snapshot of channels) admit(change, snapshot, listed);
  for (const snapshot of channels) takeOut(change, snapshot);
  for (const snapshot of channels) putIn(change, snapshot);
  for (const { channel, state, queue } of channels) {
    inheritFromCaller(change, channel);
    // Who is up, yet in no bridge, has been answered unseen and sent on since.
    if (state === 'up' && queue === undefined) connectLeg(change, channel);
  }
  for (const id of channelsInOrder(change)) if (!listed.has(id)) endChannel(change, id, causeUnknown);
};

/** Every channel that is known, the oldest call's first. */
const channelsInOrder = (change: Change): readonly ChannelId[] => change.calls().flatMap(({ channels }) => channels);

/** Begins what is new, and brings the state of what is known up to date. */
const admit = (change: Change, snapshot: ChannelSnapshot, listed: ReadonlySet<ChannelId>): void => {
  const { channel: id, family, endpoint } = snapshot;
  const known = change.channel(id);
  if (known === undefined) {
    // A call takes its id from its first channel. If that is gone nobody can have heard of the call: any of its channels will do.
    const call = openCall(change, family, listed.has(family) ? family : id, snapshot.createdAt);
    addChannel(change, id, endpoint, snapshot.state, call.id);
    if (snapshot.dialled === undefined && family === id) originate(change, id);
    beginLeg(change, id, { number: snapshot.number, name: snapshot.name, dialled: snapshot.dialled, startedAt: snapshot.createdAt });
    if (snapshot.clickToDial !== undefined) patchCall(change, change.channel(id)?.call ?? call.id, { clickToDial: true });
  } else if (snapshot.conference === undefined && snapshot.bridge?.kind !== 'conference') {
    // The PBX groups channels of one call anew when calls meet, and of strangers when they share a conference.
    const call = change.families.get(family);
    if (call !== undefined) mergeCalls(change, known.call, call);
  }
  noteCaller(change, snapshot, listed);
  stateChannel(change, id, snapshot.state);
};

/** No list tells who dials whom: the first channel of its family is the likeliest, for one that is called. */
const noteCaller = (change: Change, { channel: id, family, dialled }: ChannelSnapshot, listed: ReadonlySet<ChannelId>): void => {
  const channel = change.channel(id);
  if (channel === undefined || channel.caller !== undefined || dialled !== undefined) return;
  if (family !== id && listed.has(family)) change.setChannel({ ...channel, caller: family });
};

const takeOut = (change: Change, snapshot: ChannelSnapshot): void => {
  const { channel: id, bridge, parking, queue, conference, supervising, held } = snapshot;
  const channel = change.channel(id);
  if (channel?.bridge !== undefined && channel.bridge.bridge !== bridge?.bridge) leaveBridge(change, id, channel.bridge.bridge);
  if (channel?.parked !== undefined && (channel.parked.lot !== parking?.lot || channel.parked.slot !== parking.slot)) {
    releaseSlot(change, id, 'retrieved');
  }
  if (channel?.waiting !== undefined && channel.waiting.queue !== queue?.name)
    leaveQueue(change, id, bridge === undefined ? 'left' : 'answered');
  if (channel?.leg?.conference !== undefined && channel.leg.conference !== conference) leaveConference(change, id);
  const target = change.leg(supervising?.target)?.leg.id;
  if (channel?.leg?.supervising !== undefined && (supervising === undefined || channel.leg.supervising.legId !== target)) {
    stopSupervision(change, id);
  }
  if (!held) resumeLeg(change, id);
};

const putIn = (change: Change, snapshot: ChannelSnapshot): void => {
  const { channel: id, application, bridge, parking, queue, conference, supervising, held } = snapshot;
  if (application !== undefined && application !== change.channel(id)?.application) {
    const { dialled, context } = snapshot;
    enterApplication(change, {
      type: 'channel.entered',
      at: change.at,
      channel: id,
      application,
      detail: '',
      ...(dialled === undefined ? undefined : { dialled }),
      ...(context === undefined ? undefined : { context }),
    });
  }
  if (parking !== undefined) parkChannel(change, id, parking, parking.since ?? change.at);
  if (queue !== undefined) joinQueue(change, id, queue.name, queue.position, queue.since);
  if (bridge !== undefined) enterBridge(change, id, bridge);
  if (conference !== undefined) joinConference(change, id, conference);
  if (snapshot.muted !== undefined) muteLeg(change, id, snapshot.muted);
  if (supervising?.target !== undefined && change.leg(id)?.leg.supervising === undefined) {
    superviseLeg(change, id, supervising.target, supervising.mode);
  }
  if (held) holdLeg(change, id);
};

type Correction = EventData['pbx.resynced']['corrections'][number];

/** The corrections in short: each call and leg once, by the weightiest thing that happened to it. */
const correctionsOf = (events: readonly NewEvent[]): readonly Correction[] => {
  const corrections = new Map<string, Correction>();
  for (const { type, callId, legId } of events) {
    if (callId === undefined) continue;
    const what = whatOf(type);
    if (what === undefined) continue;
    const isOfLeg = what !== 'call-found' && what !== 'call-ended';
    const key = isOfLeg ? `${legId}` : callId;
    if (what === 'leg-changed' && corrections.has(key)) continue;
    corrections.set(key, { what, callId, ...(isOfLeg && legId !== undefined ? { legId } : undefined) });
  }
  return [...corrections.values()];
};

const whatOf = (type: NewEvent['type']): Correction['what'] | undefined => {
  switch (type) {
    case 'call.started':
      return 'call-found';
    case 'call.ended':
      return 'call-ended';
    case 'leg.started':
      return 'leg-found';
    case 'leg.ended':
      return 'leg-ended';
    default:
      return type.startsWith('leg.') || type.startsWith('legs.') ? 'leg-changed' : undefined;
  }
};
