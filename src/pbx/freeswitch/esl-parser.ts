import { GatewayError } from '../../model/errors.ts';

/**
 * One message of the event socket: a reply, a notice or an event. Headers are looked up when they are asked for, by their exact name:
 * an event of a channel has two hundred, of which a handful is wanted.
 */
export interface EslMessage {
  /** `auth/request`, `command/reply`, `api/response`, `text/event-plain`, `text/event-json`, `text/disconnect-notice` ... */
  readonly contentType: string;
  /** The event's name (`CHANNEL_CREATE`), for a custom event its subclass (`valet_parking::info`); undefined of all else. */
  readonly event: string | undefined;
  /** A header's value: of an event one of its own, decoded; else one of the message (`Reply-Text`). */
  get(name: string): string | undefined;
  /** What follows the headers: an api's answer, a notice's text, a job's result; `''` if nothing does. */
  readonly body: string;
  /** How long it is. */
  readonly bytes: number;
  /** The event or reply as it came, in one text. */
  text(): string;
}

export interface EslParserOptions {
  /** Asked with an event's name before anything else of it is read; the event is dropped if not. Default: all are of interest. */
  readonly interesting?: (event: string) => boolean;
  /** Of the few lines before a body. */
  readonly maxHeaderBytes?: number;
  readonly maxBodyBytes?: number;
}

/** Bytes, cut anywhere, to messages. */
export interface EslParser {
  /**
   * The messages that `chunk` completes. Throws `too-large` at headers or a body beyond their limit and `bad-request` at a length that
   * is no number; the parser is of no use after that: the link has to be dropped, and a resync makes up for what was lost.
   */
  push(chunk: Uint8Array): readonly EslMessage[];
  /** Bytes of a message that is not complete yet. */
  readonly buffered: number;
}

const headerEnd = '\n\n';
const defaultMaxHeaderBytes = 64 * 1024;
/** The answer to `show channels` of a thousand calls is a few megabytes. */
const defaultMaxBodyBytes = 16 * 1024 * 1024;

export const createEslParser = (options: EslParserOptions = {}): EslParser => {
  const { interesting, maxHeaderBytes = defaultMaxHeaderBytes, maxBodyBytes = defaultMaxBodyBytes } = options;
  let waiting: Uint8Array[] = [];
  let buffered = 0;
  /** With fewer bytes than these nothing new can be complete. */
  let needed = 1;

  return {
    get buffered(): number {
      return buffered;
    },
    push(chunk: Uint8Array): readonly EslMessage[] {
      waiting.push(chunk);
      buffered += chunk.byteLength;
      if (buffered < needed) return none;
      const bytes = Buffer.concat(waiting, buffered);
      const messages: EslMessage[] = [];
      let start = 0;
      needed = 1;
      for (;;) {
        while (bytes[start] === lineFeed) start += 1;
        const end = bytes.indexOf(headerEnd, start, 'latin1');
        if ((end === -1 ? bytes.length : end) - start > maxHeaderBytes) throw tooLarge('header', maxHeaderBytes);
        if (end === -1) break;
        const headers = bytes.toString('latin1', start, end);
        const length = bodyLength(headers);
        if (length > maxBodyBytes) throw tooLarge('body', maxBodyBytes);
        const bodyStart = end + headerEnd.length;
        if (bodyStart + length > bytes.length) {
          needed = bodyStart + length - start;
          break;
        }
        const message = messageOf(headers, bytes.subarray(bodyStart, bodyStart + length), interesting);
        if (message !== undefined) messages.push(message);
        start = bodyStart + length;
      }
      buffered = bytes.length - start;
      // A copy, so that a few left bytes do not keep a whole read's buffer alive.
      waiting = buffered === 0 ? [] : [Buffer.from(bytes.subarray(start))];
      return messages;
    },
  };
};

const none: readonly EslMessage[] = [];
const lineFeed = 0x0a;

const tooLarge = (field: 'header' | 'body', limit: number): GatewayError =>
  new GatewayError('too-large', { field, limit }, { note: `The PBX sent a message whose ${field} is longer than it may be.` });

const bodyLength = (headers: string): number => {
  const value = headerOf(headers, 'Content-Length');
  if (value === undefined) return 0;
  if (!/^\d{1,15}$/.test(value)) {
    throw new GatewayError('bad-request', { field: 'Content-Length' }, { note: 'The PBX sent a message without a length.' });
  }
  return Number(value);
};

/** The value of a header as it stands among lines `Name: value`. */
const headerOf = (headers: string, name: string): string | undefined => {
  const prefix = `${name}: `;
  const at = headers.startsWith(prefix) ? 0 : headers.indexOf(`\n${prefix}`) + 1;
  if (at === 0 && !headers.startsWith(prefix)) return undefined;
  const end = headers.indexOf('\n', at);
  return headers.slice(at + prefix.length, end === -1 ? undefined : end).trimEnd();
};

const messageOf = (headers: string, body: Buffer, interesting: ((event: string) => boolean) | undefined): EslMessage | undefined => {
  const contentType = headerOf(headers, 'Content-Type') ?? '';
  switch (contentType) {
    case 'text/event-plain': {
      const text = body.toString('latin1');
      const event = nameOf((name) => plainValue(text, name));
      return event === undefined || interesting?.(event) !== false ? new PlainEvent(event, text) : undefined;
    }
    case 'text/event-json': {
      const text = body.toString('utf8');
      const values = valuesOf(text);
      const event = nameOf((name) => values.get(name));
      return event === undefined || interesting?.(event) !== false ? new JsonEvent(event, text, body.length, values) : undefined;
    }
    default:
      return new Reply(contentType, Buffer.from(headers, 'latin1').toString('utf8'), body.toString('utf8'), body.length);
  }
};

const nameOf = (get: (name: string) => string | undefined): string | undefined => {
  const name = get('Event-Name');
  return name === 'CUSTOM' ? (get('Event-Subclass') ?? name) : name;
};

const plainValue = (text: string, name: string): string | undefined => {
  // The blank line ends the event's headers: what a job's result says below it is none.
  const value = headerOf(headersIn(text), name);
  return value === undefined ? undefined : decoded(value);
};

const headersIn = (text: string): string => {
  const end = text.indexOf(headerEnd);
  return end === -1 ? text : text.slice(0, end);
};

const decoded = (value: string): string => {
  if (!value.includes('%')) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    // Bytes that are no UTF-8, of a phone that sends Latin-1.
    return value.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'));
  }
};

/** An event's values by their names; none for a text that is not an object of texts. */
const valuesOf = (text: string): ReadonlyMap<string, string> => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return new Map();
  }
  if (typeof parsed !== 'object' || parsed === null) return new Map();
  return new Map(Object.entries(parsed).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
};

class PlainEvent implements EslMessage {
  readonly contentType = 'text/event-plain';
  readonly event: string | undefined;
  readonly #headers: string;
  readonly #text: string;

  constructor(event: string | undefined, text: string) {
    this.event = event;
    this.#text = text;
    this.#headers = headersIn(text);
  }

  get bytes(): number {
    return this.#text.length;
  }

  get body(): string {
    return Buffer.from(this.#text.slice(this.#headers.length + headerEnd.length), 'latin1').toString('utf8');
  }

  get(name: string): string | undefined {
    const value = headerOf(this.#headers, name);
    return value === undefined ? undefined : decoded(value);
  }

  text(): string {
    return Buffer.from(this.#text, 'latin1').toString('utf8').trimEnd();
  }
}

class JsonEvent implements EslMessage {
  readonly contentType = 'text/event-json';
  readonly event: string | undefined;
  readonly bytes: number;
  readonly #text: string;
  readonly #values: ReadonlyMap<string, string>;

  constructor(event: string | undefined, text: string, bytes: number, values: ReadonlyMap<string, string>) {
    this.event = event;
    this.bytes = bytes;
    this.#text = text;
    this.#values = values;
  }

  get body(): string {
    return this.#values.get('_body') ?? '';
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  text(): string {
    return this.#text;
  }
}

class Reply implements EslMessage {
  readonly contentType: string;
  readonly event = undefined;
  readonly body: string;
  readonly bytes: number;
  readonly #headers: string;

  constructor(contentType: string, headers: string, body: string, bodyBytes: number) {
    this.contentType = contentType;
    this.body = body;
    this.bytes = headers.length + bodyBytes;
    this.#headers = headers;
  }

  get(name: string): string | undefined {
    return headerOf(this.#headers, name);
  }

  text(): string {
    return this.body === '' ? this.#headers : `${this.#headers}\n\n${this.body}`;
  }
}
