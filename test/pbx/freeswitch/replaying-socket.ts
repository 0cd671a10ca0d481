/**
 * An event socket that plays recorded streams. It answers as FreeSWITCH does to what the driver asks, out of what it has played so far,
 * sifts events by the filters of each connection, and can cut, delay, split and overflow.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { Timers } from '../../../src/model/time.ts';
import type { RecordedEvent } from './recorded.ts';

export type Answer = string | undefined | ((command: string) => string | undefined);

interface Connection {
  readonly socket: Socket;
  isKnown: boolean;
  readonly events: Set<string>;
  readonly filters: { readonly header: string; readonly value: string }[];
}

/** A channel as FreeSWITCH's lists would show it. */
interface Listed {
  readonly created: RecordedEvent;
  latest: RecordedEvent;
  readonly events: RecordedEvent[];
}

export class ReplayingSocket {
  readonly port: number;
  /** Every command that came in, whole. */
  readonly commands: string[] = [];
  password = 'secret';
  /** In bytes: how large the pieces are in which everything is sent. */
  pieceBytes = Infinity;
  /** Answers nothing while set, and sends nothing. */
  isSilent = false;
  /** Another start of FreeSWITCH has another. */
  coreUuid = '15667867-8648-4d14-93df-a71b77fa7815';
  refusesByAcl = false;
  /** Bytes of events that went out. */
  sent = 0;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  readonly #answers: { readonly pattern: RegExp; readonly answer: Answer }[] = [];
  readonly #channels = new Map<string, Listed>();
  readonly #pairs = new Map<string, string>();
  readonly #slots = new Map<string, { readonly lot: string; readonly slot: string }>();
  readonly #rooms = new Map<string, string>();
  readonly #waiting = new Map<string, number>();
  readonly #waiters = new Set<() => void>();

  private constructor(server: Server) {
    this.#server = server;
    const address = server.address();
    this.port = typeof address === 'object' && address !== null ? address.port : 0;
    server.on('connection', (socket) => this.#connect(socket));
  }

  static async start(): Promise<ReplayingSocket> {
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    return new ReplayingSocket(server);
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => void this.#server.close(() => resolve()));
  }

  /** From now on commands (`api ...`, without the word) that match are answered so; the newest rule wins, `undefined` passes on. */
  on(pattern: RegExp, answer: Answer): void {
    this.#answers.unshift({ pattern, answer });
  }

  /** Plays events to all who asked for them, and takes them into the lists. */
  play(events: readonly RecordedEvent[]): void {
    for (const event of events) {
      this.note(event);
      for (const connection of this.#connections) {
        if (!isWanted(event, connection)) continue;
        const text = framed(event.text);
        this.sent += text.length;
        this.#send(connection, text);
      }
    }
  }

  /** Plays events as far apart as they were; delayed by so much more, if wanted. Resolves when the last has been played. */
  async playInTime(events: readonly RecordedEvent[], timers: Timers, delayMs = 0): Promise<void> {
    const begin = events[0]?.at ?? 0;
    let due = delayMs;
    const played = events.map((event) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      // FreeSWITCH's stamps step back now and then; what it sent first is played first.
      due = Math.max(due, (event.at - begin) / 1_000 + delayMs);
      timers.after(due, () => {
        this.play([event]);
        resolve();
      });
      return promise;
    });
    await Promise.all(played);
  }

  /** Takes an event into the lists that nobody hears of. */
  note(event: RecordedEvent): void {
    const { name, channel, message } = event;
    if (name === 'CHANNEL_CREATE') this.#channels.set(channel, { created: event, latest: event, events: [] });
    const listed = this.#channels.get(channel);
    if (listed !== undefined) {
      listed.latest = event;
      listed.events.push(event);
    }
    switch (name) {
      case 'CHANNEL_HANGUP_COMPLETE':
        this.#channels.delete(channel);
        this.#pairs.delete(channel);
        this.#slots.delete(channel);
        this.#rooms.delete(channel);
        break;
      case 'CHANNEL_BRIDGE':
        this.#pairs.set(message.get('Bridge-A-Unique-ID') ?? '', message.get('Bridge-B-Unique-ID') ?? '');
        break;
      case 'CHANNEL_UNBRIDGE':
        this.#pairs.delete(message.get('Bridge-A-Unique-ID') ?? channel);
        break;
      case 'valet_parking::info':
        if (message.get('Action') === 'hold') {
          this.#slots.set(channel, { lot: message.get('Valet-Lot-Name') ?? '', slot: message.get('Valet-Extension') ?? '' });
        } else if (message.get('Action') === 'exit') this.#slots.delete(channel);
        break;
      case 'callcenter::info': {
        const session = message.get('CC-Member-Session-UUID') ?? '';
        if (message.get('CC-Action') === 'member-queue-start') this.#waiting.set(session, Math.floor(event.at / 1e6));
        // It is in the list until it is connected, or leaves.
        else if (message.get('CC-Action') !== 'agent-offering') this.#waiting.delete(session);
        break;
      }
      case 'conference::maintenance':
        if (message.get('Action') === 'add-member') this.#rooms.set(channel, message.get('Conference-Name') ?? '');
        else if (message.get('Action') === 'del-member') this.#rooms.delete(channel);
        break;
      default:
        break;
    }
  }

  /** The connection breaks without a word. */
  cut(): void {
    for (const { socket } of this.#connections) socket.destroy();
  }

  /** FreeSWITCH gives up on listeners that are too slow, and when it is shut down: a notice, and the end. */
  notice(text: string): void {
    for (const connection of this.#connections) {
      this.#send(connection, `Content-Type: text/disconnect-notice\nContent-Length: ${Buffer.byteLength(text)}\n\n${text}`);
      connection.socket.end();
    }
  }

  /** Sends bytes as they are. */
  raw(bytes: string): void {
    for (const connection of this.#connections) if (connection.events.size > 0) connection.socket.write(bytes);
  }

  /** How many channels live. */
  get channels(): number {
    return this.#channels.size;
  }

  /** FreeSWITCH starts anew: nothing lives in it. */
  forget(): void {
    for (const places of [this.#channels, this.#pairs, this.#slots, this.#rooms, this.#waiting]) places.clear();
  }

  /** Resolves once a command that matches has come in. */
  async untilAsked(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = this.commands.find((command) => pattern.test(command));
      if (found !== undefined) return found;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiters.add(resolve);
      await promise;
      this.#waiters.delete(resolve);
    }
  }

  #connect(socket: Socket): void {
    const connection: Connection = { socket, isKnown: false, events: new Set(), filters: [] };
    this.#connections.add(connection);
    socket.setNoDelay(true);
    socket.on('close', () => this.#connections.delete(connection));
    socket.on('error', () => undefined); // A driver that goes away in the middle of something.
    if (this.refusesByAcl) {
      socket.end('Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n');
      return;
    }
    this.#send(connection, 'Content-Type: auth/request\n\n');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('utf8');
      for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
        const command = text.slice(0, end);
        text = text.slice(end + 2);
        this.#take(connection, command);
      }
    });
  }

  #take(connection: Connection, command: string): void {
    this.commands.push(command);
    for (const waiter of this.#waiters) waiter();
    if (this.isSilent) return;
    const [verb, rest] = splitOnce(command, ' ');
    if (!connection.isKnown && verb !== 'auth') return this.#reply(connection, '-ERR command not found');
    switch (verb) {
      case 'auth':
        connection.isKnown = rest === this.password;
        this.#reply(connection, connection.isKnown ? '+OK accepted' : '-ERR invalid');
        if (!connection.isKnown) this.notice('Disconnected, goodbye.\n');
        return;
      case 'filter': {
        const [header, value] = splitOnce(rest, ' ');
        connection.filters.push({ header, value });
        return this.#reply(connection, `+OK filter added. [${header}]=[${value}]`);
      }
      case 'event':
        for (const name of rest.split(' ').slice(1)) connection.events.add(name);
        return this.#reply(connection, '+OK event listener enabled plain');
      case 'exit':
        connection.socket.end();
        return;
      case 'api': {
        const body = this.#answerTo(rest);
        return this.#send(connection, `Content-Type: api/response\nContent-Length: ${Buffer.byteLength(body)}\n\n${body}`);
      }
      case 'bgapi': {
        const [api = '', header = ''] = rest.split('\n');
        const job = /^Job-UUID: (.*)$/.exec(header)?.[1] ?? '';
        this.#reply(connection, `+OK Job-UUID: ${job}`, `Job-UUID: ${job}\n`);
        const body = this.#answerTo(api);
        if (body === never) return;
        const event = `Event-Name: BACKGROUND_JOB\nJob-UUID: ${job}\nContent-Length: ${Buffer.byteLength(body)}\n\n${body}`;
        return this.#send(connection, framed(event, ''));
      }
      default:
        return this.#reply(connection, '-ERR command not found');
    }
  }

  #answerTo(api: string): string {
    for (const { pattern, answer } of this.#answers) {
      if (!pattern.test(api)) continue;
      const text = typeof answer === 'function' ? answer(api) : answer;
      if (text !== undefined) return text;
    }
    return this.#list(api) ?? `-ERR ${api.split(' ', 1)[0] ?? ''} Command not found!\n`;
  }

  /** What FreeSWITCH says of itself. */
  #list(api: string): string | undefined {
    const [name = '', argument = ''] = api.split(' ');
    switch (name) {
      case 'global_getvar':
        return { core_uuid: this.coreUuid, domain: 'pbx.local', recordings_dir: '/var/lib/freeswitch/recordings' }[argument] ?? '';
      case 'status':
        return 'UP 0 years, 0 days, 0 hours, 9 minutes, 20 seconds, 354 milliseconds, 998 microseconds\nFreeSWITCH is ready\n';
      case 'version':
        return 'FreeSWITCH Version 1.11.2-release~64bit ( 64bit)\n';
      case 'uptime':
        return '560';
      case 'module_exists':
        return 'true';
      case 'list_users':
        return usersTable;
      case 'valet_info':
        return this.#lots();
      case 'conference':
        return JSON.stringify(this.#conferences());
      case 'callcenter_config':
        return this.#callCenter(api);
      case 'db':
        return '';
      case 'uuid_exists':
        return String(this.#channels.has(argument));
      case 'uuid_dump': {
        const listed = this.#channels.get(argument);
        return listed === undefined ? noChannel : JSON.stringify(Object.fromEntries(headersOf(listed)));
      }
      case 'show':
        return table(argument === 'channels' ? this.#rows() : argument === 'calls' ? this.#calls() : registrations);
      default:
        if (!name.startsWith('uuid_')) return undefined;
        return this.#channels.has(argument) ? '+OK' : noChannel;
    }
  }

  #callCenter(api: string): string {
    switch (api) {
      case 'callcenter_config tier list':
        return 'queue|agent|state|level|position\nsupport@default|1002@default|Ready|1|1\n+OK\n';
      case 'callcenter_config agent list':
        return 'name|type|contact|status|state\n1002@default|callback|[leg_timeout=10]user/1002@pbx.local|Available|Waiting\n+OK\n';
      case 'callcenter_config queue list members support@default': {
        const members = [...this.#waiting].map(([session, since]) => `support@default|${session}|${since}|Waiting\n`);
        return `queue|session_uuid|joined_epoch|state\n${members.join('')}+OK\n`;
      }
      default:
        return '+OK\n';
    }
  }

  #rows(): readonly Row[] {
    return [...this.#channels].map(([uuid, listed]) => this.#row(uuid, listed, headersOf(listed)));
  }

  #row(uuid: string, { created, latest }: Listed, headers: ReadonlyMap<string, string>): Row {
    return {
      uuid,
      direction: headers.get('Call-Direction') ?? '',
      created_epoch: String(Math.floor(created.at / 1e6)),
      name: headers.get('Channel-Name') ?? '',
      callstate: latest.message.get('Channel-Call-State') ?? '',
      cid_num: headers.get('Caller-Caller-ID-Number') ?? '',
      cid_name: headers.get('Caller-Caller-ID-Name') ?? '',
      callee_num: headers.get('Caller-Callee-ID-Number') ?? '',
      callee_name: headers.get('Caller-Callee-ID-Name') ?? '',
      dest: headers.get('Caller-Destination-Number') ?? '',
      initial_dest: created.message.get('Caller-Destination-Number') ?? '',
      context: headers.get('Caller-Context') ?? '',
      application: headers.get('Application') ?? '',
      application_data: headers.get('Application-Data') ?? '',
      call_uuid: headers.get('Channel-Call-UUID') ?? '',
    };
  }

  #calls(): readonly Row[] {
    return [...this.#pairs]
      .filter(([one, two]) => this.#channels.has(one) && this.#channels.has(two))
      .map(([uuid, b_uuid]) => ({ uuid, b_uuid }));
  }

  #lots(): string {
    const lots = [...this.#slots].map(
      ([uuid, { lot, slot }]) => `  <lot name="${lot}">\n    <extension uuid="${uuid}">${slot}</extension>\n  </lot>\n`,
    );
    return `<lots>\n${lots.join('')}</lots>\n`;
  }

  #conferences(): unknown {
    return [...new Set(this.#rooms.values())].map((room) => ({
      conference_name: room,
      members: [...this.#rooms].filter(([, name]) => name === room).map(([uuid], id) => ({ id, uuid, flags: { can_speak: true } })),
    }));
  }

  #reply(connection: Connection, text: string, more = ''): void {
    this.#send(connection, `Content-Type: command/reply\nReply-Text: ${text}\n${more}\n`);
  }

  #send({ socket }: Connection, text: string): void {
    if (this.isSilent || socket.destroyed) return;
    const bytes = Buffer.from(text);
    for (let start = 0; start < bytes.length; start += Math.min(this.pieceBytes, bytes.length)) {
      socket.write(bytes.subarray(start, Math.min(bytes.length, start + this.pieceBytes)));
    }
  }
}

/** Every header and variable that a channel had at some time. */
const headersOf = ({ events }: Listed): ReadonlyMap<string, string> => {
  const headers = new Map<string, string>();
  for (const line of events.flatMap(({ text }) => text.split('\n'))) {
    const [name, value] = splitOnce(line, ': ');
    headers.set(name, decodeURIComponent(value));
  }
  return headers;
};

/** The answer of a job that has not ended. */
export const never = '\0';

type Row = Readonly<Record<string, string>>;

const noChannel = '-ERR No such channel!\n';

const splitOnce = (text: string, separator: string): readonly [string, string] => {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
};

const framed = (text: string, end = '\n\n'): string => {
  const body = `${text}${end}`;
  return `Content-Length: ${Buffer.byteLength(body)}\nContent-Type: text/event-plain\n\n${body}`;
};

/** With nothing to show there is no `rows`. */
const table = (rows: readonly Row[]): string =>
  rows.length === 0 ? '{"row_count": 0}\n' : `${JSON.stringify({ row_count: rows.length, rows })}\n`;

const phones = ['1001', '1002', '1003', '1004', '1005'] as const;

const usersTable = [
  'userid|context|domain|group|contact|callgroup|effective_caller_id_name|effective_caller_id_number',
  ...phones.map((phone) => `${phone}|default|pbx.local|default|sofia/internal/sip:${phone}@127.0.0.1|x|User ${phone}|${phone}`),
  '',
  '+OK',
].join('\n');

const registrations: readonly Row[] = phones.map((phone) => ({
  reg_user: phone,
  realm: 'pbx.local',
  url: `sofia/internal/sip:${phone}@127.0.0.1:6${phone.slice(1)}`,
}));

/** As mod_event_socket sifts: an event goes out if it was asked for, and any filter matches where there are filters. */
const isWanted = ({ name, message }: RecordedEvent, { events, filters }: Connection): boolean => {
  if (!events.has(name)) return false;
  return filters.length === 0 || filters.some(({ header, value }) => matches(headerOf(header), value));

  function headerOf(header: string): string | undefined {
    return header === 'Event-Name' && name.includes('::') ? 'CUSTOM' : message.get(header);
  }
};

const matches = (given: string | undefined, wanted: string): boolean => {
  if (given === undefined) return false;
  const pattern = /^\/(.*)\/$/.exec(wanted)?.[1];
  return pattern === undefined ? given.toLowerCase() === wanted.toLowerCase() : new RegExp(pattern).test(given);
};
