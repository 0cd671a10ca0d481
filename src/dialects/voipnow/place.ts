import type { CommandRecord } from '../../control/control.ts';
import type { LoggedEvent } from '../../log/event-log.ts';
import { GatewayError } from '../../model/errors.ts';
import type { CallId, ExtensionNumber, LegId } from '../../model/ids.ts';
import type { Asked } from './calls.ts';
import { ownerOf } from './placed-calls.ts';
import { apiIdOf } from './project.ts';

export interface CallWish {
  /** Rung together; the first to answer is connected to the number, the others stop ringing. */
  readonly extensions: readonly [ExtensionNumber, ...ExtensionNumber[]];
  readonly number: string;
  readonly callerId?: { readonly number: string; readonly name: string };
  /** How long they ring. */
  readonly timeoutSeconds?: number;
  /** After so many seconds of talk the call is ended. */
  readonly limitSeconds?: number;
  readonly nonce?: string;
}

const mostExtensions = 20;

/** Has a call placed. Gives its id as the vendor knows it, once a phone rings. Throws `invalid-parameter` for more phones than may ring for it. */
export const placeCall = async (asked: Asked, wish: CallWish): Promise<string> => {
  const { control } = asked.source;
  const extensions = [...new Set(wish.extensions)];
  if (extensions.length > mostExtensions) {
    throw new GatewayError('invalid-parameter', { field: 'extension' }, { note: `At most ${mostExtensions} phones ring for one call.` });
  }
  const { number, callerId, timeoutSeconds } = wish;
  const rest = {
    number,
    ...(callerId === undefined ? undefined : { callerId }),
    ...(timeoutSeconds === undefined ? undefined : { timeoutSeconds }),
  };
  const hunt = new Hunt(asked, wish);
  try {
    const dials = await Promise.allSettled(
      extensions.map(async (extension) => hunt.rang(await control.submit(asked.identity, { name: 'dial', extension, ...rest }))),
    );
    const apiId = hunt.apiId;
    if (apiId !== undefined) return apiId;
    const [first] = dials;
    throw first?.status === 'rejected' ? first.reason : new GatewayError('timed-out');
  } finally {
    hunt.allAsked();
  }
};

/**
 * The phones that ring for one call. Each is a call of the PBX's own; the first one's id is the id of all, and is known before
 * any event of theirs leaves, for commits are heard at once and web requests are made of them later.
 */
class Hunt {
  readonly #asked: Asked;
  readonly #wish: CallWish;
  readonly #stopListening: () => void;
  /** Whose first leg has not been seen yet. */
  readonly #expected: Set<ExtensionNumber>;
  readonly #ringing = new Map<CallId, LegId>();
  #apiId: string | undefined;
  #isDecided = false;

  constructor(asked: Asked, wish: CallWish) {
    this.#asked = asked;
    this.#wish = wish;
    this.#expected = new Set(wish.extensions);
    this.#stopListening = asked.source.engine.onCommitted((events) => this.#look(events));
  }

  get apiId(): string | undefined {
    return this.#apiId;
  }

  /** The PBX has taken the wish, so that its call is known for certain. */
  rang({ id, callId, legId }: CommandRecord): void {
    const call = callId ?? (legId === undefined ? undefined : this.#asked.source.engine.leg(legId)?.callId);
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

  /** What is known of the call from now on; nothing for one that is like any other. */
  #note(call: CallId): void {
    const { identity, source } = this.#asked;
    const { limitSeconds, nonce } = this.#wish;
    this.#apiId ??= apiIdOf(call);
    const own = this.#apiId === apiIdOf(call);
    if (own && limitSeconds === undefined && nonce === undefined) return;
    source.placed.note({
      call,
      ...(own ? undefined : { apiId: this.#apiId }),
      ...(nonce === undefined ? undefined : { nonce }),
      ...(limitSeconds === undefined ? undefined : { limit: { seconds: limitSeconds, owner: ownerOf(identity) } }),
    });
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
    const { identity, source } = this.#asked;
    const leg = this.#ringing.get(call);
    if (leg === undefined) return;
    source.control.submit(identity, { name: 'hangup', leg }).catch((error: unknown) => {
      // It has just ended by itself, most likely; if not, the phone's own time-out ends it.
      source.logger.warn({ event: 'voipnow.hunt-failed', call, err: error }, 'a phone that rang in vain could not be stopped');
    });
  }
}
