import type { AgentSnapshot, FactOf, QueueSnapshot } from '../model/fact.ts';
import type { CallId, ChannelId, ExtensionNumber } from '../model/ids.ts';
import type { Agent } from '../model/place.ts';
import type { Micros } from '../model/time.ts';
import { patchCall, patchProgress } from './calls.ts';
import type { Change } from './change.ts';
import { updateLeg } from './legs.ts';
import { reach } from './links.ts';
import type { Channel } from './state.ts';

/** Queues: who waits in them, and the agents who take from them. */

export const joinQueue = (change: Change, id: ChannelId, name: string, position: number, since: Micros): void => {
  const channel = change.channel(id);
  if (channel === undefined || channel.waiting?.queue === name) return;
  const behind = legBehind(change, channel);
  if (behind !== undefined) {
    change.setChannel({ ...channel, waitsFor: behind });
    joinQueue(change, behind, name, position, since);
    return;
  }
  leaveQueue(change, id, 'left');
  const waiting = { queue: name, position, since };
  const leg = change.leg(id);
  const isToReconnect = leg?.leg.connectedAt !== undefined;
  if (leg === undefined) change.setChannel({ ...channel, waiting });
  else updateLeg(change, leg, { channel: { ...leg, waiting, isToReconnect }, leg: { queue: name } });
  const queue = change.queue(name);
  change.setQueue({ ...queue, waiting: [...queue.waiting, id] });
  patchCall(change, channel.call, { queue: name });
  change.emitLeg('queue.joined', id, { queue: name, position });
  change.emitLeg('leg.queued', id, { queue: name, position });
};

/** Does nothing for a channel that waits in no queue. */
export const leaveQueue = (change: Change, id: ChannelId, reason: 'answered' | 'abandoned' | 'left'): void => {
  const channel = change.channel(id);
  if (channel?.waitsFor !== undefined) {
    const { waitsFor, ...half } = channel;
    change.setChannel(half);
    if (reason === 'abandoned') noteAbandoned(change, channel.call);
    leaveQueue(change, waitsFor, reason);
    return;
  }
  if (channel?.waiting === undefined) return;
  const { waiting, ...out } = channel;
  const leg = change.leg(id);
  if (leg === undefined) change.setChannel(out);
  else {
    const { queue: _queue, ...left } = leg.leg;
    updateLeg(change, { ...leg, leg: left }, { channel: out });
  }
  const queue = change.queue(waiting.queue);
  change.setQueue({ ...queue, waiting: queue.waiting.filter((other) => other !== id) });
  if (reason === 'abandoned') noteAbandoned(change, channel.call);
  const waitedMs = Math.max(0, Math.round((change.at - waiting.since) / 1000));
  change.emitLeg('queue.left', id, { queue: waiting.queue, reason, waitedMs });
};

/** Who was forwarded into the queue waits behind a pair of channels: the one leg that the pair was called for. */
const legBehind = (change: Change, { leg, other }: Channel): ChannelId | undefined => {
  const nearer = leg === undefined ? change.channel(other) : undefined;
  if (nearer === undefined) return undefined;
  const { legs } = reach(change, nearer.id);
  if (legs.length === 0) return change.leg(nearer.caller)?.id;
  return legs.length === 1 ? legs[0] : undefined;
};

const noteAbandoned = (change: Change, call: CallId): void => patchProgress(change, call, { isAbandoned: true });

export const callAgent = (change: Change, fact: FactOf<'queue.called'>): void => {
  const callee = change.channel(fact.callee);
  if (callee === undefined) return;
  const inQueue = change.channel(fact.channel);
  // Who took the place of another that waited, by a transfer that is told only later, never joined for all that was heard.
  if (inQueue !== undefined && inQueue.waiting === undefined && inQueue.bridge === undefined && inQueue.application === 'queue')
    joinQueue(change, fact.channel, fact.queue, change.queue(fact.queue).waiting.length + 1, change.at);
  const leg = change.leg(fact.callee);
  const caller = change.channel(fact.channel);
  if (leg === undefined) change.setChannel({ ...callee, caller: fact.channel });
  else {
    updateLeg(change, leg, {
      channel: { ...leg, caller: fact.channel },
      leg: { queue: fact.queue, ...(caller?.leg === undefined ? undefined : { peer: caller.leg.party }) },
    });
  }
};

export const setAgent = (change: Change, queueName: string, snapshot: AgentSnapshot): void => {
  const queue = change.queue(queueName);
  const before = queue.agents.find((agent) => agent.device === snapshot.device);
  const agent = agentOf(snapshot);
  if (before !== undefined && isSame(before, agent)) return;
  const agents = before === undefined ? [...queue.agents, agent] : queue.agents.map((other) => (other === before ? agent : other));
  change.setQueue({ ...queue, agents });
  const about = { queue: queueName, device: agent.device, name: agent.name };
  const subject = ofExtension(agent.extension);
  const wasPaused = before?.state === 'paused';
  const isPaused = agent.state === 'paused';
  if (isPaused && !wasPaused) {
    change.emit('agent.paused', { ...about, ...(agent.pausedReason === undefined ? undefined : { reason: agent.pausedReason }) }, subject);
  }
  if (wasPaused && !isPaused) change.emit('agent.unpaused', about, subject);
  // With which penalty an agent logged in is no change of it.
  const isRanked = before?.penalty !== undefined && agent.penalty !== undefined && before.penalty !== agent.penalty;
  if (before?.state !== agent.state || isRanked) {
    change.emit('agent.stateChanged', { ...about, state: agent.state, ...(isRanked ? { penalty: agent.penalty } : undefined) }, subject);
  }
};

export const logAgentIn = (change: Change, fact: FactOf<'agent.loggedIn'>): void => {
  const queue = change.queue(fact.queue);
  if (queue.agents.some((agent) => agent.device === fact.device)) return;
  change.setQueue({ ...queue, agents: [...queue.agents, agentOf({ ...fact, state: 'unavailable' })] });
  change.emit('agent.loggedIn', { queue: fact.queue, device: fact.device, name: fact.name }, ofExtension(fact.extension));
};

export const logAgentOut = (change: Change, fact: FactOf<'agent.loggedOut'>): void => {
  const queue = change.queue(fact.queue);
  const agents = queue.agents.filter((agent) => agent.device !== fact.device);
  if (agents.length === queue.agents.length) return;
  change.setQueue({ ...queue, agents });
  change.emit('agent.loggedOut', { queue: fact.queue, device: fact.device, name: fact.name }, ofExtension(fact.extension));
};

/** Takes over what a resync found of a queue: its agents, without a word of those that are as they were. */
export const resyncQueue = (change: Change, { agents, ...about }: QueueSnapshot): void => {
  const { name } = about;
  for (const before of change.queue(name).agents) {
    if (agents.some((agent) => agent.device === before.device)) continue;
    logAgentOut(change, { type: 'agent.loggedOut', at: change.at, queue: name, ...before });
  }
  const queue = change.queue(name);
  const known = new Set(queue.agents.map((agent) => agent.device));
  const found = agents.filter((agent) => !known.has(agent.device));
  if (!queue.isKnown) {
    // Who is found with the queue was there all along.
    change.setQueue({ ...about, isKnown: true, agents: [...queue.agents, ...found.map(agentOf)], waiting: queue.waiting });
  } else {
    if (!isSameQueue(queue, about)) change.setQueue({ ...about, isKnown: true, agents: queue.agents, waiting: queue.waiting });
    for (const agent of found) logAgentIn(change, { ...agent, type: 'agent.loggedIn', at: change.at, queue: name });
  }
  for (const agent of agents) setAgent(change, name, agent);
};

const isSameQueue = (one: Omit<QueueSnapshot, 'agents'>, two: Omit<QueueSnapshot, 'agents'>): boolean =>
  one.displayName === two.displayName && one.number === two.number && one.strategy === two.strategy;

const agentOf = ({ device, name, extension, state, pausedReason, penalty, dynamic }: AgentSnapshot): Agent => ({
  device,
  name,
  ...(extension === undefined ? undefined : { extension }),
  state,
  ...(pausedReason === undefined ? undefined : { pausedReason }),
  ...(penalty === undefined ? undefined : { penalty }),
  ...(dynamic === undefined ? undefined : { dynamic }),
});

const isSame = (one: Agent, two: Agent): boolean =>
  one.name === two.name &&
  one.extension === two.extension &&
  one.state === two.state &&
  one.pausedReason === two.pausedReason &&
  one.penalty === two.penalty &&
  one.dynamic === two.dynamic;

const ofExtension = (extension: ExtensionNumber | undefined): { readonly extension?: ExtensionNumber } =>
  extension === undefined ? {} : { extension };
