import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { once } from 'node:events';
import { GatewayError } from '../model/errors.ts';

/** The first byte of every TLS connection: a handshake record. No HTTP request begins with it. */
const tlsHandshake = 0x16;

/** What a door does with a connection. */
export type Admit = (socket: Socket) => void;

/**
 * Listens on one port. With `plain` and `secure` both given the first byte of a connection tells which of the two it is
 * for, so that http and https share the port; with one given every connection is its.
 */
export const openDoor = async (
  address: { readonly host: string; readonly port: number },
  admit: { readonly plain?: Admit; readonly secure?: Admit },
  options: {
    /** Asked of every connection first; false drops it. */
    readonly countIn: (socket: Socket) => boolean;
    readonly firstByteMs: number;
  },
): Promise<Server> => {
  const { plain, secure } = admit;
  const admitOne = plain === undefined || secure === undefined ? (plain ?? secure) : tellApart(plain, secure, options.firstByteMs);
  // As node:http sets them for its own sockets.
  const door = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    if (options.countIn(socket)) admitOne?.(socket);
    else socket.destroy();
  });
  door.listen({ host: address.host, port: address.port });
  try {
    await once(door, 'listening');
  } catch (error) {
    throw new GatewayError('cannot-listen', { ...address }, { note: reasonOf(error), cause: error });
  }
  return door;
};

const reasonOf = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return 'Another program listens there.';
  if (code === 'EACCES') return 'This user may not listen there.';
  return error instanceof Error ? error.message : '';
};

/** Where a door listens; the port is the real one where 0 was asked for. */
export const addressOf = (door: Server): { readonly host: string; readonly port: number } => {
  const address = door.address() as AddressInfo;
  return { host: address.address, port: address.port };
};

const tellApart =
  (plain: Admit, secure: Admit, firstByteMs: number): Admit =>
  (socket) => {
    const giveUp = (): void => {
      socket.destroy();
    };
    const settle = (): void => {
      socket.off('readable', look);
      socket.off('error', giveUp);
      socket.off('end', giveUp);
      socket.off('timeout', giveUp);
      socket.setTimeout(0);
    };
    const look = (): void => {
      const first = socket.read(1) as Buffer | null;
      if (first === null) return;
      settle();
      socket.unshift(first);
      (first[0] === tlsHandshake ? secure : plain)(socket);
    };
    socket.on('readable', look);
    socket.on('error', giveUp);
    socket.on('end', giveUp);
    socket.on('timeout', giveUp);
    socket.setTimeout(firstByteMs);
  };
