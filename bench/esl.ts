/**
 * Event-socket bytes to facts, against what the npm client `esl` makes of the same bytes: the recordings of FreeSWITCH one after the
 * other, in reads of 64 KiB, without a socket; and the same events as json. Each runs in a process of its own, several times in turn; what
 * counts is the CPU time of the process, garbage collection and all. `node bench/esl.ts [rounds]`, 5 when not given.
 */
import { execFileSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { FreeSwitchResponse } from 'esl';
import { createDirectory } from '../src/pbx/freeswitch/directory.ts';
import { createEslParser } from '../src/pbx/freeswitch/esl-parser.ts';
import { createTranslator, isInteresting } from '../src/pbx/freeswitch/translate.ts';
import { createFactGuard } from '../src/pbx/link/fact-guard.ts';

const readBytes = 64 * 1024;
const warmUps = 3;
const passes = 15;
/** What issue and documentation promise, as a multiple of the npm client. */
const target = 2;

/** A reader of event-socket bytes; `take` may leave work for later turns of the event loop. */
interface Candidate {
  take(chunk: Buffer): void;
  /** What it made of what it took: something, or it has read nothing. */
  readonly made: number;
}

/** The parts of a socket that the npm client touches; its bytes come from `emit('data')`. */
class MuteSocket extends EventEmitter {
  setEncoding(): void {}
  setKeepAlive(): void {}
  setNoDelay(): void {}
  write(): boolean {
    return true;
  }
  end(): void {}
}

const quiet = { debug: () => undefined, info: () => undefined, error: () => undefined };

const switchhook = (): Candidate => {
  const parser = createEslParser({ interesting: isInteresting });
  const translator = createTranslator({ directory: createDirectory() });
  const guard = createFactGuard();
  let facts = 0;
  return {
    get made() {
      return facts;
    },
    take(chunk) {
      for (const message of parser.push(chunk)) {
        for (const fact of translator.translate(message, 0)) if (guard.admit(fact)) facts += 1;
      }
    },
  };
};

const candidates: Readonly<Record<string, { readonly format: Format; create(): Candidate }>> = {
  switchhook: { format: 'plain', create: switchhook },
  'switchhook, json': { format: 'json', create: switchhook },
  esl: { format: 'plain', create: npmClient },
  'esl, json': { format: 'json', create: npmClient },
};

function npmClient(): Candidate {
  const socket = new MuteSocket();
  // It wants a socket; what it touches of one is here.
  const response = new FreeSwitchResponse(socket as unknown as ConstructorParameters<typeof FreeSwitchResponse>[0], quiet);
  let events = 0;
  response.on('CHANNEL_CREATE', () => (events += 1));
  return {
    get made() {
      return events;
    },
    take: (chunk) => void socket.emit('data', chunk),
  };
}

type Format = 'plain' | 'json';

interface Stream {
  readonly chunks: readonly Buffer[];
  readonly events: number;
  readonly bytes: number;
}

const readCaptures = (format: Format): Stream => {
  const folder = new URL('../test/captures/freeswitch/', import.meta.url);
  const recordings = readdirSync(folder).filter((file) => file.endsWith('.esl.gz'));
  const parser = createEslParser();
  const frames: Buffer[] = [];
  for (const file of recordings) {
    for (const message of parser.push(gunzipSync(readFileSync(new URL(file, folder))))) {
      if (message.event !== undefined) frames.push(frameOf(message.text(), format));
    }
  }
  const bytes = Buffer.concat(frames);
  const chunks: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += readBytes) chunks.push(bytes.subarray(start, start + readBytes));
  return { chunks, events: frames.length, bytes: bytes.length };
};

/** The same event as FreeSWITCH sends it in each format. */
const frameOf = (text: string, format: Format): Buffer => {
  const headers = text
    .split('\n')
    .map((line): [string, string] => [line.slice(0, line.indexOf(': ')), decodeURIComponent(line.slice(line.indexOf(': ') + 2))]);
  const body = Buffer.from(format === 'plain' ? `${text}\n\n` : JSON.stringify(Object.fromEntries(headers)));
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\nContent-Type: text/event-${format}\n\n`), body]);
};

/** Events a CPU second of one candidate in this process. */
const measure = async (name: string): Promise<number> => {
  const entry = candidates[name];
  if (entry === undefined) throw new Error(`no such candidate: ${name}`);
  const { chunks, events } = readCaptures(entry.format);
  const candidate = entry.create();
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
  if (candidate.made < passes) throw new Error(`${name} made nothing of it`);
  return (events * passes) / ((user + system) / 1_000_000);
};

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const thousands = (value: number): string => `${(value / 1_000).toFixed(1)} k`;

const compare = (rounds: number): void => {
  for (const format of ['plain', 'json'] as const) {
    const { events, bytes } = readCaptures(format);
    console.log(`${format}: ${events} events, ${(bytes / 1e6).toFixed(1)} MB`);
  }
  console.log(`${passes} times over; events per CPU second, median of ${rounds} runs`);
  const results = new Map<string, number[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const name of Object.keys(candidates)) {
      const output = execFileSync(process.execPath, [import.meta.filename, '--run', name], { encoding: 'utf8' });
      results.set(name, [...(results.get(name) ?? []), Number(output)]);
    }
  }
  for (const [name, values] of results) {
    const spread = `${thousands(Math.min(...values))} to ${thousands(Math.max(...values))}`;
    console.log(`${name.padEnd(18)}${thousands(median(values)).padStart(10)}   (${spread})`);
  }
  const own = median(results.get('switchhook') ?? []);
  const best = Math.max(median(results.get('esl') ?? []), median(results.get('esl, json') ?? []));
  const ratio = own / best;
  console.log(`${ratio.toFixed(1)}x esl (target ${target}x: ${ratio >= target ? 'met' : 'MISSED'})`);
  console.log(`plain is ${(own / median(results.get('switchhook, json') ?? [])).toFixed(1)}x json`);
};

const [first = '5', name = ''] = process.argv.slice(2);
if (first === '--run') console.log(await measure(name));
else compare(Number(first));
