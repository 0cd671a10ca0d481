import type { Call, EndedBy, Leg, LegDirection, Party } from '../../../src/model/call.ts';
import { hangupCause } from '../../../src/model/cause.ts';
import { envelop, type Event, type EventData, type EventType, type NewEvent } from '../../../src/model/event.ts';
import { callIdFrom, channelId, extensionNumber, legIdFrom, pbxId, tenantId } from '../../../src/model/ids.ts';
import { isoTime, type Micros } from '../../../src/model/time.ts';

/** 2014-10-08 06:25:10 UTC: when the vendor's own sample call began. */
export const storyStart: Micros = 1_412_749_510_000_000;

const isExtension = (number: string): boolean => /^\d{3}$/.test(number);
const partyOf = (number: string): Party => ({
  number,
  name: '',
  ...(isExtension(number) ? { extension: extensionNumber(number) } : undefined),
});

/**
 * Writes events as the tracker would, one line a step, a second apart unless told otherwise. Legs go by the number of their
 * party; a second leg of the same party by `410#2`.
 */
export class Story {
  readonly events: NewEvent[] = [];
  #now: Micros = storyStart;
  #calls = new Map<string, Call>();

  get now(): Micros {
    return this.#now;
  }

  wait(seconds: number): this {
    this.#now += seconds * 1_000_000;
    return this;
  }

  begin(name: string, from: string, to: string, more: Partial<Call> = {}): this {
    const call: Call = {
      id: callIdFrom(name),
      aliases: [],
      state: 'ringing',
      direction: 'internal',
      from: partyOf(from),
      to: partyOf(to),
      dialled: to,
      clickToDial: false,
      reachedVoicemail: false,
      startedAt: isoTime(this.#now),
      legs: [],
      ...more,
    };
    this.#calls.set(name, call);
    return this.#emit('call.started', call, undefined, {});
  }

  start(name: string, leg: string, direction: LegDirection, channel: string, peer: string, more: Partial<Leg> = {}): this {
    const call = this.#call(name);
    const number = leg.split('#')[0] ?? leg;
    const party = partyOf(number);
    const started: Leg = {
      id: legIdFrom(leg),
      callId: call.id,
      ordinal: call.legs.length + 1,
      ...(party.extension === undefined ? { trunk: 'trunk1' } : { extension: party.extension }),
      device: `PJSIP/${number}`,
      direction,
      party,
      peer: partyOf(peer),
      state: 'initiated',
      held: false,
      muted: false,
      startedAt: isoTime(this.#now),
      channel: channelId(channel),
      ...more,
    };
    this.#calls.set(name, { ...call, legs: [...call.legs, started] });
    return this.#ofLeg('leg.started', name, leg, {}, {});
  }

  ring(name: string, leg: string): this {
    return this.#ofLeg('leg.ringing', name, leg, { state: 'ringing', ringingAt: isoTime(this.#now) }, {});
  }

  connect(name: string, leg: string, changes: Partial<Leg> = {}): this {
    return this.#ofLeg('leg.connected', name, leg, { state: 'connected', connectedAt: isoTime(this.#now), ...changes }, {});
  }

  hold(name: string, leg: string): this {
    return this.#ofLeg('leg.held', name, leg, { state: 'held', held: true }, {});
  }

  resume(name: string, leg: string): this {
    return this.#ofLeg('leg.resumed', name, leg, { state: 'connected', held: false }, {});
  }

  park(name: string, leg: string): this {
    return this.#ofLeg('leg.parked', name, leg, { state: 'parked' }, { lot: 'valet', slot: '6' });
  }

  queue(name: string, leg: string, queue: string): this {
    return this.#ofLeg('leg.queued', name, leg, { state: 'queued', queue }, { queue, position: 1 });
  }

  end(name: string, leg: string, code: number, endedBy: EndedBy): this {
    const cause = hangupCause(code);
    return this.#ofLeg('leg.ended', name, leg, { state: 'ended', cause, endedBy, endedAt: isoTime(this.#now) }, { cause, endedBy });
  }

  link(name: string, one: string, two: string): this {
    return this.#ofPair('legs.linked', name, one, two);
  }

  unlink(name: string, one: string, two: string): this {
    return this.#ofPair('legs.unlinked', name, one, two);
  }

  transfer(name: string, kind: EventData['call.transferred']['kind'], by: string, to: string): this {
    const data = { kind, by: { legId: legIdFrom(by) }, to: partyOf(to), succeeded: true };
    return this.#emit('call.transferred', this.#call(name), undefined, data);
  }

  move(leg: string, from: string, to: string, changes: Partial<Leg> = {}): this {
    const moved = this.#leg(from, leg);
    const source = this.#call(from);
    this.#calls.set(from, { ...source, legs: source.legs.filter((each) => each !== moved) });
    const target = this.#call(to);
    const arrived = { ...moved, callId: target.id, ...changes };
    this.#calls.set(to, { ...target, legs: [...target.legs, arrived] });
    return this.#emit('leg.moved', this.#call(to), arrived, { from: source.id, to: target.id });
  }

  /** `from` dials `to`, whose phone rings. */
  rings(name: string, from: string, to: string, channels: readonly [string, string], more: Partial<Call> = {}): this {
    return this.begin(name, from, to, more)
      .start(name, from, 'outbound', channels[0], to)
      .start(name, to, 'inbound', channels[1], from)
      .ring(name, to);
  }

  /** `to` answers. */
  answers(name: string, from: string, to: string): this {
    return this.connect(name, to).connect(name, from).link(name, from, to);
  }

  /** One of two who talk hangs up. */
  hangsUp(name: string, from: string, to: string): this {
    return this.unlink(name, from, to).end(name, from, 16, 'self').end(name, to, 16, 'peer');
  }

  /** The events as a log of their own would number them, from 1. */
  numbered(): readonly Event[] {
    return this.events.map((event, index) => envelop(event, tenantId('demo'), 'e1', index + 1, isoTime(event.at)));
  }

  #call(name: string): Call {
    const call = this.#calls.get(name);
    if (call === undefined) throw new TypeError(`no call ${name}`);
    return call;
  }

  #leg(name: string, leg: string): Leg {
    const found = this.#call(name).legs.find((each) => each.id === legIdFrom(leg));
    if (found === undefined) throw new TypeError(`no leg ${leg}`);
    return found;
  }

  #ofLeg<Type extends EventType>(type: Type, name: string, leg: string, changes: Partial<Leg>, data: EventData[Type]): this {
    const changed = { ...this.#leg(name, leg), ...changes };
    const call = this.#call(name);
    const next = { ...call, legs: call.legs.map((each) => (each.id === changed.id ? changed : each)) };
    this.#calls.set(name, next);
    return this.#emit(type, next, changed, data);
  }

  #ofPair(type: 'legs.linked' | 'legs.unlinked', name: string, one: string, two: string): this {
    return this.#emit(type, this.#call(name), this.#leg(name, one), { peer: legIdFrom(two) });
  }

  #emit<Type extends EventType>(type: Type, call: Call, leg: Leg | undefined, data: EventData[Type]): this {
    const subject = { callId: call.id, call, ...(leg === undefined ? undefined : { legId: leg.id, leg }) };
    const event = { type, at: this.#now, pbx: pbxId('office'), reconciled: false, data, ...subject };
    this.events.push(event as NewEvent);
    return this;
  }
}
