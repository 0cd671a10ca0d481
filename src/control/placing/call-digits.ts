import type { Logger } from 'pino';
import type { TenantEngine } from '../../engine/engine.ts';
import type { LoggedEvent } from '../../log/event-log.ts';
import type { Call } from '../../model/call.ts';
import type { Control } from '../control.ts';
import { identityOf, type PlacedCall, type PlacedCalls } from './placed-calls.ts';

export interface CallDigitsOptions {
  readonly engine: TenantEngine;
  readonly control: Control;
  readonly placed: PlacedCalls;
  readonly logger: Logger;
}

/** Presses the keys with which a call was placed, as its own phone would, when the two parties hear each other; once, also over a restart. */
export class CallDigits {
  readonly #options: CallDigitsOptions;
  readonly #stopListening: () => void;

  constructor(options: CallDigitsOptions) {
    this.#options = options;
    this.#stopListening = options.engine.onCommitted((events) => this.#look(events));
    for (const placed of options.placed.all()) {
      const call = options.engine.call(placed.call);
      if (call !== undefined) this.#press(call, placed);
    }
  }

  /** Safe to call twice. */
  close(): void {
    this.#stopListening();
  }

  #look(events: readonly LoggedEvent[]): void {
    for (const { type, event } of events) {
      const { call } = event;
      if (type !== 'legs.linked' || call === undefined) continue;
      for (const id of [call.id, ...call.aliases]) this.#press(call, this.#options.placed.get(id));
    }
  }

  #press(call: Call, placed: PlacedCall | undefined): void {
    if (placed?.digits === undefined || placed.digits === 'pressed' || call.answeredAt === undefined) return;
    const leg = call.legs.find(({ ordinal, state }) => ordinal === 1 && state === 'connected');
    if (leg === undefined) return;
    const { engine, control, logger, placed: calls } = this.#options;
    const { keys, owner } = placed.digits;
    // Kept before it is done: pressed twice they would mean something else.
    calls.note({ call: placed.call, digits: 'pressed' });
    control.submit(identityOf(engine.tenant, owner), { name: 'dtmf', leg: leg.id, digits: keys }).catch((error: unknown) => {
      logger.warn({ event: 'placing.digits-failed', call: call.id, err: error }, 'the keys of a placed call could not be pressed');
    });
  }
}
