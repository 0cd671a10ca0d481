import { GatewayError, type ErrorCode } from '../../model/errors.ts';

/** A fault in CallAPI's words: `Status` as in HTTP, `Code` digits. The vendor's list of codes is not public; these are ours. */
export interface Exception {
  readonly status: number;
  readonly code: number;
  readonly message: string;
}

/** What CallAPI says; HTTP says 200, for its readers load the address by means that give up at 400 and above. */
export const renderException = (error: GatewayError): Exception => ({
  status: error.code === 'unauthorized' ? 401 : error.status,
  code: exceptionCodes[error.code] ?? 1000,
  message: error.code === 'no-such-extension' ? 'Extension not found' : error.message,
});

const exceptionCodes: Readonly<Partial<Record<ErrorCode, number>>> = {
  unauthorized: 1001,
  forbidden: 1002,
  'no-such-extension': 1003,
  'missing-parameter': 1004,
  'invalid-parameter': 1005,
  'forbidden-character': 1005,
  'address-refused': 1006,
  'not-found': 1007,
  'no-such-call': 1008,
  'no-such-leg': 1008,
  'leg-ended': 1008,
  'wrong-state': 1009,
  'number-not-allowed': 1010,
  'caller-id-not-allowed': 1010,
  'slot-empty': 1011,
  'no-free-slot': 1011,
  unreachable: 1012,
  busy: 1012,
  rejected: 1012,
  'no-answer': 1012,
  'too-many-requests': 1029,
  'not-supported': 1501,
  'pbx-down': 1503,
};

/** The codes of UnifiedAPI that its pages name, and those made like them for what they leave out. */
export type UnifiedCode =
  | 'access_denied'
  | 'user_invalid'
  | 'extension_invalid'
  | 'count_invalid'
  | 'startindex_invalid'
  | 'filterby_invalid'
  | 'filterop_invalid'
  | 'filtervalue_invalid'
  | 'sortorder_invalid'
  | 'fields_invalid'
  | `pce_${'type' | 'method' | 'id' | 'url' | 'status' | 'note'}_invalid`
  | `phonecall_${'id' | 'action' | 'source' | 'destination' | 'callerid' | 'pin'}_invalid`
  | 'body_invalid'
  | 'conflict'
  | 'limit_exceeded'
  | 'internal_server_error'
  | 'request_not_implemented';

export class UnifiedError extends Error {
  override readonly name = 'UnifiedError';
  readonly status: number;
  readonly code: UnifiedCode;

  constructor(status: number, code: UnifiedCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.code = code;
  }
}

export const invalidExtension = (): UnifiedError =>
  new UnifiedError(400, 'extension_invalid', 'Value supplied in the URI-Fragment as extension is invalid.');

/** An error of the catalogue as UnifiedAPI says it. */
export const explainUnified = (error: unknown): UnifiedError => {
  if (error instanceof UnifiedError) return error;
  if (!(error instanceof GatewayError)) return new UnifiedError(500, 'internal_server_error', 'Internal server error.', error);
  const say = (status: number, code: UnifiedCode): UnifiedError => new UnifiedError(status, code, error.message, error);
  switch (error.code) {
    case 'unauthorized':
      return say(401, 'access_denied');
    case 'forbidden':
    case 'number-not-allowed':
    case 'caller-id-not-allowed':
      return say(403, 'access_denied');
    case 'no-such-extension':
      return invalidExtension();
    case 'invalid-parameter':
    case 'missing-parameter':
    case 'forbidden-character':
      return say(400, codeOfField(error.details['field']));
    case 'address-refused':
      return say(400, 'pce_url_invalid');
    case 'invalid-json':
    case 'bad-request':
    case 'unsupported-media-type':
      return say(400, 'body_invalid');
    case 'too-large':
      return say(413, 'body_invalid');
    case 'not-found':
      return say(400, 'pce_id_invalid');
    case 'no-such-call':
    case 'no-such-leg':
    case 'leg-ended':
      return say(400, 'phonecall_id_invalid');
    case 'too-many-requests':
      return say(409, 'limit_exceeded');
    case 'not-supported':
      return say(501, 'request_not_implemented');
    case 'internal':
    case 'data-damaged':
      return new UnifiedError(500, 'internal_server_error', 'Internal server error.', error);
    default:
      return error.status === 409 ? say(409, 'conflict') : say(error.status, 'internal_server_error');
  }
};

const codeOfField = (field: unknown): UnifiedCode => {
  switch (field) {
    case undefined:
      // What the PBX itself finds wrong of a request is where it leads: the rest has been looked at before.
      return 'phonecall_destination_invalid';
    case 'id':
    case 'type':
    case 'method':
    case 'url':
    case 'status':
      return `pce_${field}_invalid`;
    case 'notes':
      return 'pce_note_invalid';
    case 'extension':
      return 'phonecall_source_invalid';
    case 'number':
    case 'also':
    case 'to':
      return 'phonecall_destination_invalid';
    case 'callerId.number':
    case 'callerId.name':
      return 'phonecall_callerid_invalid';
    default:
      return 'body_invalid';
  }
};
