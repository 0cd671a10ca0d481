/** A manager interface that does as its test says: answers, keeps silent, cuts the line, sends in pieces of any size. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';

/** An action as it came in, by header; repeated ones are joined with a line feed. */
export type Received = Readonly<Record<string, string>>;

/** What to answer: messages, each without `ActionID` and the blank line; undefined keeps silent. */
export type Answer = (action: Received, session: ScriptedSession) => readonly string[] | undefined;

export interface ScriptedSession {
  readonly socket: Socket;
  /** The classes it logged in with: `off` for the control connection. */
  events: string;
  challenge: string;
}

const refuse = (message: string): readonly string[] => [`Response: Error\nMessage: ${message}`];
const succeed = (...headers: readonly string[]): readonly string[] => [['Response: Success', ...headers].join('\n')];

const fileOf = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

export const certificate = fileOf('../../http/certificates/first.crt');

/** The lists of a busy office as Asterisk 22 gave them, by action. */
export const officeLists: ReadonlyMap<string, readonly string[]> = new Map(
  fileOf('office-lists.txt')
    .split(/^# /m)
    .slice(1)
    .map((section) => {
      const [action = '', ...messages] = section.trim().split(/\n\n+/);
      return [action, messages] as const;
    }),
);

/** A list with no items. */
export const emptyList = (complete: string): readonly string[] => [
  'Response: Success\nEventList: start',
  `Event: ${complete}\nEventList: Complete\nListItems: 0`,
];

export class ScriptedAmi {
  readonly sessions = new Set<ScriptedSession>();
  readonly received: Received[] = [];
  readonly answers: Map<string, Answer>;
  greeting = 'Asterisk Call Manager/9.0.0\r\n';
  secret = 'secret';
  startedAt = '2026-11-21 10:00:00';
  /** Bytes a write; undefined writes whole messages. */
  pieceBytes: number | undefined;
  /** How often somebody connected. */
  connects = 0;
  readonly port: number;
  readonly #server: Server;
  readonly #waiters = new Set<() => void>();

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
    this.answers = new Map<string, Answer>([
      ['Challenge', (_action, session) => succeed(`Challenge: ${session.challenge}`)],
      ['Login', (action, session) => this.#logIn(action, session)],
      ['Ping', () => succeed('Ping: Pong', 'Timestamp: 1800000000.000000')],
      ['Filter', () => succeed('Message: Success')],
      ['CoreStatus', () => succeed(`CoreStartupDate: ${this.startedAt.slice(0, 10)}`, `CoreStartupTime: ${this.startedAt.slice(11)}`)],
      ['CoreSettings', () => succeed('AMIversion: 9.0.0', 'AsteriskVersion: 22.10.1')],
      ['Getvar', ({ Variable: variable = '' }) => succeed(`Variable: ${variable}`, `Value: ${valueOf(variable)}`)],
      [
        'PJSIPShowEndpoint',
        (action) => [
          'Response: Success\nEventList: start',
          `Event: EndpointDetail\nObjectName: ${action['Endpoint']}\nCallerid: "User ${action['Endpoint']}" <${action['Endpoint']}>`,
          'Event: EndpointDetailComplete\nEventList: Complete\nListItems: 1',
        ],
      ],
      ['ConfbridgeListRooms', () => refuse('No active conferences.')],
      ...['Status', 'BridgeList', 'ParkedCalls', 'QueueStatus', 'ExtensionStateList', 'DeviceStateList', 'PresenceStateList'].map(
        (action) => [action, () => emptyList(`${action}Complete`)] as const,
      ),
      ...['PJSIPShowEndpoints', 'PJSIPShowContacts', 'ConfbridgeList'].map(
        (action) => [action, () => emptyList(`${action}Complete`)] as const,
      ),
      ['Hangup', () => succeed('Message: Channel Hungup')],
    ]);
  }

  /** With `tls` it speaks that alone, under a certificate for 127.0.0.1 whose authority is `certificate`. */
  static async start({ tls = false } = {}): Promise<ScriptedAmi> {
    const server = tls ? createTlsServer({ cert: certificate, key: fileOf('../../http/certificates/first.key') }) : createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server without a port');
    const ami = new ScriptedAmi(server, address.port);
    server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => ami.#connected(socket));
    return ami;
  }

  /** Serves the lists of the busy office. */
  serveOffice(): void {
    for (const [action, messages] of officeLists) if (action !== 'CoreStatus') this.answers.set(action, () => messages);
  }

  /** Resolves as soon as `condition` holds; looked at whenever something happens here. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiters.add(resolve);
      await promise;
      this.#waiters.delete(resolve);
    }
  }

  /** Sends a message to all who get events. */
  emit(...messages: readonly string[]): void {
    for (const session of this.sessions) if (session.events !== 'off' && session.events !== '') this.send(session, messages);
  }

  send(session: ScriptedSession, messages: readonly string[], actionId?: string): void {
    const text = messages
      .map((message) => {
        const [first, ...others] = message.split('\n');
        return [first, ...(actionId === undefined ? [] : [`ActionID: ${actionId}`]), ...others, '', ''].join('\r\n');
      })
      .join('');
    const bytes = Buffer.from(text);
    const size = this.pieceBytes ?? bytes.length;
    for (let start = 0; start < bytes.length; start += size) session.socket.write(bytes.subarray(start, start + size));
  }

  /** Breaks every connection, as a crash does. */
  cut(): void {
    for (const { socket } of this.sessions) {
      if (socket instanceof TLSSocket) socket.destroy();
      else socket.resetAndDestroy();
    }
  }

  /** The sessions that get events, or the control connections. */
  of(kind: 'events' | 'control'): readonly ScriptedSession[] {
    return [...this.sessions].filter(({ events }) => events !== '' && (events === 'off') === (kind === 'control'));
  }

  actions(name: string): readonly Received[] {
    return this.received.filter((action) => action['Action'] === name);
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #connected(socket: Socket): void {
    this.connects += 1;
    const session: ScriptedSession = { socket, events: '', challenge: String(100_000 + this.connects) };
    this.sessions.add(session);
    socket.setNoDelay(true);
    socket.on('error', () => undefined); // Cut by the test, or by who is tested.
    socket.on('close', () => {
      this.sessions.delete(session);
      this.#changed();
    });
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      for (let end = text.indexOf('\r\n\r\n'); end !== -1; end = text.indexOf('\r\n\r\n')) {
        this.#act(text.slice(0, end), session);
        text = text.slice(end + 4);
      }
    });
    socket.write(this.greeting);
    this.#changed();
  }

  #act(text: string, session: ScriptedSession): void {
    const action: Record<string, string> = {};
    for (const line of text.split('\r\n')) {
      const [, name = '', value = ''] = /^([^:]*): ?(.*)$/.exec(line) ?? [];
      action[name] = action[name] === undefined ? value : `${action[name]}\n${value}`;
    }
    this.received.push(action);
    const answer = this.answers.get(action['Action'] ?? '');
    const messages = answer === undefined ? refuse(`Invalid/unknown command: ${action['Action']}.`) : answer(action, session);
    if (messages !== undefined) this.send(session, messages, action['ActionID']);
    this.#changed();
  }

  #logIn(action: Received, session: ScriptedSession): readonly string[] {
    const key = createHash('md5').update(`${session.challenge}${this.secret}`).digest('hex');
    if (action['Username'] !== 'gateway' || (action['Key'] ?? '') !== key) {
      if (action['Secret'] !== this.secret) return refuse('Authentication failed');
    }
    session.events = action['Events'] ?? '';
    return succeed('Message: Authentication accepted');
  }

  #changed(): void {
    for (const waiter of this.#waiters) waiter();
  }
}

/** What the dialplan's functions say here: the PBX's zone, and the name of whatever channel is asked for. */
const valueOf = (variable: string): string => {
  if (variable.startsWith('STRFTIME')) return '+0200';
  return variable === 'CHANNEL(name)' ? 'PJSIP/102-0000000a' : '';
};
