import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';

export type Told = Readonly<Record<string, unknown>>;

/** A client of the event API: what it was told, and what it said. */
export interface EventClient {
  readonly socket: WebSocket;
  readonly told: readonly Told[];
  /** Resolves with the first so many of what it was told. */
  first(count: number): Promise<readonly Told[]>;
  /** Resolves with the next thing told, of that type if one is given. */
  next(type?: string): Promise<Told>;
  /** Sends a message and resolves with the answer. */
  ask(message: unknown): Promise<Told>;
  filter(...filters: readonly string[]): Promise<Told>;
  types(): readonly unknown[];
}

export type ConnectOptions = ClientOptions & { readonly credentials?: string };

export const basic = (credentials: string): string => `Basic ${Buffer.from(credentials).toString('base64')}`;
export const publicCredentials = 'manager:manag3rpa55word';
export const eventPath = '/communication_manager/ws/event';

/** Connects to a gateway at that address; the connection ends with the test. */
export const connectClient = async (
  url: string,
  { credentials = publicCredentials, ...options }: ConnectOptions = {},
): Promise<EventClient> => {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}${eventPath}`, { headers: { Authorization: basic(credentials) }, ...options });
  onTestFinished(() => socket.terminate());
  const told: Told[] = [];
  const waiting = new Set<() => void>();
  socket.on('message', (data: Buffer) => {
    told.push(JSON.parse(data.toString()) as Told);
    for (const look of waiting) look();
  });
  await once(socket, 'open');
  const until = <Value>(find: () => Value | undefined): Promise<Value> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = find();
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  const next = (type?: string): Promise<Told> => {
    const from = told.length;
    return until(() => told.slice(from).find((each) => type === undefined || each['type'] === type));
  };
  const ask = (message: unknown): Promise<Told> => {
    const from = told.length;
    socket.send(typeof message === 'string' ? message : JSON.stringify(message));
    return until(() => told.slice(from).find((each) => each['type'] === 'filterResponse' || each['type'] === 'error'));
  };
  return {
    socket,
    told,
    first: (count) => until(() => (told.length >= count ? told.slice(0, count) : undefined)),
    next,
    ask,
    filter: (...filters) =>
      ask({
        type: 'filter',
        filters: filters.map((text) => {
          const [property = '', value = ''] = text.split('=');
          return { property, value };
        }),
      }),
    types: () => told.map(({ type }) => type),
  };
};

/** What was told, a line each with who it is about: `dial 101>102`. */
export const linesOf = (told: readonly Told[]): readonly string[] =>
  told.map((each) => {
    const word = (name: string): string | undefined =>
      each[name] === undefined ? undefined : JSON.stringify(each[name]).replaceAll('"', '');
    const two = word('callerIdNumber1') === undefined ? undefined : `${word('callerIdNumber1')}>${word('callerIdNumber2')}`;
    const who = two ?? word('callerIdNumber') ?? word('extensionNumber') ?? word('username');
    const more = ['result', 'queue', 'position', 'conferenceRoomName', 'space', 'state', 'enabled'].map(word);
    return [word('type'), who, ...more].filter((part) => part !== undefined).join(' ');
  });

/** Reads on, line by line: resolves with what was told since the last time, up to that line, once it has come. */
export const reader = (client: EventClient): ((last: string) => Promise<readonly string[]>) => {
  let seen = 0;
  return async (last) => {
    for (let told = linesOf(client.told); ; told = linesOf(client.told)) {
      const end = told.indexOf(last, seen);
      if (end !== -1) {
        const fresh = told.slice(seen, end + 1);
        seen = end + 1;
        return fresh;
      }
      await client.next();
    }
  };
};
