/**
 * What the gateway adds to a command: an agent of a queue is paused and unpaused on a real Asterisk, 100 times a second, over
 * `POST /v1/queues/.../pause`, until a WebSocket has seen the event. In between, the same action goes to the same Asterisk over a bare
 * manager connection, until its event is back. The difference is ours: HTTP, checking, recording the command on disk, watching for its
 * effect, committing the event. `node bench/commands.ts [commands a second] [seconds]`.
 */
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { connectAmi, type AmiEvent } from '../src/pbx/asterisk/ami-client.ts';
import { AsteriskMissing, fetchAsterisk, type AsteriskTree } from '../test/real/asterisk/fetch.ts';
import { amiAccounts, Pbx } from '../test/real/asterisk/pbx.ts';
import { phoneNumbers } from '../test/real/office.ts';
import { Gateway } from '../test/real/gateway/gateway.ts';

const perSecond = Number(process.argv[2] ?? 100);
const seconds = Number(process.argv[3] ?? 10);
const warmUpSeconds = 3;
const targetMs = 5;
/** What has not come by then was refused. */
const longestEffectMs = 5_000;
const queue = 'support';

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

const timers = {
  after: (ms: number, run: () => void): (() => void) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

const findAsterisk = async (): Promise<AsteriskTree | undefined> => {
  try {
    return await fetchAsterisk('22');
  } catch (error) {
    if (!(error instanceof AsteriskMissing)) throw error;
    console.log(`skipped: ${error.message}`);
    return undefined;
  }
};

/** Latencies of one kind, in ms: a sample begins with `sent`, and ends when its key is `seen`. */
class Stopwatch {
  readonly #sentAt = new Map<string, number>();
  readonly #samples: number[] = [];
  #idle: PromiseWithResolvers<void> | undefined;

  isRunning(key: string): boolean {
    return this.#sentAt.has(key);
  }

  sent(key: string): void {
    this.#sentAt.set(key, performance.now());
  }

  seen(key: string, counts: boolean): void {
    const sent = this.#sentAt.get(key);
    this.#sentAt.delete(key);
    if (sent !== undefined && counts) this.#samples.push(performance.now() - sent);
    if (this.#sentAt.size === 0) this.#idle?.resolve();
  }

  /** Resolves when everything that was sent has been seen. */
  async idle(): Promise<void> {
    if (this.#sentAt.size === 0) return;
    this.#idle ??= Promise.withResolvers();
    await this.#idle.promise;
  }

  sorted(): readonly number[] {
    return this.#samples.toSorted((one, two) => one - two);
  }
}

const measure = async (tree: AsteriskTree): Promise<void> => {
  const pbx = await Pbx.start(tree);
  const closing: (() => Promise<void> | void)[] = [() => pbx.close()];
  try {
    const bare = new Stopwatch();
    const effects = new Stopwatch();
    const answers = new Stopwatch();
    let measuring = false;

    const bareDevice = 'PJSIP/bare';
    const onEvent = ({ message }: AmiEvent): void => {
      if (message.event === 'QueueMemberPause' && message.get('Interface') === bareDevice) bare.seen(bareDevice, measuring);
    };
    const account = { host: '127.0.0.1', port: pbx.amiPort, tls: false, ...amiAccounts.witness, events: 'agent', onEvent };
    const deps = { clock: { now: () => Date.now() * 1000 }, timers, token: () => 'bench' };
    const ami = await connectAmi(account, deps, new AbortController().signal);
    closing.push(() => ami.close());
    // 106 and 107 are agents by configuration.
    const devices = [...phoneNumbers.filter((number) => !['106', '107'].includes(number)).map((number) => `PJSIP/${number}`), bareDevice];
    for (const Interface of devices) await ami.request({ Action: 'QueueAdd', Queue: queue, Interface });

    const gateway = await Gateway.start({ pbx: { kind: 'asterisk', port: pbx.amiPort, ...amiAccounts.recommended } });
    closing.push(() => gateway.close());
    const tail = gateway.tail('oldest');
    await tail.until('pbx.resynced');
    await tail.close();
    const authorization = `Bearer ${gateway.key}`;
    const reader = new WebSocket(`${gateway.url.replace('http', 'ws')}/v1/ws`, { headers: { authorization } });
    closing.push(() => reader.terminate());
    reader.on('message', (data: Buffer) => {
      const text = data.toString('latin1');
      if (!/"type":"agent\.(?:un)?paused"/.test(text)) return;
      effects.seen(/"extension":"(\d+)"/.exec(text)?.[1] ?? '', measuring);
    });
    await once(reader, 'open');

    const connections = new Agent({ keepAlive: true });
    closing.push(() => connections.destroy());
    const refused = new Map<number, number>();
    const post = (path: string, turn: number): void => {
      answers.sent(`${turn}`);
      const asking = request(`${gateway.url}${path}`, { method: 'POST', agent: connections, headers: { authorization } }, (answer) => {
        answer.resume();
        answer.once('end', () => answers.seen(`${turn}`, measuring));
        const status = answer.statusCode ?? 0;
        if (status >= 400) refused.set(status, (refused.get(status) ?? 0) + 1);
      });
      asking.setHeader('content-type', 'application/json');
      asking.end('{}');
    };

    const total = perSecond * (warmUpSeconds + seconds);
    const gapMs = 1000 / perSecond;
    let late = 0;
    const start = performance.now();
    for (let turn = 0; turn < total; turn += 1) {
      const due = start + turn * gapMs;
      while (performance.now() < due) await pause(Math.max(0, due - performance.now()));
      measuring = turn >= perSecond * warmUpSeconds;
      const agent = phoneNumbers[turn % phoneNumbers.length] ?? '';
      const isPause = Math.floor(turn / phoneNumbers.length) % 2 === 0;
      if (effects.isRunning(agent)) late += 1;
      effects.sent(agent);
      post(`/v1/queues/${queue}/agents/${agent}/${isPause ? 'pause' : 'unpause'}`, turn);
      await pause(gapMs / 2);
      bare.sent(bareDevice);
      await ami.request({ Action: 'QueuePause', Queue: queue, Interface: bareDevice, Paused: String(turn % 2 === 0) });
    }
    const took = ((performance.now() - start) / 1000 / total) * perSecond * 100;
    await Promise.race([Promise.all([effects.idle(), answers.idle(), bare.idle()]), pause(longestEffectMs, undefined, { ref: false })]);

    const lines = [effects.sorted(), answers.sorted(), bare.sorted()].map((sorted) => ({
      samples: sorted.length,
      p50: percentile(sorted, 0.5),
      p99: percentile(sorted, 0.99),
      max: percentile(sorted, 1),
    }));
    const [ours, answered, theirs] = lines;
    console.log(
      `${pbx.banner.split(' ').slice(0, 2).join(' ')}: ${perSecond} commands/s for ${seconds} s (paced to ${took.toFixed(0)} % of the time meant)`,
    );
    for (const [name, line] of [
      ['POST to its event at a WebSocket', ours],
      ['POST to its answer', answered],
      ['bare manager action to its event', theirs],
    ] as const) {
      if (line === undefined) continue;
      const ms = (value: number): string => `${value.toFixed(2)} ms`;
      console.log(`${name}: p50 ${ms(line.p50)}, p99 ${ms(line.p99)}, max ${ms(line.max)} (${line.samples} samples)`);
    }
    const overhead = (ours?.p99 ?? Number.NaN) - (theirs?.p99 ?? Number.NaN);
    console.log(`overhead at p99: ${overhead.toFixed(2)} ms (target ${targetMs} ms: ${overhead < targetMs ? 'met' : 'missed'})`);
    if (late > 0) console.log(`${late} commands came while the one before it for the same agent was under way`);
    for (const [status, times] of refused) console.log(`answered ${status}: ${times}`);
  } finally {
    for (const close of closing.toReversed()) await close();
  }
};

const tree = await findAsterisk();
if (tree !== undefined) await measure(tree);
