import type { TenantEngine } from '../engine/engine.ts';
import type { Call, Leg, SlotRef } from '../model/call.ts';
import type { Command, CommandOf, DialTarget } from '../model/command.ts';
import { GatewayError } from '../model/errors.ts';
import {
  channelId,
  extensionNumber,
  type ChannelId,
  type CommandId,
  type ExtensionNumber,
  type LegId,
  type NewId,
  type PbxId,
} from '../model/ids.ts';
import { checkState } from './check.ts';
import type { CommandRequest } from './control.ts';
import type { SlotRegistry } from './slot-registry.ts';

/** A request in the PBX's channels, with the leg that it is about. */
export interface Resolved {
  readonly command: Command;
  readonly pbx: PbxId;
  readonly leg?: Leg;
  /** The slot that the command needs for itself. */
  readonly slot?: SlotRef;
}

/** Requests that are about no leg. */
type Placed = Exclude<CommandRequest, { readonly leg: LegId }>;

const isPlaced = (request: CommandRequest): request is Placed => !('leg' in request);

const requireExtension = (engine: TenantEngine, extension: ExtensionNumber): void => {
  if (engine.extension(extension) === undefined) throw new GatewayError('no-such-extension', { extension });
};

const defaultDialSeconds = 30;

const liveLeg = (engine: TenantEngine, id: LegId, hasEnded: (leg: LegId) => boolean): Leg => {
  const leg = engine.leg(id);
  if (leg !== undefined) return leg;
  throw new GatewayError(hasEnded(id) ? 'leg-ended' : 'no-such-leg', { leg: id });
};

/** What a request is about, before anything of its state is looked at. */
export interface Subject {
  readonly leg?: Leg;
  /** In whose name it is asked: a key that commands one extension alone must command each of these. */
  readonly owners: readonly (ExtensionNumber | undefined)[];
}

/** What a request is resolved with. */
export interface ResolveContext {
  readonly engine: TenantEngine;
  readonly slots: SlotRegistry;
  readonly newId: NewId;
  /** Whether a leg that is not live was. */
  readonly hasEnded: (leg: LegId) => boolean;
}

/** Throws `no-such-leg`, `leg-ended`. */
export const subjectOf = (engine: TenantEngine, request: CommandRequest, hasEnded: (leg: LegId) => boolean): Subject => {
  if (isPlaced(request)) return { owners: [request.extension] };
  const leg = liveLeg(engine, request.leg, hasEnded);
  switch (request.name) {
    case 'bridge':
      return { leg, owners: [leg.extension, liveLeg(engine, request.other, hasEnded).extension] };
    case 'pickup':
    case 'supervise':
      return { leg, owners: [request.extension] };
    default:
      // Who is brought into a call, by a join, is not who asks for it.
      return { leg, owners: [leg.extension] };
  }
};

/** The leg that `leg` talks with: the other live one, if there is exactly one that is not ringing. */
const peerOf = (call: Call, leg: Leg): Leg => {
  const others = call.legs.filter((other) => other.id !== leg.id && other.state !== 'ended' && other.supervising === undefined);
  const talking = others.filter((other) => other.state !== 'ringing');
  const [peer, more] = talking.length > 0 ? talking : others;
  if (peer === undefined || more !== undefined) throw new GatewayError('wrong-state', { leg: leg.id, parties: others.length });
  return peer;
};

/** The other leg of an attended transfer: the same extension's, on a call of its own; the one that is named, else the only one. */
const consultOf = (engine: TenantEngine, leg: Leg, named: LegId | undefined): Leg => {
  const { extension } = leg;
  if (extension === undefined) throw new GatewayError('wrong-state', { leg: leg.id });
  const others = engine.legsOf(extension).filter((other) => other.callId !== leg.callId && other.state !== 'ended' && !other.held);
  const fits = named === undefined ? others : others.filter(({ id }) => id === named);
  const [consult, another] = fits;
  if (consult !== undefined && another === undefined) return consult;
  throw new GatewayError('wrong-state', { leg: leg.id, consultations: fits.length });
};

/** Whom a leg consults: whoever is called or talks there, and its channel once it has answered. */
const consultedBy = (engine: TenantEngine, consult: Leg): { readonly to: string; readonly target?: ChannelId } => {
  const call = engine.call(consult.callId);
  const other = call?.legs.find(({ id, state }) => id !== consult.id && state !== 'ended');
  const to = call?.to.number ?? '';
  const answered = other !== undefined && (other.state === 'connected' || other.state === 'held');
  return { to: to === '' ? (other?.party.number ?? '') : to, ...(answered ? { target: other.channel } : undefined) };
};

/** The PBX that a request is for: that of its leg, of its queue, or of its extension. */
export const pbxAskedBy = (engine: TenantEngine, request: CommandRequest, leg: Leg | undefined): PbxId | undefined => {
  if (leg !== undefined) return engine.pbxOfCall(leg.callId);
  const [first] = engine.pbxs;
  if ('queue' in request) return engine.pbxOfQueue(request.queue) ?? first;
  return ('extension' in request ? engine.pbxOfExtension(request.extension) : undefined) ?? first;
};

/** Commands that make a leg, and wishes about a queue or an extension. */
const resolvePlaced = (request: Placed, id: CommandId, { engine, slots, newId }: ResolveContext): Resolved => {
  requireExtension(engine, request.extension);
  const pbx = pbxAskedBy(engine, request, undefined);
  if (pbx === undefined) throw new GatewayError('no-such-pbx');
  switch (request.name) {
    case 'dial': {
      const { timeoutSeconds = defaultDialSeconds, record, also = [], ...rest } = request;
      const recording = record === true ? { record: { name: id } } : undefined;
      const numbers = [...new Set([request.number, ...also])];
      const together = numbers.length === 1 ? undefined : { targets: numbers.map((number) => targetOf(engine, number)) };
      return { pbx, command: { ...rest, id, channel: channelId(newId.token()), timeoutSeconds, ...recording, ...together } };
    }
    case 'retrieve':
      return resolveRetrieve(request, id, { engine, slots, newId });
    case 'invite':
      return { pbx, command: { ...request, id, channel: channelId(newId.token()) } };
    case 'agentLogin':
    case 'agentLogout':
    case 'agentPause':
    case 'agentUnpause':
    case 'agentPenalty': {
      const agents = engine.queue(request.queue)?.agents;
      if (agents === undefined) throw new GatewayError('no-such-queue', { queue: request.queue });
      const agent = agents.find(({ extension }) => extension === request.extension);
      if (agent === undefined && request.name !== 'agentLogin') {
        throw new GatewayError(
          'wrong-state',
          { queue: request.queue, extension: request.extension },
          { note: 'It is not logged in there.' },
        );
      }
      return { pbx, command: { ...request, id, ...(agent === undefined ? undefined : { device: agent.device }) } };
    }
    case 'setDnd':
    case 'setStatus':
      return { pbx, command: { ...request, id } };
    default:
      return request satisfies never;
  }
};

const targetOf = (engine: TenantEngine, number: string): DialTarget => {
  const extension = engine.extension(extensionNumber(number))?.number;
  return extension === undefined ? { number } : { number, extension };
};

/** At the PBX where the call is parked. */
const resolveRetrieve = (
  { extension, slot: wanted }: Extract<Placed, { readonly name: 'retrieve' }>,
  id: CommandId,
  { engine, slots, newId }: Omit<ResolveContext, 'hasEnded'>,
): Resolved => {
  const { parked, pbx, slot } = parkedIn(engine, slots, wanted);
  return { pbx, slot, command: { name: 'retrieve', id, slot, parked: parked.channel, extension, channel: channelId(newId.token()) } };
};

const parkedIn = (
  engine: TenantEngine,
  slots: SlotRegistry,
  wanted: SlotRef | undefined,
): { readonly parked: Leg; readonly pbx: PbxId; readonly slot: SlotRef } => {
  const { lot, slot, callId, legId } = slots.toFetch(engine.tenant, wanted);
  const parked = engine.leg(legId);
  const pbx = engine.pbxOfCall(callId);
  if (parked === undefined || pbx === undefined) throw new GatewayError('slot-empty', { lot, slot });
  return { parked, pbx, slot: { lot, slot } };
};

/**
 * Turns legs into channels, and slots into those that are meant; throws `no-such-leg`, `leg-ended`, `no-such-extension`,
 * `no-such-queue`, `slot-occupied`, `slot-empty`, `no-free-slot`, `wrong-state`.
 */
export const resolveRequest = (request: CommandRequest, id: CommandId, context: ResolveContext): Resolved => {
  if (isPlaced(request)) return resolvePlaced(request, id, context);
  const { engine, slots, newId, hasEnded } = context;
  const leg = liveLeg(engine, request.leg, hasEnded);
  checkState(leg, request.name);
  const call = engine.call(leg.callId);
  const pbx = engine.pbxOfCall(leg.callId);
  if (call === undefined || pbx === undefined) throw new GatewayError('leg-ended', { leg: leg.id });
  const { channel } = leg;
  const resolved = (command: Command): Resolved => ({ pbx, leg, command });
  switch (request.name) {
    case 'answer': {
      if (leg.extension === undefined) throw new GatewayError('wrong-state', { leg: leg.id });
      const caller = call.legs.find((other) => other.direction === 'outbound' && other.state !== 'ended')?.channel;
      const answer: CommandOf<'answer'> = { name: 'answer', id, channel, extension: leg.extension };
      const header = request.header === undefined ? undefined : { header: request.header };
      return resolved({ ...answer, ...(caller === undefined ? undefined : { caller }), ...header });
    }
    case 'reject':
    case 'hangup':
      return resolved({ name: request.name, id, channel });
    case 'mute':
    case 'unmute':
      return resolved({ name: request.name, id, channel, ...(leg.conference === undefined ? undefined : { conference: leg.conference }) });
    case 'hold':
    case 'resume':
      return resolved({ name: request.name, id, channel, peer: peerOf(call, leg).channel });
    case 'dtmf':
      return resolved({ name: 'dtmf', id, channel, digits: request.digits });
    case 'transfer':
      return resolved({ name: 'transfer', id, channel, peer: peerOf(call, leg).channel, to: request.to });
    case 'voicemail': {
      const ringing = leg.state === 'ringing' ? { ringing: true } : undefined;
      return resolved({ name: 'voicemail', id, channel, peer: peerOf(call, leg).channel, mailbox: request.mailbox, ...ringing });
    }
    case 'divert':
      return resolved({ name: 'divert', id, channel, caller: peerOf(call, leg).channel, to: request.to });
    case 'pickup':
      requireExtension(engine, request.extension);
      return resolved({ name: 'pickup', id, channel, extension: request.extension, picker: channelId(newId.token()) });
    case 'bridge': {
      const other = liveLeg(engine, request.other, hasEnded);
      checkState(other, 'bridge');
      // Those of one call talk already, and a PBX that is asked all the same says no more than that it failed.
      if (other.callId === leg.callId) throw new GatewayError('wrong-state', { leg: other.id, call: call.id });
      return resolved({ name: 'bridge', id, channel, other: other.channel });
    }
    case 'startTransfer': {
      const { to, timeoutSeconds = defaultDialSeconds } = request;
      if (leg.extension === undefined) throw new GatewayError('wrong-state', { leg: leg.id });
      const consult = channelId(newId.token());
      const peer = peerOf(call, leg).channel;
      return resolved({ name: 'startTransfer', id, channel, peer, extension: leg.extension, to, consult, timeoutSeconds });
    }
    case 'completeTransfer': {
      const consult = consultOf(engine, leg, request.consult);
      const peer = peerOf(call, leg).channel;
      return resolved({ name: 'completeTransfer', id, channel, peer, consult: consult.channel, ...consultedBy(engine, consult) });
    }
    case 'cancelTransfer': {
      const consult = consultOf(engine, leg, request.consult).channel;
      return resolved({ name: 'cancelTransfer', id, channel, peer: peerOf(call, leg).channel, consult });
    }
    case 'join':
      requireExtension(engine, request.extension);
      return resolved({ name: 'join', id, channel, extension: request.extension, joiner: channelId(newId.token()) });
    case 'conference':
      return resolved({ name: 'conference', id, channel, peer: peerOf(call, leg).channel, conference: request.conference });
    case 'kick':
      if (leg.conference === undefined) throw new GatewayError('wrong-state', { leg: leg.id });
      return resolved({ name: 'kick', id, channel, conference: leg.conference });
    case 'superviseMode':
      return resolved({ name: 'superviseMode', id, channel, mode: request.mode });
    case 'supervise': {
      requireExtension(engine, request.extension);
      const ear = call.legs.find(({ extension, supervising }) => extension === request.extension && supervising?.legId === leg.id);
      // It listens already: what is asked for is another mode.
      if (ear !== undefined) return resolved({ name: 'superviseMode', id, channel: ear.channel, mode: request.mode });
      const supervisor = channelId(newId.token());
      const isPrivate = request.isPrivate === true ? { isPrivate: true } : undefined;
      return resolved({ name: 'supervise', id, channel, extension: request.extension, mode: request.mode, supervisor, ...isPrivate });
    }
    case 'park': {
      const { timeoutSeconds = slots.layout(engine.tenant).timeoutSeconds } = request;
      const peer = peerOf(call, leg).channel;
      const slot = slots.toParkIn(engine.tenant, request.slot);
      const parker = leg.extension === undefined ? undefined : { extension: leg.extension };
      return { ...resolved({ name: 'park', id, channel, peer, slot, timeoutSeconds, ...parker }), slot };
    }
    case 'bridgeSlot': {
      const peer = peerOf(call, leg);
      const { parked, pbx: there, slot } = parkedIn(engine, slots, request.slot);
      // Each PBX connects its own calls alone.
      if (there !== pbx) throw new GatewayError('not-supported', { pbx, parkedAt: there });
      return { ...resolved({ name: 'bridgeSlot', id, channel, peer: peer.channel, slot, parked: parked.channel }), slot };
    }
    case 'record':
      return resolved({ name: 'record', id, channel, recording: id, ...(request.format === undefined ? {} : { format: request.format }) });
    case 'pauseRecording':
    case 'resumeRecording':
    case 'stopRecording':
      if (leg.recording === undefined) throw new GatewayError('wrong-state', { leg: leg.id });
      return resolved({ name: request.name, id, channel });
    default:
      return request satisfies never;
  }
};
