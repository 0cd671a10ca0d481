import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Received {
  readonly path: string;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What it does with a request; 204 when it does nothing. */
export type Answer = (received: Received, response: ServerResponse, request: IncomingMessage) => void;

export interface Sink {
  readonly url: string;
  readonly received: readonly Received[];
  /** How requests are answered from now on. */
  answer: Answer;
  /** Resolves when so many requests have come. */
  count(most: number): Promise<readonly Received[]>;
  close(): Promise<void>;
}

/** A program that is delivered to, on a port of this machine. */
export const startSink = async (answer: Answer = ok, port = 0): Promise<Sink> => {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url: path = '', method = '', headers } = request;
      const each = { path, method, headers, body: Buffer.concat(chunks).toString() };
      received.push(each);
      sink.answer(each, response, request);
      for (const look of waiting) look();
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(close);
  const sink: Sink = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    answer,
    count: (most) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (received.length < most) return;
          waiting.delete(look);
          resolve(received);
        };
        waiting.add(look);
        look();
      }),
    close,
  };
  return sink;
};

export const ok: Answer = (_received, response) => void response.writeHead(204).end();
export const refuse =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (_received, response) =>
    void response.writeHead(status, headers).end('no');

export const seqOf = ({ body }: Received): number => (JSON.parse(body) as { seq: number }).seq;
export const laneOf = ({ body }: Received): string => (JSON.parse(body) as { lane: string }).lane;
export const seqs = (sink: Sink): readonly number[] => sink.received.map(seqOf);
