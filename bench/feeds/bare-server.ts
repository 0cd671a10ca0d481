import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { sseMessage } from '../../src/delivery/sse.ts';
import { textFrame } from '../../src/delivery/websocket.ts';
import { eventAt } from './payload.ts';
import type { Transport } from './protocol.ts';
import type { BenchServer } from './server.ts';

/** The baseline: node:http and bare sockets, each event framed once, one write an event and connection, and nothing else. */
export const startBareServer = async (transport: Transport): Promise<BenchServer> => {
  const sockets = new Set<Socket>();
  let parked: ServerResponse[] = [];
  let onParked = (): void => {};
  const http = createServer((request, response) => {
    if (transport === 'long-poll') {
      parked.push(response);
      onParked();
      return;
    }
    const { socket } = request;
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n');
    sockets.add(socket);
  });
  http.on('upgrade', (request, socket) => {
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    sockets.add(socket as Socket);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', 511, resolve));
  const bytesOf = (seq: number): Buffer => {
    const { json } = eventAt(seq);
    return transport === 'websocket' ? textFrame(json) : sseMessage({ id: eventAt(seq).event.id, data: json });
  };
  return {
    port: (http.address() as AddressInfo).port,
    key: 'none',
    emit: (first, count) => {
      if (transport === 'long-poll') {
        const body = Buffer.from(`{"events":[${eventAt(first).json}],"next":"${eventAt(first).event.id}","pbxStatus":"live"}`);
        const answered = parked;
        parked = [];
        for (const response of answered) {
          response.writeHead(200, {
            'Content-Type': 'application/json; charset=utf-8',
            'Content-Length': body.length,
            'Cache-Control': 'no-store',
          });
          response.end(body);
        }
        return;
      }
      for (let seq = first; seq < first + count; seq += 1) {
        const bytes = bytesOf(seq);
        for (const socket of sockets) socket.write(bytes);
      }
    },
    bytesEach: (count) => count * bytesOf(1_000_000).length,
    parked: (count) =>
      new Promise((resolve) => {
        onParked = () => {
          if (parked.length >= count) resolve();
        };
        onParked();
      }),
  };
};
