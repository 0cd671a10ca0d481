import type { Logger } from 'pino';
import type { Identity } from '../../auth/auth.ts';
import type { TenantEngine } from '../../engine/engine.ts';
import type { LoggedEvent } from '../../log/event-log.ts';
import { GatewayError } from '../../model/errors.ts';
import type { CallId, ExtensionNumber, LegId } from '../../model/ids.ts';
import type { CommandRecord, Control } from '../control.ts';
import { ownerOf, type PlacedCalls } from './placed-calls.ts';

/** For whom a call is placed, and with what. */
export interface Placing {
  readonly identity: Identity;
  readonly engine: TenantEngine;
  readonly control: Control;
  readonly placed: PlacedCalls;
  readonly logger: Logger;
}

export interface CallWish {
  /** Rung together; the first to answer is connected to the number, the others stop ringing. */
  readonly extensions: readonly [ExtensionNumber, ...ExtensionNumber[]];
  readonly number: string;
  /** Rung together with the number; who answers first gets the call. */
  readonly also?: readonly string[];
  readonly callerId?: { readonly number: string; readonly name: string };
  /** How long they ring. */
  readonly timeoutSeconds?: number;
  /** After so many seconds of talk the call is ended. */
  readonly limitSeconds?: number;
  readonly nonce?: string;
  /** Whose wish it is, where that is not whose phones are rung. */
  readonly behalf?: ExtensionNumber;
  /** Keys to press as soon as the two parties hear each other. */
  readonly digits?: string;
}

const mostExtensions = 20;

/** Has a call placed. Gives the one under whose id it is known, once a phone rings. Throws `invalid-parameter` for more phones than may ring for it. */
export const placeCall = async (placing: Placing, wish: CallWish): Promise<CallId> => {
  const { control, identity } = placing;
  const extensions = [...new Set(wish.extensions)];
  if (extensions.length > mostExtensions) {
    throw new GatewayError('invalid-parameter', { field: 'extension' }, { note: `At most ${mostExtensions} phones ring for one call.` });
  }
  const { number, also, callerId, timeoutSeconds } = wish;
  const rest = {
    number,
    ...(also === undefined ? undefined : { also }),
    ...(callerId === undefined ? undefined : { callerId }),
    ...(timeoutSeconds === undefined ? undefined : { timeoutSeconds }),
  };
  const hunt = new Hunt(placing, wish);
  try {
    const dials = await Promise.allSettled(
      extensions.map(async (extension) => hunt.rang(await control.submit(identity, { name: 'dial', extension, ...rest }))),
    );
    const { first: call } = hunt;
    if (call !== undefined) return call;
    const [dial] = dials;
    throw dial?.status === 'rejected' ? dial.reason : new GatewayError('timed-out');
  } finally {
    hunt.allAsked();
  }
};

/**
 * The phones that ring for one call. Each is a call of the PBX's own; the first one's id is the id of all, and is known before
 * any event of theirs leaves, for commits are heard at once and web requests are made of them later.
 */
class Hunt {
  readonly #placing: Placing;
  readonly #wish: CallWish;
  readonly #stopListening: () => void;
  /** Whose first leg has not been seen yet. */
  readonly #expected: Set<ExtensionNumber>;
  readonly #ringing = new Map<CallId, LegId>();
  readonly #noted = new Set<CallId>();
  #first: CallId | undefined;
  #isDecided = false;

  constructor(placing: Placing, wish: CallWish) {
    this.#placing = placing;
    this.#wish = wish;
    this.#expected = new Set(wish.extensions);
    this.#stopListening = placing.engine.onCommitted((events) => this.#look(events));
  }

  get first(): CallId | undefined {
    return this.#first;
  }

  /** The PBX has taken the wish, so that its call is known for certain. */
  rang({ id, callId, legId }: CommandRecord): void {
    const call = callId ?? (legId === undefined ? undefined : this.#placing.engine.leg(legId)?.callId);
    if (call === undefined) throw new GatewayError('timed-out', { command: id });
    this.#note(call);
  }

  /** No further phone will ring: who is alone needs no watching. */
  allAsked(): void {
    this.#expected.clear();
    if (this.#isDecided || this.#ringing.size <= 1) this.#stopListening();
  }

  #look(events: readonly LoggedEvent[]): void {
    for (const { event } of events) {
      const { type, call, leg } = event;
      if (type === 'leg.started' && call?.clickToDial === true && call.dialled === this.#wish.number && leg?.ordinal === 1) {
        this.#began(call.id, leg.id, leg.extension);
      }
      if (type === 'leg.connected' && leg !== undefined && this.#ringing.get(leg.callId) === leg.id) this.#decide(leg.callId);
      if (type === 'call.ended' && event.callId !== undefined) this.#ended(event.callId);
    }
  }

  #began(call: CallId, leg: LegId, extension: ExtensionNumber | undefined): void {
    if (extension === undefined || !this.#expected.delete(extension)) return;
    this.#ringing.set(call, leg);
    this.#note(call);
    // Somebody answered before this one began to ring.
    if (this.#isDecided) this.#giveUp(call);
  }

  /** What is known of the call from now on; nothing for one that is like any other. Once: some of it is used up. */
  #note(call: CallId): void {
    if (this.#noted.has(call)) return;
    this.#noted.add(call);
    const { identity, placed } = this.#placing;
    const { limitSeconds, nonce, behalf, digits } = this.#wish;
    this.#first ??= call;
    const owner = ownerOf(identity);
    const known = {
      ...(this.#first === call ? undefined : { knownAs: this.#first }),
      ...(nonce === undefined ? undefined : { nonce }),
      ...(behalf === undefined ? undefined : { behalf }),
      ...(digits === undefined ? undefined : { digits: { keys: digits, owner } }),
      ...(limitSeconds === undefined ? undefined : { limit: { seconds: limitSeconds, owner } }),
    };
    if (Object.keys(known).length > 0) placed.note({ call, ...known });
  }

  #decide(winner: CallId): void {
    if (this.#isDecided) return;
    this.#isDecided = true;
    for (const call of this.#ringing.keys()) if (call !== winner) this.#giveUp(call);
    if (this.#expected.size === 0) this.#stopListening();
  }

  #ended(call: CallId): void {
    this.#ringing.delete(call);
    if (this.#ringing.size === 0 && this.#expected.size === 0) this.#stopListening();
  }

  #giveUp(call: CallId): void {
    const { identity, control, logger } = this.#placing;
    const leg = this.#ringing.get(call);
    if (leg === undefined) return;
    control.submit(identity, { name: 'hangup', leg }).catch((error: unknown) => {
      // It has just ended by itself, most likely; if not, the phone's own time-out ends it.
      logger.warn({ event: 'placing.hunt-failed', call, err: error }, 'a phone that rang in vain could not be stopped');
    });
  }
}
