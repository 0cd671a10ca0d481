import { execSync, fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { nodeFlags } from '../test/node-flags.ts';
import { transports } from './feeds/protocol.ts';
import type { FromClients, FromServer, Run, Side, ToClients, ToServer, Transport } from './feeds/protocol.ts';

/*
 * What a delivered event costs the server, per transport, against what Node does at best with nothing of ours: deliveries per
 * CPU second of the server, the clients in a process of their own. `node bench/feeds.ts [SUBSCRIBERS ...] [TRANSPORT ...]`
 */

const given = process.argv.slice(2);
const wanted = transports.filter((transport) => given.includes(transport));
const measures = (transport: Transport): boolean => wanted.length === 0 || wanted.includes(transport);
const counts = given.map(Number).filter((count) => count > 0);
const subscriberCounts = counts.length > 0 ? counts : [1000, 5000];
const rounds = 5;

const openFiles = Number(execSync('ulimit -n', { shell: '/bin/sh' }).toString()) || Number.POSITIVE_INFINITY;

class World {
  readonly #server: ChildProcess;
  readonly #clients: ChildProcess;
  readonly #transport: Transport;
  #listening: { readonly port: number; readonly key: string } | undefined;

  constructor(side: Side, transport: Transport) {
    this.#transport = transport;
    const at = (name: string): string => join(import.meta.dirname, 'feeds', name);
    this.#server = fork(at('server.ts'), [JSON.stringify({ side, transport })], { execArgv: [...nodeFlags, '--expose-gc'] });
    this.#clients = fork(at('clients.ts'));
    // A burst is announced by the server, counted by the clients, and the server is told: all by way of this process.
    this.#server.on('message', (message: FromServer) => {
      if (message.kind === 'burst' && transport !== 'long-poll') this.#tellClients({ kind: 'expect', bytesEach: message.bytesEach });
    });
    this.#clients.on('message', (message: FromClients) => {
      if (message.kind === 'received') this.#tellServer({ kind: 'received' });
    });
  }

  async connect(count: number, query = ''): Promise<void> {
    this.#listening ??= (await this.#hear(this.#server, 'listening')) as { readonly port: number; readonly key: string };
    this.#tellClients({ ...this.#listening, kind: 'connect', transport: this.#transport, count, query });
    await this.#hear(this.#clients, 'connected');
  }

  /** CPU seconds of the server. */
  async run(run: Run, subscribers: number): Promise<number> {
    this.#tellServer({ kind: 'run', run, subscribers });
    return ((await this.#hear(this.#server, 'ran')) as { readonly cpuSeconds: number }).cpuSeconds;
  }

  async runUnmatched(events: number): Promise<number> {
    this.#tellServer({ kind: 'unmatched', events });
    return ((await this.#hear(this.#server, 'ran')) as { readonly cpuSeconds: number }).cpuSeconds;
  }

  async memory(): Promise<number> {
    this.#listening ??= (await this.#hear(this.#server, 'listening')) as { readonly port: number; readonly key: string };
    this.#tellServer({ kind: 'memory' });
    return ((await this.#hear(this.#server, 'memory')) as { readonly bytes: number }).bytes;
  }

  close(): void {
    this.#server.disconnect();
    this.#clients.disconnect();
  }

  #tellServer(message: ToServer): void {
    this.#server.send(message);
  }

  #tellClients(message: ToClients): void {
    this.#clients.send(message);
  }

  #hear(child: ChildProcess, kind: string): Promise<unknown> {
    return new Promise((resolve) => {
      const look = (message: { readonly kind: string }): void => {
        if (message.kind !== kind) return;
        child.off('message', look);
        resolve(message);
      };
      child.on('message', look);
    });
  }
}

const median = (values: readonly number[]): number => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;

/** Deliveries per CPU second. */
const rateOf = async (world: World, subscribers: number, burst: number, deliveries: number): Promise<number> => {
  const events = Math.max(burst, Math.ceil(deliveries / subscribers / burst) * burst);
  return (events * subscribers) / (await world.run({ events, burst }, subscribers));
};

interface Measured {
  readonly bare: number;
  readonly ours: number;
  readonly ratio: number;
}

/** Both sides in turns, so that a machine that slows down slows both: after one round to warm up the middle of each, and of their ratios. */
const compare = async (bare: World, ours: World, subscribers: number, burst: number, deliveries: number): Promise<Measured> => {
  const measured: Measured[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const rates = { bare: await rateOf(bare, subscribers, 1, 60_000), ours: await rateOf(ours, subscribers, burst, deliveries) };
    measured.push({ ...rates, ratio: rates.ours / rates.bare });
  }
  const middle = (of: keyof Measured): number => median(measured.slice(1).map((each) => each[of]));
  return { bare: middle('bare'), ours: middle('ours'), ratio: middle('ratio') };
};

const thousands = (value: number): string => `${Math.round(value / 1000)} k/s`.padStart(10);
const times = (value: number): string => `${value.toFixed(2)}x`.padStart(7);

/** How many events are written at once, and how many deliveries make a round. */
const loads: Readonly<Record<Transport, readonly (readonly [burst: number, deliveries: number])[]>> = {
  websocket: [
    [1, 60_000],
    [32, 640_000],
  ],
  sse: [[1, 60_000]],
  'long-poll': [[1, 60_000]],
};

console.log('deliveries per CPU second of the server');
console.log('transport   subscribers  burst       bare       ours   ours/bare');
for (const subscribers of subscriberCounts) {
  if (subscribers + 100 > openFiles) {
    console.log(`skipped ${subscribers} subscribers: only ${openFiles} files may be open (ulimit -n)`);
    continue;
  }
  for (const transport of transports.filter(measures)) {
    const [bare, ours] = [new World('bare', transport), new World('ours', transport)];
    await Promise.all([bare.connect(subscribers), ours.connect(subscribers)]);
    for (const [burst, deliveries] of loads[transport]) {
      const { ratio, ...rates } = await compare(bare, ours, subscribers, burst, deliveries);
      console.log(
        `${transport.padEnd(12)}${String(subscribers).padStart(11)}${String(burst).padStart(7)} ${thousands(rates.bare)} ${thousands(rates.ours)}    ${times(ratio)}`,
      );
    }
    bare.close();
    ours.close();
  }
}

const idle = Math.min(5000, Math.max(...subscriberCounts));
const world = new World('ours', 'websocket');
await world.connect(200);
const memory: number[] = [await world.memory()];
for (let round = 0; round < 2; round += 1) {
  await world.connect(idle);
  memory.push(await world.memory());
}
const perReader = (after: number): string => `${(((memory[after] ?? 0) - (memory[after - 1] ?? 0)) / idle / 1024).toFixed(1)} KiB`;
// The first ones pay for what V8 keeps of the garbage of so many handshakes, whoever comes after.
console.log(`\nresident per idle WebSocket subscriber: ${perReader(1)} of the first ${idle}, ${perReader(2)} of the next`);
world.close();

/** CPU microseconds an event costs when one of so many subscribers wants it. */
const unmatched = async (subscribers: number): Promise<number> => {
  const few = new World('ours', 'websocket');
  await few.connect(subscribers, '?extension=xINDEX');
  const events = 5000;
  await few.runUnmatched(events);
  const costs: number[] = [];
  for (let round = 0; round < rounds; round += 1) costs.push(((await few.runUnmatched(events)) / events) * 1e6);
  few.close();
  return median(costs);
};
const [some, many] = [await unmatched(100), await unmatched(idle)];
console.log(
  `an event that one subscriber wants: ${some.toFixed(1)} us of 100, ${many.toFixed(1)} us of ${idle}: ${times(many / some).trim()}`,
);
