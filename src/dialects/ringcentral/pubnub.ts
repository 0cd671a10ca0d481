import { createCipheriv } from 'node:crypto';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { isoTime, type Micros } from '../../model/time.ts';
import type { Gateway } from '../gateway.ts';
import { afterEvent, type Notification, type Position, type Selection } from './notifications.ts';
import type { TenantSource } from './source.ts';
import type { Subscription } from './subscriptions.ts';

export interface PubNubOptions {
  readonly gateway: Gateway;
  readonly sources: readonly TenantSource[];
}

/** Clients give up after one minute or after five. */
const holdMs = 40_000;
const mostMessages = 100;
/** A client that polls again before its last poll has ended has two under way; the oldest beyond that is answered. */
const mostPollsOfChannel = 4;
const mostPolls = 20_000;
/** Of a channel on which nothing was ever said. */
const beginning: Micros = 1_000_000_000_000_000;

/**
 * The part of PubNub's API that subscribers use, at PubNub's own addresses. A channel is a subscription's; its time tokens are
 * those of the notices in the log, so that any of them can be gone on from, also after a restart.
 */
export const pubNubRoutes = (scope: FastifyInstance, { gateway, sources }: PubNubOptions): void => {
  const { clock, timers, stopping } = gateway;
  const channels = new Channels(sources, timers);

  scope.route({
    method: 'GET',
    url: '/v2/subscribe/:subscribeKey/:channels/0',
    handler: async (request, reply) => {
      const { subscribeKey, channels: names } = request.params as { readonly subscribeKey: string; readonly channels: string };
      const asked = new URL(request.url, 'http://host').searchParams.get('tt') ?? '0';
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const signal = AbortSignal.any([gone.signal, stopping]);
      const answer = await channels.poll(names.split(','), asked, signal);
      return sendText(reply, renderPoll(subscribeKey, answer, isoTime(clock.now())));
    },
  });
  // Who comes and goes is nobody's business here.
  for (const action of ['leave', 'heartbeat']) {
    scope.route({
      method: 'GET',
      url: `/v2/presence/sub-key/:subscribeKey/channel/:channels/${action}`,
      handler: (_request, reply) => sendText(reply, JSON.stringify({ status: 200, message: 'OK', action, service: 'Presence' })),
    });
  }
  scope.route({ method: 'GET', url: '/time/0', handler: (_request, reply) => sendText(reply, `[${tokenOf(clock.now())}]`) });
};

interface Said {
  readonly channel: Channel;
  readonly notification: Notification;
}

interface PollAnswer {
  readonly token: string;
  readonly said: readonly Said[];
}

/** A subscription as a channel; where its readers are is remembered by their tokens, so that the log is not searched. */
interface Channel {
  readonly name: string;
  readonly source: TenantSource;
  readonly subscription: Subscription;
  readonly positions: Map<Micros, Position>;
}

const mostPositions = 16;

class Channels {
  readonly #sources: readonly TenantSource[];
  readonly #timers: Gateway['timers'];
  readonly #positions = new Map<string, Map<Micros, Position>>();
  readonly #polls = new Map<string, Set<AbortController>>();
  #pollCount = 0;

  constructor(sources: readonly TenantSource[], timers: Gateway['timers']) {
    this.#sources = sources;
    this.#timers = timers;
    for (const { subscriptions } of sources) {
      subscriptions.onEnded(({ delivery }) => {
        if (delivery.transport === 'PubNub') this.#positions.delete(delivery.channel);
      });
    }
  }

  /** What was said after the token, at once or as soon as there is something; the token itself and nothing after the hold. */
  async poll(names: readonly string[], asked: string, signal: AbortSignal): Promise<PollAnswer> {
    const end = new AbortController();
    const whole = AbortSignal.any([signal, end.signal]);
    const name = names.join(',');
    const leave = this.#enter(name, end);
    const cancel = this.#timers.after(holdMs, () => end.abort());
    try {
      const channels = names.flatMap((each) => this.#channel(each) ?? []);
      const first = channels[0];
      if (first === undefined) return await this.#holdUnknown(asked, whole);
      const { notices } = first.source;
      const tick = tickOf(asked);
      if (tick === undefined) return this.#begin(channels);
      const keys = [...new Set(channels.flatMap((channel) => selectionOf(channel).keys))];
      while (!whole.aborted) {
        const said = channels
          .flatMap((channel) => this.#after(channel, tick))
          .toSorted(byTick)
          .slice(0, mostMessages);
        const last = said.at(-1);
        if (last !== undefined) {
          for (const channel of channels) this.#remember(channel, last.notification.tick, last.notification);
          return { token: tokenOf(last.notification.tick), said };
        }
        for (const channel of channels) this.#remember(channel, tick, afterEvent(notices.view().head));
        await notices.next(keys, whole);
      }
      return { token: asked, said: [] };
    } finally {
      cancel();
      leave();
    }
  }

  /** Where a reader without a token begins: now, or, if nobody has read yet, where the subscription began. */
  #begin(channels: readonly Channel[]): PollAnswer {
    const ticks = channels.map((channel) => {
      const { tick } = channel.source.notices.view().state;
      const missed = channel.positions.size > 0 ? undefined : selectionOf(channel).after(afterEvent(channel.subscription.from.seq))?.[0];
      return missed === undefined ? Math.max(tick, beginning) : missed.tick - 1;
    });
    const tick = Math.min(...ticks);
    for (const channel of channels) {
      const { tick: newest } = channel.source.notices.view().state;
      if (tick >= newest) this.#remember(channel, tick, afterEvent(channel.source.notices.view().head));
    }
    return { token: tokenOf(tick), said: [] };
  }

  #after(channel: Channel, tick: Micros): readonly Said[] {
    const { notices } = channel.source;
    const selection = selectionOf(channel);
    const position = channel.positions.get(tick);
    const found = position === undefined ? undefined : selection.after(position);
    // A token that is not remembered, or of long ago: by its time, from as far back as the log tells.
    const notifications =
      found ?? selection.after(afterEvent(notices.view().floor))?.filter((notification) => notification.tick > tick) ?? [];
    return notifications.map((notification) => ({ channel, notification }));
  }

  #remember({ positions }: Channel, tick: Micros, { seq, place }: Position): void {
    positions.delete(tick);
    positions.set(tick, { seq, place });
    for (const oldest of positions.keys()) {
      if (positions.size <= mostPositions) break;
      positions.delete(oldest);
    }
  }

  #channel(name: string): Channel | undefined {
    for (const source of this.#sources) {
      const subscription = source.subscriptions.named(name);
      if (subscription?.delivery.transport !== 'PubNub') continue;
      const positions = this.#positions.get(name) ?? new Map<Micros, Position>();
      this.#positions.set(name, positions);
      return { name, source, subscription, positions };
    }
    return undefined;
  }

  /** As PubNub, which knows no channels but those that somebody listens to: nothing is ever said there. */
  async #holdUnknown(asked: string, signal: AbortSignal): Promise<PollAnswer> {
    const tick = tickOf(asked);
    if (tick === undefined) return { token: tokenOf(beginning), said: [] };
    const { promise, resolve } = Promise.withResolvers<void>();
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    return { token: asked, said: [] };
  }

  /** Makes room by answering the poll that has waited longest: of this channel, and, when there are very many, of any. */
  #enter(name: string, end: AbortController): () => void {
    const polls = this.#polls.get(name) ?? new Set<AbortController>();
    this.#polls.set(name, polls);
    if (polls.size >= mostPollsOfChannel) polls.values().next().value?.abort();
    if (this.#pollCount >= mostPolls) this.#polls.values().next().value?.values().next().value?.abort();
    polls.add(end);
    this.#pollCount += 1;
    return () => {
      polls.delete(end);
      this.#pollCount -= 1;
      if (polls.size === 0 && this.#polls.get(name) === polls) this.#polls.delete(name);
    };
  }
}

const selectionOf = ({ source, subscription }: Channel): Selection => source.subscriptions.selection(subscription);

const byTick = (one: Said, two: Said): number => one.notification.tick - two.notification.tick;

/** Seventeen digits: tenths of microseconds. */
const tokenOf = (tick: Micros): string => `${tick}0`;

/** Undefined for none, for 0, and for what is no token. */
const tickOf = (token: string): Micros | undefined => {
  if (!/^\d{2,17}$/.test(token)) return undefined;
  const tick = Number(token.slice(0, -1));
  return tick === 0 ? undefined : tick;
};

const renderPoll = (subscribeKey: string, { token, said }: PollAnswer, timestamp: string): string => {
  const key = JSON.stringify(subscribeKey);
  const messages = said.map(({ channel, notification }) => {
    const name = JSON.stringify(channel.name);
    const at = `{"t":"${tokenOf(notification.tick)}","r":1}`;
    return `{"a":"1","f":0,"i":"rc","p":${at},"k":${key},"c":${name},"b":${name},"d":${payloadOf(channel, notification, timestamp)}}`;
  });
  return `{"t":{"t":"${token}","r":1},"m":[${messages.join(',')}]}`;
};

/** The envelope as JSON; or, of an encrypted channel, that in AES-128-ECB with PKCS #7 padding, in base64, as clients take it apart. */
const payloadOf = ({ source, subscription }: Channel, notification: Notification, timestamp: string): string => {
  const envelope = notification.text(timestamp);
  const text = source.options.subscriptions.pushWrapper ? wrapped(envelope) : envelope;
  const { delivery } = subscription;
  if (delivery.transport !== 'PubNub' || delivery.key === undefined) return text;
  const cipher = createCipheriv('aes-128-ecb', Buffer.from(delivery.key, 'base64'), null);
  return JSON.stringify(cipher.update(text, 'utf8', 'base64') + cipher.final('base64'));
};

/** As an old sample of the vendor shows it, made for mobile push: the event stands in a member of its own. */
const wrapped = (envelope: string): string => {
  const { uuid, subscriptionId, ownerId } = JSON.parse(envelope) as Readonly<Record<string, string>>;
  const head = JSON.stringify({ uuid, subscriptionId, ownerId }).slice(0, -1);
  return `${head},"pn_apns":{"aps":{"content-available":1},${envelope.slice(1)}}`;
};

const sendText = (reply: FastifyReply, text: string): FastifyReply =>
  reply.header('Content-Type', 'application/json; charset=utf-8').header('Cache-Control', 'no-store').send(text);
