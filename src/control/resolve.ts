import type { TenantEngine } from '../engine/engine.ts';
import type { Call, Leg } from '../model/call.ts';
import type { Command, CommandOf } from '../model/command.ts';
import { GatewayError } from '../model/errors.ts';
import { channelId, type CommandId, type LegId, type NewId, type PbxId } from '../model/ids.ts';
import { checkState } from './check.ts';
import type { CommandRequest } from './control.ts';

/** A request in the PBX's channels, with the leg that it is about. */
export interface Resolved {
  readonly command: Command;
  readonly pbx: PbxId;
  readonly leg?: Leg;
}

const defaultDialSeconds = 30;
const defaultParkSeconds = 180;

const liveLeg = (engine: TenantEngine, id: LegId, hasEnded: (leg: LegId) => boolean): Leg => {
  const leg = engine.leg(id);
  if (leg !== undefined) return leg;
  throw new GatewayError(hasEnded(id) ? 'leg-ended' : 'no-such-leg', { leg: id });
};

/** The leg that `leg` talks with: the other live one, if there is exactly one that is not ringing. */
const peerOf = (call: Call, leg: Leg): Leg => {
  const others = call.legs.filter((other) => other.id !== leg.id && other.state !== 'ended' && other.supervising === undefined);
  const talking = others.filter((other) => other.state !== 'ringing');
  const [peer, more] = talking.length > 0 ? talking : others;
  if (peer === undefined || more !== undefined) throw new GatewayError('wrong-state', { leg: leg.id, parties: others.length });
  return peer;
};

/** Turns legs into channels; throws `no-such-leg`, `leg-ended`, `no-such-extension`, `wrong-state`. */
export const resolveRequest = (
  engine: TenantEngine,
  request: CommandRequest,
  id: CommandId,
  newId: NewId,
  hasEnded: (leg: LegId) => boolean,
): Resolved => {
  if (request.name === 'dial' || request.name === 'retrieve') {
    if (engine.extension(request.extension) === undefined) throw new GatewayError('no-such-extension', { extension: request.extension });
    const [pbx] = engine.pbxs;
    if (pbx === undefined) throw new GatewayError('no-such-pbx');
    const channel = channelId(newId.token());
    if (request.name === 'retrieve') return { pbx, command: { ...request, id, channel } };
    const { timeoutSeconds = defaultDialSeconds, record, ...rest } = request;
    const recording = record === true ? { record: { name: id } } : undefined;
    return { pbx, command: { ...rest, id, channel, timeoutSeconds, ...recording } };
  }
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
    case 'mute':
    case 'unmute':
      return resolved({ name: request.name, id, channel });
    case 'hold':
    case 'resume':
      return resolved({ name: request.name, id, channel, peer: peerOf(call, leg).channel });
    case 'dtmf':
      return resolved({ name: 'dtmf', id, channel, digits: request.digits });
    case 'transfer':
      return resolved({ name: 'transfer', id, channel, peer: peerOf(call, leg).channel, to: request.to });
    case 'voicemail':
      return resolved({ name: 'voicemail', id, channel, peer: peerOf(call, leg).channel, mailbox: request.mailbox });
    case 'divert':
      return resolved({ name: 'divert', id, channel, caller: peerOf(call, leg).channel, to: request.to });
    case 'pickup':
      return resolved({ name: 'pickup', id, channel, extension: request.extension, picker: channelId(newId.token()) });
    case 'bridge': {
      const other = liveLeg(engine, request.other, hasEnded);
      checkState(other, 'bridge');
      return resolved({ name: 'bridge', id, channel, other: other.channel });
    }
    case 'supervise': {
      const supervisor = channelId(newId.token());
      return resolved({ name: 'supervise', id, channel, extension: request.extension, mode: request.mode, supervisor });
    }
    case 'park': {
      const { timeoutSeconds = defaultParkSeconds, slot } = request;
      const peer = peerOf(call, leg).channel;
      return resolved({ name: 'park', id, channel, peer, timeoutSeconds, ...(slot === undefined ? undefined : { slot }) });
    }
    case 'record':
      return resolved({ name: 'record', id, channel, recording: id });
    case 'pauseRecording':
    case 'resumeRecording':
    case 'stopRecording':
      if (leg.recording === undefined) throw new GatewayError('wrong-state', { leg: leg.id });
      return resolved({ name: request.name, id, channel });
    default:
      return request satisfies never;
  }
};
