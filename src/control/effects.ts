import type { TenantEngine } from '../engine/engine.ts';
import type { Disposition } from '../model/call.ts';
import type { Command, CommandName } from '../model/command.ts';
import type { ErrorCode } from '../model/errors.ts';
import type { Event, EventType } from '../model/event.ts';
import type { CallId, ChannelId, ExtensionNumber, LegId } from '../model/ids.ts';

/** A command under way, as far as its effect must be recognised by it. `callId` and `legId` of a dial are learnt from its first leg. */
export interface Underway {
  readonly command: Command;
  readonly callId?: CallId;
  readonly legId?: LegId;
  readonly extension?: ExtensionNumber;
  /** The call and leg that the command itself made, once they have shown. */
  readonly own?: { readonly callId: CallId; readonly legId: LegId };
}

export type Effect = { readonly effect: 'done' } | { readonly effect: 'failed'; readonly code: ErrorCode; readonly detail: string };

const done: Effect = { effect: 'done' };
const failed = (code: ErrorCode, detail: string): Effect => ({ effect: 'failed', code, detail });

type Recognise = (underway: Underway, event: Event) => Effect | undefined;

/** Seen on the command's own leg. */
const onLeg =
  (...types: readonly EventType[]): Recognise =>
  ({ legId }, event) =>
    event.legId === legId && types.includes(event.type) ? done : undefined;

/** Seen anywhere on the command's call. */
const onCall =
  (...types: readonly EventType[]): Recognise =>
  ({ callId }, event) =>
    event.callId === callId && types.includes(event.type) ? done : undefined;

const legGone: Recognise = ({ legId }, event) =>
  event.type === 'leg.ended' && event.legId === legId ? failed('leg-ended', 'The leg ended first.') : undefined;

const callGone: Recognise = ({ callId }, event) =>
  event.type === 'call.ended' && event.callId === callId ? failed('leg-ended', 'The call ended first.') : undefined;

const first =
  (...recognise: readonly Recognise[]): Recognise =>
  (underway, event) => {
    for (const each of recognise) {
      const effect = each(underway, event);
      if (effect !== undefined) return effect;
    }
    return undefined;
  };

const dialFailures: Readonly<Record<Disposition, ErrorCode>> = {
  answered: 'internal',
  missed: 'no-answer',
  busy: 'busy',
  rejected: 'rejected',
  cancelled: 'leg-ended',
  abandoned: 'leg-ended',
  failed: 'unreachable',
  unknown: 'unreachable',
};

const dialled: Recognise = ({ callId }, event) => {
  if (callId === undefined || event.callId !== callId) return undefined;
  if (event.call?.answeredAt !== undefined) return done;
  if (event.type !== 'call.ended') return undefined;
  return failed(dialFailures[event.data.disposition], `The call ended: ${event.data.disposition}, ${event.data.cause.name}.`);
};

/** A leg of the extension is connected on the command's call: from the start, or because it came over from a call of its own. */
const connectedThere: Recognise = ({ callId, extension }, event) => {
  if (event.type !== 'leg.connected' && event.type !== 'leg.moved') return undefined;
  return event.callId === callId && event.leg?.extension === extension && event.leg?.state === 'connected' ? done : undefined;
};

const transferred: Recognise = ({ callId }, event) => {
  if (event.type !== 'call.transferred' || event.callId !== callId) return undefined;
  return event.data.succeeded ? done : failed('pbx-refused', 'The transfer failed.');
};

/** Of a leg that rings nothing is transferred: it stops ringing. */
const toVoicemail: Recognise = (underway, event) =>
  underway.command.name === 'voicemail' && underway.command.ringing === true
    ? onLeg('leg.ended')(underway, event)
    : transferred(underway, event);

const supervising: Recognise = ({ extension }, event) =>
  event.type === 'supervision.started' && event.leg?.extension === extension ? done : undefined;

/** By the supervisor's channel: the command may have named the leg that is supervised. */
const modeChanged: Recognise = ({ command }, event) =>
  event.type === 'supervision.modeChanged' && command.name === 'superviseMode' && event.leg?.channel === command.channel ? done : undefined;

/** Somebody else is rung or has answered on the call of the second leg, or a queue, mailbox or room has taken it. */
const consulting: Recognise = ({ own }, event) => {
  if (own === undefined || event.callId !== own.callId || event.type === 'call.merged') return undefined;
  if (event.type === 'call.ended')
    return failed(dialFailures[event.data.disposition], `The consultation ended: ${event.data.disposition}.`);
  const isThrough = event.call?.legs.some((leg) =>
    leg.id === own.legId
      ? leg.state === 'queued' || leg.voicemail === true || leg.conference !== undefined
      : leg.state === 'ringing' || leg.state === 'connected',
  );
  return isThrough === true ? done : undefined;
};

const invited: Recognise = ({ own, command }, event) => {
  if (own === undefined || command.name !== 'invite') return undefined;
  if (event.legId !== own.legId) return undefined;
  if (event.type === 'conference.joined' && event.data.conference === command.conference) return done;
  return event.type === 'leg.ended' ? failed('no-answer', `The leg ended: ${event.data.cause.name}.`) : undefined;
};

const ofAgent =
  (type: 'agent.loggedIn' | 'agent.loggedOut' | 'agent.paused' | 'agent.unpaused'): Recognise =>
  ({ command, extension }, event) =>
    event.type === type && 'queue' in command && event.data.queue === command.queue && event.extension === extension ? done : undefined;

const penaltySet: Recognise = ({ command, extension }, event) =>
  event.type === 'agent.stateChanged' &&
  command.name === 'agentPenalty' &&
  event.extension === extension &&
  event.data.queue === command.queue &&
  event.data.penalty === command.penalty
    ? done
    : undefined;

const presenceSet: Recognise = ({ command, extension }, event) => {
  if (event.type !== 'extension.presenceChanged' || event.extension !== extension) return undefined;
  const isSo = command.name === 'setDnd' ? event.data.dnd === command.dnd : statusOf(command) === (event.data.statusText ?? '');
  return isSo ? done : undefined;
};

const statusOf = (command: Command): string | undefined => (command.name === 'setStatus' ? command.text : undefined);

/** In the slot that was meant: a PBX may have put it into another for a moment, and the driver is giving it back. */
const parked: Recognise = ({ command }, event) =>
  command.name === 'park' &&
  event.type === 'leg.parked' &&
  event.leg?.channel === command.peer &&
  event.data.lot === command.slot.lot &&
  event.data.slot === command.slot.slot
    ? done
    : undefined;

const fetched: Recognise = ({ command }, event) => {
  if (command.name !== 'retrieve' && command.name !== 'bridgeSlot') return undefined;
  if (event.type !== 'leg.unparked' || event.leg?.channel !== command.parked) return undefined;
  switch (event.data.reason) {
    case 'retrieved':
      return done;
    case 'timed-out':
      return failed('slot-empty', 'Its time was over: it has gone back to who parked it.');
    case 'gave-up':
      return failed('slot-empty', 'Who waited there has hung up.');
    default:
      return event.data.reason satisfies never;
  }
};

const ownGone: Recognise = ({ own }, event) =>
  event.type === 'leg.ended' && own !== undefined && event.legId === own.legId
    ? failed('no-answer', `The leg ended: ${event.data.cause.name}.`)
    : undefined;

const peerGone: Recognise = ({ command }, event) =>
  event.type === 'leg.ended' && 'peer' in command && event.leg?.channel === command.peer
    ? failed('leg-ended', 'The other party has hung up.')
    : undefined;

/** By which event each command's effect is known. `dtmf` has none: it is done when the PBX has taken it. */
const effects: Readonly<Record<CommandName, Recognise | 'none'>> = {
  dial: dialled,
  // A pick-up is a new leg; the caller sees one call.
  answer: first(connectedThere, callGone),
  reject: onLeg('leg.ended'),
  hangup: onLeg('leg.ended'),
  hold: first(onLeg('leg.held'), legGone),
  resume: first(onLeg('leg.resumed'), legGone),
  mute: first(onLeg('leg.muted'), legGone),
  unmute: first(onLeg('leg.unmuted'), legGone),
  dtmf: 'none',
  transfer: first(transferred, callGone),
  voicemail: first(toVoicemail, callGone),
  divert: first(onLeg('leg.ended'), callGone),
  pickup: first(connectedThere, callGone),
  bridge: first(onLeg('leg.moved'), onCall('legs.linked', 'call.merged'), callGone),
  startTransfer: first(consulting, legGone),
  completeTransfer: first(transferred, callGone),
  cancelTransfer: first(onLeg('leg.resumed'), legGone),
  join: first(connectedThere, callGone),
  conference: first(onLeg('conference.joined'), legGone),
  invite: invited,
  kick: onLeg('conference.left', 'leg.ended'),
  supervise: first(supervising, callGone),
  superviseMode: first(modeChanged, legGone),
  park: first(parked, callGone),
  retrieve: first(fetched, ownGone),
  // Its own leg may end before the two are connected.
  bridgeSlot: first(fetched, peerGone),
  record: first(onLeg('recording.started'), legGone),
  pauseRecording: first(onLeg('recording.paused'), legGone),
  resumeRecording: first(onLeg('recording.resumed'), legGone),
  stopRecording: first(onLeg('recording.stopped'), legGone),
  agentLogin: ofAgent('agent.loggedIn'),
  agentLogout: ofAgent('agent.loggedOut'),
  agentPause: ofAgent('agent.paused'),
  agentUnpause: ofAgent('agent.unpaused'),
  agentPenalty: penaltySet,
  setDnd: presenceSet,
  setStatus: presenceSet,
};

/** What `event` says of the command, if it says anything. */
export const effectOf = (underway: Underway, event: Event): Effect | undefined => {
  const recognise = effects[underway.command.name];
  return recognise === 'none' ? undefined : recognise(underway, event);
};

/** Whether what a command asks for is so already: the PBX has nothing to tell then, and the command is done as it stands. */
export const isSoAlready = (command: Command, engine: TenantEngine): boolean => {
  const agent =
    'queue' in command ? engine.queue(command.queue)?.agents.find(({ extension }) => extension === command.extension) : undefined;
  switch (command.name) {
    case 'agentLogin':
      return agent !== undefined;
    case 'agentPause':
      return agent?.state === 'paused';
    case 'agentUnpause':
      return agent !== undefined && agent.state !== 'paused';
    case 'agentPenalty':
      return agent?.penalty === command.penalty;
    case 'superviseMode':
      return engine.legByChannel(command.channel)?.supervising?.mode === command.mode;
    case 'setDnd':
      return engine.extension(command.extension)?.dnd === command.dnd;
    case 'setStatus':
      return (engine.extension(command.extension)?.statusText ?? '') === command.text;
    default:
      return false;
  }
};

export const hasEffect = (name: CommandName): boolean => effects[name] !== 'none';

/** The channel that a command of this kind makes, by which its own leg is known. */
export const ownChannel = ({ command }: Underway): ChannelId | undefined => {
  switch (command.name) {
    case 'dial':
    case 'retrieve':
    case 'invite':
      return command.channel;
    case 'startTransfer':
      return command.consult;
    default:
      return undefined;
  }
};
