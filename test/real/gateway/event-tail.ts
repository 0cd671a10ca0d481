/** An integrator's program in small: follows the native API from a cursor, through restarts of the server, and keeps what it gets. */
import { setTimeout } from 'node:timers/promises';
import type { Call, Leg } from '../../../src/model/call.ts';
import type { Event, EventOf, EventType } from '../../../src/model/event.ts';
import { Changes } from '../phone/waiting.ts';

interface EventsPage {
  readonly events: readonly Event[];
  readonly next: string;
}

const pollSeconds = 20;
const retryMs = 50;

export class EventTail {
  /** Everything since the first cursor, in the order of its arrival. */
  readonly events: Event[] = [];
  readonly #changes = new Changes();
  readonly #stop = new AbortController();
  readonly #get: (path: string, signal: AbortSignal) => Promise<unknown>;
  #cursor: string;
  #running: Promise<void>;

  /** `get` rejects while the server cannot be reached; then the same cursor is asked with again. */
  constructor(get: (path: string, signal: AbortSignal) => Promise<unknown>, cursor: string) {
    this.#get = get;
    this.#cursor = cursor;
    this.#running = this.#follow();
  }

  /** The first event of a type (after `after`, if given) that fits, once it has come. */
  async until<Type extends EventType>(
    type: Type,
    fits: (event: EventOf<Type>) => boolean = () => true,
    after?: Event,
    deadlineMs?: number,
  ): Promise<EventOf<Type>> {
    const look = (): EventOf<Type> | undefined => this.of(type).find((event) => event.seq > (after?.seq ?? 0) && fits(event));
    return this.#changes.until(look, `a fitting ${type}`, () => this.describe(), deadlineMs);
  }

  of<Type extends EventType>(type: Type): readonly EventOf<Type>[] {
    return this.events.filter((event): event is EventOf<Type> & Event => event.type === type);
  }

  /** The newest snapshot of a leg of an extension, once `fits` holds for it. */
  async leg(extension: string, fits: (leg: Leg) => boolean = () => true): Promise<Leg> {
    const look = (): Leg | undefined => {
      const leg = this.events.findLast((event) => event.leg?.extension === extension)?.leg;
      return leg !== undefined && fits(leg) ? leg : undefined;
    };
    return this.#changes.until(look, `a fitting leg of ${extension}`, () => this.describe());
  }

  /** The one end of a call, with the call as it then was. */
  async ended(call: string): Promise<EventOf<'call.ended'> & { readonly call: Call }> {
    const event = await this.until('call.ended', ({ callId }) => callId === call);
    if (event.call === undefined) throw new Error('call.ended without its call');
    return { ...event, call: event.call };
  }

  describe(): string {
    return (
      this.events.map(({ seq, type, leg, extension }) => `${seq} ${type} ${leg?.extension ?? extension ?? ''}`.trim()).join(', ') ||
      'nothing came'
    );
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const path = `/v1/events?after=${encodeURIComponent(this.#cursor)}&wait=${pollSeconds}&limit=1000`;
      // A server that is down or being restarted: whoever follows comes back, which is what cursors are for.
      const page = (await this.#get(path, signal).catch(() => undefined)) as EventsPage | undefined;
      if (page === undefined) {
        await setTimeout(retryMs, undefined, { signal }).catch(() => undefined); // Closing needs no waiting.
        continue;
      }
      this.events.push(...page.events);
      this.#cursor = page.next;
      this.#changes.notify();
    }
  }
}

/**
 * What a log must never show, for any story: a hole or a repetition in its numbers; a call or leg that begins or ends twice, or
 * of which something is told after its end. Ended calls that are still open at the end of the story are for the test to judge.
 */
export const brokenPromises = (events: readonly Event[]): readonly string[] => {
  const broken: string[] = [];
  const began = new Set<string>();
  const over = new Set<string>();
  let seq = events[0]?.seq ?? 0;
  for (const event of events) {
    if (event.seq !== seq) broken.push(`seq ${event.seq} where ${seq} was due`);
    seq = event.seq + 1;
    const subjects = event.type.startsWith('leg') ? [event.legId] : event.type.startsWith('call.') ? [event.callId] : [];
    for (const id of subjects) {
      if (id === undefined) continue;
      if (over.has(id)) broken.push(`${event.type} of ${id} after its end`);
      if (event.type === 'call.started' || event.type === 'leg.started') {
        if (began.has(id)) broken.push(`${event.type} of ${id} a second time`);
        began.add(id);
      }
      if (event.type === 'call.ended' || event.type === 'leg.ended') over.add(id);
    }
  }
  return broken;
};

/** Ids of calls that were announced and have not ended. */
export const openCalls = (events: readonly Event[]): readonly string[] => {
  const ids = (type: EventType): readonly string[] => events.filter((event) => event.type === type).map(({ callId }) => callId ?? '');
  return ids('call.started').filter((id) => !ids('call.ended').includes(id));
};
