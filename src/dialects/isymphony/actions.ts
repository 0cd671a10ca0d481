import { z } from 'zod';
import type { Identity } from '../../auth/auth.ts';
import type { CommandRequest } from '../../control/control.ts';
import { requireScope } from '../../http/bearer.ts';
import type { Leg } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import { extensionNumber, type ExtensionNumber, type LegId } from '../../model/ids.ts';
import { parseBody } from './parse.ts';
import type { Person } from './people.ts';
import { statusOfType, statusTypes } from './status.ts';
import type { Clock } from '../../model/time.ts';
import type { TenantSource } from './source.ts';
import type { Action } from './tree.ts';

/** Who asks for an action, of whom, and the signal that ends the request. */
export interface Asked {
  readonly identity: Identity;
  readonly source: TenantSource;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** So long an answer waits for the effect; one that comes later is told by the events. */
const effectSeconds = 3;

/** Has a command carried out; throws what the PBX refused it for. */
const perform = async ({ identity, source, signal }: Asked, request: CommandRequest): Promise<void> => {
  const submitted = await source.control.submit(identity, request);
  // A dial is as good as done when the own phone rings, and is answered when it does.
  const waits = request.name !== 'dial' && submitted.state === 'accepted';
  const record = waits ? await source.control.wait(identity.tenant, submitted.id, effectSeconds, signal) : submitted;
  if (record.state === 'failed') throw new GatewayError(record.error ?? 'internal', {}, { note: record.detail ?? '' });
  if (record.state === 'unknown') throw new GatewayError('pbx-down', {}, { note: record.detail ?? '' });
};

/** An action without a body; one that is there must be JSON all the same. */
const plain =
  (asked: Asked, request: () => CommandRequest): Action =>
  (body) => {
    parseBody(body, z.object({}));
    return perform(asked, request());
  };

const originateBody = z.object({
  destination: z.string().min(1),
  callerId: z.object({ name: z.string().default(''), number: z.string().default('') }).optional(),
  autoAnswer: z.boolean().default(false),
});

const anExtension = { extensionId: z.string().optional(), extensionNumber: z.string().optional() };
const extensionBody = z.object(anExtension);
const penalty = z.int().min(0).max(1000);
const loginBody = z.object({ ...anExtension, penalty: penalty.optional() });
const penaltyBody = z.object({ penalty });
const pauseBody = z.object({ reason: z.string().max(128).optional() });
const parkBody = z.object({ lot: z.string().optional(), space: z.string().optional() });
const bargeBody = z.object({ ...anExtension, mode: z.enum(['listen', 'whisper', 'barge']).default('listen') });
const statusBody = z.object({
  name: z.string().max(80).optional(),
  type: z.enum(statusTypes),
  note: z.string().max(500).default(''),
  /** Milliseconds since 1970, or -1. */
  returnTime: z.int().min(-1).max(8.64e15).default(-1),
});
const retrieveBody = z.object({ ...anExtension, space: z.string().min(1) });

const destinations = ['destination', 'extensionId', 'queueId', 'conferenceId', 'voicemail'] as const;
const transferBody = z
  .object(Object.fromEntries(destinations.map((name) => [name, z.string().min(1).optional()])))
  .refine((body) => destinations.filter((name) => body[name] !== undefined).length === 1, `exactly one of ${destinations.join(', ')}`);

export const extensionActions = (asked: Asked, extension: ExtensionNumber): Readonly<Record<string, Action>> => ({
  originate: (text) => {
    const { destination, callerId, autoAnswer } = parseBody(text, originateBody);
    const shown = callerId === undefined || callerId.number === '' ? undefined : { callerId };
    const answering = autoAnswer ? { autoAnswer: {} } : undefined;
    return perform(asked, { name: 'dial', extension, number: destination, ...shown, ...answering });
  },
  enableDoNotDisturb: plain(asked, () => ({ name: 'setDnd', extension, dnd: true })),
  disableDoNotDisturb: plain(asked, () => ({ name: 'setDnd', extension, dnd: false })),
});

export const statusActions = ({ identity, source, clock }: Asked, user: Person): Readonly<Record<string, Action>> => ({
  set: async (text) => {
    const { name, type, note, returnTime } = parseBody(text, statusBody);
    requireScope(identity, ['control']);
    await source.engine.tell({
      type: 'user.status',
      at: clock.now(),
      user: user.name,
      status: statusOfType(type),
      ...(name === undefined || name === '' ? undefined : { label: name }),
      ...(note === '' ? undefined : { note }),
      ...(returnTime === -1 ? undefined : { returnAt: returnTime * 1000 }),
    });
  },
});

export const segmentActions = (asked: Asked, leg: Leg): Readonly<Record<string, Action>> => ({
  transfer: (text) => transfer(asked, leg, parseBody(text, transferBody)),
  hangup: plain(asked, () => ({ name: 'hangup', leg: leg.id })),
  hold: plain(asked, () => ({ name: 'hold', leg: actorOf(asked, leg).id })),
  unhold: plain(asked, () => ({ name: 'resume', leg: actorOf(asked, leg).id })),
  park: (text) => {
    const { lot, space } = parseBody(text, parkBody);
    const slots = asked.source.control.slots.all(asked.identity.tenant);
    const free = asked.source.control.slots.free(asked.identity.tenant);
    const slot = space === undefined && lot === undefined ? undefined : parkingSpace(space === undefined ? free : slots, lot, space);
    return perform(asked, { name: 'park', leg: actorOf(asked, leg).id, ...(slot === undefined ? undefined : { slot }) });
  },
  startRecording: plain(asked, () => ({ name: 'record', leg: leg.id })),
  stopRecording: plain(asked, () => ({ name: 'stopRecording', leg: leg.id })),
  mute: plain(asked, () => ({ name: 'mute', leg: leg.id })),
  unmute: plain(asked, () => ({ name: 'unmute', leg: leg.id })),
  kick: plain(asked, () => ({ name: 'kick', leg: leg.id })),
  barge: (text) => {
    const { mode, ...body } = parseBody(text, bargeBody);
    return perform(asked, { name: 'supervise', leg: leg.id, extension: extensionOf(asked, body), mode });
  },
});

export const queueActions = (asked: Asked, queue: string): Readonly<Record<string, Action>> => ({
  login: (text) => {
    const { penalty: wished, ...body } = parseBody(text, loginBody);
    const extension = extensionOf(asked, body);
    return perform(asked, { name: 'agentLogin', queue, extension, ...(wished === undefined ? undefined : { penalty: wished }) });
  },
  logout: (text) => perform(asked, { name: 'agentLogout', queue, extension: extensionOf(asked, parseBody(text, extensionBody)) }),
});

export const agentActions = (asked: Asked, queue: string, extension: ExtensionNumber | undefined): Readonly<Record<string, Action>> => {
  // One that is no extension of ours cannot be told anything.
  if (extension === undefined) return {};
  return {
    logout: plain(asked, () => ({ name: 'agentLogout', queue, extension })),
    pause: (text) => {
      const { reason } = parseBody(text, pauseBody);
      return perform(asked, { name: 'agentPause', queue, extension, ...(reason === undefined ? undefined : { reason }) });
    },
    unpause: plain(asked, () => ({ name: 'agentUnpause', queue, extension })),
    setPenalty: (text) => perform(asked, { name: 'agentPenalty', queue, extension, ...parseBody(text, penaltyBody) }),
  };
};

export const conferenceActions = (asked: Asked, conference: string): Readonly<Record<string, Action>> => ({
  invite: (text) => perform(asked, { name: 'invite', conference, extension: extensionOf(asked, parseBody(text, extensionBody)) }),
});

export const parkingLotActions = (asked: Asked, lot: string): Readonly<Record<string, Action>> => ({
  retrieve: (text) => {
    const { space, ...body } = parseBody(text, retrieveBody);
    return perform(asked, { name: 'retrieve', slot: { lot, slot: space }, extension: extensionOf(asked, body) });
  },
});

const transfer = async (asked: Asked, leg: Leg, body: z.infer<typeof transferBody>): Promise<void> => {
  const { source } = asked;
  if (body['voicemail'] !== undefined) {
    return perform(asked, { name: 'voicemail', leg: actorOf(asked, leg).id, mailbox: extensionNumber(body['voicemail']) });
  }
  const { queues, conferences } = source.engine.snapshot();
  const dialled = (kind: 'queue' | 'conference', id: string): string => {
    const all = kind === 'queue' ? queues : conferences;
    const one = all.find(({ name }) => source.ids.of(kind, name) === id);
    if (one === undefined) throw new GatewayError(kind === 'queue' ? 'no-such-queue' : 'no-such-conference', { id });
    return one.number ?? one.name;
  };
  const to =
    body['destination'] ??
    (body['extensionId'] === undefined ? undefined : extensionOf(asked, { extensionId: body['extensionId'] })) ??
    (body['queueId'] === undefined ? undefined : dialled('queue', body['queueId'])) ??
    dialled('conference', body['conferenceId'] ?? '');
  // What rings is sent on before it is answered.
  if (leg.state === 'ringing' && leg.direction === 'inbound') return perform(asked, { name: 'divert', leg: leg.id, to });
  return perform(asked, { name: 'transfer', leg: actorOf(asked, leg).id, to });
};

/**
 * The leg whose user acts. A segment of an extension is that user's own, so that its other party is held, parked or sent on; one
 * of a trunk has no user, and is itself held, parked or sent on by whom it talks with.
 */
const actorOf = ({ source }: Asked, leg: Leg): Leg => {
  if (leg.extension !== undefined) return leg;
  const peers = source.segments.linksOf(leg.id).map((id: LegId) => source.engine.leg(id));
  const actor = peers.find((peer) => peer?.extension !== undefined);
  if (actor === undefined) throw new GatewayError('wrong-state', { leg: leg.id }, { note: 'It talks with no extension.' });
  return actor;
};

/** Throws `missing-parameter` where neither is given, `no-such-extension`. */
const extensionOf = (
  { source }: Asked,
  body: { readonly extensionId?: string | undefined; readonly extensionNumber?: string | undefined },
): ExtensionNumber => {
  const { extensionId, extensionNumber: number } = body;
  if (number !== undefined) return extensionNumber(number);
  if (extensionId === undefined) throw new GatewayError('missing-parameter', { field: 'extensionId' });
  const extension = source.engine.snapshot().extensions.find((each) => source.ids.of('extension', each.number) === extensionId);
  if (extension === undefined) throw new GatewayError('no-such-extension', { id: extensionId });
  return extension.number;
};

const parkingSpace = (
  slots: readonly { readonly lot: string; readonly slot: string }[],
  lot: string | undefined,
  space: string | undefined,
): { readonly lot: string; readonly slot: string } => {
  const slot = slots.find((each) => (lot === undefined || each.lot === lot) && (space === undefined || each.slot === space));
  if (slot === undefined) throw new GatewayError(space === undefined ? 'no-free-slot' : 'not-found', { space: space ?? '' });
  return slot;
};
