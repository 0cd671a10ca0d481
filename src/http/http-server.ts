import { createServer as createPlainServer } from 'node:http';
import type { IncomingMessage, Server as PlainServer, ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Server as SecureServer } from 'node:https';
import type { Server as Door, Socket } from 'node:net';
import Fastify, { LogController } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance, FastifyReply } from 'fastify';
import type { Logger } from 'pino';
import { GatewayError } from '../model/errors.ts';
import { readCertificate, watchCertificate } from './certificate.ts';
import type { CertificateFiles } from './certificate.ts';
import { createClients } from './clients.ts';
import type { Clients } from './clients.ts';
import { addressOf, openDoor } from './doors.ts';
import { healthRoutes } from './health.ts';
import type { Readiness } from './health.ts';
import type { Metrics } from './metrics.ts';
import { errorOfParser, problemContentType, rawProblem, renderProblem, toGatewayError } from './problem.ts';
import { redactUrl } from './redact.ts';
import { RouteTable } from './route-table.ts';
import { Upgrades } from './upgrades.ts';

export interface HttpLimits {
  /** Bytes of a request's body. */
  readonly bodyBytes: number;
  /** Bytes of a request's headers, its line among them. */
  readonly headerBytes: number;
  readonly urlLength: number;
  /** Open connections over all ports; one more is dropped. */
  readonly connections: number;
  /** How long the headers, and the whole request, may take to arrive. */
  readonly headersMs: number;
  readonly requestMs: number;
  /** How long an idle connection is kept for its next request. */
  readonly keepAliveMs: number;
  /** How long a stopping server waits for what is under way. */
  readonly drainMs: number;
}

export const defaultHttpLimits: HttpLimits = {
  bodyBytes: 1024 * 1024,
  headerBytes: 16 * 1024,
  urlLength: 8 * 1024,
  connections: 20_000,
  headersMs: 15_000,
  requestMs: 30_000,
  keepAliveMs: 65_000,
  drainMs: 5_000,
};

export interface TlsOptions extends CertificateFiles {
  /** Whether plain http is answered on the same ports too. */
  readonly plainToo: boolean;
}

export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Ports on which everything is served as well: the one that a vendor's clients have built in. */
  readonly extraPorts?: readonly number[];
  readonly tls?: TlsOptions;
  /** Under which URL clients reach the server; made of host and port when absent. */
  readonly publicUrl?: string;
  readonly trustedProxies?: readonly string[];
  readonly limits?: Partial<HttpLimits>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly newRequestId: () => string;
  /** What `/readyz` answers; a server that is stopping is never ready. */
  readonly readiness: () => Readiness;
}

/** What a dialect may put its addresses on, beside the fastify scope that is its own. */
export interface HttpFront {
  readonly upgrades: Upgrades;
  readonly hotRoutes: HotRoutes;
  readonly clients: Clients;
  readonly metrics: Metrics;
  /**
   * Without a slash at its end. Known once the server listens; asked for at the time of a request. `host` is what a client calls the
   * server, which is taken where the configuration does not name it.
   */
  publicUrl(host?: string): string;
}

/**
 * Answers a request on its own, before the router sees it; false leaves it to the router. For the few addresses that are
 * asked so often that the router's share would show. `query` is what follows the question mark, undecoded.
 */
export type HotRoute = (request: IncomingMessage, response: ServerResponse, query: string) => boolean;

export type HotRoutes = Map<string, HotRoute>;

export interface HttpServer extends HttpFront {
  /** Where routes are registered, each dialect's in a scope of its own, before `listen`. */
  readonly app: FastifyInstance;
  readonly routes: RouteTable;
  listen(): Promise<void>;
  /** Where it listens: the main port first. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  /** Takes a renewed certificate now, not at the next look. A broken one is refused and the old one kept. */
  reloadCertificate(): Promise<void>;
  /**
   * Takes no more connections, lets what is under way end within the drain deadline, then cuts the rest. Those who wait are
   * answered by whoever made them wait, on the process's `stopping` signal. Safe to call twice.
   */
  close(): Promise<void>;
}

/** Makes the server; it listens when told to. */
export const createHttpServer = async (options: HttpServerOptions): Promise<HttpServer> => {
  const limits: HttpLimits = { ...defaultHttpLimits, ...options.limits };
  const { logger, metrics } = options;
  // As fastify's own kind of logger: with pino's, every scope and reply would carry it in its type.
  const baseLogger: FastifyBaseLogger = logger;
  const clients = createClients(options.trustedProxies ?? []);
  const routes = new RouteTable();
  const upgrades = new Upgrades();
  const hotRoutes: HotRoutes = new Map();
  const certificate = options.tls === undefined ? undefined : await readCertificate(options.tls);
  const sockets = new Set<Socket>();
  const doors: Door[] = [];
  let stopping: Promise<void> | undefined;

  const serverOptions = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.min(limits.headersMs, 5_000),
  };
  let secure: SecureServer | undefined;
  const app = Fastify({
    loggerInstance: baseLogger,
    // One line a request, written in onResponse: fastify's own would hold the URL with its secrets.
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: (address: string) => clients.trusts(address),
    bodyLimit: limits.bodyBytes,
    genReqId: (request) => idOf(request) ?? options.newRequestId(),
    routerOptions: { maxParamLength: 512 },
    return503OnClosing: false,
    clientErrorHandler: refuseUnreadable,
    // Each dialect asks for it by its own means; nothing is added behind its back.
    exposeHeadRoutes: false,
    // A URL that cannot be decoded never gets as far as a route.
    frameworkErrors: (error, _request, reply) => {
      sendProblem(reply, toGatewayError(error));
    },
    serverFactory: (handle) => {
      const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
        const url = request.url ?? '/';
        if (url.length > limits.urlLength) return refuse(response, new GatewayError('url-too-long', { limit: limits.urlLength }));
        if (stopping !== undefined) response.setHeader('Connection', 'close');
        const question = url.indexOf('?');
        const hot = hotRoutes.get(question === -1 ? url : url.slice(0, question));
        if (hot?.(request, response, question === -1 ? '' : url.slice(question + 1)) === true) return undefined;
        return handle(request, response);
      };
      const server = createPlainServer(serverOptions, onRequest);
      server.on('upgrade', (request, socket, head) => upgrades.accept(request, socket as Socket, head));
      if (certificate !== undefined) {
        secure = createSecureServer({ ...serverOptions, ...certificate }, onRequest);
        secure.on('upgrade', (request, socket, head) => upgrades.accept(request, socket as Socket, head));
        secure.on('clientError', refuseUnreadable);
      }
      return server;
    },
  });

  app.addHook('onRoute', (route) => {
    // A WebSocket's address answers plain requests too, with 426; that is no method of it.
    routes.add(route.method, route.url);
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('X-Request-Id', request.id);
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    metrics.requests.inc({ method: request.method, route, status: reply.statusCode });
    metrics.requestSeconds.observe({ route }, reply.elapsedTime / 1000);
    request.log.info(
      {
        event: 'http.request',
        method: request.method,
        url: redactUrl(request.url),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        client: request.ip,
      },
      'request answered',
    );
  });
  app.setErrorHandler((thrown, request, reply) => {
    const error = toGatewayError(thrown);
    if (error.code === 'internal') request.log.error({ event: 'http.failed', err: thrown, url: redactUrl(request.url) }, 'request failed');
    sendProblem(reply, error);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/';
    const methods = routes.methodsAt(path);
    const error =
      methods.length > 0
        ? new GatewayError('method-not-allowed', { method: request.method })
        : upgrades.has(path)
          ? new GatewayError('upgrade-required')
          : new GatewayError('not-found', { path });
    if (methods.length > 0) reply.header('Allow', methods.join(', '));
    if (error.code === 'upgrade-required') reply.header('Upgrade', 'websocket');
    sendProblem(reply, error);
  });
  await app.register(healthRoutes, {
    metrics,
    readiness: () => (stopping === undefined ? options.readiness() : { ready: false, reason: 'shutting-down' }),
  });

  const servers = (): readonly (PlainServer | SecureServer)[] => [app.server, ...(secure === undefined ? [] : [secure])];

  /** Counts a connection; false when there are too many. */
  const countIn = (socket: Socket): boolean => {
    if (sockets.size >= limits.connections) {
      logger.warn({ event: 'http.connections', limit: limits.connections }, 'too many connections; one is dropped');
      return false;
    }
    sockets.add(socket);
    metrics.connections.set(sockets.size);
    socket.on('close', countOut);
    return true;
  };
  // One function for all: a connection that only waits should cost no closure.
  function countOut(this: Socket): void {
    sockets.delete(this);
    metrics.connections.set(sockets.size);
  }

  const admit =
    (server: PlainServer | SecureServer) =>
    (socket: Socket): void => {
      server.emit('connection', socket);
    };

  const reloadCertificate = async (): Promise<void> => {
    if (options.tls === undefined || secure === undefined) return;
    secure.setSecureContext(await readCertificate(options.tls));
    logger.info({ event: 'tls.reloaded', certFile: options.tls.certFile }, 'certificate reloaded');
  };
  const stopWatching =
    options.tls === undefined
      ? undefined
      : watchCertificate(options.tls, () => {
          reloadCertificate().catch((error: unknown) => {
            logger.error({ event: 'tls.refused', err: error }, 'the new certificate is not usable; the old one stays');
          });
        });

  const openDoors = async (): Promise<void> => {
    await app.ready();
    const plain = options.tls === undefined || options.tls.plainToo ? { plain: admit(app.server) } : {};
    for (const port of [options.port, ...(options.extraPorts ?? [])]) {
      const admitters = { ...plain, ...(secure === undefined ? {} : { secure: admit(secure) }) };
      doors.push(await openDoor({ host: options.host, port }, admitters, { countIn, firstByteMs: limits.headersMs }));
    }
    // The doors listen in the servers' place. Node begins to look for slow requests when a server says that it listens.
    for (const server of servers()) server.emit('listening');
  };

  const closeDoors = async (): Promise<void> => {
    await Promise.all(doors.splice(0).map((door) => new Promise((resolve) => door.close(resolve))));
  };

  const shutDown = async (): Promise<void> => {
    stopWatching?.();
    const doorsClosed = closeDoors();
    const deadline = setTimeout(() => {
      logger.warn({ event: 'http.cut', connections: sockets.size }, 'connections cut at the drain deadline');
      for (const socket of sockets) socket.destroy();
    }, limits.drainMs);
    // A connection whose last answer has been given just now is idle only then.
    const sweep = setInterval(() => {
      for (const server of servers()) server.closeIdleConnections();
    }, sweepMs);
    // A door is closed when the last connection that came through it is.
    await doorsClosed;
    clearInterval(sweep);
    clearTimeout(deadline);
    for (const server of servers()) server.close();
    await app.close();
  };

  return {
    app,
    routes,
    upgrades,
    hotRoutes,
    clients,
    metrics,
    get addresses() {
      return doors.map(addressOf);
    },
    publicUrl: (host) => options.publicUrl?.replace(/\/+$/, '') ?? urlOf(doors[0], options, host),
    listen: async () => {
      try {
        await openDoors();
      } catch (error) {
        await closeDoors();
        throw error;
      }
    },
    reloadCertificate,
    close: () => (stopping ??= shutDown()),
  };
};

const sweepMs = 20;

const urlOf = (door: Door | undefined, options: HttpServerOptions, called?: string): string => {
  const scheme = options.tls === undefined ? 'http' : 'https';
  if (called !== undefined) return `${scheme}://${called}`;
  const port = door === undefined ? options.port : addressOf(door).port;
  const anywhere = options.host === '0.0.0.0' || options.host === '::';
  const host = anywhere ? 'localhost' : options.host.includes(':') ? `[${options.host}]` : options.host;
  return `${scheme}://${host}:${port}`;
};

/** A caller's own request id is taken over if it is short and plain, so that it cannot forge lines of a log. */
const idOf = (request: IncomingMessage): string | undefined => {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : undefined;
};

const sendProblem = (reply: FastifyReply, error: GatewayError): void => {
  void reply.code(error.status).header('Content-Type', problemContentType).send(renderProblem(error));
};

const refuse = (response: ServerResponse, error: GatewayError): void => {
  response.writeHead(error.status, { 'Content-Type': problemContentType, Connection: 'close' });
  response.end(JSON.stringify(renderProblem(error)));
};

const refuseUnreadable = (
  error: Error & { code?: string },
  socket: { writable: boolean; end(text: string): void; destroy(): void },
): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(rawProblem(errorOfParser(error.code)));
};
