import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Call } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Event } from '../../model/event.ts';
import { callIdFrom, type CallId, type ChannelId } from '../../model/ids.ts';
import { isoTime } from '../../model/time.ts';
import type { Among } from './phones.ts';
import type { SandboxDriver } from './sandbox-driver.ts';
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
}

const mostSecondsAtOnce = 3600;
const callShownWithinMs = 5000;

const startSchema = z.strictObject({ from: numberSchema, to: numberSchema });
const dialSchema = z.strictObject({ to: numberSchema });
const whichSchema = z.strictObject({ callId: z.string().max(100).optional() });
const transferSchema = whichSchema.extend({ to: numberSchema.optional() });
const keysSchema = whichSchema.extend({ digits: z.string().min(1).max(64) });
const nothingSchema = z.strictObject({});
const advanceSchema = z.strictObject({ seconds: z.number().min(0).max(mostSecondsAtOnce) });
const phoneParams = z.object({ extension: numberSchema });
const outsideParams = z.object({ number: numberSchema });

/** `/v1/sandbox`: the hands at the phones of a sandbox, over HTTP. A fastify plugin. */
export const sandboxRoutes = async (server: FastifyInstance, options: SandboxRoutesOptions): Promise<void> => {
  const { sandbox, view, authorize } = options;
  const { phones, clock } = sandbox;
  server.addHook('onRequest', async (request) => authorize(request));

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

  server.post('/v1/sandbox/clock/advance', async (request) => {
    clock.advance(parse(advanceSchema, request.body).seconds);
    return { now: isoTime(clock.now()) };
  });
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
