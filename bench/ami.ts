/**
 * AMI bytes to facts, against what two npm clients make of the same bytes: the captures of Asterisk 22 one after the other, in
 * reads of 64 KiB, without a socket. Each runs in a process of its own, several times in turn; what counts is the CPU time of the
 * process, garbage collection and all. `node bench/ami.ts [rounds]`, 5 when not given.
 */
import { execFileSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import net from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import util from 'node:util';
import { createAmiParser } from '../src/pbx/asterisk/ami-parser.ts';
import { createDirectory } from '../src/pbx/asterisk/directory.ts';
import { createFactGuard } from '../src/pbx/link/fact-guard.ts';
import { createTranslator, isInteresting } from '../src/pbx/asterisk/translate.ts';
import { readRecording, recordings } from '../test/captures/recording.ts';

const readBytes = 64 * 1024;
const warmUps = 5;
const passes = 40;
/** What issue and documentation promise, as multiples of the npm clients. */
const targets = { yana: 5, 'asterisk-manager': 8 } as const;

const require = createRequire(import.meta.url);

/** A reader of AMI bytes; `take` may leave work for later turns of the event loop. */
interface Candidate {
  take(chunk: Buffer): void;
}

/** The parts of a socket that the npm clients touch; its bytes come from `emit('data')`. */
class MuteSocket extends EventEmitter {
  readonly readyState = 'open';
  setKeepAlive(): void {}
  setNoDelay(): void {}
  setEncoding(): void {}
  write(): boolean {
    return true;
  }
}

const candidates: Readonly<Record<string, () => Candidate>> = {
  switchhook: () => {
    const parser = createAmiParser({ interesting: isInteresting });
    const translator = createTranslator({ directory: createDirectory() });
    const guard = createFactGuard();
    let facts = 0;
    return {
      take(chunk) {
        for (const message of parser.push(chunk)) {
          for (const fact of translator.translate(message, 0)) if (guard.admit(fact)) facts += 1;
        }
      },
    };
  },
  yana: () => {
    // Gone from Node 23 on; yana 0.3.0 is older than that.
    Object.assign(util, { isArray: Array.isArray });
    const Ami = require('yana') as new (options: object) => EventEmitter & { socket: EventEmitter; _setupMessageBuffering(): void };
    const LineSocket = require('yana/line-socket') as new () => EventEmitter;
    const ami = new Ami({});
    ami.socket = new LineSocket();
    ami._setupMessageBuffering();
    let events = 0;
    ami.on('event', () => (events += 1));
    return { take: (chunk) => void ami.socket.emit('data', chunk) };
  },
  'asterisk-manager': () => {
    const socket = new MuteSocket();
    Object.assign(net, { createConnection: () => socket });
    const connect = require('asterisk-manager') as (port: number, host: string) => EventEmitter;
    const manager = connect(5038, '127.0.0.1');
    let events = 0;
    manager.on('managerevent', () => (events += 1));
    // It asks its socket for strings.
    return { take: (chunk) => void socket.emit('data', chunk.toString('utf8')) };
  },
};

const readCaptures = (): { readonly chunks: readonly Buffer[]; readonly events: number } => {
  const bytes = Buffer.concat(
    recordings.filter(({ pbx }) => pbx === 'asterisk-22').flatMap((each) => readRecording(each).map((read) => read.bytes)),
  );
  let events = 0;
  createAmiParser({ interesting: () => ((events += 1), false) }).push(bytes);
  const chunks: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += readBytes) chunks.push(bytes.subarray(start, start + readBytes));
  return { chunks, events };
};

/** Events a CPU second of one candidate in this process. */
const measure = async (name: string): Promise<number> => {
  const create = candidates[name];
  if (create === undefined) throw new Error(`no such candidate: ${name}`);
  const { chunks, events } = readCaptures();
  const candidate = create();
  const pass = async (): Promise<void> => {
    for (const chunk of chunks) {
      candidate.take(chunk);
      await turn();
    }
  };
  for (let done = 0; done < warmUps; done += 1) await pass();
  const before = process.cpuUsage();
  for (let done = 0; done < passes; done += 1) await pass();
  const { user, system } = process.cpuUsage(before);
  return (events * passes) / ((user + system) / 1_000_000);
};

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const thousands = (value: number): string => `${(value / 1_000).toFixed(0)} k`;

const compare = (rounds: number): void => {
  const { chunks, events } = readCaptures();
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  console.log(`${events} events, ${(bytes / 1e6).toFixed(1)} MB, ${passes} times over; events per CPU second, median of ${rounds} runs`);
  const results = new Map<string, number[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const name of Object.keys(candidates)) {
      const output = execFileSync(process.execPath, [import.meta.filename, '--run', name], { encoding: 'utf8' });
      results.set(name, [...(results.get(name) ?? []), Number(output)]);
    }
  }
  const own = median(results.get('switchhook') ?? []);
  for (const [name, values] of results) {
    const spread = `${thousands(Math.min(...values))} to ${thousands(Math.max(...values))}`;
    console.log(`${name.padEnd(18)}${thousands(median(values)).padStart(8)}   (${spread})`);
  }
  for (const [name, target] of Object.entries(targets)) {
    const ratio = own / median(results.get(name) ?? []);
    console.log(`${ratio.toFixed(1)}x ${name} (target ${target}x: ${ratio >= target ? 'met' : 'MISSED'})`);
  }
};

const [first = '5', name = ''] = process.argv.slice(2);
if (first === '--run') console.log(await measure(name));
else compare(Number(first));
