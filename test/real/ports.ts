import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/**
 * Where ports are chosen: below those that systems give to outgoing connections (Linux: from 32768 on), for else anybody's connection
 * could take a port in the moment before its server listens, or while a PBX that was killed starts again; and above the PBXs' media.
 */
const [first, last] = [30_000, 32_699];

const anyPort = (): number => first + Math.floor(Math.random() * (last - first + 1));

const mostTries = 100;

/** The port on which a server listens. */
export const portOf = (server: Server): number => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server without a port');
  return address.port;
};

/** The first port of those it tries that `isFree`. */
const freePort = async (isFree: (port: number) => Promise<boolean>): Promise<number> => {
  for (let tries = 1; tries <= mostTries; tries += 1) {
    const port = anyPort();
    if (await isFree(port)) return port;
  }
  throw new Error(`none of ${mostTries} ports was free`);
};

const isFreeTcp = async (port: number): Promise<boolean> => {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
};

const isFreeUdp = async (port: number): Promise<boolean> => {
  const socket = createSocket('udp4');
  try {
    await once(socket.bind(port, '127.0.0.1'), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
};

/** A port of 127.0.0.1 that nobody listens on at this moment. */
export const freeTcpPort = (): Promise<number> => freePort(isFreeTcp);

/** Different UDP ports of 127.0.0.1 that nobody listens on at this moment. */
export const freeUdpPorts = async (count: number): Promise<readonly number[]> => {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort(isFreeUdp));
  return [...ports];
};
