import type { SlotRef } from '../../model/call.ts';
import type { Micros } from '../../model/time.ts';
import type { Fact } from '../../model/fact.ts';
import type { FreeswitchConfig } from './config.ts';
import type { ResyncFact } from './resync.ts';

/** The slots of the tenant's own lot, as FreeSWITCH knows them and as we do. Other lots go by their own names. */
export interface Slots {
  /** FreeSWITCH's lot and slot of one of ours. */
  theirs(slot: SlotRef): SlotRef;
  /** The fact with our names of slots. */
  complete<One extends Fact>(fact: One): One;
  completeResync(fact: ResyncFact): ResyncFact;
}

export const createSlots = ({ parkingLot, ownLot }: Pick<FreeswitchConfig, 'parkingLot' | 'ownLot'>, domain: string): Slots => {
  const lot = parkingLot.replaceAll('{domain}', domain);
  // FreeSWITCH compares the names of lots without case.
  const ours = (name: string): string => (name.toLowerCase() === lot.toLowerCase() ? ownLot : name);
  return {
    theirs: (ref) => (ref.lot === ownLot ? { lot, slot: ref.slot } : ref),
    complete: (fact) => (fact.type === 'parking.entered' || fact.type === 'parking.left' ? { ...fact, lot: ours(fact.lot) } : fact),
    completeResync: (fact) => ({
      ...fact,
      channels: fact.channels.map((channel) =>
        channel.parking === undefined ? channel : { ...channel, parking: { ...channel.parking, lot: ours(channel.parking.lot) } },
      ),
    }),
  };
};

/**
 * For so long mod_valet_parking may take a slot that a call has left for occupied: it forgets such calls when somebody parks, but not more
 * often than every five seconds by its own clock of whole seconds.
 */
export const coolingMs = 6_000;

/** Which of FreeSWITCH's slots were left a moment ago. */
export class CoolingSlots {
  readonly #leftAt = new Map<string, Micros>();

  /** A call leaves this slot at `now`. */
  left(slot: SlotRef, now: Micros): void {
    for (const [key, at] of this.#leftAt) if (now - at > coolingMs * 1_000) this.#leftAt.delete(key);
    this.#leftAt.set(keyOf(slot), now);
  }

  leftAt(slot: SlotRef): Micros | undefined {
    return this.#leftAt.get(keyOf(slot));
  }
}

const keyOf = ({ lot, slot }: SlotRef): string => `${lot.toLowerCase()} ${slot}`;
