import { GatewayError } from '../../model/errors.ts';
import type { ExtensionNumber } from '../../model/ids.ts';
import type { Micros } from '../../model/time.ts';
import { UnifiedError, invalidExtension, type UnifiedCode } from './errors.ts';
import type { Numbers } from './numbers.ts';
import type { RequestChange } from './requests.ts';
import { eventTypes, methods, phoneCallEventBody, type EventNumber, type PhoneCallEventBody, type PublishedRequest } from './schema.ts';

/** The parameters of a CallAPI request, of query and form together, in their order; some names come more than once. */
export class Parameters {
  readonly #entries: readonly (readonly [string, string])[];

  constructor(query: string, form: string) {
    this.#entries = [...new URLSearchParams(query), ...new URLSearchParams(form)];
  }

  entries(): readonly (readonly [string, string])[] {
    return this.#entries;
  }

  /** The first value that is not empty; names are read without regard to case. */
  get(name: string): string | undefined {
    return this.all(name)[0];
  }

  /** Also under `name[]` and `name[0]`, as PHP writes a list. */
  all(name: string): readonly string[] {
    const wanted = name.toLowerCase();
    return this.#entries.flatMap(([each, value]) => {
      const trimmed = value.trim();
      return trimmed !== '' && each.toLowerCase().replace(/\[\d*\]$/, '') === wanted ? [trimmed] : [];
    });
  }

  /** Whether it was given at all, be it empty. */
  has(name: string): boolean {
    return this.#entries.some(([each]) => each.toLowerCase() === name.toLowerCase());
  }

  required(name: string): string {
    const value = this.get(name);
    if (value === undefined) throw new GatewayError('missing-parameter', { field: name }, { note: `${name} is missing.` });
    return value;
  }

  whole(name: string, least: number, most: number): number | undefined {
    const text = this.get(name);
    if (text === undefined) return undefined;
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most)) throw invalid(name, `${name} is a whole number from ${least} to ${most}.`);
    return value;
  }

  /** Seconds since 1970, or a date that says its zone or is in UTC. */
  time(name: string): Micros | undefined {
    const text = this.get(name);
    if (text === undefined) return undefined;
    const ms = /^\d{1,10}$/.test(text) ? Number(text) * 1_000 : Date.parse(text);
    if (Number.isNaN(ms)) throw invalid(name, `${name} is a date or seconds since 1970.`);
    return ms * 1_000;
  }
}

const invalid = (field: string, note: string): GatewayError => new GatewayError('invalid-parameter', { field }, { note });

/** `Dial-In`, `dialin` and `0` are the same. */
export const parseEventType = (text: string): EventNumber => {
  const named = ['dialin', 'dialout', 'hangup'].indexOf(text.toLowerCase().replaceAll(/[-_ ]/g, ''));
  const found = eventTypes.find((type) => String(type) === text || type === named);
  if (found === undefined) throw invalid('type', 'EventType is 0 (Dial-In), 1 (Dial-Out) or 2 (Hangup).');
  return found;
};

export const parseMethod = (text: string): PublishedRequest['method'] => {
  const found = methods.find((method, index) => method === text.toUpperCase() || String(index) === text);
  if (found === undefined) throw invalid('method', 'Method is GET (0) or POST (1).');
  return found;
};

export const parseStatus = (text: string): boolean => {
  if (text !== '0' && text !== '1') throw invalid('status', 'Status is 0 (disabled) or 1 (enabled).');
  return text === '1';
};

/** `in` as some servers wrote it, `IN` as the vendor's pages do. */
const parseFlowCase = (text: string): boolean => {
  const isLower = text === text.toLowerCase();
  if (!/^(in|out|lower|upper)$/i.test(text)) throw invalid('callFlow', 'CallFlow is IN or in: how it is to be written.');
  return /^(lower|upper)$/i.test(text) ? text.toLowerCase() === 'lower' : isLower;
};

/** What Event/Add and Event/Edit may say; notes may be emptied. */
export const parseRequestChange = (parameters: Parameters): RequestChange => {
  const type = parameters.get('EventType');
  const method = parameters.get('Method');
  const url = parameters.get('URL');
  const status = parameters.get('Status');
  const callFlow = parameters.get('CallFlow');
  return {
    ...(type === undefined ? undefined : { type: parseEventType(type) }),
    ...(method === undefined ? undefined : { method: parseMethod(method) }),
    ...(url === undefined ? undefined : { url }),
    ...(status === undefined ? undefined : { enabled: parseStatus(status) }),
    ...(callFlow === undefined ? undefined : { lowerCaseFlow: parseFlowCase(callFlow) }),
    ...(parameters.has('Notes') ? { notes: parameters.get('Notes') ?? '' } : undefined),
  };
};

/** A PhoneCallEvent; what is wrong of it is told by the member's own code. */
export const parseEventBody = (body: unknown): PhoneCallEventBody => {
  const parsed = phoneCallEventBody.safeParse(body);
  if (parsed.success) return parsed.data;
  const [member] = parsed.error.issues[0]?.path ?? [];
  throw new UnifiedError(400, eventCodes[String(member)] ?? 'body_invalid', 'The body is no PhoneCallEvent.');
};

const eventCodes: Readonly<Partial<Record<string, UnifiedCode>>> = {
  type: 'pce_type_invalid',
  id: 'pce_id_invalid',
  method: 'pce_method_invalid',
  note: 'pce_note_invalid',
  url: 'pce_url_invalid',
  status: 'pce_status_invalid',
};

/** The same of a PhoneCallEvent's body, whose `type` and `id` stand in the path when it is changed. */
export const parsePhoneCallEvent = (body: PhoneCallEventBody): Omit<RequestChange, 'type'> => ({
  ...(body.method === undefined ? undefined : { method: parseMethod(body.method) }),
  ...(body.url === undefined ? undefined : { url: body.url }),
  ...(body.status === undefined ? undefined : { enabled: parseStatus(body.status) }),
  ...(body.callFlow === undefined ? undefined : { lowerCaseFlow: parseFlowCase(body.callFlow) }),
  ...(body.note === undefined || body.note === null ? undefined : { notes: body.note }),
});

/** The numbers of UnifiedAPI, all five. */
export const parseUnifiedType = (text: string): EventNumber => {
  const found = eventTypes.find((type) => String(type) === text);
  if (found === undefined) throw new UnifiedError(400, 'pce_type_invalid', 'Value supplied as type of the event is invalid.');
  return found;
};

/** The extension of a CallAPI parameter. */
export const parseExtension = (text: string, numbers: Numbers): ExtensionNumber => {
  const extension = numbers.parse(text);
  if (extension === undefined) throw new GatewayError('no-such-extension', { extension: text.slice(0, 64) });
  return extension;
};

/** The extension of a UnifiedAPI path. */
export const parseUnifiedExtension = (text: string, numbers: Numbers): ExtensionNumber => {
  const extension = numbers.parse(text);
  if (extension === undefined) throw invalidExtension();
  return extension;
};

/** `@me` and its like are whoever asks, and so is an id: a token is of one tenant. */
export const checkUser = (text: string): void => {
  if (!/^(@me|@viewer|@owner|[\w.*-]{1,64})$/.test(text)) {
    throw new UnifiedError(400, 'user_invalid', 'Value supplied in the URI-Fragment as user is invalid.');
  }
};

/** `John Doe <4242425>`, or a number alone. */
export const parseCallerId = (text: string): { readonly number: string; readonly name: string } => {
  const [, name = '', number] = /^"?([^"<>]*?)"?\s*<([^<>]*)>$/.exec(text) ?? [];
  return number === undefined ? { number: text, name: '' } : { number: number.trim(), name: name.trim() };
};
