import type { Logger } from 'pino';
import type { Control } from '../control.ts';
import type { TenantEngine } from '../../engine/engine.ts';
import type { LoggedEvent } from '../../log/event-log.ts';
import type { Call } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { CallId } from '../../model/ids.ts';
import { microsOf, type Clock, type Timers } from '../../model/time.ts';
import { identityOf, type PlacedCall, type PlacedCalls } from './placed-calls.ts';

export interface CallLimitsOptions {
  readonly engine: TenantEngine;
  readonly control: Control;
  readonly placed: PlacedCalls;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** Ends calls that were placed for so many seconds of talk and no more. What runs out while the gateway is down ends when it is back. */
export class CallLimits {
  readonly #options: CallLimitsOptions;
  readonly #stopListening: () => void;
  readonly #running = new Map<CallId, () => void>();

  constructor(options: CallLimitsOptions) {
    this.#options = options;
    this.#stopListening = options.engine.onCommitted((events) => this.#look(events));
    for (const placed of options.placed.all()) {
      const call = options.engine.call(placed.call);
      if (call !== undefined) this.#begin(call, placed);
    }
  }

  /** Safe to call twice. */
  close(): void {
    this.#stopListening();
    for (const cancel of this.#running.values()) cancel();
    this.#running.clear();
  }

  #look(events: readonly LoggedEvent[]): void {
    for (const { type, event } of events) {
      const { call } = event;
      if (call === undefined) continue;
      for (const id of [call.id, ...call.aliases]) {
        if (type === 'call.ended') this.#end(id);
        else this.#begin(call, this.#options.placed.get(id));
      }
    }
  }

  #end(id: CallId): void {
    this.#running.get(id)?.();
    this.#running.delete(id);
  }

  #begin({ answeredAt }: Call, placed: PlacedCall | undefined): void {
    if (placed?.limit === undefined || answeredAt === undefined || this.#running.has(placed.call)) return;
    const { clock, timers } = this.#options;
    const dueMs = (microsOf(answeredAt) - clock.now()) / 1_000 + placed.limit.seconds * 1_000;
    this.#running.set(
      placed.call,
      timers.after(Math.max(0, dueMs), () => this.#hangUp(placed)),
    );
  }

  #hangUp({ call: id, limit }: PlacedCall): void {
    const { engine, control, logger } = this.#options;
    const leg = engine.call(id)?.legs.find(({ state }) => state !== 'ended');
    if (leg === undefined || limit === undefined) return;
    control.submit(identityOf(engine.tenant, limit.owner), { name: 'hangup', leg: leg.id }).catch((error: unknown) => {
      // It has just ended by itself: that is what was wanted.
      if (error instanceof GatewayError && (error.code === 'leg-ended' || error.code === 'no-such-leg')) return;
      logger.error({ event: 'placing.limit-failed', call: id, err: error }, 'a call whose time is over could not be ended');
    });
  }
}
