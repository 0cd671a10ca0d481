import { z } from 'zod';
import { GatewayError } from '../../../model/errors.ts';
import { defineEndpoint } from '../endpoint.ts';
import type { Endpoint } from '../endpoint.ts';
import { renderFreshness, renderSnapshot } from '../render.ts';
import { legSchema, slotRefSchema } from '../schema/calls.ts';
import {
  agentSchema,
  conferenceSchema,
  extensionSchema,
  freshnessShape,
  queueSchema,
  slotSchema,
  snapshotSchema,
} from '../schema/state.ts';
import { extensionNumberSchema } from '../schema/words.ts';

const dialectGuideSchema = z.object({
  name: z.string(),
  title: z.string(),
  samples: z
    .array(z.object({ title: z.string(), text: z.string() }))
    .readonly()
    .describe('Lines for a terminal; a key that they need is in `$SWITCHHOOK_KEY`'),
  pages: z.array(z.object({ title: z.string(), path: z.string() })).readonly(),
});

const list = (name: string, item: z.ZodType): z.ZodObject => z.object({ [name]: z.array(item).readonly(), ...freshnessShape });

const getState = defineEndpoint({
  id: 'getState',
  method: 'GET',
  path: '/v1/state',
  tag: 'state',
  summary: 'What is so now, with the cursor at which it is true',
  scopes: ['observe'],
  answers: { 200: { description: 'The state', schema: snapshotSchema } },
  handle: (_input, { engine, gateway }) => ({
    status: 200,
    body: renderSnapshot(engine.snapshot(), renderFreshness(engine, gateway.clock)),
  }),
});

const listExtensions = defineEndpoint({
  id: 'listExtensions',
  method: 'GET',
  path: '/v1/extensions',
  tag: 'state',
  summary: 'Extensions with their presence and registered phones',
  scopes: ['observe'],
  answers: { 200: { description: 'Every extension', schema: list('extensions', extensionSchema) } },
  handle: (_input, { engine, gateway }) => ({
    status: 200,
    body: { extensions: engine.snapshot().extensions, ...renderFreshness(engine, gateway.clock) },
  }),
});

const getExtension = defineEndpoint({
  id: 'getExtension',
  method: 'GET',
  path: '/v1/extensions/{extension}',
  tag: 'state',
  summary: 'One extension and its live legs',
  scopes: ['observe'],
  params: z.object({ extension: extensionNumberSchema }),
  answers: {
    200: {
      description: 'The extension',
      schema: z.object({ extension: extensionSchema, legs: z.array(legSchema).readonly(), ...freshnessShape }),
    },
  },
  handle: ({ params }, { engine, gateway }) => {
    const extension = engine.extension(params.extension);
    if (extension === undefined) throw new GatewayError('no-such-extension', { extension: params.extension });
    return { status: 200, body: { extension, legs: engine.legsOf(extension.number), ...renderFreshness(engine, gateway.clock) } };
  },
});

const listSlots = defineEndpoint({
  id: 'listSlots',
  method: 'GET',
  path: '/v1/slots',
  tag: 'state',
  summary: 'Parked calls, and the slots that are free',
  scopes: ['observe'],
  answers: {
    200: {
      description: 'Every slot with a call in it, the one that has waited longest first',
      schema: list('slots', slotSchema).extend({
        free: z.array(slotRefSchema).readonly().describe('Slots with no call in them and none on its way, in order'),
      }),
    },
  },
  handle: (_input, { engine, gateway }) => {
    const { slots } = gateway.control;
    const { tenant } = engine;
    return {
      status: 200,
      body: { slots: slots.occupied(tenant), free: slots.free(tenant), ...renderFreshness(engine, gateway.clock) },
    };
  },
});

const listQueues = defineEndpoint({
  id: 'listQueues',
  method: 'GET',
  path: '/v1/queues',
  tag: 'state',
  summary: 'Queues with their agents and who waits',
  scopes: ['observe'],
  answers: { 200: { description: 'Every queue', schema: list('queues', queueSchema) } },
  handle: (_input, { engine, gateway }) => ({
    status: 200,
    body: { queues: engine.snapshot().queues, ...renderFreshness(engine, gateway.clock) },
  }),
});

const getQueue = defineEndpoint({
  id: 'getQueue',
  method: 'GET',
  path: '/v1/queues/{queue}',
  tag: 'state',
  summary: 'One queue',
  scopes: ['observe'],
  params: z.object({ queue: z.string().max(100) }),
  answers: { 200: { description: 'The queue', schema: z.object({ queue: queueSchema, ...freshnessShape }) } },
  handle: ({ params }, { engine, gateway }) => {
    const queue = engine.queue(params.queue);
    if (queue === undefined) throw new GatewayError('no-such-queue', { queue: params.queue });
    return { status: 200, body: { queue, ...renderFreshness(engine, gateway.clock) } };
  },
});

const agentInQueueSchema = z
  .object({ queue: z.string(), ...agentSchema.unwrap().shape })
  .readonly()
  .meta({ id: 'AgentInQueue' });

const listAgents = defineEndpoint({
  id: 'listAgents',
  method: 'GET',
  path: '/v1/agents',
  tag: 'state',
  summary: 'Agents, once for each queue in which they are',
  scopes: ['observe'],
  query: z.strictObject({ extension: z.exactOptional(extensionNumberSchema.describe('Only this one')) }),
  answers: { 200: { description: 'By queue', schema: list('agents', agentInQueueSchema) } },
  handle: ({ query }, { engine, gateway }) => {
    const all = engine.snapshot().queues.flatMap(({ name, agents }) => agents.map((agent) => ({ queue: name, ...agent })));
    const agents = query.extension === undefined ? all : all.filter(({ extension }) => extension === query.extension);
    return { status: 200, body: { agents, ...renderFreshness(engine, gateway.clock) } };
  },
});

const getConference = defineEndpoint({
  id: 'getConference',
  method: 'GET',
  path: '/v1/conferences/{conference}',
  tag: 'state',
  summary: 'One conference room',
  scopes: ['observe'],
  params: z.object({ conference: z.string().max(100) }),
  answers: { 200: { description: 'The room', schema: z.object({ conference: conferenceSchema, ...freshnessShape }) } },
  handle: ({ params }, { engine, gateway }) => {
    const conference = engine.conference(params.conference);
    if (conference === undefined) throw new GatewayError('no-such-conference', { conference: params.conference });
    return { status: 200, body: { conference, ...renderFreshness(engine, gateway.clock) } };
  },
});

const listConferences = defineEndpoint({
  id: 'listConferences',
  method: 'GET',
  path: '/v1/conferences',
  tag: 'state',
  summary: 'Conferences and who is in them',
  scopes: ['observe'],
  answers: { 200: { description: 'Every conference', schema: list('conferences', conferenceSchema) } },
  handle: (_input, { engine, gateway }) => ({
    status: 200,
    body: { conferences: engine.snapshot().conferences, ...renderFreshness(engine, gateway.clock) },
  }),
});

const listDialects = defineEndpoint({
  id: 'listDialects',
  method: 'GET',
  path: '/v1/dialects',
  tag: 'state',
  summary: "The vendors' APIs that the tenant is served through, with requests that work as they stand",
  scopes: ['observe'],
  answers: { 200: { description: 'Each that is enabled', schema: z.object({ dialects: z.array(dialectGuideSchema).readonly() }) } },
  handle: (_input, { engine, gateway }) => ({ status: 200, body: { dialects: gateway.dialects(engine.tenant) } }),
});

export const stateEndpoints: readonly Endpoint[] = [
  getState,
  listExtensions,
  getExtension,
  listSlots,
  listQueues,
  getQueue,
  listAgents,
  listConferences,
  getConference,
  listDialects,
];
