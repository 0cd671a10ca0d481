import type { SlotRef } from '../../model/call.ts';
import type { AmiMessage } from './ami-parser.ts';

/** The slots of a tenant: names, all of one lot. */
export interface SlotNames {
  readonly lot: string;
  readonly slots: readonly string[];
}

/** A parking lot of res_parking.conf, with the numbers of its first and last space. */
export interface ParkingLot {
  readonly name: string;
  readonly first: number;
  readonly last: number;
}

export const parkingLotOf = (message: AmiMessage): ParkingLot => ({
  name: message.get('Name') ?? '',
  first: Number(message.get('StartSpace')),
  last: Number(message.get('StopSpace')),
});

/** The lot that res_parking makes of itself, also of an empty res_parking.conf: spaces 701 to 750. */
export const fallbackLot = 'default';

/**
 * Which spaces of Asterisk's are the slots of the tenant. Where Asterisk has a lot of the slots' own name, space 6 is slot 6. Where it
 * has none, they are the first spaces of the lot that it always has: slot 6 is space 706 of 701 to 709. All other spaces go by their own
 * names. Nothing is known before the lots have been read.
 */
export class Spaces {
  readonly #names: SlotNames | undefined;
  #stands: ParkingLot | undefined;

  /** Without names, every space goes by its own. */
  constructor(names: SlotNames | undefined) {
    this.#names = names;
  }

  learn(lots: readonly ParkingLot[]): void {
    const hasOwn = lots.some(({ name }) => name === this.#names?.lot);
    this.#stands = hasOwn ? undefined : lots.find(({ name }) => name === fallbackLot);
  }

  /** What everybody else calls a space. */
  slotOf({ lot, slot: space }: SlotRef): SlotRef {
    const own = { lot, slot: space };
    if (this.#names === undefined || this.#stands === undefined || lot !== this.#stands.name) return own;
    const slot = this.#names.slots[Number(space) - this.#stands.first];
    return slot === undefined ? own : { lot: this.#names.lot, slot };
  }

  /** The space that a slot is. */
  spaceOf(slot: SlotRef): SlotRef {
    if (this.#names === undefined || this.#stands === undefined || slot.lot !== this.#names.lot) return slot;
    const place = this.#names.slots.indexOf(slot.slot);
    return place === -1 ? slot : { lot: this.#stands.name, slot: String(this.#stands.first + place) };
  }
}
