import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { FromClients, ToClients } from './protocol.ts';

const say = (message: FromClients): void => {
  process.send?.(message);
};

const sockets: Socket[] = [];
let missing = 0;
/** Bytes that came before they were announced. */
let early = 0;

const count = (bytes: number): void => {
  early += bytes;
  settle();
};

const settle = (): void => {
  if (missing === 0 || early < missing) return;
  early -= missing;
  missing = 0;
  say({ kind: 'received' });
};

const open = async ({ transport, port, key, count: wanted, query }: Extract<ToClients, { kind: 'connect' }>): Promise<void> => {
  const headers = `Host: bench\r\nAuthorization: Bearer ${key}\r\n`;
  const upgrade =
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
  const openOne = (index: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      sockets.push(socket);
      const ask = (after: string): void => void socket.write(`GET /v1/events?after=${after}&wait=60 HTTP/1.1\r\n${headers}\r\n`);
      const search = query.replace('INDEX', String(index));
      socket.on('error', reject);
      socket.once('connect', () => {
        if (transport === 'websocket') socket.write(`GET /v1/ws${search} HTTP/1.1\r\n${headers}${upgrade}\r\n`);
        else if (transport === 'sse') socket.write(`GET /v1/events/stream${search} HTTP/1.1\r\n${headers}\r\n`);
        else ask('now');
        if (transport === 'long-poll') resolve();
      });
      if (transport === 'long-poll') {
        let text = '';
        socket.on('data', (chunk: Buffer) => {
          text += chunk.toString('latin1');
          // A page ends with the state of the PBX; its cursor stands just before.
          if (!text.endsWith('"live"}')) return;
          const at = text.lastIndexOf('"next":"') + 8;
          const after = text.slice(at, text.indexOf('"', at));
          text = '';
          ask(after);
        });
        return;
      }
      // What comes before the first event (the reply, a confirmation) ends with a text of its own.
      let greeting = '';
      const greet = (chunk: Buffer): void => {
        greeting += chunk.toString('latin1');
        const isReady = key === 'none' ? greeting.includes('\r\n\r\n') : /feed\.ready.*\}$|: alive\n\n$/s.test(greeting);
        if (!isReady) return;
        socket.off('data', greet);
        socket.on('data', (bytes: Buffer) => count(bytes.length));
        resolve();
      };
      socket.on('data', greet);
    });
  for (let first = 0; first < wanted; first += 200) {
    await Promise.all(Array.from({ length: Math.min(200, wanted - first) }, (_, offset) => openOne(first + offset)));
  }
  say({ kind: 'connected' });
};

process.on('disconnect', () => process.exit());
process.on('message', (message: ToClients) => {
  switch (message.kind) {
    case 'connect':
      void open(message);
      return;
    case 'expect':
      missing = message.bytesEach * sockets.length;
      settle();
      return;
    case 'leave':
      for (const socket of sockets.splice(0)) socket.destroy();
      say({ kind: 'left' });
      return;
    default:
      message satisfies never;
  }
});
