import type { IsoTime, Micros, Timers } from '../../model/time.ts';
import { afterEvent, type Notification, type Position, type Selection } from './notifications.ts';
import type { TenantSource } from './source.ts';
import type { Subscription } from './subscription.ts';

/** Something that was said on a channel. */
export interface Said {
  readonly channel: Channel;
  /** Its time token: seventeen digits, the tick of its notice and one more. */
  readonly token: string;
  /** Where in the log its reader is then; absent of what is not in the log. */
  readonly position?: Position;
  text(timestamp: IsoTime): string;
}

export interface PollAnswer {
  /** To go on from. */
  readonly token: string;
  /** Oldest first. */
  readonly said: readonly Said[];
}

/** A subscription, as its readers know it. */
export interface Channel {
  readonly name: string;
  readonly source: TenantSource;
  readonly subscription: Subscription;
  readonly memory: ChannelMemory;
}

/** What is remembered of a channel's readers, so that the log is not searched, and what was said beside the log. */
interface ChannelMemory {
  readonly positions: Map<Micros, Position>;
  readonly asides: { readonly token: string; readonly text: string }[];
}

interface Poll {
  readonly end: AbortController;
  /** Aborted for the reader to look again. */
  nudge: AbortController;
}

interface Listening {
  readonly asked: string;
  readonly tick: Micros;
  readonly poll: Poll;
  readonly signal: AbortSignal;
}

/** Clients give up after one minute or after five. */
const holdMs = 40_000;
const mostMessages = 100;
/** A client that polls again before its last poll has ended has two under way; the oldest beyond that is answered. */
const mostPollsOfChannel = 4;
const mostPolls = 20_000;
const mostPositions = 16;
/** As many as there are digits after a tick. */
const mostAsides = 9;
/** Of a channel on which nothing was ever said. */
const beginning: Micros = 1_000_000_000_000_000;

/** The channels of all accounts: each is a subscription's, known by its secret name. */
export class Channels {
  readonly #sources: readonly TenantSource[];
  readonly #timers: Timers;
  readonly #memories = new Map<string, ChannelMemory>();
  readonly #polls = new Map<string, Set<Poll>>();
  #pollCount = 0;

  constructor(sources: readonly TenantSource[], timers: Timers) {
    this.#sources = sources;
    this.#timers = timers;
    for (const { subscriptions } of sources) {
      subscriptions.onEnded(({ delivery }) => {
        if (delivery.transport === 'PubNub') this.#memories.delete(delivery.channel);
      });
      subscriptions.onReminder(({ delivery }, { text }) => {
        if (delivery.transport === 'PubNub') this.#sayAside(delivery.channel, text);
      });
    }
  }

  /**
   * What was said after the token, at once or as soon as there is something; the token itself and nothing after the hold, or when
   * `signal` aborts. Of channels of several accounts those of the first one's are read.
   */
  async poll(names: readonly string[], asked: string, signal: AbortSignal): Promise<PollAnswer> {
    const poll: Poll = { end: new AbortController(), nudge: new AbortController() };
    const whole = AbortSignal.any([signal, poll.end.signal]);
    const leave = this.#enter(names, poll);
    const cancel = this.#timers.after(holdMs, () => poll.end.abort());
    try {
      const known = names.flatMap((name) => this.#channel(name) ?? []);
      const channels = known.filter(({ source }) => source === known[0]?.source);
      const tick = tickOf(asked);
      if (tick === undefined) return beginAt(channels);
      const source = channels[0]?.source;
      if (source !== undefined) return await this.#listen(source, channels, { asked, tick, poll, signal: whole });
      // As with PubNub, on a channel that nobody knows nothing is ever said.
      await untilAborted(whole);
      return { token: asked, said: [] };
    } finally {
      cancel();
      leave();
    }
  }

  async #listen({ notices }: TenantSource, channels: readonly Channel[], { asked, tick, poll, signal }: Listening): Promise<PollAnswer> {
    const keys = [...new Set(channels.flatMap((channel) => selectionOf(channel).keys))];
    while (!signal.aborted) {
      const { head } = notices.view();
      poll.nudge = new AbortController();
      const all = await Promise.all(channels.map((channel) => after(channel, tick, asked)));
      const said = all.flat().toSorted(byToken).slice(0, mostMessages);
      const last = said.at(-1);
      if (last !== undefined) {
        const position = said.findLast((each) => each.position !== undefined)?.position;
        for (const channel of channels) remember(channel, tickOf(last.token) ?? tick, position ?? channel.memory.positions.get(tick));
        return { token: last.token, said };
      }
      for (const channel of channels) remember(channel, tick, afterEvent(head));
      // If more was folded while this was read, it is looked at first.
      if (notices.view().head === head) await notices.next(keys, AbortSignal.any([signal, poll.nudge.signal]));
    }
    return { token: asked, said: [] };
  }

  /** Stands between the last notice that there is and the next one. */
  #sayAside(name: string, text: string): void {
    const channel = this.#channel(name);
    if (channel === undefined) return;
    const { asides } = channel.memory;
    const tick = newestTick(channel);
    const earlier = asides.filter(({ token }) => tickOf(token) === tick).length;
    if (earlier >= mostAsides) return;
    asides.push({ token: `${tick}${earlier + 1}`, text });
    if (asides.length > mostAsides) asides.shift();
    for (const [names, polls] of this.#polls) {
      if (names.split(',').includes(name)) for (const { nudge } of polls) nudge.abort();
    }
  }

  #channel(name: string): Channel | undefined {
    for (const source of this.#sources) {
      const subscription = source.subscriptions.named(name);
      if (subscription?.delivery.transport !== 'PubNub') continue;
      const memory = this.#memories.get(name) ?? { positions: new Map<Micros, Position>(), asides: [] };
      this.#memories.set(name, memory);
      return { name, source, subscription, memory };
    }
    return undefined;
  }

  /** Makes room by answering the poll that has waited longest: of these channels, and, when there are very many, of any. */
  #enter(names: readonly string[], poll: Poll): () => void {
    const name = names.join(',');
    const polls = this.#polls.get(name) ?? new Set<Poll>();
    this.#polls.set(name, polls);
    if (polls.size >= mostPollsOfChannel) polls.values().next().value?.end.abort();
    if (this.#pollCount >= mostPolls) this.#polls.values().next().value?.values().next().value?.end.abort();
    polls.add(poll);
    this.#pollCount += 1;
    return () => {
      polls.delete(poll);
      this.#pollCount -= 1;
      if (polls.size === 0 && this.#polls.get(name) === polls) this.#polls.delete(name);
    };
  }
}

/** Undefined for none, for 0, and for what is no token. */
const tickOf = (token: string): Micros | undefined => {
  if (!/^\d{2,17}$/.test(token)) return undefined;
  const tick = Number(token.slice(0, -1));
  return tick === 0 ? undefined : tick;
};

export const tokenOf = (tick: Micros): string => `${tick}0`;

const byToken = (one: Said, two: Said): number => (one.token < two.token ? -1 : 1);

const selectionOf = ({ source, subscription }: Channel): Selection => source.subscriptions.selection(subscription);

const newestTick = ({ source }: Channel): Micros => Math.max(source.notices.view().state.tick, beginning);

/** Where a reader without a token begins: now, or, if nobody has read yet, where the subscription began. */
const beginAt = (channels: readonly Channel[]): PollAnswer => {
  const ticks = channels.map((channel) => {
    const isFirst = channel.memory.positions.size === 0;
    const missed = isFirst ? selectionOf(channel).after(afterEvent(channel.subscription.from.seq))?.[0] : undefined;
    return missed === undefined ? newestTick(channel) : missed.tick - 1;
  });
  const tick = ticks.length === 0 ? beginning : Math.min(...ticks);
  for (const channel of channels) {
    if (tick >= newestTick(channel)) remember(channel, tick, afterEvent(channel.source.notices.view().head));
  }
  return { token: tokenOf(tick), said: [] };
};

const after = async (channel: Channel, tick: Micros, asked: string): Promise<readonly Said[]> => {
  const { positions, asides } = channel.memory;
  const position = positions.get(tick);
  const notifications = position === undefined ? byTime(channel, tick) : await byPosition(channel, position);
  return [
    ...notifications.map((each) => ({ channel, token: tokenOf(each.tick), position: each, text: (at: IsoTime) => each.text(at) })),
    ...asides.filter(({ token }) => token > asked).map(({ token, text }) => ({ channel, token, text: () => text })),
  ];
};

const byPosition = async (channel: Channel, position: Position): Promise<readonly Notification[]> => {
  const selection = selectionOf(channel);
  let from = position;
  for (;;) {
    const found = selection.after(from);
    if (found !== undefined) return found;
    const page = await selection.read(from, mostMessages);
    // What the log itself no longer tells is lost.
    if (page === undefined) return selection.after(afterEvent(channel.source.notices.view().floor)) ?? [];
    if (page.told.length > 0) return page.told;
    from = afterEvent(page.upTo);
  }
};

/** For a token that is not remembered: by its time, from as far back as memory reaches. */
const byTime = (channel: Channel, tick: Micros): readonly Notification[] =>
  selectionOf(channel)
    .after(afterEvent(channel.source.notices.view().floor))
    ?.filter((each) => each.tick > tick) ?? [];

const remember = ({ memory: { positions } }: Channel, tick: Micros, position: Position | undefined): void => {
  if (position === undefined) return;
  positions.delete(tick);
  positions.set(tick, { seq: position.seq, place: position.place });
  for (const oldest of positions.keys()) {
    if (positions.size <= mostPositions) break;
    positions.delete(oldest);
  }
};

const untilAborted = (signal: AbortSignal): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener('abort', () => resolve(), { once: true });
  return promise;
};
