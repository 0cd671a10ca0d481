import type { Command } from 'commander';
import type { Call, Party, SlotRef } from '../model/call.ts';
import type { Event } from '../model/event.ts';
import type { Slot } from '../model/place.ts';
import { createClient, type Client } from './client.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import { addLegCommands } from './leg-commands.ts';
import { printRows, printValue } from './output.ts';
import type { ProgramOptions } from './options.ts';
import { addUserCommands } from './user-commands.ts';
import { addWebhookCommands, deliveryLine, type DeliveryLine } from './webhook-commands.ts';

const defaultUrl = 'http://127.0.0.1:8080';

/** The commands that speak the native API of a running server: SWITCHHOOK_URL and SWITCHHOOK_KEY say which, and as whom. */
export const apiCommands = (program: Command, options: ProgramOptions, keep: (code: Promise<ExitCode>) => Promise<void>): void => {
  const { output, environment, signal } = options;
  const client = (): Client => createClient({ url: environment['SWITCHHOOK_URL'] ?? defaultUrl, key: environment['SWITCHHOOK_KEY'] });
  const run = (work: (client: Client) => Promise<ExitCode | void>): Promise<void> =>
    keep(work(client()).then((code) => code ?? exitCodes.ok));

  program
    .command('tail')
    .description('print events as they happen')
    .option('--after <cursor>', 'begin after this cursor, not now')
    .option('--type <types>', 'only these types, separated by commas; call.* is every type of call')
    .option('--extension <number>', 'only what concerns this extension')
    .option('--call <id>', 'only this call')
    .action((given: { after?: string; type?: string; extension?: string; call?: string }) =>
      run(async (api) => {
        const query = new URLSearchParams();
        for (const name of ['type', 'extension', 'call'] as const) {
          const value = given[name];
          if (value !== undefined) query.set(name, value);
        }
        for await (const json of api.events(query, given.after, signal)) {
          output.line(output.interactive ? eventLine(JSON.parse(json) as Event) : json);
        }
      }),
    );

  program
    .command('calls')
    .description('list calls: those that live, or with --ended those that were')
    .option('--ended', 'calls that have ended, newest first')
    .option('--extension <number>', 'only calls of this extension')
    .option('--number <part>', 'only calls with a party whose number contains this')
    .option('--limit <count>', 'at most so many', '50')
    .action((given: { ended?: boolean; extension?: string; number?: string; limit: string }) =>
      run(async (api) => {
        const query = new URLSearchParams({ state: given.ended === true ? 'ended' : 'live', limit: given.limit });
        if (given.extension !== undefined) query.set('extension', given.extension);
        if (given.number !== undefined) query.set('number', given.number);
        const { calls } = (await api.get(`/v1/calls?${query}`)) as { calls: readonly Call[] };
        printRows(output, calls, callColumns, given.ended === true ? 'No call has ended yet.' : 'Nobody is on the phone.');
      }),
    );

  program
    .command('slots')
    .description('list parked calls, the one that has waited longest first')
    .option('--free', 'list the slots that are free')
    .action((given: { free?: boolean }) =>
      run(async (api) => {
        const { slots, free } = (await api.get('/v1/slots')) as { slots: readonly Slot[]; free: readonly SlotRef[] };
        if (given.free === true) printRows(output, free, freeColumns, 'Every slot is taken.');
        else printRows(output, slots, slotColumns, 'No call is parked.');
      }),
    );

  program
    .command('call')
    .description('show one call')
    .argument('<call>', 'its id')
    .action((id: string) => run(async (api) => printValue(output, await api.get(`/v1/calls/${encodeURIComponent(id)}`))));

  program
    .command('why')
    .description('show how a call came to be what it is, and who was told: PBX message, fact, event, delivery')
    .argument('<call>', 'its id')
    .action((id: string) =>
      run(async (api) => {
        const { entries } = (await api.get(`/v1/calls/${encodeURIComponent(id)}/why`)) as { entries: readonly WhyLine[] };
        for (const entry of entries) output.line(output.interactive ? whyLine(entry) : JSON.stringify(entry));
      }),
    );

  program
    .command('dial')
    .description("ring an extension's own phone, then connect it to a number")
    .argument('<extension>', 'whose phone rings')
    .argument('<number>', 'whom to call')
    .option('--wait <seconds>', 'wait so long for the other side to answer', '30')
    .option('--auto-answer', "let the extension's phone answer by itself, if it can")
    .action((extension: string, number: string, given: { wait: string; autoAnswer?: boolean }) =>
      run((api) =>
        command(api, '/v1/calls', { extension, number, ...(given.autoAnswer === true ? { autoAnswer: {} } : undefined) }, given.wait),
      ),
    );

  const command = async (api: Client, path: string, body: unknown, wait: string): Promise<ExitCode> => {
    const record = (await api.post(path, body, { prefer: `wait=${wait}` })) as CommandLine;
    printValue(output, record);
    return record.state === 'failed' || record.state === 'unknown' ? exitCodes.failed : exitCodes.ok;
  };

  addLegCommands(program, run, command);

  program
    .command('audit')
    .description('list who commanded what, on which call, and what came of it; the newest first')
    .option('--call <id>', 'only about this call')
    .option('--key <id>', 'only with this key')
    .option('--limit <count>', 'at most so many', '50')
    .action((given: { call?: string; key?: string; limit: string }) =>
      run(async (api) => {
        const { entries } = (await api.get(`/v1/audit?${new URLSearchParams({ ...given })}`)) as { entries: readonly AuditLine[] };
        printRows(output, entries, auditColumns, 'Nobody has commanded anything yet.');
      }),
    );

  addUserCommands(program, options, run);
  addWebhookCommands(program, options, run);

  const keys = program.command('keys').description('API keys');
  keys
    .command('list')
    .description('list keys')
    .action(() =>
      run(async (api) => {
        const { keys: rows } = (await api.get('/v1/keys')) as { keys: readonly KeyLine[] };
        printRows(output, rows, keyColumns, 'There is no key.');
      }),
    );
  keys
    .command('create')
    .description('make a key; its secret is shown once')
    .argument('<name>', 'what it is for')
    .option('--scopes <scopes>', 'what it may do, separated by commas', 'observe')
    .option('--extension <number>', 'the extension of a control-own key')
    .action((name: string, given: { scopes: string; extension?: string }) =>
      run(async (api) => {
        const extension = given.extension === undefined ? undefined : { extension: given.extension };
        printValue(output, await api.post('/v1/keys', { name, scopes: given.scopes.split(','), ...extension }));
      }),
    );
  keys
    .command('revoke')
    .description('revoke a key; its connections close')
    .argument('<key>', 'its id')
    .action((id: string) =>
      run(async (api) => {
        await api.delete(`/v1/keys/${encodeURIComponent(id)}`);
        output.note(`${id} is revoked.`);
      }),
    );
};

interface CommandLine {
  readonly state: string;
}

interface AuditLine {
  readonly id: string;
  readonly time: string;
  readonly keyName: string;
  readonly command: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly callId?: string;
  readonly extension?: string;
  readonly result: string;
  readonly error?: string;
}

interface KeyLine {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly extension?: string;
  readonly lastUsedAt?: string;
  readonly revokedAt?: string;
}

interface WhyLine {
  readonly kind: 'pbx' | 'fact' | 'event' | 'delivery';
  readonly at: string;
  readonly text?: string;
  readonly fact?: { readonly type: string };
  readonly event?: Event;
  readonly delivery?: DeliveryLine;
}

const partyText = ({ number, name }: Party): string => (name === '' || name === number ? number : `${number} ${name}`);
const clockText = (time: string | undefined): string => (time === undefined ? '' : time.slice(11, 19));

const callColumns = [
  { title: 'CALL', value: (call: Call) => call.id },
  { title: 'STARTED', value: (call: Call) => clockText(call.startedAt) },
  { title: 'STATE', value: (call: Call) => call.disposition ?? call.state },
  { title: 'FROM', value: (call: Call) => partyText(call.from) },
  { title: 'TO', value: (call: Call) => partyText(call.to) },
  { title: 'LEGS', value: (call: Call) => call.legs.map((leg) => `${leg.extension ?? leg.party.number}:${leg.state}`).join(' ') },
];

const slotColumns = [
  { title: 'SLOT', value: ({ lot, slot }: Slot) => `${lot}/${slot}` },
  { title: 'SINCE', value: ({ since }: Slot) => clockText(since) },
  { title: 'UNTIL', value: ({ until }: Slot) => (until === undefined ? '' : clockText(until)) },
  { title: 'PARKED BY', value: ({ parkedBy }: Slot) => parkedBy ?? '' },
  { title: 'CALL', value: ({ callId }: Slot) => callId },
];

const freeColumns = [{ title: 'SLOT', value: ({ lot, slot }: SlotRef) => `${lot}/${slot}` }];

const keyColumns = [
  { title: 'KEY', value: (key: KeyLine) => key.id },
  { title: 'NAME', value: (key: KeyLine) => key.name },
  { title: 'SCOPES', value: (key: KeyLine) => key.scopes.join(',') },
  { title: 'EXTENSION', value: (key: KeyLine) => key.extension ?? '' },
  { title: 'LAST USED', value: (key: KeyLine) => key.lastUsedAt ?? 'never' },
  { title: 'REVOKED', value: (key: KeyLine) => key.revokedAt ?? '' },
];

const auditColumns = [
  { title: 'TIME', value: (entry: AuditLine) => entry.time.slice(0, 19).replace('T', ' ') },
  { title: 'KEY', value: (entry: AuditLine) => entry.keyName },
  { title: 'COMMAND', value: (entry: AuditLine) => entry.command },
  { title: 'EXTENSION', value: (entry: AuditLine) => entry.extension ?? '' },
  { title: 'CALL', value: (entry: AuditLine) => entry.callId ?? '' },
  { title: 'RESULT', value: (entry: AuditLine) => (entry.error === undefined ? entry.result : `${entry.result}: ${entry.error}`) },
  { title: 'ASKED FOR', value: (entry: AuditLine) => JSON.stringify(entry.request) },
];

const eventLine = (event: Event): string => {
  const who = event.leg === undefined ? event.extension : (event.leg.extension ?? event.leg.party.number);
  const call = event.call === undefined ? '' : `${partyText(event.call.from)} -> ${partyText(event.call.to)}`;
  const data = Object.keys(event.data).length === 0 ? '' : JSON.stringify(event.data);
  const mark = event.reconciled ? ' (reconciled)' : '';
  return [clockText(event.time), `#${event.seq}`, event.type + mark, who ?? '', call, data].filter((part) => part !== '').join('  ');
};

const whyLine = (entry: WhyLine): string => {
  const time = entry.at.slice(11, 23);
  switch (entry.kind) {
    case 'pbx':
      return `${time}  PBX    ${(entry.text ?? '').trim().replaceAll(/\r?\n/g, `\n${' '.repeat(21)}`)}`;
    case 'fact':
      return `${time}  fact   ${JSON.stringify(entry.fact)}`;
    case 'event':
      return `${time}  event  ${entry.event === undefined ? '' : eventLine(entry.event)}`;
    case 'delivery':
      return `${time}  sent   ${entry.delivery === undefined ? '' : deliveryLine(entry.delivery)}`;
    default:
      return entry.kind satisfies never;
  }
};
