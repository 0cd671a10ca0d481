import { isAscii } from 'node:buffer';
import { GatewayError } from '../../model/errors.ts';

/**
 * One manager message. Headers are looked up when they are asked for, by their exact name: of the twenty or so in an event few are
 * wanted, and splitting them all would cost most of the parser's time.
 */
export interface AmiMessage {
  /** The event's name; undefined of a response and of the greeting. */
  readonly event: string | undefined;
  /** `Success`, `Error`, `Goodbye`, `Follows`: what an action led to; undefined of an event. */
  readonly response: string | undefined;
  /** The protocol's version, of the line that Asterisk sends first: `9.0.0`. */
  readonly greeting: string | undefined;
  /** The first value of a header (Asterisk's own builds send some twice), without the blanks around it. */
  get(name: string): string | undefined;
  /** All values of a repeated header (`Variable`, `Output`), in order. */
  getAll(name: string): readonly string[];
  /** How long it is. */
  readonly bytes: number;
  /** The message as it came, lines ended by CRLF, without the blank line after it. */
  text(): string;
}

export interface AmiParserOptions {
  /** Asked with an event's name before anything else of it is read; the event is dropped if not. Default: all are of interest. */
  readonly interesting?: (event: string) => boolean;
  readonly maxHeaderBytes?: number;
  readonly maxMessageBytes?: number;
}

/** Bytes, cut anywhere, to messages. */
export interface AmiParser {
  /**
   * The messages that `chunk` completes. Throws `too-large` at a header or message beyond its limit; the parser is of no use after
   * that, and what the chunk held before it is lost: the link has to be dropped, and a resync makes up for both.
   */
  push(chunk: Uint8Array): readonly AmiMessage[];
  /** Bytes of a message that is not complete yet. */
  readonly buffered: number;
}

const eventPrefix = 'Event: ';
const responsePrefix = 'Response: ';
const greetingPrefix = 'Asterisk Call Manager/';
const lineEnd = '\r\n';
const messageEnd = '\r\n\r\n';
const defaultMaxHeaderBytes = 256 * 1024;
const defaultMaxMessageBytes = 4 * 1024 * 1024;

export const createAmiParser = (options: AmiParserOptions = {}): AmiParser => {
  const { interesting, maxHeaderBytes = defaultMaxHeaderBytes, maxMessageBytes = defaultMaxMessageBytes } = options;
  let rest: Buffer = Buffer.alloc(0);

  return {
    get buffered(): number {
      return rest.length;
    },
    push(chunk: Uint8Array): readonly AmiMessage[] {
      const fresh = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      // The blank line may have begun in what is left of the chunk before.
      let search = Math.max(0, rest.length - (messageEnd.length - 1));
      const bytes = rest.length === 0 ? fresh : Buffer.concat([rest, fresh]);
      // One character a byte, so that offsets agree; what is not ASCII is decoded when it is asked for.
      const text = bytes.toString('latin1');
      const ascii = isAscii(bytes);
      const messages: AmiMessage[] = [];
      let start = 0;
      for (;;) {
        // Several events (MixMonitorMute, the test events around a key press) end with a blank line too many.
        while (text.startsWith(lineEnd, start)) start += lineEnd.length;
        search = Math.max(search, start);
        if (text.startsWith(greetingPrefix, start)) {
          const end = text.indexOf(lineEnd, start);
          if (end === -1) break;
          messages.push(new Message(cut(bytes, start, end), ascii, 'greeting', cut(bytes, start + greetingPrefix.length, end)));
          start = end + lineEnd.length;
          continue;
        }
        const end = text.indexOf(messageEnd, search);
        if (end === -1) break;
        if (end - start > maxHeaderBytes) refuseOversize(text.slice(start, end), maxHeaderBytes, maxMessageBytes);
        if (text.startsWith(eventPrefix, start)) {
          const nameEnd = text.indexOf(lineEnd, start);
          const name = text.slice(start + eventPrefix.length, nameEnd);
          if (interesting === undefined || interesting(name)) messages.push(new Message(cut(bytes, start, end), ascii, 'event', name));
        } else if (end > start) {
          const nameEnd = text.indexOf(lineEnd, start);
          const name = text.startsWith(responsePrefix, start) ? text.slice(start + responsePrefix.length, nameEnd) : '';
          messages.push(new Message(cut(bytes, start, end), ascii, 'response', name));
        }
        start = end + messageEnd.length;
        search = start;
      }
      if (bytes.length - start > maxHeaderBytes) refuseOversize(text.slice(start), maxHeaderBytes, maxMessageBytes);
      // A copy, so that a few left bytes do not keep a whole read's buffer alive.
      rest = Buffer.from(bytes.subarray(start));
      return messages;
    },
  };
};

/** The parser as a stage of a pipeline: ends when `chunks` ends, whatever message was under way then is dropped. */
export async function* parseAmi(chunks: AsyncIterable<Uint8Array>, options: AmiParserOptions = {}): AsyncGenerator<AmiMessage, void> {
  const parser = createAmiParser(options);
  for await (const chunk of chunks) yield* parser.push(chunk);
}

/** A string of its own: a slice of the chunk's text would keep the whole chunk alive for as long as one value of it is held. */
const cut = (bytes: Buffer, start: number, end: number): string => bytes.toString('latin1', start, end);

const refuseOversize = (message: string, maxHeaderBytes: number, maxMessageBytes: number): void => {
  const longest = message.split(lineEnd).reduce((most, line) => Math.max(most, line.length), 0);
  if (longest > maxHeaderBytes) {
    throw new GatewayError('too-large', { field: 'header', limit: maxHeaderBytes }, { note: 'The PBX sent a header without an end.' });
  }
  if (message.length > maxMessageBytes) {
    throw new GatewayError('too-large', { field: 'message', limit: maxMessageBytes }, { note: 'The PBX sent a message without an end.' });
  }
};

/** What a header is looked up by; the names asked for are few and fixed by the code. */
const needles = new Map<string, string>();

const needleOf = (name: string): string => {
  const known = needles.get(name);
  if (known !== undefined) return known;
  const needle = `${lineEnd}${name}:`;
  needles.set(name, needle);
  return needle;
};

class Message implements AmiMessage {
  readonly event: string | undefined;
  readonly response: string | undefined;
  readonly greeting: string | undefined;
  readonly #text: string;
  readonly #ascii: boolean;

  constructor(text: string, ascii: boolean, kind: 'event' | 'response' | 'greeting', first: string) {
    this.#text = text;
    this.#ascii = ascii;
    this.event = kind === 'event' ? first : undefined;
    this.response = kind === 'response' ? first : undefined;
    this.greeting = kind === 'greeting' ? first : undefined;
  }

  get bytes(): number {
    return this.#text.length;
  }

  get(name: string): string | undefined {
    const at = this.#first(name);
    return at === -1 ? undefined : this.#value(at);
  }

  getAll(name: string): readonly string[] {
    const values: string[] = [];
    for (let at = this.#first(name); at !== -1; at = this.#next(name, at)) values.push(this.#value(at));
    return values;
  }

  text(): string {
    return this.#decode(this.#text);
  }

  /** Where the first value begins, right after the colon; -1 if there is none. */
  #first(name: string): number {
    // The first line has no line end before it.
    const isFirstLine = this.#text.startsWith(name) && this.#text.charAt(name.length) === ':';
    return isFirstLine ? name.length + 1 : this.#next(name, 0);
  }

  #next(name: string, from: number): number {
    const needle = needleOf(name);
    const at = this.#text.indexOf(needle, from);
    return at === -1 ? -1 : at + needle.length;
  }

  /** To the end of the line: a bare LF inside belongs to the value ("Park successful\n"). */
  #value(at: number): string {
    const end = this.#text.indexOf(lineEnd, at);
    return this.#decode(this.#text.slice(at, end === -1 ? undefined : end)).trim();
  }

  #decode(text: string): string {
    return this.#ascii ? text : Buffer.from(text, 'latin1').toString('utf8');
  }
}
