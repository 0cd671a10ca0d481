/** SIP messages as RFC 3261 writes them: text to value and back. */

export interface SipHeader {
  /** In small letters and never the compact form: `call-id`. */
  readonly name: string;
  readonly value: string;
}

interface SipMessageBody {
  readonly headers: readonly SipHeader[];
  readonly body: string;
}

export interface SipRequest extends SipMessageBody {
  readonly method: string;
  readonly uri: string;
}

export interface SipResponse extends SipMessageBody {
  readonly status: number;
  readonly reason: string;
}

export type SipMessage = SipRequest | SipResponse;

const compactForms: Readonly<Record<string, string>> = {
  c: 'content-type',
  f: 'from',
  i: 'call-id',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  o: 'event',
  r: 'refer-to',
  t: 'to',
  v: 'via',
};

/** One datagram; undefined for keep-alives and whatever else is no SIP. */
export const parseSip = (text: string): SipMessage | undefined => {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [start = '', ...lines] = text
    .slice(0, end)
    .replaceAll(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    return { name: compactForms[name] ?? name, value: line.slice(colon + 1).trim() };
  });
  const body = text.slice(end + 4);
  const response = /^SIP\/2\.0 (\d{3}) ?(.*)$/.exec(start);
  if (response !== null) return { status: Number(response[1]), reason: response[2] ?? '', headers, body };
  const request = /^([A-Z]+) (\S+) SIP\/2\.0$/.exec(start);
  return request === null ? undefined : { method: request[1] ?? '', uri: request[2] ?? '', headers, body };
};

export const renderSip = (message: SipMessage): string => {
  const start = 'method' in message ? `${message.method} ${message.uri} SIP/2.0` : `SIP/2.0 ${message.status} ${message.reason}`;
  const lines = message.headers.map(({ name, value }) => `${name}: ${value}`);
  return [start, ...lines, `content-length: ${Buffer.byteLength(message.body)}`, '', message.body].join('\r\n');
};

export const headerOf = (message: SipMessage, name: string): string => message.headers.find((header) => header.name === name)?.value ?? '';

export const headersOf = (message: SipMessage, name: string): readonly string[] =>
  message.headers.filter((header) => header.name === name).map((header) => header.value);

/** `INVITE` of `CSeq: 7 INVITE`. */
export const cseqMethod = (message: SipMessage): string => headerOf(message, 'cseq').split(/\s+/)[1] ?? '';

/** Names the transaction that a message belongs to: the same for a request, its retransmissions and its responses. */
export const transactionOf = (message: SipMessage, method = cseqMethod(message)): string =>
  `${/branch=([^;,\s]+)/.exec(headerOf(message, 'via'))?.[1] ?? ''} ${method}`;

/** The tag of a From or To value. */
export const tagOf = (address: string): string | undefined => /;\s*tag=([^;>\s]+)/.exec(address.replace(/^.*>/, ''))?.[1];

/** The URI of `"Name" <uri>;parameters` or of the bare form. */
export const uriOf = (address: string): string => /<([^>]+)>/.exec(address)?.[1] ?? address.split(';')[0]?.trim() ?? '';
