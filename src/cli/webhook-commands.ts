import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { Webhook } from 'standardwebhooks';
import { GatewayError } from '../model/errors.ts';
import type { Event } from '../model/event.ts';
import type { Run } from './leg-commands.ts';
import { printRows, printValue } from './output.ts';
import type { ProgramOptions } from './options.ts';

const deliveriesShown = '20';
/** A local program that does not answer must not stop the forwarding for ever. */
const forwardTimeoutMs = 10_000;

/** `webhooks ...` administers a server's webhooks; `listen` forwards events to a program on this machine. */
export const addWebhookCommands = (program: Command, { output, signal }: Pick<ProgramOptions, 'output' | 'signal'>, run: Run): void => {
  const webhooks = program.command('webhooks').description('webhooks: who is told what, and how the deliveries are');
  webhooks
    .command('list')
    .description('list webhooks')
    .action(() =>
      run(async (api) => {
        const { webhooks: rows } = (await api.get('/v1/webhooks')) as { readonly webhooks: readonly WebhookLine[] };
        printRows(output, rows, webhookColumns, 'There is no webhook.');
      }),
    );
  webhooks
    .command('create')
    .description('send events to a URL; the secret that signs them is shown once')
    .argument('<url>', 'http or https')
    .option('--types <types>', 'only these event types, separated by commas; call.* is every type of call')
    .option('--extensions <numbers>', 'only what concerns these extensions')
    .option('--from <cursor>', 'begin after this cursor, or oldest; now when absent')
    .option('--handshake', 'refuse it unless the endpoint answers a challenge')
    .option('--description <text>', 'what it is for')
    .action((url: string, given: { types?: string; extensions?: string; from?: string; handshake?: true; description?: string }) =>
      run(async (api) => {
        const { types, extensions, ...rest } = given;
        const filter = {
          ...(types === undefined ? undefined : { types: types.split(',') }),
          ...(extensions === undefined ? undefined : { extensions: extensions.split(',') }),
        };
        printValue(output, await api.post('/v1/webhooks', { url, ...filter, ...rest }));
      }),
    );
  webhooks
    .command('update')
    .description('change where a webhook leads or what it is told; what is not given stays')
    .argument('<webhook>', 'its id')
    .option('--url <url>', 'what waits goes there too')
    .option('--types <types>', 'only these event types, separated by commas; all for every type')
    .option('--extensions <numbers>', 'only what concerns these extensions; all for every one')
    .option('--handshake', 'refuse the change unless the endpoint answers a challenge')
    .option('--description <text>', 'what it is for')
    .action((id: string, given: { url?: string; types?: string; extensions?: string; handshake?: true; description?: string }) =>
      run(async (api) => {
        const { types, extensions, ...rest } = given;
        const filter = {
          ...(types === undefined ? undefined : { types: listOrAll(types) }),
          ...(extensions === undefined ? undefined : { extensions: listOrAll(extensions) }),
        };
        printValue(output, await api.patch(pathOf(id), { ...filter, ...rest }));
      }),
    );
  webhooks
    .command('delete')
    .description('end the deliveries of a webhook')
    .argument('<webhook>', 'its id')
    .action((id: string) =>
      run(async (api) => {
        await api.delete(pathOf(id));
        output.note(`${id} is deleted.`);
      }),
    );
  for (const [name, what] of [
    ['pause', 'send nothing for now; what happens meanwhile is kept'],
    ['resume', 'end a pause: what waits is sent, in order'],
    ['test', 'send a test now and say how it went'],
  ] as const) {
    webhooks
      .command(name)
      .description(what)
      .argument('<webhook>', 'its id')
      .action((id: string) => run(async (api) => printValue(output, await api.post(`${pathOf(id)}/${name}`, {}))));
  }
  webhooks
    .command('rotate')
    .description('make a new secret, shown once; the old one signs too for a while')
    .argument('<webhook>', 'its id')
    .option('--overlap <hours>', 'how long the old one is good', '24')
    .action((id: string, given: { overlap: string }) =>
      run(async (api) => printValue(output, await api.post(`${pathOf(id)}/rotate`, { overlapHours: Number(given.overlap) }))),
    );
  webhooks
    .command('replay')
    .description('send again: one event, or everything after a cursor')
    .argument('<webhook>', 'its id')
    .option('--seq <seq>', 'this event alone')
    .option('--from <cursor>', 'everything after this cursor; or oldest')
    .action((id: string, { seq, from }: { seq?: string; from?: string }) =>
      run(async (api) => {
        const what = { ...(seq === undefined ? undefined : { seq: Number(seq) }), ...(from === undefined ? undefined : { from }) };
        printValue(output, await api.post(`${pathOf(id)}/replay`, what));
      }),
    );
  webhooks
    .command('deliveries')
    .description('list attempts, the newest first')
    .argument('<webhook>', 'its id')
    .option('--outcome <outcome>', 'only delivered, retried or given-up')
    .option('--seq <seq>', 'only of this event')
    .option('--limit <count>', 'at most so many', deliveriesShown)
    .action((id: string, given: { outcome?: string; seq?: string; limit: string }) =>
      run(async (api) => {
        const { deliveries } = (await api.get(`${pathOf(id)}/deliveries?${new URLSearchParams(given)}`)) as {
          readonly deliveries: readonly DeliveryLine[];
        };
        printRows(output, deliveries, deliveryColumns, 'Nothing was tried yet.');
      }),
    );

  program
    .command('deliveries')
    .description("list attempts of every endpoint, those of the vendors' APIs and e-mails too, the newest first")
    .option('--endpoint <endpoint>', 'only of this one')
    .option('--outcome <outcome>', 'only delivered, retried or given-up')
    .option('--seq <seq>', 'only of this event')
    .option('--limit <count>', 'at most so many', deliveriesShown)
    .action((given: { endpoint?: string; outcome?: string; seq?: string; limit: string }) =>
      run(async (api) => {
        const { deliveries } = (await api.get(`/v1/deliveries?${new URLSearchParams(given)}`)) as {
          readonly deliveries: readonly DeliveryLine[];
        };
        const columns = [{ title: 'ENDPOINT', value: (row: DeliveryLine) => row.endpoint }, ...deliveryColumns];
        printRows(output, deliveries, columns, 'Nothing was tried yet.');
      }),
    );

  program
    .command('listen')
    .description('forward events to a program on this machine, signed as a webhook, one line a delivery')
    .requiredOption('--forward-to <url>', 'where they are sent')
    .option('--after <cursor>', 'begin after this cursor, not now')
    .option('--type <types>', 'only these types, separated by commas')
    .option('--extension <number>', 'only what concerns this extension')
    .option('--secret <secret>', 'what signs them (whsec_...); made up and shown when absent')
    .action((given: ListenOptions) =>
      run(async (api) => {
        const secret = given.secret ?? `whsec_${randomBytes(24).toString('base64')}`;
        const forward = createForwarder(given.forwardTo, secret);
        if (given.secret === undefined) output.note(`Signed with ${secret}`);
        const query = new URLSearchParams();
        for (const name of ['type', 'extension'] as const) {
          const value = given[name];
          if (value !== undefined) query.set(name, value);
        }
        for await (const json of api.events(query, given.after, signal)) {
          const line = await forward(json, signal);
          if (signal.aborted) return;
          output.line(output.interactive ? forwardedLine(line) : JSON.stringify(line));
        }
      }),
    );
};

interface ListenOptions {
  readonly forwardTo: string;
  readonly after?: string;
  readonly type?: string;
  readonly extension?: string;
  readonly secret?: string;
}

interface WebhookLine {
  readonly id: string;
  readonly url: string;
  readonly types?: readonly string[];
  readonly status: string;
  readonly reason?: string;
  readonly detail?: string;
  readonly waiting: number;
  readonly settledTo: string;
}

export interface DeliveryLine {
  readonly endpoint: string;
  readonly seq: number;
  readonly id: string;
  readonly attempt: number;
  readonly at: string;
  readonly latencyMs: number;
  readonly outcome: string;
  readonly status?: number;
  readonly failure?: { readonly detail: string };
}

interface Forwarded {
  readonly id: string;
  readonly type: string;
  readonly status?: number;
  readonly error?: string;
}

/** What the API takes: null is everything. */
const listOrAll = (text: string): readonly string[] | null => (text === 'all' ? null : text.split(','));

const pathOf = (id: string): string => `/v1/webhooks/${encodeURIComponent(id)}`;

const webhookColumns = [
  { title: 'WEBHOOK', value: (row: WebhookLine) => row.id },
  { title: 'URL', value: (row: WebhookLine) => row.url },
  { title: 'EVENTS', value: (row: WebhookLine) => row.types?.join(',') ?? 'all' },
  { title: 'STATUS', value: (row: WebhookLine) => [row.status, row.reason, row.detail].filter((part) => part !== undefined).join(': ') },
  { title: 'WAITING', value: (row: WebhookLine) => String(row.waiting) },
  { title: 'SETTLED TO', value: (row: WebhookLine) => row.settledTo },
];

/** `#17 to wh_...: delivered, 204`. */
export const deliveryLine = ({ endpoint, seq, attempt, outcome, status, failure }: DeliveryLine): string => {
  const answer = failure?.detail ?? String(status ?? '');
  return `#${seq} to ${endpoint}: ${outcome}${attempt > 1 ? ` at attempt ${attempt}` : ''}, ${answer}`;
};

const deliveryColumns = [
  { title: 'AT', value: (row: DeliveryLine) => row.at },
  { title: 'EVENT', value: (row: DeliveryLine) => row.id },
  { title: 'ATTEMPT', value: (row: DeliveryLine) => String(row.attempt) },
  { title: 'OUTCOME', value: (row: DeliveryLine) => row.outcome },
  { title: 'STATUS', value: (row: DeliveryLine) => String(row.status ?? '') },
  { title: 'MS', value: (row: DeliveryLine) => row.latencyMs.toFixed(1) },
  { title: 'WHAT FAILED', value: (row: DeliveryLine) => row.failure?.detail ?? '' },
];

const forwardedLine = ({ id, type, status, error }: Forwarded): string => `${id}  ${type}  ${status ?? error ?? ''}`;

/** Sends an event as a webhook would, once; what fails is told and not repeated: the one who develops sees it. */
const createForwarder = (url: string, secret: string): ((json: string, signal: AbortSignal) => Promise<Forwarded>) => {
  if (!URL.canParse(url)) throw new GatewayError('invalid-parameter', { url }, { note: `${url} is not a URL.` });
  const signer = new Webhook(secret);
  const previous = new Map<string, number>();
  return async (json, signal) => {
    const { id, type, seq, callId } = JSON.parse(json) as Event;
    const body = `${json.slice(0, -1)},"prevSeq":${(callId === undefined ? undefined : previous.get(callId)) ?? 'null'}}`;
    if (callId !== undefined) {
      if (type === 'call.ended') previous.delete(callId);
      else previous.set(callId, seq);
    }
    const now = new Date();
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': signer.sign(id, now, body),
    };
    const until = AbortSignal.any([signal, AbortSignal.timeout(forwardTimeoutMs)]);
    try {
      const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: until });
      await response.body?.cancel();
      return { id, type, status: response.status };
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      return { id, type, error: cause instanceof Error ? cause.message : String(cause) };
    }
  };
};
