import { createHash, timingSafeEqual } from 'node:crypto';
import type { Auth, Identity } from '../../auth/auth.ts';
import type { KeyId } from '../../model/ids.ts';
import type { Clock, Micros } from '../../model/time.ts';
import { expiredTimeStamp, invalid, invalidKey, NoojeeError } from './errors.ts';
import { optional, type Parameters } from './parse.ts';

/** A pair of timeStamp and hash must first be used so soon, */
const firstUseMs = 10_000;
/** and is good for so long from then on. */
const validMicros = 3_600_000_000;
const maxUnderway = 5;
const maxSessions = 10_000;
/** How long a failure is held. */
const holdMs = 1_000;

interface Session {
  readonly identity: Identity;
  readonly until: Micros;
}

export interface GuardOptions {
  readonly auth: Auth;
  readonly clock: Clock;
  /** Waits, or less long if the client leaves. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Tells who asks: by `apiKey`, or, as older servers did, by `timeStamp` and `hash` = SHA-256 of `apiKey:timeStamp`. A failure is
 * held for a second, because clients do not look at `Code` and would ask again at once.
 */
export class Guard {
  readonly #options: GuardOptions;
  readonly #sessions = new Map<string, Session>();
  /** Hash attempts not yet answered, by the client's address. */
  readonly #underway = new Map<string, number>();
  readonly #detach: () => void;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#detach = options.auth.onRevoked((key) => this.#forget(key));
  }

  async identify(parameters: Parameters, address: string, signal: AbortSignal): Promise<Identity> {
    let leave: (() => void) | undefined;
    try {
      if (parameters.has('apiKey')) return this.#byKey(parameters);
      const pair = parsePair(parameters);
      const session = this.#sessions.get(nameOf(pair));
      if (session !== undefined && this.#options.clock.now() < session.until) return session.identity;
      leave = this.#enter(address);
      if (session !== undefined) throw expiredTimeStamp();
      return this.#byHash(pair);
    } catch (error) {
      await this.#options.pause(holdMs, signal);
      throw error;
    } finally {
      leave?.();
    }
  }

  close(): void {
    this.#detach();
  }

  #byKey(parameters: Parameters): Identity {
    const identity = this.#options.auth.bySecret(parameters.get('apiKey') ?? '');
    if (identity === undefined) throw invalidKey();
    return identity;
  }

  #byHash(pair: Pair): Identity {
    const now = this.#options.clock.now();
    if (Math.abs(now / 1000 - Number(pair.timeStamp)) > firstUseMs) throw expiredTimeStamp();
    const identity = this.#options.auth.byReadable((secret) => isHashOf(pair, secret));
    if (identity === undefined) throw invalidKey();
    this.#remember(nameOf(pair), { identity, until: now + validMicros });
    return identity;
  }

  /** A wrong guess counts as under way until its second is over, so that guessing is slow from any one address. */
  #enter(address: string): () => void {
    const underway = this.#underway.get(address) ?? 0;
    if (underway >= maxUnderway) throw new NoojeeError('Too many authentication attempts');
    this.#underway.set(address, underway + 1);
    return () => {
      const left = (this.#underway.get(address) ?? 1) - 1;
      if (left === 0) this.#underway.delete(address);
      else this.#underway.set(address, left);
    };
  }

  #remember(pair: string, session: Session): void {
    const now = this.#options.clock.now();
    for (const [known, { until }] of this.#sessions) {
      // In order of their end, for all last equally long; and the oldest makes room.
      if (until > now && this.#sessions.size < maxSessions) break;
      this.#sessions.delete(known);
    }
    this.#sessions.set(pair, session);
  }

  #forget(key: KeyId): void {
    for (const [pair, { identity }] of this.#sessions) if (identity.key === key) this.#sessions.delete(pair);
  }
}

interface Pair {
  readonly timeStamp: string;
  readonly hash: string;
}

const parsePair = (parameters: Parameters): Pair => {
  const timeStamp = optional(parameters, 'timeStamp');
  const hash = optional(parameters, 'hash')?.toLowerCase();
  if (timeStamp === undefined || hash === undefined) throw invalidKey();
  if (!/^\d{1,15}$/.test(timeStamp)) throw invalid('timeStamp');
  return { timeStamp, hash };
};

const nameOf = ({ timeStamp, hash }: Pair): string => `${timeStamp}:${hash}`;

const isHashOf = ({ timeStamp, hash }: Pair, secret: string): boolean => {
  const expected = createHash('sha256').update(`${secret}:${timeStamp}`).digest();
  const given = Buffer.from(/^[0-9a-f]{64}$/.test(hash) ? hash : '', 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
};
