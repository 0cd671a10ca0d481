import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Identity, Scope } from '../../auth/auth.ts';
import { closings } from '../../delivery/closings.ts';
import type { Closing } from '../../delivery/closings.ts';
import { startFeed } from '../../delivery/feed.ts';
import { createShape } from '../../delivery/hub.ts';
import type { Hub, Shape } from '../../delivery/hub.ts';
import { LongPoll } from '../../delivery/long-poll.ts';
import type { PollShape } from '../../delivery/long-poll.ts';
import { defaultSocketReaderLimits } from '../../delivery/socket-reader.ts';
import type { SocketReader, SocketReaderLimits } from '../../delivery/socket-reader.ts';
import { beginEventStream, sseHeartbeat, SseReader } from '../../delivery/sse.ts';
import { WebSocketReader } from '../../delivery/websocket.ts';
import type { TenantEngine } from '../../engine/engine.ts';
import { requireScope } from '../../http/bearer.ts';
import type { Bearer } from '../../http/bearer.ts';
import type { Metrics } from '../../http/metrics.ts';
import { toGatewayError } from '../../http/problem.ts';
import type { Upgraded } from '../../http/upgrades.ts';
import { isGap } from '../../log/event-log.ts';
import { renderCursor } from '../../model/cursor.ts';
import type { Cursor } from '../../model/cursor.ts';
import { GatewayError } from '../../model/errors.ts';
import type { KeyId, LoginId, TenantId } from '../../model/ids.ts';
import type { Gateway } from '../gateway.ts';
import { gapError, writeProblem } from './errors.ts';
import { HttpPoll, watchConnection, type Counter } from './http-poll.ts';
import { feedQuery, parseFilter, parseQuery, parseStart, parseSubscribe, parseWith, pollQuery } from './parse.ts';
import type { Asked, Start } from './parse.ts';
import { heartbeatFrame, pageEncoder, problemFrame, readyFrame, sseEncoder, webSocketEncoder } from './render.ts';
import { Subscription } from './subscription.ts';

interface AskedPage {
  readonly start: Start;
  readonly shape: PollShape;
  readonly waitMs: number;
}

/** One tenant's feeds. */
interface TenantFeeds {
  readonly engine: TenantEngine;
  readonly hub: Hub;
  readonly polls: LongPoll;
  /** Queries of polls as they were read: those who poll ask the same again and again. */
  readonly pages: Map<string, AskedPage>;
}

const mostPages = 512;
const defaultLimit = 100;
/** What a client sends over a WebSocket is a subscription, no more. */
export const maxMessageBytes = 64 * 1024;

/** Pages, long polls, event streams and WebSockets of the native API: thin ends of the hubs. */
export class Feeds {
  readonly #gateway: Gateway;
  readonly #bearer: Bearer;
  readonly #metrics: Metrics;
  readonly #log: Logger;
  readonly #limits: SocketReaderLimits;
  readonly #tenants = new Map<TenantId, TenantFeeds>();
  /** Everything that can be ended from here: when its key is revoked or its session ends, or the server stops. */
  readonly #open = new Map<KeyId | LoginId, Set<Endable>>();
  readonly #answered: Counter;
  readonly #stopListening: () => void;
  #closed = false;

  constructor(gateway: Gateway, bearer: Bearer, metrics: Metrics, limits: Partial<SocketReaderLimits> = {}) {
    this.#gateway = gateway;
    this.#bearer = bearer;
    this.#metrics = metrics;
    this.#log = gateway.log;
    this.#limits = { ...defaultSocketReaderLimits, ...limits };
    this.#answered = metrics.requests.labels({ method: 'GET', route: pollRoute, status: 200 });
    const end = (key: KeyId | LoginId): void => {
      for (const feed of [...(this.#open.get(key) ?? [])]) feed.end('key-revoked');
      for (const { polls } of this.#tenants.values()) {
        for (const poll of polls.waiting()) {
          if (!(poll instanceof HttpPoll) || poll.key !== key) continue;
          polls.cancel(poll);
          poll.fail(new GatewayError('unauthorized'));
        }
      }
    };
    const stops = [
      gateway.auth.onRevoked(end),
      gateway.sessions.onChanged(({ what, session }) => (what === 'ended' ? end(session.id) : undefined)),
    ];
    this.#stopListening = () => stops.forEach((stop) => stop());
  }

  /** `GET /v1/events`: answers by itself, at once or later. `query` is undecoded. */
  poll(request: IncomingMessage, response: ServerResponse, query: string): void {
    try {
      const identity = this.#identify(request, undefined);
      const tenant = this.#tenant(identity);
      const asked = this.#askedPage(tenant, query);
      const after = resolveStart(tenant, asked.start);
      const poll = new HttpPoll(response, identity.session ?? identity.key, this.#answered);
      tenant.polls.ask({ after, shape: asked.shape, waitMs: this.#closed ? 0 : asked.waitMs }, poll);
      if (!poll.isAnswered) watchConnection(request.socket, tenant.polls, poll);
    } catch (thrown) {
      this.#refuse(response, thrown);
    }
  }

  /** What a request for a stream or a WebSocket may have; throws what is to be answered in HTTP. */
  admit(request: IncomingMessage, query: string, lastEventId: string | undefined): Admission {
    const { ticket, type, extension, call, after, subscribe } = parseWith(feedQuery, parseQuery(query));
    const identity = this.#identify(request, ticket);
    if (this.#closed) throw new GatewayError('shutting-down');
    const filter = parseFilter({ types: type, extensions: extension, calls: call });
    const start = lastEventId === undefined ? parseStart(after, 'now') : parseStart(lastEventId, 'now', 'Last-Event-ID');
    return { identity, asked: { start, filter }, waitsForMessage: subscribe === 'message' };
  }

  /** `GET /v1/events/stream`. Resolves when the answer has begun; rejects with what is to be answered instead. */
  async stream(admission: Admission, takeOver: () => ServerResponse): Promise<void> {
    const tenant = this.#tenant(admission.identity);
    const after = resolveStart(tenant, admission.asked.start);
    await this.#checkStart(tenant, after, this.#gateway.stopping);
    const socket = beginEventStream(takeOver());
    const { hub } = tenant;
    const feed = new Subscription();
    const reader: SseReader = new SseReader({
      socket,
      wheel: this.#gateway.delivery.wheel,
      limits: this.#limits,
      cursor: after,
      heartbeat: () => {
        if (feed.isLive) reader.moveTo(hub.position);
        return sseHeartbeat(renderCursor(reader.cursor));
      },
      onEnd: (reason) => {
        feed.end();
        leave();
        this.#ended('sse', admission.identity, reader, reason);
      },
    });
    const leave = this.#enter(admission.identity.session ?? admission.identity.key, reader);
    this.#metrics.readers.inc({ transport: 'sse' });
    reader.write(sseHeartbeat(renderCursor(after)));
    void this.#feed(tenant, reader, createShape(sseEncoder, admission.asked.filter), after, feed);
  }

  /** `GET /v1/ws`, once it is a WebSocket. */
  open({ webSocket, socket }: Upgraded, admission: Admission): void {
    const tenant = this.#tenant(admission.identity);
    const { hub } = tenant;
    let feed = new Subscription();
    const reader: WebSocketReader = new WebSocketReader({
      webSocket,
      socket,
      wheel: this.#gateway.delivery.wheel,
      limits: this.#limits,
      cursor: hub.position,
      heartbeat: () => {
        if (feed.isLive) reader.moveTo(hub.position);
        return heartbeatFrame(reader.cursor);
      },
      onMessage: (text) => {
        const asked = parseSubscribe(text);
        if (asked instanceof GatewayError) {
          reader.write(problemFrame(asked));
          reader.end(asked.code === 'invalid-cursor' ? 'invalid-cursor' : 'bad-message');
          return;
        }
        void subscribe(asked);
      },
      onEnd: (reason) => {
        feed.end();
        leave();
        this.#ended('websocket', admission.identity, reader, reason);
      },
    });
    const subscribe = async (asked: Asked): Promise<void> => {
      feed.end();
      const next = new Subscription();
      feed = next;
      const after = resolveStart(tenant, asked.start);
      try {
        await this.#checkStart(tenant, after, next.signal);
      } catch (thrown) {
        if (!next.isEnded) this.#refuseFeed(reader, thrown);
        return;
      }
      if (next.isEnded) return;
      reader.moveTo(after);
      reader.write(readyFrame(after));
      await this.#feed(tenant, reader, createShape(webSocketEncoder, asked.filter), after, next);
    };
    const leave = this.#enter(admission.identity.session ?? admission.identity.key, reader);
    this.#metrics.readers.inc({ transport: 'websocket' });
    if (!admission.waitsForMessage) void subscribe(admission.asked);
  }

  /** Answers those who wait, and ends the others with the cursor to resume from. Safe to call twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopListening();
    for (const { polls } of this.#tenants.values()) polls.close();
    for (const feeds of [...this.#open.values()]) for (const feed of [...feeds]) feed.end('shutting-down');
  }

  /** Brings the subscription to life, or ends the reader if that cannot be. */
  async #feed(tenant: TenantFeeds, reader: SocketReader, shape: Shape, after: Cursor, feed: Subscription): Promise<void> {
    try {
      const joined = await startFeed(tenant.hub, reader, shape, after, feed.signal);
      if (joined === undefined) return;
      if (typeof joined === 'function') feed.goLive(joined);
      else reader.end('too-old');
    } catch (error) {
      this.#log.error({ event: 'feed.failed', err: error, tenant: tenant.engine.tenant, cursor: reader.cursor }, 'a feed could not go on');
      reader.end('internal');
    }
  }

  /** Throws if the log cannot continue from there. */
  async #checkStart(tenant: TenantFeeds, after: Cursor, signal: AbortSignal): Promise<void> {
    const page = tenant.hub.recall(after, 1) ?? (await tenant.hub.read(after, 1, signal));
    if (isGap(page)) throw gapError(page);
  }

  #refuseFeed(reader: SocketReader, thrown: unknown): void {
    const error = toGatewayError(thrown);
    if (error.code === 'internal') this.#log.error({ event: 'feed.failed', err: thrown }, 'a feed could not begin');
    reader.write(problemFrame(error));
    reader.end(error.code === 'too-old' || error.code === 'invalid-cursor' ? error.code : 'internal');
  }

  #identify(request: IncomingMessage, ticket: string | undefined): Identity {
    const identity = this.#bearer.identify(request, ticket);
    requireScope(identity, observers);
    return identity;
  }

  #tenant(identity: Identity): TenantFeeds {
    const known = this.#tenants.get(identity.tenant);
    if (known !== undefined) return known;
    const engine = this.#gateway.engine(identity.tenant);
    const hub = this.#gateway.delivery.hub(identity.tenant);
    if (engine === undefined || hub === undefined) throw new GatewayError('internal', { tenant: identity.tenant });
    const polls = new LongPoll(hub, this.#gateway.delivery.wheel, pageEncoder(engine));
    const made = { engine, hub, polls, pages: new Map<string, AskedPage>() };
    this.#tenants.set(identity.tenant, made);
    return made;
  }

  #askedPage(tenant: TenantFeeds, query: string): AskedPage {
    const known = tenant.pages.get(query);
    if (known !== undefined) return known;
    const { type, extension, call, after, wait, limit } = parseWith(pollQuery, parseQuery(query));
    const filter = parseFilter({ types: type, extensions: extension, calls: call });
    const asked = {
      start: parseStart(after, 'oldest'),
      shape: tenant.polls.shapeOf(filter, limit ?? defaultLimit),
      waitMs: (wait ?? 0) * 1000,
    };
    if (tenant.pages.size >= mostPages) tenant.pages.clear();
    tenant.pages.set(query, asked);
    return asked;
  }

  #enter(key: KeyId | LoginId, feed: Endable): () => void {
    const feeds = this.#open.get(key) ?? new Set();
    feeds.add(feed);
    this.#open.set(key, feeds);
    return () => {
      feeds.delete(feed);
      if (feeds.size === 0 && this.#open.get(key) === feeds) this.#open.delete(key);
    };
  }

  #ended(transport: string, identity: Identity, reader: SocketReader, reason: Closing | undefined): void {
    this.#metrics.readers.dec({ transport });
    if (reason === undefined) return;
    this.#metrics.readersCut.inc({ reason });
    const level = reason === 'slow-reader' ? 'warn' : 'info';
    this.#log[level](
      { event: 'feed.ended', transport, reason, key: identity.key, cursor: renderCursor(reader.cursor) },
      closings[reason].message,
    );
  }

  #refuse(response: ServerResponse, thrown: unknown): void {
    const error = toGatewayError(thrown);
    if (error.code === 'internal') this.#log.error({ event: 'native.failed', err: thrown }, 'a poll failed');
    this.#metrics.requests.inc({ method: 'GET', route: pollRoute, status: error.status });
    writeProblem(response, error);
  }
}

export interface Admission {
  readonly identity: Identity;
  readonly asked: Asked;
  readonly waitsForMessage: boolean;
}

interface Endable {
  end(reason: Closing): void;
}

const pollRoute = '/v1/events';
const observers: readonly Scope[] = ['observe'];

const resolveStart = ({ engine, hub }: TenantFeeds, start: Start): Cursor => {
  if (start === 'now') return hub.position;
  return start === 'oldest' ? engine.log.oldest(engine.tenant) : start;
};
