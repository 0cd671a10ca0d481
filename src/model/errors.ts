/**
 * The catalogue of errors: each has a stable id, a sentence, the HTTP status the native API gives it, and whether trying the
 * same again later can help. Dialects render their vendor's shape from the id.
 */
export const errors = {
  'bad-request': { status: 400, retry: false, message: 'The request is malformed.' },
  'invalid-parameter': { status: 400, retry: false, message: 'A parameter has a value that is not allowed.' },
  'missing-parameter': { status: 400, retry: false, message: 'A required parameter is missing.' },
  'invalid-json': { status: 400, retry: false, message: 'The body is not valid JSON.' },
  'invalid-cursor': { status: 400, retry: false, message: 'The cursor is not one that this server gave.' },
  'forbidden-character': { status: 400, retry: false, message: 'A value holds a character that must not reach the PBX.' },
  'address-refused': { status: 400, retry: false, message: 'The address is not one that may be delivered to.' },
  unauthorized: { status: 401, retry: false, message: 'The credentials are missing, unknown or revoked.' },
  forbidden: { status: 403, retry: false, message: 'The credentials do not allow this.' },
  'number-not-allowed': { status: 403, retry: false, message: 'The dial rules do not allow this number.' },
  'caller-id-not-allowed': { status: 403, retry: false, message: 'The dial rules do not allow this caller id.' },
  'not-found': { status: 404, retry: false, message: 'There is nothing at this address.' },
  'no-such-call': { status: 404, retry: false, message: 'There is no such call.' },
  'no-such-leg': { status: 404, retry: false, message: 'There is no such leg.' },
  'no-such-extension': { status: 404, retry: false, message: 'There is no such extension.' },
  'no-such-command': { status: 404, retry: false, message: 'There is no such command.' },
  'no-such-key': { status: 404, retry: false, message: 'There is no such key.' },
  'no-such-user': { status: 404, retry: false, message: 'There is no such user.' },
  'no-such-queue': { status: 404, retry: false, message: 'There is no such queue.' },
  'no-such-conference': { status: 404, retry: false, message: 'There is no such conference room.' },
  'no-such-recording': { status: 404, retry: false, message: 'There is no such recording.' },
  'recording-unavailable': { status: 404, retry: false, message: 'The recording cannot be read here.' },
  'no-such-pbx': { status: 404, retry: false, message: 'There is no such PBX.' },
  'no-such-webhook': { status: 404, retry: false, message: 'There is no such webhook.' },
  'method-not-allowed': { status: 405, retry: false, message: 'This address does not take this method.' },
  'request-timeout': { status: 408, retry: true, message: 'The request did not arrive in time.' },
  'wrong-state': { status: 409, retry: false, message: 'The leg is not in a state that allows this.' },
  'leg-ended': { status: 409, retry: false, message: 'The leg has ended.' },
  'call-moved-on': { status: 409, retry: false, message: 'The call has changed since the cursor that was given.' },
  'idempotency-conflict': { status: 409, retry: false, message: 'The same Idempotency-Key came with another request.' },
  busy: { status: 409, retry: false, message: 'The called party is busy.' },
  rejected: { status: 409, retry: false, message: 'The called party declined.' },
  'no-answer': { status: 409, retry: false, message: 'Nobody answered in time.' },
  unreachable: { status: 409, retry: false, message: 'The phone is not registered or cannot be reached.' },
  'slot-occupied': { status: 409, retry: false, message: 'The slot has a parked call in it already.' },
  'slot-empty': { status: 409, retry: false, message: 'There is no call in the slot.' },
  'no-free-slot': { status: 409, retry: true, message: 'Every slot has a parked call in it.' },
  'user-exists': { status: 409, retry: false, message: 'There is a user of that name already.' },
  'tenant-exists': { status: 409, retry: false, message: 'There is, or was, a tenant or a PBX of that name.' },
  'kept-in-configuration': { status: 409, retry: false, message: 'The configuration holds it; it cannot be changed here.' },
  'handshake-failed': { status: 409, retry: true, message: 'The endpoint did not answer the handshake.' },
  'too-old': { status: 410, retry: false, message: 'The log no longer reaches back to the cursor.' },
  'too-large': { status: 413, retry: false, message: 'The request is larger than is allowed.' },
  'url-too-long': { status: 414, retry: false, message: 'The address is longer than is allowed.' },
  'unsupported-media-type': { status: 415, retry: false, message: 'The body is of a kind that is not understood here.' },
  'too-many-requests': { status: 429, retry: true, message: 'Too many requests; slow down.' },
  'upgrade-required': { status: 426, retry: false, message: 'This address speaks WebSocket.' },
  'tls-required': { status: 426, retry: false, message: 'This address is served over TLS alone.' },
  'headers-too-large': { status: 431, retry: false, message: 'The headers are larger than is allowed.' },
  internal: { status: 500, retry: true, message: 'Something went wrong inside the server.' },
  'not-supported': { status: 501, retry: false, message: 'This PBX cannot do that.' },
  'pbx-refused': { status: 502, retry: false, message: 'The PBX refused the command.' },
  'pbx-forbidden': { status: 502, retry: false, message: 'The account at the PBX lacks a permission.' },
  'pbx-down': { status: 503, retry: true, message: 'The PBX is not connected.' },
  'server-unreachable': { status: 503, retry: true, message: 'The server cannot be reached.' },
  'log-full': { status: 503, retry: true, message: 'The disk is full; nothing more can be recorded.' },
  'shutting-down': { status: 503, retry: true, message: 'The server is shutting down.' },
  'timed-out': { status: 504, retry: true, message: 'The effect did not show in time; it may still come.' },
  'data-locked': { status: 500, retry: false, message: 'Another process uses the data folder.' },
  'data-damaged': { status: 500, retry: false, message: 'A record in the data folder is damaged.' },
  'config-invalid': { status: 500, retry: false, message: 'The configuration is not valid.' },
  'cannot-listen': { status: 500, retry: false, message: 'The address cannot be listened on.' },
  'stale-lease': { status: 500, retry: false, message: 'Another node has taken over this tenant.' },
} as const;

export type ErrorCode = keyof typeof errors;
export const errorCodes = Object.keys(errors) as readonly ErrorCode[];

/** Ids and values that say what exactly was wrong: `{ field: 'limit' }`, `{ leg: 'leg_...' }`. Never a secret. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean>>;

/** The one error that is thrown on purpose. `message` is the catalogue's sentence, then `note` where it says more. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}, options: { readonly note?: string; readonly cause?: unknown } = {}) {
    const { note, cause } = options;
    super(withNote(errors[code].message, note), cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return errors[this.code].status;
  }

  /** Whether the same request can succeed later. */
  get retry(): boolean {
    return errors[this.code].retry;
  }
}

/** An error that is told onwards says its own sentence already. */
const withNote = (sentence: string, note = ''): string => {
  if (note === '') return sentence;
  return note.startsWith(sentence) ? note : `${sentence} ${note}`;
};
