import { extensionNumber, type ExtensionNumber } from '../../model/ids.ts';
import { invalid, missing } from './errors.ts';

/** The parameters of a request, by their case-sensitive names. */
export type Parameters = ReadonlyMap<string, string>;

const maxSeconds = 300;
const defaultSeconds = 10;
const maxExtensions = 1_000;
const maxSequence = 2n ** 63n - 1n;

/**
 * Query string and form body together; the query wins. Names and values are trimmed: the vendor's own sample URL is broken over
 * two lines. Empty values count as absent, unknown names are nobody's business.
 */
export const parseParameters = (query: string, body: string): Parameters => {
  const parameters = new Map<string, string>();
  for (const source of [query, body]) {
    for (const [rawName, rawValue] of new URLSearchParams(source)) {
      const name = rawName.trim();
      const value = rawValue.trim();
      if (value !== '' && !parameters.has(name)) parameters.set(name, value);
    }
  }
  return parameters;
};

/** Nothing that could end a line of a protocol behind us is a value. */
const controls = /\p{Cc}/u;

export const optional = (parameters: Parameters, name: string): string | undefined => {
  const value = parameters.get(name);
  if (value !== undefined && controls.test(value)) throw invalid(name);
  return value;
};

export const required = (parameters: Parameters, name: string): string => {
  const value = optional(parameters, name);
  if (value === undefined) throw missing(name);
  return value;
};

/** The number in `400`, `SIP/400` and `SIP/400-12FA7B`. */
export const parseExtension = (text: string): ExtensionNumber => {
  const name = /^[A-Za-z0-9]+\/(.+)$/.exec(text)?.[1];
  return extensionNumber(name === undefined ? text : name.replace(/-[0-9A-Fa-f]+$/, ''));
};

/** Whether the text is the id of a channel: it has a dot, or is a UUID; anything else is an extension. */
export const isUniqueId = (text: string): boolean => text.includes('.') || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

/** A comma list, each once; at least one. */
export const parseList = (parameters: Parameters, name: string): readonly string[] => {
  const items = required(parameters, name)
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  if (items.length === 0) throw missing(name);
  if (items.length > maxExtensions) throw invalid(name);
  return [...new Set(items)];
};

export const parseExtensions = (parameters: Parameters): readonly ExtensionNumber[] => [
  ...new Set(parseList(parameters, 'exten').map(parseExtension)),
];

/** Whole seconds from 0 to 300; the prose of page 05.0 writes `timeout`, its table `timeOut`. */
export const parseTimeOut = (parameters: Parameters): number => {
  const name = parameters.has('timeOut') ? 'timeOut' : 'timeout';
  const text = optional(parameters, name);
  if (text === undefined) return defaultSeconds;
  if (!/^[+-]?\d+$/.test(text)) throw invalid(name);
  return Math.min(Math.max(Number(text), 0), maxSeconds);
};

/** A cursor may be of another life of the server, so that any 64-bit number is well formed. */
export const parseSequenceNumber = (parameters: Parameters): number => {
  const name = 'lastSequenceNumber';
  const text = required(parameters, name);
  if (!/^\d{1,19}$/.test(text) || BigInt(text) > maxSequence) throw invalid(name);
  return Number(text);
};

/** `date=2021/09/14&hour=15` as callStartTime begins: `2021/09/14 15`. */
export const parseHour = (parameters: Parameters): string => {
  const date = required(parameters, 'date');
  const hour = required(parameters, 'hour');
  if (!/^\d{4}\/\d{2}\/\d{2}$/.test(date)) throw invalid('date');
  if (!/^\d{1,2}$/.test(hour) || Number(hour) > 23) throw invalid('hour');
  return `${date} ${hour.padStart(2, '0')}`;
};

const autoAnswerHeaders = ['call-info', 'alert-info', 'answer-mode', 'p-auto-answer'];

/**
 * A header that makes a handset answer by itself, `Call-Info:\\; answer-after=0`: the backslashes are a dialplan's escapes for
 * the semicolon. Other headers, and line breaks that would add some, are refused.
 */
export const parseAutoAnswer = (parameters: Parameters, name: string): string | undefined => {
  const text = optional(parameters, name);
  if (text === undefined) return undefined;
  const [, header, value] = /^([A-Za-z-]+)\s*:\s*(\S.*)$/.exec(text) ?? [];
  if (header === undefined || value === undefined || !autoAnswerHeaders.includes(header.toLowerCase())) throw invalid(name);
  return `${header}: ${value.replaceAll(/\\+(?=;)/g, '')}`;
};

/** `0383208100`, or `"Sales" <0383208100>`. */
export const parseCallerId = (parameters: Parameters): { readonly number: string; readonly name: string } | undefined => {
  const text = optional(parameters, 'callerId');
  if (text === undefined) return undefined;
  const [, name, number] = /^"?([^"<>]*?)"?\s*<([^<>]*)>$/.exec(text) ?? [];
  return number === undefined ? { number: text, name: '' } : { number: number.trim(), name: (name ?? '').trim() };
};

export const parseFlag = (parameters: Parameters, name: string): boolean => {
  const text = optional(parameters, name)?.toLowerCase();
  return text === 'true' || text === 'yes' || text === '1';
};
