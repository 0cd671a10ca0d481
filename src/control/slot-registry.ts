import type { TenantEngine } from '../engine/engine.ts';
import type { SlotRef } from '../model/call.ts';
import type { Command } from '../model/command.ts';
import { GatewayError } from '../model/errors.ts';
import type { TenantId } from '../model/ids.ts';
import type { Slot } from '../model/place.ts';
import { microsOf, type Clock } from '../model/time.ts';
import type { Store } from '../store/store.ts';
import type { CommandRecord } from './control.ts';
import { defaultLayout, type SlotLayout, type Slots } from './slots.ts';

export interface SlotRegistryOptions {
  readonly engines: ReadonlyMap<TenantId, Pick<TenantEngine, 'slots'>>;
  readonly store: Pick<Store, 'slots'>;
  readonly clock: Clock;
  /** A tenant without a layout has the default one. */
  readonly layouts?: ReadonlyMap<TenantId, SlotLayout>;
}

/**
 * Longer than a command may be under way. Whose end nobody saw (the link broke, the process was killed) may have parked a call all the
 * same: for so long its slot is given to nobody else, and by then the PBX has told who is in it.
 */
const claimMicros = 30_000_000;

/**
 * Who may be parked where, and fetched from where: a slot has one command at a time. That a call is in a slot is known from the PBX's
 * own events, so that one that a phone parked counts too; what is added here are the claims of commands on their way, made by
 * compare-and-set in the store before the PBX hears of them.
 */
export class SlotRegistry implements Slots {
  readonly #options: SlotRegistryOptions;

  constructor(options: SlotRegistryOptions) {
    this.#options = options;
  }

  all(tenant: TenantId): readonly SlotRef[] {
    return this.#options.engines.has(tenant) ? this.layout(tenant).slots : [];
  }

  free(tenant: TenantId): readonly SlotRef[] {
    const occupied = this.occupied(tenant);
    const claimed = this.#claimed(tenant);
    return this.all(tenant).filter((slot) => !claimed.some(isSame(slot)) && !occupied.some(isSame(slot)));
  }

  occupied(tenant: TenantId): readonly Slot[] {
    const slots = this.#options.engines.get(tenant)?.slots() ?? [];
    return slots.toSorted((one, other) => microsOf(one.since) - microsOf(other.since));
  }

  in(tenant: TenantId, slot: SlotRef): Slot | undefined {
    return this.occupied(tenant).find(isSame(slot));
  }

  layout(tenant: TenantId): SlotLayout {
    return this.#options.layouts?.get(tenant) ?? defaultLayout;
  }

  /** The slot that was asked for, or the first that is free. Throws `invalid-parameter`, `slot-occupied`, `no-free-slot`. */
  toParkIn(tenant: TenantId, wanted: SlotRef | undefined): SlotRef {
    const free = this.free(tenant);
    if (wanted !== undefined) {
      this.#requireKnown(tenant, wanted);
      if (!free.some(isSame(wanted))) throw new GatewayError('slot-occupied', detailsOf(wanted));
      return wanted;
    }
    const [first] = free;
    if (first === undefined) throw new GatewayError('no-free-slot');
    return first;
  }

  /** The call in the slot that was asked for, or the one that waits longest. Throws `invalid-parameter`, `slot-empty`. */
  toFetch(tenant: TenantId, wanted: SlotRef | undefined): Slot {
    const claimed = this.#claimed(tenant);
    const waiting = this.occupied(tenant).filter((slot) => !claimed.some(isSame(slot)));
    const slot = wanted === undefined ? waiting[0] : waiting.find(isSame(wanted));
    if (slot !== undefined) return slot;
    if (wanted === undefined) throw new GatewayError('slot-empty', {}, { note: 'Nobody waits in any slot.' });
    if (this.in(tenant, wanted) !== undefined)
      throw new GatewayError('slot-empty', detailsOf(wanted), { note: 'Somebody is fetching it just now.' });
    this.#requireKnown(tenant, wanted);
    throw new GatewayError('slot-empty', detailsOf(wanted));
  }

  /** Makes the slot the command's until `settled`. Throws `slot-occupied` or `slot-empty` if another command has it. */
  claim(tenant: TenantId, { lot, slot }: SlotRef, command: Command): void {
    const { store, clock } = this.#options;
    const at = clock.now();
    if (store.slots.claim({ tenant, lot, slot, command: command.id, until: at + claimMicros }, at)) return;
    throw new GatewayError(command.name === 'park' ? 'slot-occupied' : 'slot-empty', { lot, slot });
  }

  /** For a command whose slot turned out to be taken, the next that is free. The former stays claimed, so that it is not tried again. */
  claimNext(tenant: TenantId, command: Command): SlotRef {
    const next = this.toParkIn(tenant, undefined);
    this.claim(tenant, next, command);
    return next;
  }

  /** Gives up what a command has claimed; unless nobody saw how a park ended, which may yet have its effect: then the claim runs out. */
  settled(command: Command, { tenant, state, error }: Pick<CommandRecord, 'tenant' | 'state' | 'error'>): void {
    const isParking = command.name === 'park';
    if (!isParking && command.name !== 'retrieve' && command.name !== 'bridgeSlot') return;
    if (isParking && (state === 'unknown' || error === 'timed-out')) return;
    this.#options.store.slots.release(tenant, command.id);
  }

  #claimed(tenant: TenantId): readonly SlotRef[] {
    const { store, clock } = this.#options;
    return store.slots.claimed(tenant, clock.now());
  }

  #requireKnown(tenant: TenantId, wanted: SlotRef): void {
    if (this.all(tenant).some(isSame(wanted))) return;
    throw new GatewayError('invalid-parameter', { field: 'slot', ...detailsOf(wanted) }, { note: 'There is no such slot.' });
  }
}

const isSame =
  (one: SlotRef) =>
  (other: SlotRef): boolean =>
    one.lot === other.lot && one.slot === other.slot;

const detailsOf = ({ lot, slot }: SlotRef): { readonly lot: string; readonly slot: string } => ({ lot, slot });
