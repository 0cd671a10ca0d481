import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { NativeWorld } from './serve-native.ts';

export interface SocketClient {
  readonly frames: readonly Frame[];
  /** Resolves with the first frame, past or to come, that fits. */
  frame(fits: (frame: Frame) => boolean): Promise<Frame>;
  send(message: unknown): void;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly socket: WebSocket;
}

export interface Frame {
  readonly type: string;
  readonly seq?: number;
  readonly cursor?: string;
  readonly problem?: { readonly id: string };
}

/** An open WebSocket to `/v1/ws`. */
export const openWebSocket = async (
  world: NativeWorld,
  query = '',
  headers: Readonly<Record<string, string>> = { authorization: `Bearer ${world.key}` },
): Promise<SocketClient> => {
  const socket = new WebSocket(`${world.url}/v1/ws${query}`, { headers });
  onTestFinished(() => socket.terminate());
  const frames: Frame[] = [];
  const waiting = new Set<() => void>();
  socket.on('message', (data: Buffer) => {
    frames.push(JSON.parse(data.toString()) as Frame);
    for (const look of [...waiting]) look();
  });
  const closed = once(socket, 'close').then(([code, reason]) => ({ code: code as number, reason: String(reason) }));
  await once(socket, 'open');
  return {
    frames,
    socket,
    closed,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    frame: (fits) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = frames.find(fits);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
};

export interface SseMessage {
  readonly id?: string;
  readonly event?: string;
  readonly data?: string;
}

/** The messages of an event stream, until it ends or `signal` aborts. */
export async function* openEventStream(
  world: NativeWorld,
  query: string,
  headers: Readonly<Record<string, string>> = { authorization: `Bearer ${world.key}` },
  signal?: AbortSignal,
): AsyncGenerator<SseMessage> {
  const response = await fetch(`${world.url}/v1/events/stream${query}`, { headers, ...(signal === undefined ? {} : { signal }) });
  if (response.body === null || !response.ok) throw new Error(`${response.status} ${await response.text()}`);
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      yield Object.fromEntries(
        lines.filter((line) => !line.startsWith(':')).map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
    }
  }
}
