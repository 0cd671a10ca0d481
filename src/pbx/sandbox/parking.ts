import { GatewayError } from '../../model/errors.ts';
import type { BridgeMembership, Parking } from '../../model/fact.ts';
import type { Activity, Departure, LiveChannel } from './channel.ts';
import type { Exchange } from './exchange.ts';

interface Occupant {
  readonly channel: LiveChannel;
  readonly stopTimer: () => void;
}

export interface ParkingLotOptions {
  readonly lot: string;
  readonly slots: readonly string[];
  /** Takes a channel whose time in the slot is over. */
  readonly comeBack: (channel: LiveChannel, parking: Parking) => void;
}

/** The slots in which calls wait to be fetched. */
export class ParkingLot implements Activity {
  readonly lot: string;
  readonly #slots: readonly string[];
  readonly #occupants = new Map<string, Occupant>();
  readonly #exchange: Exchange;
  readonly #comeBack: ParkingLotOptions['comeBack'];
  readonly #bridge: BridgeMembership;

  constructor(exchange: Exchange, { lot, slots, comeBack }: ParkingLotOptions) {
    this.lot = lot;
    this.#slots = slots;
    this.#exchange = exchange;
    this.#comeBack = comeBack;
    this.#bridge = exchange.newBridge('holding');
  }

  parkedIn(slot: string): LiveChannel | undefined {
    return this.#occupants.get(slot)?.channel;
  }

  /** The slot that was asked for, or the first free one; throws if it (or every one) is taken, or if there is no such slot. */
  freeSlot(wanted?: string): string {
    if (wanted === undefined) {
      const free = this.#slots.find((slot) => !this.#occupants.has(slot));
      if (free === undefined) throw new GatewayError('no-free-slot', { lot: this.lot });
      return free;
    }
    if (!this.#slots.includes(wanted)) throw new GatewayError('invalid-parameter', { field: 'slot', slot: wanted });
    if (this.#occupants.has(wanted)) throw new GatewayError('slot-occupied', { lot: this.lot, slot: wanted });
    return wanted;
  }

  /** Puts a channel that is doing nothing else into a slot that is free. */
  park(channel: LiveChannel, slot: string, parker: LiveChannel | undefined, timeoutSeconds: number): void {
    const by = parker?.party.kind === 'phone' ? { parkerDevice: parker.party.device, parker: parker.party.extension } : undefined;
    const parking: Parking = { lot: this.lot, slot, ...by, timeoutSeconds };
    channel.parking = { ...parking, since: this.#exchange.clock.now() };
    channel.application = 'parking';
    this.#exchange.occupy(channel, this);
    const stopTimer = this.#exchange.after(timeoutSeconds, `slot ${slot}: nobody came`, () => {
      this.#exchange.leave(channel, { how: 'timed-out' });
      this.#comeBack(channel, parking);
    });
    this.#occupants.set(slot, { channel, stopTimer });
    this.#exchange.say({ type: 'parking.entered', channel: channel.id, ...parking });
    this.#exchange.enterBridge(channel, this.#bridge);
  }

  left(channel: LiveChannel, departure: Departure): undefined {
    const { parking } = channel;
    if (parking === undefined) return;
    const { lot, slot } = parking;
    channel.parking = undefined;
    this.#occupants.get(slot)?.stopTimer();
    this.#occupants.delete(slot);
    const { how } = departure;
    this.#exchange.say({
      type: 'parking.left',
      channel: channel.id,
      lot,
      slot,
      ...(how === 'retrieved' ? { reason: how, retriever: departure.by.id } : { reason: how === 'timed-out' ? how : 'gave-up' }),
    });
    this.#exchange.leaveBridge(channel);
  }
}
