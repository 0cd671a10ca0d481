import { GatewayError } from '../model/errors.ts';
import type { KeyId } from '../model/ids.ts';
import type { Clock, Micros } from '../model/time.ts';
import type { Identity } from './auth.ts';

const mostTickets = 10_000;

/** Tickets that were issued and neither used nor run out; in memory, for they live for seconds. */
export class Tickets {
  readonly #clock: Clock;
  readonly #tickets = new Map<string, { readonly identity: Identity; readonly expiresAt: Micros }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  issue(ticket: string, identity: Identity, seconds: number): void {
    const now = this.#clock.now();
    if (this.#tickets.size >= mostTickets) this.#forget(({ expiresAt }) => expiresAt <= now);
    if (this.#tickets.size >= mostTickets) throw new GatewayError('too-many-requests', { tickets: mostTickets });
    this.#tickets.set(ticket, { identity, expiresAt: now + seconds * 1_000_000 });
  }

  redeem(ticket: string): Identity | undefined {
    const found = this.#tickets.get(ticket);
    this.#tickets.delete(ticket);
    return found !== undefined && found.expiresAt > this.#clock.now() ? found.identity : undefined;
  }

  revoke(key: KeyId): void {
    this.#forget(({ identity }) => identity.key === key);
  }

  #forget(isGone: (ticket: { readonly identity: Identity; readonly expiresAt: Micros }) => boolean): void {
    for (const [ticket, issued] of this.#tickets) if (isGone(issued)) this.#tickets.delete(ticket);
  }
}
