/**
 * The whole way of the data: a manager interface that plays a recorded call 300 times a second (7,000 events/s, what a real
 * Asterisk can say at most on such a machine), a gateway in a process of its own that commits every event to disk, and a
 * WebSocket that reads them. Tells how long it took from the bytes of a call's last message to its `call.ended` at the
 * reader, and what the gateway's process used of a core. `node bench/pipeline.ts [calls a second] [seconds]`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { createAmiParser } from '../src/pbx/asterisk/ami-parser.ts';
import { readRecording } from '../test/captures/recording.ts';
import { nodeFlags } from '../test/node-flags.ts';
import { ScriptedAmi } from '../test/pbx/asterisk/scripted-ami.ts';

const callsPerSecond = Number(process.argv[2] ?? 300);
const seconds = Number(process.argv[3] ?? 10);
const warmUpSeconds = 3;
const masked = new Set(['call', 'agent', 'system', 'user', 'dialplan']);
const targets = { p99Ms: 15, cores: 0.6 };

/** The messages of one recorded call as the mask lets them through, each with when it came after the first, in ms. */
const template = ((): readonly { readonly afterMs: number; readonly text: string }[] => {
  const parser = createAmiParser();
  const messages = readRecording({ pbx: 'asterisk-22', name: 'basic_answer_hangup' }).flatMap(({ at, bytes }) =>
    parser.push(bytes).map((message) => ({ at, message })),
  );
  const kept = messages.filter(
    ({ message }) => message.event !== 'VarSet' && (message.get('Privilege') ?? '').split(',').some((kind) => masked.has(kind)),
  );
  const first = kept[0]?.at ?? 0;
  // The recorded call lasts 2 s; so many at once would say more of memory than of speed.
  return kept.map(({ at, message }) => ({ afterMs: (at - first) / 2000, text: message.text().trimEnd().replaceAll(/\r?\n/g, '\n') }));
})();

const ids = [...new Set(template.flatMap(({ text }) => text.match(/\b\d{10}\.\d+\b/g) ?? []))];
const channels = [...new Set(template.flatMap(({ text }) => text.match(/PJSIP\/10[12]-[0-9a-f]{8}/g) ?? []))];

/** The recorded messages as the `n`th call's. */
const instance = (n: number): readonly { readonly afterMs: number; readonly text: string }[] => {
  const caller = String(2000 + (n % 500) * 2);
  const callee = String(2001 + (n % 500) * 2);
  const serial = n.toString(16).padStart(7, '0');
  return template.map(({ afterMs, text }) => {
    let mine = text;
    ids.forEach((id, index) => (mine = mine.replaceAll(id, `1800000000.${n * ids.length + index}`)));
    channels.forEach((channel, index) => (mine = mine.replaceAll(channel, `${channel.slice(0, 10)}${serial}${index}`)));
    mine = mine.replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, `00000000-0000-4000-8000-0000${serial}0`);
    return { afterMs, text: mine.replaceAll('101', caller).replaceAll('102', callee) };
  });
};

const cpuSeconds = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
};

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

const folder = mkdtempSync(join(tmpdir(), 'switchhook-bench-'));
const ami = await ScriptedAmi.start();
const configFile = join(folder, 'switchhook.yaml');
writeFileSync(
  configFile,
  `data: ${folder}/data
logLevel: error
http: { port: 0 }
tenants: { main: { pbxs: { office: { kind: asterisk, port: ${ami.port}, username: gateway, secret: ${ami.secret} } } } }
`,
);
const command = [...nodeFlags, 'src/main.ts', 'serve', '--config', configFile];
const gateway = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] });
let printed = '';
while (!/on http\S+/.test(printed)) printed += String((await once(gateway.stdout, 'data'))[0]);
const key = /once: (\S+)/.exec(printed)?.[1] ?? '';
const url = /on (http\S+)/.exec(printed)?.[1] ?? '';

await ami.until(() => [...ami.sessions].some(({ events }) => events !== 'off' && events !== ''));

const reader = new WebSocket(`${url.replace('http', 'ws')}/v1/ws`, { headers: { authorization: `Bearer ${key}` } });
await once(reader, 'open');

// What the bench itself does must not show: bytes are made before, and of what comes back only the ends of calls are read.
const totalCalls = callsPerSecond * (warmUpSeconds + seconds);
const lastAfterMs = template.at(-1)?.afterMs ?? 0;
const slots: { bytes: string; messages: number; ends: string[] }[] = Array.from(
  { length: Math.ceil((totalCalls / callsPerSecond) * 1000 + lastAfterMs) + 2 },
  () => ({ bytes: '', messages: 0, ends: [] }),
);
for (let call = 0; call < totalCalls; call += 1) {
  const messages = instance(call);
  messages.forEach(({ afterMs, text }, index) => {
    const slot = slots[Math.floor((call / callsPerSecond) * 1000 + afterMs)];
    if (slot === undefined) return;
    slot.bytes += `${text.replaceAll('\n', '\r\n')}\r\n\r\n`;
    slot.messages += 1;
    if (index === messages.length - 1) slot.ends.push(/Uniqueid: (\S+)/.exec(messages[0]?.text ?? '')?.[1] ?? '');
  });
}

const hungUpAt = new Map<string, number>();
const latencies: number[] = [];
let received = 0;
let measuring = false;
const endOfCall = Buffer.from('"type":"call.ended"');
reader.on('message', (data: Buffer) => {
  const now = performance.now();
  received += 1;
  if (data.subarray(0, 400).indexOf(endOfCall) === -1) return;
  const channel = /"channel":"([^"]+)"/.exec(data.toString('latin1'))?.[1] ?? '';
  const sent = hungUpAt.get(channel);
  hungUpAt.delete(channel);
  if (sent !== undefined && measuring) latencies.push(now - sent);
});

let sentEvents = 0;
let cpuAtStart = 0;
let eventsAtStart = 0;
let receivedAtStart = 0;
const pid = gateway.pid ?? 0;
const ownAtStart = process.cpuUsage();
const start = performance.now();
let next = 0;
while (next < slots.length) {
  const now = performance.now() - start;
  if (!measuring && now > warmUpSeconds * 1000) {
    measuring = true;
    cpuAtStart = cpuSeconds(pid);
    eventsAtStart = sentEvents;
    receivedAtStart = received;
  }
  if (now > (warmUpSeconds + seconds) * 1000) break;
  for (; next <= now; next += 1) {
    const slot = slots[next];
    if (slot === undefined || slot.messages === 0) continue;
    for (const session of ami.sessions) if (session.events !== 'off') session.socket.write(slot.bytes);
    const sent = performance.now();
    for (const channel of slot.ends) hungUpAt.set(channel, sent);
    sentEvents += slot.messages;
  }
  await pause(1);
}
const elapsed = seconds;
const cores = (cpuSeconds(pid) - cpuAtStart) / elapsed;
const eventsPerSecond = (sentEvents - eventsAtStart) / elapsed;
const deliveredPerSecond = (received - receivedAtStart) / elapsed;
const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) / 1024;
latencies.sort((one, two) => one - two);
const p99 = percentile(latencies, 0.99);
console.log(
  `${callsPerSecond} calls/s for ${seconds} s: ${eventsPerSecond.toFixed(0)} manager events/s in, ${deliveredPerSecond.toFixed(0)} events/s out, ${latencies.length} calls measured`,
);
console.log(
  `last byte of a call to its call.ended at the reader: p50 ${percentile(latencies, 0.5).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, max ${percentile(latencies, 1).toFixed(1)} ms (target p99 ${targets.p99Ms} ms: ${p99 <= targets.p99Ms ? 'met' : 'missed'})`,
);
const own = process.cpuUsage(ownAtStart);
console.log(`the bench itself: ${(((own.user + own.system) / 1e6 / (warmUpSeconds + seconds)) * 100).toFixed(0)} % of a core`);
console.log(
  `gateway: ${(cores * 100).toFixed(0)} % of a core (target below ${targets.cores * 100} %: ${cores < targets.cores ? 'met' : 'missed'}), ${rss.toFixed(0)} MB resident`,
);
reader.terminate();
gateway.kill('SIGTERM');
await once(gateway, 'exit');
await ami.close();
rmSync(folder, { recursive: true, force: true });
