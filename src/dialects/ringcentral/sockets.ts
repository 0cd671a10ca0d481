import type { IncomingMessage } from 'node:http';
import type { HttpFront } from '../../http/http-server.ts';
import { toGatewayError } from '../../http/problem.ts';
import type { Upgraded } from '../../http/upgrades.ts';
import type { Gateway } from '../gateway.ts';
import type { Guard } from './auth.ts';
import { mostConnections, parseToken, SocketConnection, type SocketLimits } from './connection.ts';
import type { Asker } from './endpoint.ts';
import { EndpointTable } from './endpoint-table.ts';
import { endpoints } from './endpoints.ts';
import { explain, invalidUri, renderError, RingCentralError } from './errors.ts';
import { queryOf, renderReply, type Frame } from './frames.ts';
import { afterEvent, type Aside, type Position } from './notifications.ts';
import type { TenantSource } from './source.ts';
import type { Subscription } from './subscription.ts';
import { uuidOf } from './uuid.ts';

/** Where the vendor's WebSocket is spoken. */
export const socketPath = '/restapi/websocket';

const longestFrame = 256 * 1024;
const idleSeconds = 1_800;
const absoluteSeconds = 86_400;
const mostRequests = 10;
const mostBuffered = 4 * 1024 * 1024;

export interface SocketsOptions {
  readonly gateway: Gateway;
  readonly front: HttpFront;
  readonly guard: Guard;
  readonly sources: readonly TenantSource[];
}

/** Who may speak, or what is wrong; said over the WebSocket: a refusal in HTTP ends the process of some clients. */
type Admission = { readonly asker: Asker; readonly wsc: string | undefined } | { readonly refused: RingCentralError };

/** What is kept of a connection that was lost, until it is recovered or its time is over. */
interface Lost {
  readonly position: SocketConnection['position'] | undefined;
  readonly cancel: () => void;
}

/** The vendor's WebSockets: REST over them, one subscription each, and their recovery. */
export class Sockets {
  readonly #options: SocketsOptions;
  readonly #table = new EndpointTable(endpoints);
  readonly #open = new Map<string, SocketConnection>();
  readonly #perUser = new Map<string, number>();
  readonly #lost = new Map<string, Lost>();
  readonly #detach: readonly (() => void)[];

  constructor(options: SocketsOptions) {
    this.#options = options;
    const { gateway, sources, front } = options;
    for (const source of sources) {
      // Their connections ended with the last process.
      for (const subscription of source.subscriptions.all()) {
        if (subscription.delivery.transport === 'WebSocket') this.#keep(source, subscription, undefined);
      }
    }
    this.#detach = [
      ...sources.map(({ subscriptions }) => subscriptions.onEnded((subscription) => this.#ended(subscription))),
      ...sources.map(({ subscriptions }) => subscriptions.onReminder((subscription, aside) => this.#remind(subscription, aside))),
      gateway.users.onChanged(({ tenant, user, credentials }) => {
        if (!credentials) return;
        for (const connection of this.#open.values()) {
          if (connection.asker.source.tenant === tenant && connection.asker.user === user.name) connection.end(1008, revoked);
        }
      }),
    ];
    gateway.stopping.addEventListener('abort', () => this.#stop(), { once: true });
    front.upgrades.add<Admission>(socketPath, {
      maxPayload: longestFrame,
      authorize: (request, url) => this.#admit(request, url),
      open: (upgraded, admission) => this.#welcome(upgraded, admission),
    });
  }

  /** Safe to call twice. */
  close(): void {
    for (const detach of this.#detach) detach();
    this.#stop();
    for (const { cancel } of this.#lost.values()) cancel();
    this.#lost.clear();
  }

  #admit({ headers }: IncomingMessage, { searchParams }: URL): Admission {
    try {
      // The PHP SDK sends the header, all others the parameter.
      const asker = this.#options.guard.byRequest(headers.authorization, searchParams);
      return { asker, wsc: searchParams.get('wsc') ?? undefined };
    } catch (error) {
      return { refused: explain(error) };
    }
  }

  #welcome(upgraded: Upgraded, admission: Admission): void {
    if ('refused' in admission) return this.#refuse(upgraded, admission.refused.message);
    const { asker, wsc } = admission;
    const who = userOf(asker);
    const count = this.#perUser.get(who) ?? 0;
    if (count >= mostConnections) return this.#refuse(upgraded, 'Too many connections of one user.');
    this.#perUser.set(who, count + 1);
    const found = wsc === undefined ? undefined : this.#recover(asker, wsc);
    const { newId } = this.#options.gateway;
    const connection = this.#connect(upgraded, asker, found?.session ?? newId.token(), found?.position);
    if (found !== undefined) connection.resume(found.subscription);
    connection.greet(wsc === undefined ? undefined : found === undefined ? 'Failed' : 'Successful');
    connection.begin();
  }

  #connect(upgraded: Upgraded, asker: Asker, session: string, position: Position | undefined): SocketConnection {
    const { clock, timers, delivery, newId } = this.#options.gateway;
    const { notices, options } = asker.source;
    const limits: SocketLimits = {
      idleSeconds,
      absoluteSeconds,
      mostRequests,
      mostBuffered,
      recoverySeconds: options.subscriptions.recoverySeconds,
    };
    const connection = new SocketConnection(
      {
        upgraded,
        asker,
        session,
        clock,
        timers,
        wheel: delivery.wheel,
        limits,
        newMessageId: () => uuidOf(newId.token()),
        serve: (frame, from) => this.#serve(frame, from),
        onEnd: (ended) => this.#gone(ended),
      },
      position ?? afterEvent(notices.view().head),
    );
    this.#open.set(session, connection);
    return connection;
  }

  #refuse({ webSocket, socket }: Upgraded, message: string): void {
    const messageId = uuidOf(this.#options.gateway.newId.token());
    const error = { errorCode: 'WSG-901', message };
    webSocket.send(renderReply({ type: 'Error', messageId, status: 401, headers: {} }, error));
    webSocket.close(1008);
    const cancel = this.#options.gateway.timers.after(refusalMs, () => socket.destroy());
    webSocket.once('close', cancel);
  }

  /** A session of the asker's own whose subscription still lives, and from where the log can tell all that followed. */
  #recover(
    { source, extension, client }: Asker,
    wsc: string,
  ): { readonly session: string; readonly subscription: Subscription; readonly position: Position } | undefined {
    const token = parseToken(wsc);
    const subscription = token === undefined ? undefined : source.subscriptions.named(token.session);
    if (token === undefined || subscription?.extension !== extension || subscription.client !== client) return undefined;
    // The old connection may not know yet that it is over: who comes again takes its place.
    const old = this.#open.get(token.session);
    old?.end(1000);
    const lost = this.#lost.get(token.session);
    lost?.cancel();
    this.#lost.delete(token.session);
    const known = old?.position ?? lost?.position;
    const hasAll = known !== undefined && known.sent.seq === token.position.seq && known.sent.place === token.position.place;
    const position = hasAll ? known.told : token.position;
    const { notices, engine, tenant } = source;
    const isKnown = position.seq <= notices.view().head && position.seq >= engine.log.oldest(tenant).seq;
    if (!isKnown) {
      source.subscriptions.remove(subscription);
      return undefined;
    }
    return { session: token.session, subscription: source.subscriptions.renew(subscription), position };
  }

  #gone(connection: SocketConnection): void {
    const who = userOf(connection.asker);
    const count = (this.#perUser.get(who) ?? 1) - 1;
    if (count === 0) this.#perUser.delete(who);
    else this.#perUser.set(who, count);
    if (this.#open.get(connection.session) === connection) this.#open.delete(connection.session);
    const { source } = connection.asker;
    const subscription = source.subscriptions.named(connection.session);
    if (subscription !== undefined) this.#keep(source, subscription, connection.position);
  }

  /** For the time in which it may be recovered. */
  #keep({ subscriptions, options }: TenantSource, subscription: Subscription, position: Lost['position']): void {
    if (subscription.delivery.transport !== 'WebSocket') return;
    const { session } = subscription.delivery;
    const cancel = this.#options.gateway.timers.after(options.subscriptions.recoverySeconds * 1_000, () => {
      this.#lost.delete(session);
      subscriptions.remove(subscription);
    });
    this.#lost.set(session, { position, cancel });
  }

  #ended({ delivery, id }: Subscription): void {
    if (delivery.transport !== 'WebSocket') return;
    this.#lost.get(delivery.session)?.cancel();
    this.#lost.delete(delivery.session);
    const connection = this.#open.get(delivery.session);
    if (connection?.subscription === id) connection.detach();
  }

  #remind({ delivery }: Subscription, aside: Aside): void {
    if (delivery.transport === 'WebSocket') this.#open.get(delivery.session)?.tell(aside);
  }

  async #serve(frame: Frame, connection: SocketConnection): Promise<string> {
    const { gateway } = this.#options;
    const { meta, body } = frame;
    const { messageId = '', method = '', path = '' } = meta;
    const headers: Record<string, string> = { RCRequestId: uuidOf(gateway.newId.token()) };
    try {
      const found = this.#table.find(method.toUpperCase(), path.split('?')[0] ?? '');
      if (found === undefined) throw invalidUri();
      const before = connection.subscription;
      const answer = await found.endpoint.handle({
        asker: connection.asker,
        parameters: found.parameters,
        query: queryOf(meta),
        body,
        base: '',
        signal: AbortSignal.any([gateway.stopping, connection.signal]),
        connection,
      });
      if (answer.body !== undefined) headers['Content-Type'] = 'application/json';
      const { subscription = before } = connection;
      if (subscription !== undefined && path.startsWith('/restapi/v1.0/subscription')) headers['WSG-SubscriptionId'] = subscription;
      return renderReply({ type: 'ClientRequest', messageId, status: answer.status, headers }, answer.body);
    } catch (thrown) {
      const error = explain(thrown instanceof RingCentralError ? thrown : toGatewayError(thrown));
      if (error.code === 'CMN-203') gateway.log.error({ event: 'ringcentral.failed', err: thrown }, 'request failed');
      headers['Content-Type'] = 'application/json';
      if (error.retryAfter !== undefined) headers['Retry-After'] = String(error.retryAfter);
      return renderReply({ type: 'ClientRequest', messageId, status: error.status, headers }, renderError(error));
    }
  }

  #stop(): void {
    for (const connection of [...this.#open.values()]) connection.end(1001);
  }
}

const refusalMs = 10_000;
const revoked = { status: 401, errorCode: 'WSG-901', message: 'The login has ended.' } as const;

const userOf = ({ source, extension, client }: Asker): string => `${source.tenant} ${extension} ${client}`;
