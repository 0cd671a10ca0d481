/** The life of a channel: made, rung, answered, held, hung up. */
import type { DialResult, Endpoint, Fact } from '../../../model/fact.ts';
import type { ChannelId } from '../../../model/ids.ts';
import type { Micros } from '../../../model/time.ts';
import { pairedAs, shownName } from '../directory.ts';
import { pickedUp } from './applications.ts';
import { consultationFailed, consultationLeft, leaveBridge, settleEarlyPair } from './bridges.ts';
import type { Channel, Memory } from './memory.ts';
import { hangsUpInSlot } from './parking.ts';
import { none, type Reader, type Translate } from './reader.ts';
import { hangsUpTransferring } from './transfers.ts';

export const created: Translate = (reader, memory) => {
  const { at } = reader;
  const { directory, channels } = memory;
  const channel = reader.channel();
  if (channels.has(channel)) return none;
  const calls = reader.text('Call-Direction') === 'inbound';
  const caller = callerOf(reader);
  const half = otherHalfOf(reader);
  if (!isOurs(reader, memory, [caller, half])) return none;
  const endpoint = pairedAs(directory.endpointOf(reader.text('Channel-Name')), channel, half);
  const queue = caller === undefined ? undefined : channels.get(caller)?.queue;
  const ancestor = caller ?? (endpoint.kind === 'local' && endpoint.half === 2 ? half : undefined);
  const family = (ancestor === undefined ? undefined : channels.get(ancestor)?.family) ?? ancestor ?? channel;
  channels.set(channel, {
    id: channel,
    endpoint,
    family,
    ...(caller === undefined ? undefined : { caller }),
    ...(half === undefined ? undefined : { otherHalf: half }),
    ...(calls || endpoint.kind === 'local' ? undefined : { isCalled: true }),
  });
  const context = reader.text('Caller-Context');
  const facts: Fact[] = [
    {
      type: 'channel.created',
      at,
      channel,
      endpoint,
      number: calls ? reader.text('Caller-Caller-ID-Number') : numberOf(endpoint, reader.text('Caller-Callee-ID-Number')),
      name: shownName(reader.text(calls ? 'Caller-Caller-ID-Name' : 'Caller-Callee-ID-Name')),
      ...(calls ? { dialled: reader.text('Caller-Destination-Number') } : undefined),
      ...(context === '' ? undefined : { context }),
      family,
      state: calls ? 'dialling' : 'down',
    },
  ];
  if (!calls && endpoint.kind !== 'local')
    facts.push({ type: 'dial.began', at, ...(caller === undefined ? {} : { caller }), callee: channel });
  if (caller !== undefined && queue !== undefined) {
    const agentName = reader.text('variable_cc_agent');
    facts.push({ type: 'queue.called', at, channel: caller, queue, callee: channel, agentDevice: endpoint.device, agentName });
  }
  return facts;
};

/** A channel is the tenant's if its user, or the context that it came into, is; and so is everything that follows from such a channel. */
const isOurs = (reader: Reader, { directory, channels }: Memory, origins: readonly (ChannelId | undefined)[]): boolean =>
  origins.some((origin) => origin !== undefined && channels.has(origin)) ||
  directory.isOurs(reader.text('variable_domain_name'), reader.text('Caller-Context'));

/** Who is to be connected with a channel that is called; the queue rings its agents for a caller that it names in a variable. */
const callerOf = (reader: Reader): ChannelId | undefined => {
  if (reader.text('Call-Direction') === 'inbound') return undefined;
  if (reader.text('Other-Type') === 'originator' && reader.has('Other-Leg-Unique-ID')) return reader.channel('Other-Leg-Unique-ID');
  return reader.has('variable_cc_member_session_uuid') ? reader.channel('variable_cc_member_session_uuid') : undefined;
};

const otherHalfOf = (reader: Reader): ChannelId | undefined =>
  reader.has('variable_other_loopback_leg_uuid') ? reader.channel('variable_other_loopback_leg_uuid') : undefined;

const numberOf = (endpoint: Endpoint, calleeNumber: string): string => (endpoint.kind === 'extension' ? endpoint.extension : calleeNumber);

/** A phone that is called rings; of a channel that calls this is only the ringing tone that it hears. */
export const progress: Translate = (reader, { channels }) => {
  const channel = channels.get(reader.channel());
  if (channel === undefined || channel.isUp === true || reader.text('Call-Direction') !== 'outbound') return none;
  const { at } = reader;
  const { caller } = channel;
  return [
    { type: 'channel.state', at, channel: channel.id, state: 'ringing' },
    { type: 'dial.ringing', at, ...(caller === undefined ? {} : { caller }), callee: channel.id },
  ];
};

export const answered: Translate = (reader, memory) => {
  const { at } = reader;
  const channel = memory.channels.get(reader.channel());
  if (channel === undefined || channel.isUp === true) return none;
  channel.isUp = true;
  return [
    { type: 'channel.state', at, channel: channel.id, state: 'up' },
    ...(channel.isCalled === true ? [dialEnded(channel, at, 'answered')] : none),
    ...pickedUp(channel, at, memory),
    ...settleEarlyPair(channel, at, memory),
  ];
};

/** Each event of a channel says whether it has answered, should the one that says only this be late. */
export const shownAnswered: Translate = (reader, memory) => (reader.text('Answer-State') === 'answered' ? answered(reader, memory) : none);

export const held =
  (type: 'channel.held' | 'channel.unheld'): Translate =>
  (reader, { channels }) => {
    const channel = reader.channel();
    return channels.has(channel) ? [{ type, at: reader.at, channel }] : none;
  };

/** It is about to end, and says why; the channel itself goes a moment later. */
export const hangup: Translate = (reader, memory) => {
  const { at } = reader;
  const channel = memory.channels.get(reader.channel());
  if (channel === undefined) return none;
  channel.isHangingUp = true;
  if (elsewhere.has(reader.text('Hangup-Cause'))) outrun(channel, memory);
  const isByPhone =
    reader.text('variable_sip_hangup_disposition').startsWith('recv_') || reader.has('variable_proto_specific_hangup_cause');
  return [
    ...hangsUpTransferring(channel, reader, memory),
    ...(isByPhone ? [leaves(channel, at)] : none),
    ...hasBeenLeft(channel, reader, memory),
    ...hangsUpInSlot(channel, at, isByPhone),
  ];
};

/** What rings for a half of a loopback that has lost has lost with it. */
const outrun = ({ id, otherHalf }: Channel, { channels }: Memory): void => {
  if (otherHalf === undefined) return;
  for (const one of channels.values()) if (one.caller === id && one.isUp !== true) one.isOutrun = true;
};

const leaves = (channel: Channel, at: Micros): Fact => ({ type: 'channel.hangupRequested', at, channel: channel.id, by: 'far-end' });

/** One that is hung up because the other party's phone hung up shows it; the other's own word of it may come later. */
const hasBeenLeft = (channel: Channel, reader: Reader, { channels }: Memory): readonly Fact[] => {
  if (channel.hasChangedPeers === true || !reader.has('variable_last_bridge_proto_specific_hangup_cause')) return none;
  const peer = channel.bridge === undefined ? undefined : channels.get(channel.bridge.with);
  return peer === undefined ? none : [leaves(peer, reader.at)];
};

const dialResults: Readonly<Record<string, DialResult>> = {
  USER_BUSY: 'busy',
  NO_ANSWER: 'no-answer',
  CALL_REJECTED: 'no-answer',
  NO_USER_RESPONSE: 'no-answer',
  ALLOTTED_TIMEOUT: 'no-answer',
  PROGRESS_TIMEOUT: 'no-answer',
  ORIGINATOR_CANCEL: 'cancelled',
  LOSE_RACE: 'cancelled',
  PICKED_OFF: 'cancelled',
  USER_NOT_REGISTERED: 'unavailable',
  SUBSCRIBER_ABSENT: 'unavailable',
  UNALLOCATED_NUMBER: 'unavailable',
  NORMAL_TEMPORARY_FAILURE: 'congested',
  RECOVERY_ON_TIMER_EXPIRE: 'congested',
  NORMAL_CIRCUIT_CONGESTION: 'congested',
  SWITCH_CONGESTION: 'congested',
  REDIRECTION_TO_NEW_DESTINATION: 'forwarded',
};

/** Q.850. */
const answeredElsewhere = 26;
const elsewhere: ReadonlySet<string> = new Set(['LOSE_RACE', 'PICKED_OFF']);

export const ended: Translate = (reader, memory) => {
  const channel = memory.channels.get(reader.channel());
  if (channel === undefined) return none;
  const end = (): readonly Fact[] => endOf(channel, reader, memory);
  const transferee = channel.lastPeer === undefined ? undefined : memory.channels.get(channel.lastPeer);
  const isTransferTold = transferee?.sentBy?.channel === channel.id || transferee?.lastPeer !== channel.id;
  if (channel.hasTransferred === true && transferee !== undefined && !isTransferTold) {
    memory.heldBack.set(transferee.id, end);
    return none;
  }
  if (memory.transferer?.second === channel.id && holdsAnother(channel, memory)) {
    memory.transferer.end = end;
    return none;
  }
  return [...end(), ...endHeldBack(channel, memory)];
};

/** The phone of a consulting leg has the other party on another leg, which is to end as well. */
const holdsAnother = (channel: Channel, { channels }: Memory): boolean =>
  [...channels.values()].some(({ id, endpoint }) => id !== channel.id && endpoint.device === channel.endpoint.device);

/** The end that waited for a word of this channel. */
export const endHeldBack = ({ id }: Pick<Channel, 'id'>, memory: Memory): readonly Fact[] => {
  const end = memory.heldBack.get(id);
  memory.heldBack.delete(id);
  return end?.() ?? none;
};

const endOf = (channel: Channel, reader: Reader, memory: Memory): readonly Fact[] => {
  const { at } = reader;
  const caller = channel.caller === undefined ? undefined : memory.channels.get(channel.caller);
  const facts: Fact[] = [...consultationLeft(channel, at, memory), ...leaveBridge(channel, at)];
  const cause = reader.text('Hangup-Cause');
  if (channel.isCalled === true && channel.isUp !== true) facts.push(unansweredDial(channel, cause, reader));
  if (channel.queue !== undefined) {
    facts.push({ type: 'queue.left', at, channel: channel.id, queue: channel.queue, reason: 'abandoned' });
  }
  if (channel.supervises !== undefined) facts.push({ type: 'supervision.stopped', at, channel: channel.id });
  const sipCode = reader.number('variable_sip_invite_failure_status');
  facts.push({
    type: 'channel.ended',
    at,
    channel: channel.id,
    causeCode:
      elsewhere.has(cause) || (channel.isOutrun === true && cause === 'ORIGINATOR_CANCEL')
        ? answeredElsewhere
        : reader.number('variable_hangup_cause_q850'),
    ...(sipCode === 0 ? undefined : { sipCode }),
  });
  memory.channels.delete(channel.id);
  if (caller !== undefined) facts.push(...consultationFailed(caller, at, memory));
  return facts;
};

const unansweredDial = (callee: Channel, cause: string, reader: Reader): Fact => {
  const result = dialResults[cause] ?? 'unknown';
  const to = reader.text('variable_sip_redirect_contact_user_0');
  return dialEnded(callee, reader.at, result, result === 'forwarded' && to !== '' ? to : undefined);
};

const dialEnded = ({ id, caller }: Channel, at: Micros, result: DialResult, forwardedTo?: string): Fact => ({
  type: 'dial.ended',
  at,
  ...(caller === undefined ? {} : { caller }),
  callee: id,
  result,
  ...(forwardedTo === undefined ? {} : { forwardedTo }),
});
