import type { Identity, Scope } from '../auth/auth.ts';
import type { Leg, SlotRef } from '../model/call.ts';
import type { CommandName } from '../model/command.ts';
import { GatewayError } from '../model/errors.ts';
import type { ExtensionNumber } from '../model/ids.ts';
import type { CommandRequest } from './control.ts';

const scopeOf = (name: CommandName): Scope => {
  switch (name) {
    case 'supervise':
    case 'superviseMode':
      return 'supervise';
    case 'record':
    case 'pauseRecording':
    case 'resumeRecording':
    case 'stopRecording':
      return 'record';
    case 'dial':
    case 'answer':
    case 'reject':
    case 'hangup':
    case 'hold':
    case 'resume':
    case 'mute':
    case 'unmute':
    case 'dtmf':
    case 'transfer':
    case 'voicemail':
    case 'divert':
    case 'pickup':
    case 'bridge':
    case 'startTransfer':
    case 'completeTransfer':
    case 'cancelTransfer':
    case 'join':
    case 'conference':
    case 'invite':
    case 'kick':
    case 'park':
    case 'retrieve':
    case 'bridgeSlot':
    case 'agentLogin':
    case 'agentLogout':
    case 'agentPause':
    case 'agentUnpause':
    case 'agentPenalty':
    case 'setDnd':
    case 'setStatus':
      return 'control';
    default:
      return name satisfies never;
  }
};

/** Throws `forbidden` unless the identity may give this command for this extension. */
export const checkScope = (identity: Identity, name: CommandName, extension: ExtensionNumber | undefined): void => {
  const { scopes } = identity;
  const needed = scopeOf(name);
  if (scopes.has('administer') || scopes.has(needed)) return;
  const own = identity.extension !== undefined && identity.extension === extension;
  if (needed === 'control' && scopes.has('control-own') && own) return;
  throw new GatewayError('forbidden', { scope: needed, command: name });
};

/** What may be dialled: digits, `+*#`, and the letters, dots and dashes of names. Nothing that a PBX takes for a separator. */
const dialable = /^[0-9A-Za-z+*#][0-9A-Za-z+*#._-]{0,63}$/;
const dtmfDigits = /^[0-9A-Da-d*#]{1,64}$/;
// Control characters end a line of the PBX's protocol; separators split its arguments.
const forbiddenInText = /[\p{Cc}|,&;\\"<>]/u;
const forbiddenInHeader = /[\r\n\0]/;
const maxText = 128;

const checkDialable = (field: string, value: string): void => {
  if (forbiddenInText.test(value)) throw new GatewayError('forbidden-character', { field });
  if (!dialable.test(value)) throw new GatewayError('invalid-parameter', { field, value: value.slice(0, maxText) });
};

/** A PBX may name its queues with their domain: `support@pbx.example`. */
const queueName = /^[0-9A-Za-z+*#][0-9A-Za-z+*#._@-]{0,63}$/;

const checkQueue = (value: string): void => {
  if (forbiddenInText.test(value)) throw new GatewayError('forbidden-character', { field: 'queue' });
  if (!queueName.test(value)) throw new GatewayError('invalid-parameter', { field: 'queue', value: value.slice(0, maxText) });
};

const checkText = (field: string, value: string): void => {
  if (forbiddenInText.test(value)) throw new GatewayError('forbidden-character', { field });
  if (value.length > maxText) throw new GatewayError('invalid-parameter', { field });
};

const checkHeader = (field: string, value: string | undefined): void => {
  if (value === undefined) return;
  if (forbiddenInHeader.test(value)) throw new GatewayError('forbidden-character', { field });
  if (value.length > 4 * maxText) throw new GatewayError('invalid-parameter', { field });
};

const checkSlot = (slot: SlotRef | undefined): void => {
  if (slot === undefined) return;
  checkDialable('slot.lot', slot.lot);
  checkDialable('slot.slot', slot.slot);
};

const checkSeconds = (value: number | undefined): void => {
  if (value !== undefined && !(Number.isInteger(value) && value >= 1 && value <= 3600)) {
    throw new GatewayError('invalid-parameter', { field: 'timeoutSeconds', value });
  }
};

const mostOthers = 19;

const checkOthers = (numbers: readonly string[] = []): void => {
  if (numbers.length > mostOthers) {
    throw new GatewayError('invalid-parameter', { field: 'also' }, { note: `At most ${mostOthers + 1} are rung for one call.` });
  }
  for (const number of numbers) checkDialable('also', number);
};

const checkPenalty = (penalty: number): void => {
  if (!(Number.isInteger(penalty) && penalty >= 0 && penalty <= 1000)) throw new GatewayError('invalid-parameter', { field: 'penalty' });
};

/** Throws a `GatewayError` that names the field, for any value that must not reach a PBX. */
export const checkValues = (request: CommandRequest): void => {
  switch (request.name) {
    case 'dial':
      checkDialable('extension', request.extension);
      checkDialable('number', request.number);
      checkOthers(request.also);
      if (request.callerId !== undefined) {
        if (request.callerId.number !== '') checkDialable('callerId.number', request.callerId.number);
        checkText('callerId.name', request.callerId.name);
      }
      checkHeader('autoAnswer.header', request.autoAnswer?.header);
      checkSeconds(request.timeoutSeconds);
      return;
    case 'answer':
      checkHeader('header', request.header);
      return;
    case 'dtmf':
      if (!dtmfDigits.test(request.digits)) throw new GatewayError('invalid-parameter', { field: 'digits' });
      return;
    case 'transfer':
    case 'divert':
      checkDialable('to', request.to);
      return;
    case 'voicemail':
      checkDialable('mailbox', request.mailbox);
      return;
    case 'startTransfer':
      checkDialable('to', request.to);
      checkSeconds(request.timeoutSeconds);
      return;
    case 'supervise':
      checkDialable('extension', request.extension);
      if (request.isPrivate === true && request.mode !== 'whisper') throw new GatewayError('invalid-parameter', { field: 'isPrivate' });
      return;
    case 'pickup':
    case 'join':
    case 'setDnd':
      checkDialable('extension', request.extension);
      return;
    case 'conference':
      checkDialable('conference', request.conference);
      return;
    case 'invite':
      checkDialable('conference', request.conference);
      checkDialable('extension', request.extension);
      return;
    case 'agentLogin':
    case 'agentLogout':
    case 'agentPause':
    case 'agentUnpause':
      checkQueue(request.queue);
      checkDialable('extension', request.extension);
      if (request.reason !== undefined) checkText('reason', request.reason);
      if (request.penalty !== undefined) checkPenalty(request.penalty);
      return;
    case 'agentPenalty':
      checkQueue(request.queue);
      checkDialable('extension', request.extension);
      checkPenalty(request.penalty);
      return;
    case 'setStatus':
      checkDialable('extension', request.extension);
      checkText('text', request.text);
      return;
    case 'park':
      checkSlot(request.slot);
      checkSeconds(request.timeoutSeconds);
      return;
    case 'bridgeSlot':
      checkSlot(request.slot);
      return;
    case 'retrieve':
      checkSlot(request.slot);
      checkDialable('extension', request.extension);
      return;
    case 'reject':
    case 'hangup':
    case 'hold':
    case 'resume':
    case 'mute':
    case 'unmute':
    case 'bridge':
    case 'completeTransfer':
    case 'cancelTransfer':
    case 'kick':
    case 'superviseMode':
    case 'record':
    case 'pauseRecording':
    case 'resumeRecording':
    case 'stopRecording':
      return;
    default:
      request satisfies never;
  }
};

const requireState = (leg: Leg, fits: boolean): void => {
  if (!fits) throw new GatewayError('wrong-state', { leg: leg.id, state: leg.state });
};

/** Throws `leg-ended` or `wrong-state` unless the leg is in a state in which the command has a meaning. */
export const checkState = (leg: Leg, name: CommandName): void => {
  if (leg.state === 'ended') throw new GatewayError('leg-ended', { leg: leg.id });
  const talking = leg.state === 'connected' || leg.state === 'held';
  switch (name) {
    case 'answer':
    case 'reject':
    case 'divert':
    case 'pickup':
      requireState(leg, leg.state === 'ringing' && leg.direction === 'inbound');
      return;
    case 'voicemail':
      requireState(leg, talking || (leg.state === 'ringing' && leg.direction === 'inbound'));
      return;
    case 'hold':
      requireState(leg, leg.state === 'connected');
      return;
    case 'resume':
      requireState(leg, leg.state === 'held');
      return;
    case 'transfer':
    case 'park':
    case 'bridgeSlot':
    case 'bridge':
    case 'startTransfer':
    case 'join':
    case 'conference':
    case 'supervise':
      requireState(leg, talking);
      return;
    case 'record':
      requireState(leg, talking && leg.recording === undefined);
      return;
    case 'mute':
      requireState(leg, talking && !leg.muted);
      return;
    case 'unmute':
      requireState(leg, talking && leg.muted);
      return;
    case 'completeTransfer':
    case 'cancelTransfer':
      requireState(leg, leg.state === 'held');
      return;
    case 'kick':
      requireState(leg, leg.conference !== undefined);
      return;
    case 'superviseMode':
      requireState(leg, leg.supervising !== undefined);
      return;
    case 'dtmf':
      requireState(leg, talking || leg.state === 'queued');
      return;
    case 'pauseRecording':
    case 'resumeRecording':
    case 'stopRecording':
      requireState(leg, leg.recording !== undefined);
      return;
    case 'hangup':
    case 'dial':
    case 'retrieve':
    case 'invite':
    case 'agentLogin':
    case 'agentLogout':
    case 'agentPause':
    case 'agentUnpause':
    case 'agentPenalty':
    case 'setDnd':
    case 'setStatus':
      return;
    default:
      name satisfies never;
  }
};
