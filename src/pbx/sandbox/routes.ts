import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Call } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Event } from '../../model/event.ts';
import { callIdFrom, type CallId, type ChannelId } from '../../model/ids.ts';
import { isoTime } from '../../model/time.ts';
import { Inbox, receiveInto } from './inbox.ts';
import type { Among } from './phones.ts';
import type { SandboxDriver } from './sandbox-driver.ts';
import { parseScenario, runScenario } from './scenario.ts';
import { numberSchema } from './schema.ts';

/** What the routes need to see of calls: a running tenant has it. */
export interface CallView {
  call(id: CallId): Call | undefined;
  onCommitted(listener: (events: readonly { readonly event: Event }[]) => void): () => void;
}

export interface SandboxRoutesOptions {
  readonly sandbox: SandboxDriver;
  readonly view: CallView;
  /** Lets a request pass that may control calls; throws for any other. */
  readonly authorize: (request: FastifyRequest) => void;
  /** The end of the inbox's address. Whoever knows it can put something there. */
  readonly inboxName: string;
  /** Scenario files to choose from. */
  readonly scenarios: readonly ScenarioFile[];
}

/** A scenario as it lies in a file. */
export interface ScenarioFile {
  readonly file: string;
  readonly text: string;
}

const mostSecondsAtOnce = 3600;
const callShownWithinMs = 5000;
const mostPlaying = 4;
const mostScenarioSeconds = 600;

const startSchema = z.strictObject({ from: numberSchema, to: numberSchema });
const dialSchema = z.strictObject({ to: numberSchema });
const whichSchema = z.strictObject({ callId: z.string().max(100).optional() });
const transferSchema = whichSchema.extend({ to: numberSchema.optional() });
const keysSchema = whichSchema.extend({ digits: z.string().min(1).max(64) });
const nothingSchema = z.strictObject({});
const advanceSchema = z.strictObject({ seconds: z.number().min(0).max(mostSecondsAtOnce) });
const scenarioSchema = z.strictObject({ text: z.string().max(65_536) });
const inboxQuery = z.strictObject({ after: z.coerce.number().int().min(0).default(0), wait: z.coerce.number().min(0).max(30).default(0) });
const phoneParams = z.object({ extension: numberSchema });
const outsideParams = z.object({ number: numberSchema });

/** `/v1/sandbox`: the hands at the phones of a sandbox, over HTTP. A fastify plugin. */
export const sandboxRoutes = async (server: FastifyInstance, options: SandboxRoutesOptions): Promise<void> => {
  const { sandbox, inboxName } = options;
  const inbox = new Inbox(sandbox.clock);
  const inboxPath = `/v1/sandbox/inbox/${inboxName}`;
  await server.register(async (scope) => receiveInto(scope, inbox, inboxPath));
  await server.register(async (scope) => {
    scope.addHook('onRequest', async (request) => options.authorize(request));
    phoneRoutes(scope, options);
    stageRoutes(scope, options);
    scope.get('/v1/sandbox/inbox', async (request, reply) => {
      const { after, wait } = parse(inboxQuery, request.query);
      if (wait > 0) await withinSeconds(wait, reply.raw, (signal) => inbox.untilMoreThan(after, signal));
      return { path: inboxPath, count: inbox.count, requests: inbox.requests };
    });
  });
};

const phoneRoutes = (server: FastifyInstance, { sandbox, view }: SandboxRoutesOptions): void => {
  const { phones } = sandbox;

  const among = (callId: string | undefined): Among | undefined => {
    if (callId === undefined) return undefined;
    const call = view.call(callIdFrom(callId));
    if (call === undefined) throw new GatewayError('no-such-call', { call: callId });
    return call.legs.map(({ channel }) => channel);
  };

  /** Begins a call and waits until the log has it. */
  const start = async (from: string, to: string): Promise<Call> => {
    const shown = Promise.withResolvers<Call>();
    let channel: ChannelId | undefined;
    const stop = view.onCommitted((events) => {
      const callId = events.find(({ event }) => event.leg?.channel === channel)?.event.callId;
      const call = events.findLast(({ event }) => callId !== undefined && event.callId === callId && event.call !== undefined)?.event.call;
      if (call !== undefined) shown.resolve(call);
    });
    const deadline = setTimeout(() => shown.reject(new GatewayError('timed-out', { from, to })), callShownWithinMs);
    try {
      channel = phones.call(from, to);
      return await shown.promise;
    } finally {
      clearTimeout(deadline);
      stop();
    }
  };

  server.post('/v1/sandbox/calls', async (request, reply) => {
    const { from, to } = parse(startSchema, request.body);
    return reply.code(201).send(await start(from, to));
  });

  server.post('/v1/sandbox/phones/:extension/dial', async (request, reply) => {
    const { extension } = parse(phoneParams, request.params);
    // An outside number is no phone of the office, though calls may come from it.
    phones.stateOf(extension);
    return reply.code(201).send(await start(extension, parse(dialSchema, request.body).to));
  });

  const acts: Readonly<Record<string, (extension: string, among?: Among) => void>> = {
    answer: (extension, which) => phones.answer(extension, which),
    reject: (extension, which) => phones.reject(extension, which),
    hangup: (extension, which) => phones.hangUp(extension, which),
    hold: (extension, which) => phones.hold(extension, which),
    resume: (extension, which) => phones.resume(extension, which),
  };
  for (const [name, act] of Object.entries(acts)) {
    server.post(`/v1/sandbox/phones/:extension/${name}`, async (request) => {
      const { extension } = parse(phoneParams, request.params);
      act(extension, among(parse(whichSchema, request.body).callId));
      return { extension, state: phones.stateOf(extension) };
    });
  }

  server.post('/v1/sandbox/phones/:extension/transfer', async (request) => {
    const { extension } = parse(phoneParams, request.params);
    const { callId, to } = parse(transferSchema, request.body);
    phones.transfer(extension, to, among(callId));
    return { extension, state: phones.stateOf(extension) };
  });

  server.post('/v1/sandbox/phones/:extension/keys', async (request) => {
    const { extension } = parse(phoneParams, request.params);
    const { callId, digits } = parse(keysSchema, request.body);
    phones.pressKeys(extension, digits, among(callId));
    return { extension, state: phones.stateOf(extension) };
  });

  server.post('/v1/sandbox/outside/:number/keys', async (request) => {
    const { number } = parse(outsideParams, request.params);
    const { callId, digits } = parse(keysSchema, request.body);
    phones.pressKeysOutside(number, digits, among(callId));
    return { number };
  });

  for (const [name, act] of [
    ['register', (extension: string) => phones.register(extension)],
    ['unregister', (extension: string) => phones.unregister(extension)],
  ] as const) {
    server.post(`/v1/sandbox/phones/:extension/${name}`, async (request) => {
      const { extension } = parse(phoneParams, request.params);
      parse(nothingSchema, request.body);
      act(extension);
      return { extension, state: phones.stateOf(extension) };
    });
  }

  for (const [name, act] of [
    ['answer', (number: string) => phones.answerOutside(number)],
    ['hangup', (number: string) => phones.hangUpOutside(number)],
  ] as const) {
    server.post(`/v1/sandbox/outside/:number/${name}`, async (request) => {
      const { number } = parse(outsideParams, request.params);
      parse(nothingSchema, request.body);
      act(number);
      return { number };
    });
  }
};

/** The clock, and scenarios. */
const stageRoutes = (server: FastifyInstance, { sandbox, scenarios }: SandboxRoutesOptions): void => {
  const { clock } = sandbox;
  let playing = 0;

  server.post('/v1/sandbox/clock/advance', async (request) => {
    clock.advance(parse(advanceSchema, request.body).seconds);
    return { now: isoTime(clock.now()) };
  });

  server.get('/v1/sandbox/scenarios', async () => ({
    scenarios: scenarios.map(({ file, text }) => ({ file, name: parseScenario(text).name ?? file, text })),
  }));

  server.post('/v1/sandbox/scenarios', async (request, reply) => {
    const { text } = parse(scenarioSchema, request.body);
    parseScenario(text);
    if (playing >= mostPlaying) throw new GatewayError('too-many-requests', {}, { note: 'Other scenarios are being played.' });
    playing += 1;
    try {
      await withinSeconds(mostScenarioSeconds, reply.raw, (signal) => runScenario(text, sandbox, signal));
      return { played: true };
    } finally {
      playing -= 1;
    }
  });
};

/** Works until it is done, so much time has passed, or whoever asked has gone. */
const withinSeconds = async (seconds: number, reply: ServerResponse, work: (signal: AbortSignal) => Promise<void>): Promise<void> => {
  const gone = new AbortController();
  const leave = (): void => gone.abort(new GatewayError('timed-out'));
  const timer = setTimeout(leave, seconds * 1000);
  reply.on('close', leave);
  try {
    await work(gone.signal);
  } finally {
    clearTimeout(timer);
    reply.off('close', leave);
  }
};

/** No body is as good as an empty one. */
const parse = <Schema extends z.ZodType>(schema: Schema, input: unknown): z.infer<Schema> => {
  const result = schema.safeParse(input ?? {});
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.code === 'unrecognized_keys' ? (issue.keys[0] ?? '') : (issue?.path.join('.') ?? '');
  const isMissing = issue?.code === 'invalid_type' && issue.input === undefined && isAbsent(input, issue.path);
  throw new GatewayError(isMissing ? 'missing-parameter' : 'invalid-parameter', { field }, { note: issue?.message ?? '' });
};

const isAbsent = (input: unknown, path: readonly PropertyKey[]): boolean => {
  const [key] = path;
  return key !== undefined && (typeof input !== 'object' || input === null || !(key in input));
};
