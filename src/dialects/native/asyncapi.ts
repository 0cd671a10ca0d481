import type { z } from 'zod';
import { closings } from '../../delivery/closings.ts';
import { eventTypes } from '../../model/event.ts';
import { Components } from './documents.ts';
import { eventSchemas } from './schema/events.ts';
import { feedHeartbeatSchema, feedProblemSchema, feedReadySchema, subscribeSchema } from './schema/feeds.ts';

/** The AsyncAPI 3 document of the live feeds, out of the schemas of the events. */
export const renderAsyncApi = (server: { readonly url: string; readonly version: string }): unknown => {
  const components = new Components();
  const message = (name: string, schema: z.ZodType, io: 'input' | 'output'): unknown => ({
    name,
    contentType: 'application/json',
    payload: components.schema(schema, io),
  });
  const events = Object.fromEntries(eventTypes.map((type) => [type, message(type, eventSchemas[type], 'output')]));
  const control = {
    'feed.ready': message('feed.ready', feedReadySchema, 'output'),
    'feed.heartbeat': message('feed.heartbeat', feedHeartbeatSchema, 'output'),
    'feed.problem': message('feed.problem', feedProblemSchema, 'output'),
  };
  const { host, protocol } = new URL(server.url);
  const secure = protocol === 'https:';
  const parameters = ['after', 'type', 'extension', 'call', 'ticket'].map((name) => `\`${name}\``).join(', ');
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Switchhook',
      version: server.version,
      description: 'Every event of the log, from any cursor on: history first, then live, none missing and none twice.',
    },
    servers: {
      webSocket: { host, protocol: secure ? 'wss' : 'ws' },
      eventStream: { host, protocol: secure ? 'https' : 'http' },
    },
    channels: {
      webSocket: {
        address: '/v1/ws',
        description: `Query: ${parameters}. Each event is one text message, in the form in which it lies in the log.`,
        servers: [{ $ref: '#/servers/webSocket' }],
        messages: { ...events, ...control, subscribe: message('subscribe', subscribeSchema, 'input') },
      },
      eventStream: {
        address: '/v1/events/stream',
        description: `Server-sent events; query: ${parameters}. \`id\` is the cursor, and Last-Event-ID resumes from it.`,
        servers: [{ $ref: '#/servers/eventStream' }],
        messages: events,
      },
    },
    operations: {
      receiveEvents: {
        action: 'receive',
        channel: { $ref: '#/channels/webSocket' },
        messages: [...eventTypes, ...Object.keys(control)].map((name) => ({ $ref: `#/channels/webSocket/messages/${name}` })),
      },
      subscribe: {
        action: 'send',
        channel: { $ref: '#/channels/webSocket' },
        messages: [{ $ref: '#/channels/webSocket/messages/subscribe' }],
      },
      streamEvents: {
        action: 'receive',
        channel: { $ref: '#/channels/eventStream' },
        messages: eventTypes.map((name) => ({ $ref: `#/channels/eventStream/messages/${name}` })),
      },
    },
    components: { schemas: components.schemas },
    'x-close-codes': closings,
  };
};
