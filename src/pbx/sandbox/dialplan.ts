import { GatewayError } from '../../model/errors.ts';
import type { InteractiveCall } from '../interactive.ts';
import type { BridgeMembership, Parking } from '../../model/fact.ts';
import type { LiveChannel, OutsidePhone, Party, Phone } from './channel.ts';
import type { Exchange } from './exchange.ts';
import { HandedCall, type RingEnd } from './handed-call.ts';
import { ParkingLot } from './parking.ts';
import { Ring, type RingFailure } from './ring.ts';
import type { Office } from './schema.ts';
import { WaitingQueue } from './waiting-queue.ts';

/** Where a dialled number leads. */
type Destination =
  | { readonly kind: 'phones'; readonly phones: readonly Phone[]; readonly seconds: number; readonly mailbox: Phone | undefined }
  | { readonly kind: 'outside'; readonly phone: OutsidePhone }
  | { readonly kind: 'queue'; readonly queue: WaitingQueue }
  | { readonly kind: 'conference'; readonly name: string }
  | { readonly kind: 'interactive'; readonly number: string }
  | { readonly kind: 'slot'; readonly slot: string }
  | { readonly kind: 'pickup'; readonly phone: Phone };

/** What the office does with whoever dials a number in it. */
export class Dialplan {
  readonly queues: readonly WaitingQueue[];
  readonly #office: Office;
  readonly #exchange: Exchange;
  readonly #phones: ReadonlyMap<string, Phone>;
  readonly #lot: ParkingLot | undefined;
  readonly #take: (call: InteractiveCall) => boolean;
  readonly #conferences = new Map<string, BridgeMembership>();

  /** `take` is offered each call to an interactive number, and says whether it takes it. */
  constructor(office: Office, exchange: Exchange, phones: ReadonlyMap<string, Phone>, take: (call: InteractiveCall) => boolean) {
    this.#office = office;
    this.#exchange = exchange;
    this.#phones = phones;
    this.#take = take;
    this.queues = office.queues.map(({ number, name: displayName, agents, ...options }) => {
      return new WaitingQueue(exchange, {
        name: number,
        displayName,
        agents: agents.flatMap((agent) => phones.get(agent) ?? []),
        ...options,
      });
    });
    const { parking } = office;
    if (parking !== undefined) {
      this.#lot = new ParkingLot(exchange, { ...parking, comeBack: (channel, parked) => this.#comeBack(channel, parked) });
    }
  }

  /** The outside number by which a phone is reached from outside. */
  didOf(number: string): string | undefined {
    return this.#office.dids.find(({ to }) => to === number)?.number;
  }

  outside(number: string): OutsidePhone {
    const listed = this.#office.outside.find((phone) => phone.number === number);
    return { kind: 'outside', number, name: listed?.name ?? '', habit: listed?.habit ?? this.#office.outsideHabit };
  }

  /** Throws unless `to` leads somewhere. A real PBX lets a transfer to a wrong number end both calls; this one asks first. */
  check(to: string): void {
    if (this.#destination(to) !== undefined) return;
    throw new GatewayError('invalid-parameter', { field: 'to', number: to }, { note: 'Nothing can be reached by this number.' });
  }

  /** Throws unless each of the numbers is a phone's, a ring group's or one outside: queues and rooms do not ring. */
  checkTogether(numbers: readonly string[]): void {
    for (const number of numbers) {
      const kind = this.#destination(number)?.kind;
      if (kind === 'phones' || kind === 'outside') continue;
      throw new GatewayError('invalid-parameter', { field: 'also', number }, { note: 'Nobody can be rung by this number.' });
    }
  }

  /** Connects a channel that is doing nothing else, which dialled `to`, with whoever of the numbers answers first. No mailbox does. */
  ringTogether(channel: LiveChannel, to: string, numbers: readonly string[]): void {
    const targets = numbers.flatMap((number): readonly Party[] => {
      const destination = this.#destination(number);
      if (destination?.kind === 'phones') return destination.phones;
      return destination?.kind === 'outside' ? [destination.phone] : [];
    });
    this.#dial(channel, to, [...new Set(targets)], 60, undefined);
  }

  /** Throws unless there is such a room. */
  checkConference(name: string): void {
    if (this.#office.conferences.includes(name)) return;
    throw new GatewayError('invalid-parameter', { field: 'conference', conference: name }, { note: 'There is no such conference.' });
  }

  queue(name: string): WaitingQueue {
    const queue = this.queues.find((each) => each.name === name);
    if (queue === undefined) throw new GatewayError('no-such-queue', { queue: name });
    return queue;
  }

  /** Sends a channel that is doing nothing else to a number that was checked. `sender` is who transferred it there. */
  route(channel: LiveChannel, to: string, sender?: LiveChannel): void {
    const destination = this.#destination(to);
    if (destination === undefined) {
      this.#exchange.end(channel, 1, 'pbx');
      return;
    }
    switch (destination.kind) {
      case 'phones':
        this.#dial(channel, to, destination.phones, destination.seconds, destination.mailbox);
        return;
      case 'outside':
        this.#dial(channel, to, [destination.phone], 60, undefined);
        return;
      case 'queue':
        destination.queue.join(channel);
        return;
      case 'conference':
        this.#join(channel, destination.name);
        return;
      case 'interactive':
        this.#handOver(channel, destination.number);
        return;
      case 'slot':
        this.#toSlot(channel, destination.slot, sender);
        return;
      case 'pickup':
        this.#pickUp(channel, destination.phone);
        return;
      default:
        destination satisfies never;
    }
  }

  voicemail(channel: LiveChannel, mailbox: Phone): void {
    const exchange = this.#exchange;
    exchange.enter(channel, 'voicemail', mailbox.extension);
    exchange.setState(channel, 'up');
    const stopTimer = exchange.after(this.#office.voicemailSeconds, `voicemail ${mailbox.extension}: full`, () =>
      exchange.end(channel, 16, 'pbx'),
    );
    exchange.occupy(channel, {
      left: () => {
        stopTimer();
        return undefined;
      },
    });
  }

  /** Throws unless the slot exists and is free; without one asked for, finds the first free one. */
  freeSlot(slot?: { readonly lot: string; readonly slot: string }): string {
    return this.#lotOf(slot?.lot).freeSlot(slot?.slot);
  }

  /** Parks a channel that is doing nothing else in a slot that is free. */
  park(channel: LiveChannel, slot: string, parker: LiveChannel | undefined, timeoutSeconds?: number): void {
    const seconds = timeoutSeconds ?? this.#office.parking?.comebackSeconds ?? 180;
    this.#lotOf().park(channel, slot, parker, seconds);
  }

  parkedIn(lot: string, slot: string): LiveChannel {
    const channel = this.#lotOf(lot).parkedIn(slot);
    if (channel === undefined) throw new GatewayError('slot-empty', { lot, slot });
    return channel;
  }

  /** Connects a channel with one that is parked. */
  retrieve(retriever: LiveChannel, parked: LiveChannel): void {
    this.#exchange.leave(parked, { how: 'retrieved', by: retriever });
    this.#exchange.connect(parked, retriever);
  }

  isFree(slot: string): boolean {
    return this.#lot !== undefined && this.#lot.parkedIn(slot) === undefined;
  }

  /** The slot that a number names, if it names one. */
  slotOf(to: string): string | undefined {
    const destination = this.#destination(to);
    return destination?.kind === 'slot' ? destination.slot : undefined;
  }

  #lotOf(lot?: string): ParkingLot {
    if (this.#lot === undefined) throw new GatewayError('not-supported', {}, { note: 'The office has no parking lot.' });
    if (lot !== undefined && lot !== this.#lot.lot) throw new GatewayError('invalid-parameter', { field: 'lot', lot });
    return this.#lot;
  }

  #destination(to: string): Destination | undefined {
    const inside = this.#inside(to);
    if (inside !== undefined) return inside;
    const did = this.#office.dids.find(({ number }) => number === to);
    if (did !== undefined) return this.#inside(did.to);
    return isOutsideNumber(to) ? { kind: 'outside', phone: this.outside(to) } : undefined;
  }

  #inside(to: string): Destination | undefined {
    const office = this.#office;
    const phone = this.#phones.get(to);
    if (phone !== undefined) {
      return { kind: 'phones', phones: [phone], seconds: office.ringSeconds, mailbox: phone.voicemail ? phone : undefined };
    }
    const group = office.ringGroups.find(({ number }) => number === to);
    if (group !== undefined) {
      const phones = group.members.flatMap((member) => this.#phones.get(member) ?? []);
      return { kind: 'phones', phones, seconds: group.ringSeconds, mailbox: undefined };
    }
    const queue = this.queues.find(({ name }) => name === to);
    if (queue !== undefined) return { kind: 'queue', queue };
    if (office.conferences.includes(to)) return { kind: 'conference', name: to };
    if (office.interactive.includes(to)) return { kind: 'interactive', number: to };
    const { parking } = office;
    if (parking !== undefined && to.startsWith(parking.prefix)) {
      const slot = to.slice(parking.prefix.length);
      if (parking.slots.includes(slot)) return { kind: 'slot', slot };
    }
    if (office.pickupPrefix !== undefined && to.startsWith(office.pickupPrefix)) {
      const picked = this.#phones.get(to.slice(office.pickupPrefix.length));
      if (picked !== undefined) return { kind: 'pickup', phone: picked };
    }
    return undefined;
  }

  #dial(channel: LiveChannel, to: string, targets: readonly Party[], seconds: number, mailbox: Phone | undefined): void {
    this.#ring(channel, to, targets, seconds, {
      failed: ({ reason, causeCode }) => {
        if (reason === 'no-answer' && mailbox !== undefined) this.voicemail(channel, mailbox);
        else this.#exchange.end(channel, causeCode);
      },
    });
  }

  /** Connects the channel with who answers first; `failed` gets it back, doing nothing. */
  #ring(
    channel: LiveChannel,
    to: string,
    targets: readonly Party[],
    seconds: number,
    then: Omit<RingEnd, 'failed'> & { readonly failed: (failure: RingFailure) => void },
  ): void {
    const exchange = this.#exchange;
    exchange.enter(channel, 'dial', to, to);
    const ring = new Ring(exchange, {
      caller: channel,
      targets,
      seconds,
      answered: (callee) => {
        exchange.leave(channel, { how: 'answered' });
        exchange.setState(channel, 'up');
        exchange.connect(callee, channel);
        then.answered?.();
      },
      failed: (failure) => {
        // The ringing is over: there is nobody to call off.
        channel.activity = undefined;
        channel.application = undefined;
        then.failed(failure);
      },
    });
    exchange.occupy(channel, {
      left: (_, { how }) => {
        if (how === 'answered') return undefined;
        then.abandoned?.();
        return ring.cancel();
      },
    });
    ring.start();
  }

  /** To the gateway's menu; where it has none the call ends, as at a number that nobody has. */
  #handOver(channel: LiveChannel, number: string): void {
    const exchange = this.#exchange;
    const call = new HandedCall(exchange, {
      channel,
      called: number,
      soundSeconds: this.#office.soundSeconds,
      ring: (extension, seconds, then) => {
        const phone = this.#phones.get(extension);
        if (phone !== undefined) this.#ring(channel, phone.extension, [phone], seconds, then);
        return phone !== undefined;
      },
      route: (to) => this.route(channel, to),
    });
    exchange.occupy(channel, call);
    if (this.#take(call)) return;
    exchange.leave(channel, { how: 'moved' });
    exchange.end(channel, 1, 'pbx');
  }

  #join(channel: LiveChannel, name: string): void {
    const exchange = this.#exchange;
    const bridge = this.#conferences.get(name) ?? exchange.newBridge('conference');
    this.#conferences.set(name, bridge);
    exchange.setState(channel, 'up');
    exchange.enter(channel, 'conference', name, name);
    exchange.enterBridge(channel, bridge);
    channel.conference = name;
    exchange.say({ type: 'conference.joined', channel: channel.id, conference: name });
    exchange.occupy(channel, {
      left: () => {
        channel.conference = undefined;
        exchange.say({ type: 'conference.left', channel: channel.id, conference: name });
        exchange.leaveBridge(channel);
        return undefined;
      },
    });
  }

  /** Who dials a slot fetches what is parked in it; who is transferred to one is parked in it. */
  #toSlot(channel: LiveChannel, slot: string, sender: LiveChannel | undefined): void {
    const parked = this.#lotOf().parkedIn(slot);
    if (parked !== undefined) {
      this.#exchange.setState(channel, 'up');
      this.#exchange.enter(channel, 'parking', slot);
      this.retrieve(channel, parked);
    } else if (sender !== undefined) {
      this.park(channel, slot, sender);
    } else {
      this.#exchange.end(channel, 3, 'pbx');
    }
  }

  /** Where nothing rings there is nothing to take. */
  #pickUp(channel: LiveChannel, phone: Phone): void {
    const exchange = this.#exchange;
    const ringing = exchange.channelsOf(phone).find(({ ring }) => ring?.caller !== undefined);
    if (ringing?.ring === undefined) {
      exchange.end(channel, 3, 'pbx');
      return;
    }
    exchange.setState(channel, 'up');
    exchange.enter(channel, 'pickup', phone.extension);
    ringing.ring.takeOver(ringing, channel);
  }

  #comeBack(channel: LiveChannel, { parker }: Parking): void {
    const to = this.#office.parking?.comebackTo ?? parker;
    const phone = to === undefined ? undefined : this.#phones.get(to);
    if (phone === undefined) this.#exchange.end(channel, 16, 'pbx');
    else this.#dial(channel, phone.extension, [phone], this.#office.ringSeconds, phone.voicemail ? phone : undefined);
  }
}

export const isOutsideNumber = (number: string): boolean => /^\+?[0-9]{7,15}$/.test(number);
