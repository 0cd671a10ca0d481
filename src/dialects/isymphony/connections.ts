import type { Logger } from 'pino';
import type { Identity } from '../../auth/auth.ts';
import type { Closing } from '../../delivery/closings.ts';
import type { SocketReaderLimits } from '../../delivery/socket-reader.ts';
import type { Wheel } from '../../delivery/wheel.ts';
import type { Metrics } from '../../http/metrics.ts';
import type { Upgraded } from '../../http/upgrades.ts';
import type { EventFeed } from './event-feed.ts';
import { EventSocket } from './event-socket.ts';
import { compileFilter, type FilterOptions } from './filter.ts';
import { parseMessage } from './parse.ts';
import { filterAccepted, filterRefused, messageRefused } from './render.ts';

/** What of a tenant a connection needs. */
export interface EventSource {
  readonly feed: EventFeed;
  readonly filterOptions: FilterOptions;
  /** Refuse filter messages that are no JSON, though the vendor's page prints them so. */
  readonly strictJson: boolean;
}

export interface ConnectionsOptions {
  readonly wheel: Wheel;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly limits?: Partial<SocketReaderLimits>;
}

/** What a client sends is a filter message, no more. */
export const maxMessageBytes = 64 * 1024;

const defaultLimits: SocketReaderLimits = { maxBuffered: 8 * 1024 * 1024, heartbeatMs: 30_000 };

/** The WebSockets that are open. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #limits: SocketReaderLimits;
  readonly #open = new Set<EventSocket>();
  #closed = false;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
  }

  /** It gets everything until it says what it wants. */
  open({ webSocket, socket }: Upgraded, identity: Identity, source: EventSource): void {
    const { wheel, metrics } = this.#options;
    const { feed } = source;
    const reader: EventSocket = new EventSocket({
      webSocket,
      socket,
      wheel,
      limits: this.#limits,
      onMessage: (text) => answer(text, reader, source),
      onEnd: (reason) => {
        feed.leave(reader);
        this.#open.delete(reader);
        this.#ended(identity, reason);
      },
    });
    this.#open.add(reader);
    metrics.readers.inc({ transport });
    if (this.#closed) reader.end('shutting-down');
    else feed.set(reader, compileFilter([], source.filterOptions));
  }

  /** Safe to call twice. */
  close(): void {
    this.#closed = true;
    for (const reader of [...this.#open]) reader.end('shutting-down');
  }

  #ended(identity: Identity, reason: Closing | undefined): void {
    const { metrics, logger } = this.#options;
    metrics.readers.dec({ transport });
    if (reason === undefined) return;
    metrics.readersCut.inc({ reason });
    logger[reason === 'slow-reader' ? 'warn' : 'info']({ event: 'isymphony.ended', reason, account: identity.name });
  }
}

const transport = 'isymphony';

/** One answer to each message, in order; a new filter is in force when its answer is sent. */
const answer = (text: string, reader: EventSocket, { feed, filterOptions, strictJson }: EventSource): void => {
  const message = parseMessage(text, strictJson);
  switch (message.kind) {
    case 'filter':
      feed.set(reader, compileFilter(message.filters, filterOptions));
      return reader.deliver(filterAccepted(message.filters));
    case 'bad-filter':
      return reader.deliver(filterRefused(message.error));
    case 'unknown':
      return reader.deliver(messageRefused(message.error));
    default:
      return message satisfies never;
  }
};
