import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Identity } from '../../auth/auth.ts';
import type { HttpFront } from '../../http/http-server.ts';
import { toGatewayError } from '../../http/problem.ts';
import { tellPbx } from '../../http/replies.ts';
import type { KeyId, TenantId } from '../../model/ids.ts';
import type { Gateway } from '../gateway.ts';
import type { Guard } from './auth.ts';
import { answer, checkState, dial, hangup, startRecording, stopRecording, type Asked, type CommandSource } from './commands.ts';
import { explain, failed, invalidKey, NoojeeError } from './errors.ts';
import { parseExtensions, parseHour, parseParameters, parseSequenceNumber, parseTimeOut, required, type Parameters } from './parse.ts';
import { pause } from './pause.ts';
import type { MetaData, MetaDataReply } from './schema.ts';
import { answerPoll, type PollSource } from './subscribe.ts';

/** What a tenant's requests are answered from. */
export type TenantSource = CommandSource & PollSource;

export interface RoutesOptions {
  readonly gateway: Gateway;
  readonly front: HttpFront;
  readonly guard: Guard;
  readonly sourceOf: (tenant: TenantId) => TenantSource | undefined;
}

const api = '/servicemanager/rest/CallManagementAPI';
/** Older servers had its methods under the other name. */
const recordingApis = ['/njadmin/rest/RecordingAPI', api];
const methods = ['GET', 'POST'];
const maxBody = 64 * 1024;
const json = 'application/json; charset=UTF-8';
const form = 'application/x-www-form-urlencoded';
/** How long a poll too many is held, so that a client that does not look at `Code` cannot spin. */
const refusalMs = 1_000;

/** A request, told by whom; `signal` aborts when its client leaves or the server stops. */
interface Admitted extends Asked {
  readonly source: TenantSource;
  readonly reply: FastifyReply;
}

type Method = (asked: Admitted) => unknown;

export const noojeeRoutes = (scope: FastifyInstance, options: RoutesOptions): void => {
  const { gateway, front, guard, sourceOf } = options;
  const polls = new WaitingPolls();
  const requests = new Requests(gateway.stopping);
  const detach = gateway.auth.onRevoked((key) => polls.revoke(key));
  scope.addHook('onClose', async () => detach());

  // The vendor's client says that its empty bodies are JSON: whatever a body calls itself, it is read as a form.
  scope.addHook('onRequest', async ({ headers }) => {
    if (headers['content-type'] !== undefined) headers['content-type'] = form;
  });
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(form, { parseAs: 'string', bodyLimit: maxBody }, (_request, body, done) => done(null, body));
  scope.setErrorHandler((error, request, reply) => sendError(error, request, reply));

  const admit = async (request: FastifyRequest, reply: FastifyReply): Promise<Admitted> => {
    const parameters = parametersOf(request);
    const signal = requests.begin(reply);
    const identity = await guard.identify(parameters, front.clients.addressOf(request.raw), signal);
    const source = sourceOf(identity.tenant);
    if (source === undefined) throw invalidKey();
    tellPbx(reply, source.engine.status());
    return { identity, parameters, signal, source, reply };
  };

  const add = (name: string, method: Method, base = api): void => {
    scope.route({
      method: methods,
      url: `${base}/${name}`,
      handler: async (request, reply) => {
        const admitted = await admit(request, reply);
        const body = await method(admitted);
        if (body instanceof Readable) return sendJson(reply, body);
        return sendJson(reply, typeof body === 'string' ? body : JSON.stringify(body));
      },
    });
  };

  add('subscribe', async (asked) => {
    requireObserver(asked.identity);
    const { parameters, source, identity, signal, reply } = asked;
    const poll = { extensions: parseExtensions(parameters), cursor: parseSequenceNumber(parameters), timeOut: parseTimeOut(parameters) };
    const place = polls.enter(identity.key, source.options.maxPolls);
    if (place === undefined) {
      await pause(source.timers, refusalMs, signal);
      throw new NoojeeError('Too many polls at once');
    }
    const answered = answerPoll(poll, source, AbortSignal.any([signal, place.revoked])).then(
      (text) => {
        place.leave();
        if (place.revoked.aborted) throw invalidKey();
        return text;
      },
      (error: unknown) => {
        place.leave();
        throw error;
      },
    );
    if (source.options.keepAliveMs > 0) return keepAlive(answered, source);
    const text = await answered;
    tellPbx(reply, source.engine.status());
    return text;
  });
  add('checkState', (asked) => {
    requireObserver(asked.identity);
    return checkState(asked.source, asked);
  });
  add('dial', (asked) => dial(asked.source, asked));
  add('answer', (asked) => answer(asked.source, asked));
  add('hangup', (asked) => hangup(asked.source, asked));
  add('start', (asked) => startRecording(asked.source, asked));
  add('stop', (asked) => stopRecording(asked.source, asked));

  for (const base of recordingApis) {
    const addFinder = (name: string, find: (asked: Admitted) => Promise<readonly MetaData[]>): void => {
      const answered = async (asked: Admitted): Promise<MetaDataReply> => {
        requireObserver(asked.identity);
        return { MetaData: await find(asked), Code: 0 };
      };
      add(name, answered, base);
    };
    addFinder('retrieveMetaData', ({ source, parameters }) => source.recordings.byTag(required(parameters, 'tag')));
    addFinder('retrieveMetaDataByUniqueId', ({ source, parameters }) => source.recordings.byUniqueId(required(parameters, 'uniqueId')));
    addFinder('retrieveMetaDataByHour', ({ source, parameters }) => source.recordings.byHour(parseHour(parameters)));
  }

  scope.route({
    method: methods,
    url: '/servicemanager/rest/Time',
    handler: (_request, reply) =>
      reply
        .header('Content-Type', 'text/plain; charset=UTF-8')
        .header('Cache-Control', 'no-store')
        .send(String(Math.floor(gateway.clock.now() / 1000))),
  });
  // Other families of the vendor's server (systemHealth, rosterApi, CampaignAPI) are not served.
  for (const url of ['/servicemanager/rest/*', '/njadmin/rest/*']) {
    scope.route({
      method: methods,
      url,
      handler: (_request, reply) => sendJson(reply.code(404), JSON.stringify({ Message: 'No such method', Code: failed })),
    });
  }
};

/** White space before the answer is legal JSON, and keeps a reader with a short time-out, or a proxy, from giving up. */
const keepAlive = (answered: Promise<string>, { timers, options }: TenantSource): Readable => {
  const settled = new AbortController();
  const settle = (): void => settled.abort();
  answered.then(settle, settle);
  async function* spaces(): AsyncGenerator<string> {
    while (!settled.signal.aborted) {
      yield ' ';
      await pause(timers, options.keepAliveMs, settled.signal);
    }
    yield await answered;
  }
  return Readable.from(spaces(), { objectMode: false });
};

const sendJson = (reply: FastifyReply, body: string | Readable): FastifyReply =>
  reply.header('Content-Type', json).header('Cache-Control', 'no-store').send(body);

/** API errors travel in `Code` with HTTP 200; a client takes any other status for a server that is down. */
const sendError = (thrown: unknown, request: FastifyRequest, reply: FastifyReply): void => {
  const error = thrown instanceof NoojeeError ? thrown : toGatewayError(thrown);
  try {
    const { reply: body } = explain(error, ({ message }) => new NoojeeError(message));
    void sendJson(reply.code(200), JSON.stringify(body));
  } catch (bug) {
    request.log.error({ event: 'noojee.failed', err: thrown ?? bug }, 'request failed');
    void sendJson(reply.code(500), JSON.stringify({ Message: 'Internal error', Code: failed }));
  }
};

const requireObserver = ({ scopes }: Identity): void => {
  if (!scopes.has('observe') && !scopes.has('administer')) throw new NoojeeError('Not permitted');
};

const parametersOf = (request: FastifyRequest): Parameters => {
  const question = request.url.indexOf('?');
  return parseParameters(question === -1 ? '' : request.url.slice(question + 1), typeof request.body === 'string' ? request.body : '');
};

/** The requests under way. One listener stands for all: a signal looks through its own at each that is added. */
class Requests {
  readonly #underway = new Set<AbortController>();
  readonly #stopping: AbortSignal;

  constructor(stopping: AbortSignal) {
    this.#stopping = stopping;
    stopping.addEventListener('abort', () => {
      for (const request of this.#underway) request.abort();
    });
  }

  /** Aborts when the reply's connection closes or the server stops. */
  begin(reply: FastifyReply): AbortSignal {
    const request = new AbortController();
    this.#underway.add(request);
    reply.raw.once('close', () => {
      this.#underway.delete(request);
      request.abort();
    });
    if (this.#stopping.aborted) request.abort();
    return request.signal;
  }
}

/** A poll's place among those of its key. */
interface Place {
  /** Aborts when the key is revoked: what the poll would tell is no longer for its client. */
  readonly revoked: AbortSignal;
  leave(): void;
}

/** The polls that wait, by key. */
class WaitingPolls {
  readonly #byKey = new Map<KeyId, Set<AbortController>>();

  /** Undefined if there are `most` already. */
  enter(key: KeyId, most: number): Place | undefined {
    const waiting = this.#byKey.get(key) ?? new Set();
    if (waiting.size >= most) return undefined;
    const revoking = new AbortController();
    this.#byKey.set(key, waiting.add(revoking));
    return {
      revoked: revoking.signal,
      leave: () => {
        waiting.delete(revoking);
        if (waiting.size === 0) this.#byKey.delete(key);
      },
    };
  }

  revoke(key: KeyId): void {
    for (const revoking of this.#byKey.get(key) ?? []) revoking.abort();
  }
}
