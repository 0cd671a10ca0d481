import type { Upgraded } from '../../http/upgrades.ts';
import { textFrame } from '../../delivery/websocket.ts';
import type { Wheel, WheelEntry } from '../../delivery/wheel.ts';
import { isoTime, type Clock, type Micros, type Timers } from '../../model/time.ts';
import type { Asker, Connection } from './endpoint.ts';
import { parseFrame, renderDetails, renderNotification, renderReply, type Frame, type Recovery } from './frames.ts';
import { afterEvent, type Aside, type Notification, type Position } from './notifications.ts';
import type { Subscription } from './subscription.ts';

export interface SocketLimits {
  /** After so long without a word of its client a connection is ended, and in any case after so long altogether. */
  readonly idleSeconds: number;
  readonly absoluteSeconds: number;
  /** Requests that may be under way at once. */
  readonly mostRequests: number;
  readonly recoverySeconds: number;
  /** Bytes that may wait for a client to read them. */
  readonly mostBuffered: number;
}

export interface ConnectionOptions {
  readonly upgraded: Upgraded;
  readonly asker: Asker;
  readonly session: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly wheel: Wheel;
  readonly limits: SocketLimits;
  readonly newMessageId: () => string;
  /** Answers a request of the client's; the reply as a frame. */
  readonly serve: (frame: Frame, connection: SocketConnection) => Promise<string>;
  /** Called once, when it is over. */
  readonly onEnd: (connection: SocketConnection) => void;
}

/** How the other side is told of a recovery: not at all where none was asked for. */
export type RecoveryState = 'Successful' | 'Failed' | undefined;

const heartbeatMs = 30_000;
const goodbyeMs = 10_000;
/** The client's listener is there a moment after the frame that made it; what comes with that frame is lost, or ends its process. */
const listenerMs = 100;
/** A client that is slow is not written to beyond this; the rest is read when it has taken it. */
const writeAhead = 256 * 1024;
/** Notifications that are read out of the log at once, for a client that was away for long. */
const pageSize = 500;

/** One WebSocket: answers requests, and tells of one subscription from where it is. */
export class SocketConnection implements Connection, WheelEntry {
  wheelSlot = -1;
  wheelTurns = 0;
  readonly asker: Asker;
  readonly session: string;
  readonly #options: ConnectionOptions;
  readonly #openedAt: Micros;
  readonly #over = new AbortController();
  #heardAt: Micros;
  #answersPing = true;
  #requests = 0;
  #sequence: number;
  #telling: { readonly subscription: Subscription; readonly stop: AbortController } | undefined;
  #attached: Subscription | undefined;
  /** The last notification that was sent, and up to where all is told that there was. */
  #sent: Position;
  #told: Position;

  constructor(options: ConnectionOptions, position: Position) {
    const { upgraded, asker, session, clock, wheel } = options;
    this.#options = options;
    this.asker = asker;
    this.session = session;
    this.#openedAt = clock.now();
    this.#heardAt = this.#openedAt;
    // Of the clock, so that one that a client kept of an earlier connection is smaller.
    this.#sequence = this.#openedAt;
    this.#sent = position;
    this.#told = position;
    wheel.add(this, heartbeatMs);
    const { webSocket } = upgraded;
    webSocket.on('message', (data, isBinary) => this.#heard(isBinary ? undefined : (data as Buffer).toString()));
    webSocket.on('pong', () => {
      this.#answersPing = true;
    });
    webSocket.on('close', () => this.#finish());
  }

  get subscription(): string | undefined {
    return (this.#attached ?? this.#telling?.subscription)?.id;
  }

  /** Where its subscription goes on: at what was sent last, and, for a client that has had that, at where all is told. */
  get position(): { readonly sent: Position; readonly told: Position } {
    return { sent: this.#sent, told: this.#told };
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  greet(recovery: RecoveryState): void {
    const { limits, newMessageId } = this.#options;
    const details = {
      creationTime: isoTime(this.#openedAt).replace('Z', '+0000'),
      maxConnectionsPerSession: mostConnections,
      recoveryBufferSize: 100,
      recoveryTimeout: limits.recoverySeconds,
      idleTimeout: limits.idleSeconds,
      absoluteTimeout: limits.absoluteSeconds,
      maxActiveRequests: limits.mostRequests,
      ...(recovery === undefined ? undefined : { recoveryState: recovery }),
      ...(recovery === 'Failed' ? { recoveryErrorCode: 'WSG-1005' } : undefined),
    };
    this.#write(renderDetails(newMessageId(), this.#recovery(), details));
  }

  attach(subscription: Subscription): void {
    this.#attached = subscription;
    if (this.#telling?.subscription.id === subscription.id) return;
    this.#sent = afterEvent(subscription.from.seq);
    this.#told = this.#sent;
  }

  /** As `attach`, of one that goes on from where this connection was made to stand. */
  resume(subscription: Subscription): void {
    this.#attached = subscription;
  }

  /** Tells of what was attached: not before the client's listener can be there. */
  begin(): void {
    const subscription = this.#attached;
    if (subscription === undefined) return;
    this.#attached = undefined;
    this.#telling?.stop.abort();
    const stop = new AbortController();
    this.#telling = { subscription, stop };
    const cancel = this.#options.timers.after(listenerMs, () => void this.#tell(subscription, AbortSignal.any([stop.signal, this.signal])));
    stop.signal.addEventListener('abort', cancel, { once: true });
    this.signal.addEventListener('abort', cancel, { once: true });
  }

  /** Tells of something that is not in the log. */
  tell({ uuid, text }: Aside): void {
    this.#write(renderNotification(uuid, this.#recovery(), text));
  }

  /** Its subscription was deleted or has run out; the connection stays. */
  detach(): void {
    this.#telling?.stop.abort();
    this.#telling = undefined;
    this.#attached = undefined;
  }

  /** Says why, and closes. Safe to call twice. */
  end(code: number, error?: { readonly status: number; readonly errorCode: string; readonly message: string }): void {
    if (this.#over.signal.aborted) return;
    const { upgraded, newMessageId, wheel } = this.#options;
    if (error !== undefined) {
      const { status, ...body } = error;
      const messageId = newMessageId();
      this.#write(renderReply({ type: 'Error', messageId, status, headers: { RCRequestId: messageId } }, body));
    }
    upgraded.webSocket.close(code);
    this.#finish();
    wheel.add(this, goodbyeMs);
  }

  /** The wheel's turn: whoever did not take the goodbye is cut off; else a sign of life is sent and asked for. */
  due(): void {
    const { upgraded, clock, limits, wheel } = this.#options;
    if (this.#over.signal.aborted) return upgraded.webSocket.terminate();
    const now = clock.now();
    if (now - this.#openedAt >= limits.absoluteSeconds * 1e6) return this.end(1000, timeouts.absolute);
    if (now - this.#heardAt >= limits.idleSeconds * 1e6) return this.end(1000, timeouts.idle);
    if (!this.#answersPing) return this.end(1011);
    this.#answersPing = false;
    wheel.add(this, heartbeatMs);
    upgraded.webSocket.ping();
  }

  #recovery(): Recovery {
    const { seq, place } = this.#sent;
    this.#sequence += 1;
    return { token: renderToken(this.session, { seq, place }), sequence: this.#sequence };
  }

  #heard(text: string | undefined): void {
    if (this.#over.signal.aborted) return;
    this.#heardAt = this.#options.clock.now();
    this.#answersPing = true;
    const frame = text === undefined ? undefined : parseFrame(text);
    if (frame === undefined) return this.#refuse('', 400, 'Cannot parse request');
    const { type, messageId = '' } = frame.meta;
    switch (type) {
      case 'Heartbeat':
        return this.#write(text ?? '');
      case 'ClientRequest':
        return void this.#request(frame);
      default:
        return this.#refuse(messageId, 400, `Frames of type ${type} are not understood.`);
    }
  }

  #refuse(messageId: string, status: number, message: string): void {
    const body = { errorCode: 'CMN-104', message, errors: [{ errorCode: 'CMN-104', message }] };
    this.#write(renderReply({ type: 'Error', messageId, status, headers: {} }, body));
  }

  async #request(frame: Frame): Promise<void> {
    if (this.#requests >= this.#options.limits.mostRequests) {
      const error = { errorCode: 'CMN-301', message: 'Request rate exceeded' };
      const meta = { type: 'ClientRequest', messageId: frame.meta.messageId ?? '', status: 429, headers: { 'Retry-After': '1' } } as const;
      this.#write(renderReply(meta, { ...error, errors: [error] }));
      return;
    }
    this.#requests += 1;
    const reply = await this.#options.serve(frame, this);
    this.#requests -= 1;
    this.#write(reply);
    this.begin();
  }

  async #tell(subscription: Subscription, signal: AbortSignal): Promise<void> {
    const { notices, subscriptions } = this.asker.source;
    while (!signal.aborted) {
      const selection = subscriptions.selection(subscription);
      const found = selection.after(this.#told);
      if (found === undefined) {
        const page = await selection.read(this.#told, pageSize);
        if (signal.aborted) return;
        if (page === undefined) {
          subscriptions.remove(subscription);
          return this.end(1011, lost);
        }
        this.#send(page.told, page.upTo);
        await this.#drained(signal);
      } else {
        const isWhole = this.#send(found, notices.view().head);
        await (isWhole ? notices.next(selection.keys, signal) : this.#drained(signal));
      }
    }
  }

  /** False if the client must first read what it was sent. `upTo`: an event after which there is more at the earliest. */
  #send(notifications: readonly Notification[], upTo: number): boolean {
    const { clock, upgraded } = this.#options;
    const timestamp = isoTime(clock.now());
    let bytes = upgraded.socket.writableLength;
    const frames: Buffer[] = [];
    for (const notification of notifications) {
      if (bytes > writeAhead) break;
      this.#sent = { seq: notification.seq, place: notification.place };
      const frame = textFrame(renderNotification(notification.uuid, this.#recovery(), notification.text(timestamp)));
      bytes += frame.length;
      frames.push(frame);
    }
    const isWhole = frames.length === notifications.length;
    this.#told = isWhole ? afterEvent(upTo) : this.#sent;
    if (frames.length > 0) upgraded.socket.write(frames.length === 1 && frames[0] !== undefined ? frames[0] : Buffer.concat(frames));
    return isWhole;
  }

  async #drained(signal: AbortSignal): Promise<void> {
    const { socket } = this.#options.upgraded;
    if (signal.aborted || socket.destroyed || !socket.writableNeedDrain) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = (): void => resolve();
    socket.once('drain', done);
    signal.addEventListener('abort', done, { once: true });
    await promise;
    socket.off('drain', done);
    signal.removeEventListener('abort', done);
  }

  /** Replies wait for nobody: a client that asks and does not read is cut off. */
  #write(text: string): void {
    const { upgraded, limits } = this.#options;
    if (this.#over.signal.aborted) return;
    upgraded.socket.write(textFrame(text));
    if (upgraded.socket.writableLength > limits.mostBuffered) this.end(1008);
  }

  #finish(): void {
    this.#options.wheel.remove(this);
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#options.onEnd(this);
  }
}

/** Of one session, as the vendor says it of itself. */
export const mostConnections = 50;

const timeouts = {
  idle: { status: 408, errorCode: 'WSG-902', message: 'Idle timeout expired' },
  absolute: { status: 408, errorCode: 'WSG-903', message: 'Absolute timeout expired' },
} as const;

const lost = { status: 410, errorCode: 'WSG-1005', message: 'Notifications were lost; subscribe again' } as const;

/** Where a client is stands in the token itself: whichever it kept, it is given exactly what follows. */
const renderToken = (session: string, { seq, place }: Position): string =>
  `${session}.${seq}.${place === Number.MAX_SAFE_INTEGER ? 'x' : place}`;

export const parseToken = (token: string): { readonly session: string; readonly position: Position } | undefined => {
  const [, session, seq, place] = /^([a-z0-9]{32})\.(\d{1,15})\.(x|\d{1,4})$/.exec(token) ?? [];
  if (session === undefined) return undefined;
  return { session, position: { seq: Number(seq), place: place === 'x' ? Number.MAX_SAFE_INTEGER : Number(place) } };
};
