import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { parseReply } from '../world.ts';
import type { RingCentralWorld } from './serve-ringcentral.ts';

export type Frame = readonly [meta: Readonly<Record<string, unknown>>, body?: Readonly<Record<string, unknown>>];

export interface Envelope {
  readonly uuid: string;
  readonly event: string;
  readonly timestamp: string;
  readonly subscriptionId: string;
  readonly ownerId: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface SocketClient {
  readonly frames: readonly Frame[];
  /** Frames of notifications alone. */
  readonly told: readonly Envelope[];
  /** The recovery token that a client has by now. */
  readonly wsc: string;
  readonly closed: Promise<number>;
  send(text: string): void;
  request(method: string, path: string, body?: unknown, more?: object): Promise<Frame>;
  /** Resolves with the first frame, past or to come, that fits. */
  frame(fits: (frame: Frame) => boolean): Promise<Frame>;
  /** Subscribes, and lets the time pass after which notifications may come. */
  subscribe(filters: readonly string[]): Promise<string>;
  /** Once there are so many notifications. */
  count(notifications: number): Promise<readonly Envelope[]>;
  /** Cuts the line. */
  cut(): void;
}

export const wsToken = async ({ url, token }: RingCentralWorld, extension?: string): Promise<string> => {
  const headers = { Authorization: `Bearer ${await token(extension)}` };
  const { body } = await parseReply(await fetch(`${url}/restapi/oauth/wstoken`, { method: 'POST', headers }));
  return (body as { readonly ws_access_token: string }).ws_access_token;
};

/** A client of the vendor's WebSocket, no cleverer than its protocol. */
export const openSocket = async (world: RingCentralWorld, query: string, headers = {}): Promise<SocketClient> => {
  const socket = new WebSocket(`${world.url.replace('http', 'ws')}/restapi/websocket${query}`, { headers });
  onTestFinished(() => socket.terminate());
  const frames: Frame[] = [];
  const waiting = new Set<() => void>();
  const closed = new Promise<number>((resolve) => {
    socket.on('close', resolve);
  });
  socket.on('message', (data: Buffer) => {
    frames.push(JSON.parse(data.toString()) as Frame);
    for (const look of waiting) look();
  });
  await new Promise((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
  });
  const until = <Found>(find: () => Found | undefined): Promise<Found> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = find();
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  let requests = 0;
  const request: SocketClient['request'] = (method, path, body, more = {}) => {
    requests += 1;
    const messageId = `request-${requests}`;
    const meta = { type: 'ClientRequest', messageId, method, path, ...more };
    socket.send(JSON.stringify(body === undefined ? [meta] : [meta, body]));
    return until(() => frames.find(([each]) => each['messageId'] === messageId));
  };
  const told = (): readonly Envelope[] =>
    frames.filter(([{ type }]) => type === 'ServerNotification').map(([, body]) => body as unknown as Envelope);
  return {
    frames,
    get told() {
      return told();
    },
    get wsc() {
      const last = frames.findLast(([meta]) => 'wsc' in meta)?.[0]['wsc'] as { readonly token: string } | undefined;
      return last?.token ?? '';
    },
    closed,
    send: (text) => socket.send(text),
    request,
    frame: (fits) => until(() => frames.find(fits)),
    subscribe: async (eventFilters) => {
      const deliveryMode = { transportType: 'WebSocket' };
      const [, body] = await request('POST', '/restapi/v1.0/subscription', { eventFilters, deliveryMode });
      world.clock.advance(1);
      return String(body?.['id']);
    },
    count: (notifications) => until(() => (told().length < notifications ? undefined : told())),
    cut: () => socket.terminate(),
  };
};
