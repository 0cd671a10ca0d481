import { GatewayError } from '../../model/errors.ts';

/** The vendor's error codes that are served, each with its usual HTTP status. */
const statuses = {
  'CMN-100': 400,
  'CMN-101': 400,
  'CMN-102': 404,
  'CMN-103': 400,
  'CMN-104': 400,
  'CMN-109': 403,
  'CMN-120': 404,
  'CMN-201': 503,
  'CMN-202': 501,
  'CMN-203': 500,
  'CMN-301': 429,
  'CMN-401': 403,
  'CMN-404': 403,
  'CMN-405': 401,
  'CMN-408': 403,
  'OAU-106': 403,
  'OAU-108': 403,
  'OAU-109': 403,
  'OAU-110': 403,
  'OAU-112': 403,
  'OAU-123': 401,
  'OAU-125': 401,
  'OAU-127': 401,
  'OAU-128': 401,
  'OAU-129': 401,
  'OAU-134': 401,
  'OAU-136': 401,
  'OAU-140': 401,
  'OAU-146': 401,
  'OAU-147': 400,
  'OAU-149': 401,
  'OAU-151': 401,
  'OAU-213': 401,
  'SUB-406': 403,
  'SUB-505': 403,
  'SUB-507': 404,
  'SUB-508': 400,
  'SUB-511': 405,
  'SUB-516': 400,
  'SUB-520': 400,
  'SUB-521': 400,
  'SUB-523': 400,
  'SUB-524': 400,
  'SUB-525': 400,
  'SUB-527': 403,
  'TAS-101': 403,
  'TAS-102': 409,
  'TAS-115': 403,
} as const;

export type RingCentralCode = keyof typeof statuses;

export interface ErrorExtras {
  /** Where the code's usual status is not meant. */
  readonly status?: number;
  readonly parameterName?: string;
  readonly additionalInfo?: string;
  /** Seconds, for `Retry-After`. */
  readonly retryAfter?: number;
  readonly cause?: unknown;
}

/** An error in the vendor's words. */
export class RingCentralError extends Error {
  override readonly name = 'RingCentralError';
  readonly code: RingCentralCode;
  readonly status: number;
  readonly parameterName: string | undefined;
  readonly additionalInfo: string | undefined;
  readonly retryAfter: number | undefined;

  constructor(code: RingCentralCode, message: string, extras: ErrorExtras = {}) {
    super(message, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.code = code;
    this.status = extras.status ?? statuses[code];
    this.parameterName = extras.parameterName;
    this.additionalInfo = extras.additionalInfo;
    this.retryAfter = extras.retryAfter;
  }
}

interface ErrorEntry {
  readonly errorCode: RingCentralCode;
  readonly message: string;
  readonly parameterName?: string;
  readonly additionalInfo?: string;
}

/** The code stands at the top and in `errors`: some clients read the one, some the other. */
export const renderError = ({
  code,
  message,
  parameterName,
  additionalInfo,
}: RingCentralError): ErrorEntry & { readonly errors: readonly ErrorEntry[] } => {
  const entry = {
    errorCode: code,
    message,
    ...(parameterName === undefined ? undefined : { parameterName }),
    ...(additionalInfo === undefined ? undefined : { additionalInfo }),
  };
  return { ...entry, errors: [entry] };
};

export const missingParameter = (parameterName: string): RingCentralError =>
  new RingCentralError('CMN-100', `Parameter [${parameterName}] is not specified.`, { parameterName });

export const invalidParameter = (parameterName: string, extras: ErrorExtras = {}): RingCentralError =>
  new RingCentralError('CMN-101', `Parameter [${parameterName}] value is invalid.`, { ...extras, parameterName });

/** For a resource of another account too: that it exists is nobody else's business. */
export const noResource = (parameterName: string, extras: ErrorExtras = {}): RingCentralError =>
  new RingCentralError('CMN-102', `Resource for parameter [${parameterName}] is not found`, { ...extras, parameterName });

export const invalidUri = (): RingCentralError => new RingCentralError('CMN-120', 'Invalid URI');

export const applicationLacks = (permission: string): RingCentralError =>
  new RingCentralError('CMN-401', `In order to call this API endpoint, application needs to have [${permission}] permission`);

export const userLacks = (permission: string): RingCentralError =>
  new RingCentralError('CMN-408', `In order to call this API endpoint, user needs to have [${permission}] permission`);

export const anotherExtension = (): RingCentralError =>
  new RingCentralError('CMN-404', 'Attempt to access another extension', { parameterName: 'extensionId' });

/** What vendor's apps look for is the status 409 and these two words. */
export const incorrectState = (cause?: unknown): RingCentralError => new RingCentralError('TAS-102', 'Incorrect State', { cause });

/** Every thrown thing in the vendor's words; what is none of the catalogue is an internal error, its cause kept for the log. */
export const explain = (thrown: unknown): RingCentralError => {
  if (thrown instanceof RingCentralError) return thrown;
  if (!(thrown instanceof GatewayError)) return internalError(thrown);
  const cause = thrown;
  const field = typeof thrown.details['field'] === 'string' ? thrown.details['field'] : undefined;
  switch (thrown.code) {
    case 'missing-parameter':
      return field === undefined ? new RingCentralError('CMN-104', 'Cannot parse request', { cause }) : missingParameter(field);
    case 'invalid-parameter':
    case 'forbidden-character':
      return invalidParameter(field ?? 'body', { cause });
    case 'no-such-extension':
    case 'no-such-queue':
      return invalidParameter(field ?? 'extensionNumber', { cause });
    case 'address-refused':
      return new RingCentralError('SUB-521', `WebHook is not reachable. ${thrown.message}`, { cause, additionalInfo: thrown.message });
    case 'invalid-json':
      return new RingCentralError('CMN-103', "JSON can't be parsed.", { cause });
    case 'bad-request':
    case 'unsupported-media-type':
    case 'too-large':
    case 'url-too-long':
      return new RingCentralError('CMN-104', 'Cannot parse request', { cause, status: thrown.status });
    case 'unauthorized':
      return new RingCentralError('OAU-213', 'Token not found', { cause });
    case 'forbidden':
      return userLacks(permissionOf(thrown.details['scope']));
    case 'number-not-allowed':
    case 'caller-id-not-allowed':
      return invalidParameter(field ?? 'to', { cause, status: 403, additionalInfo: thrown.message });
    case 'not-found':
    case 'method-not-allowed':
      return new RingCentralError('CMN-120', 'Invalid URI', { cause, status: thrown.status });
    case 'no-such-call':
      return noResource('telephonySessionId', { cause });
    case 'no-such-leg':
      return noResource('partyId', { cause });
    case 'wrong-state':
    case 'leg-ended':
    case 'call-moved-on':
    case 'busy':
    case 'rejected':
    case 'no-answer':
    case 'unreachable':
    case 'slot-occupied':
    case 'slot-empty':
    case 'no-free-slot':
      return new RingCentralError('TAS-102', 'Incorrect State', { cause, additionalInfo: thrown.message });
    case 'too-many-requests': {
      const seconds = thrown.details['retryAfterSeconds'];
      return new RingCentralError('CMN-301', 'Request rate exceeded', { cause, retryAfter: typeof seconds === 'number' ? seconds : 60 });
    }
    case 'not-supported':
      return new RingCentralError('CMN-202', 'Operation is not supported', { cause });
    case 'pbx-refused':
    case 'pbx-forbidden':
    case 'pbx-down':
    case 'log-full':
    case 'shutting-down':
    case 'timed-out':
      return new RingCentralError('CMN-201', 'Service Temporary Unavailable', { cause, additionalInfo: thrown.message });
    default:
      return thrown.status < 500
        ? new RingCentralError('CMN-101', thrown.message, { cause, status: thrown.status })
        : internalError(thrown);
  }
};

const internalError = (cause: unknown): RingCentralError => new RingCentralError('CMN-203', 'Internal Server Error', { cause });

/** The vendor's permission that comes nearest to a scope of ours. */
const permissionOf = (scope: unknown): string => {
  switch (scope) {
    case 'supervise':
      return 'CallMonitoring';
    case 'record':
      return 'OnDemandCallRecording';
    default:
      return 'CallControl';
  }
};
