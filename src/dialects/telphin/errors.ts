import { GatewayError } from '../../model/errors.ts';

/** What of valet parking the vendor's page says in these very words; of the others nothing public tells. */
export const slotIsFull = 'slot already have parked member, slot is full';
/** The vendor's page names no status for it. */
export const slotIsFullStatus = 409;

/** An error as the vendor's API answers it: `{"message"}`, with a `status` only where it is one that the vendor's page lists. */
export class TelphinError extends Error {
  override readonly name = 'TelphinError';
  readonly httpStatus: number;
  readonly status: string | number | undefined;

  constructor(httpStatus: number, message: string, options: { readonly status?: string | number; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.httpStatus = httpStatus;
    this.status = options.status;
  }
}

export const renderError = ({ status, message }: TelphinError): object => (status === undefined ? { message } : { status, message });

export const unauthorized = (cause?: unknown): TelphinError => new TelphinError(401, 'Unauthorized', { status: 401, cause });
export const notFound = (cause?: unknown): TelphinError => new TelphinError(404, 'Not found', { cause });
export const badRequest = (message: string, cause?: unknown): TelphinError => new TelphinError(400, message, { cause });
export const rateLimited = (): TelphinError => new TelphinError(429, 'Rate limit exceeded', { status: 'rate_limit_exceeded' });

/** An error of the catalogue as the vendor says it. */
export const explain = (error: unknown): TelphinError => {
  if (error instanceof TelphinError) return error;
  if (!(error instanceof GatewayError)) return new TelphinError(500, 'Internal server error', { cause: error });
  switch (error.code) {
    case 'unauthorized':
      return unauthorized(error);
    case 'forbidden':
    case 'number-not-allowed':
    case 'caller-id-not-allowed':
      return new TelphinError(403, error.message, { status: 'access_denied', cause: error });
    case 'not-found':
    case 'no-such-call':
    case 'no-such-leg':
    case 'leg-ended':
    case 'no-such-extension':
      return notFound(error);
    case 'slot-occupied':
      return new TelphinError(slotIsFullStatus, slotIsFull, { cause: error });
    case 'slot-empty':
      return new TelphinError(409, 'slot is empty', { cause: error });
    case 'no-free-slot':
      return new TelphinError(409, 'no free slots', { cause: error });
    case 'too-many-requests':
      return new TelphinError(429, error.message, { status: 'rate_limit_exceeded', cause: error });
    case 'internal':
    case 'data-damaged':
      return new TelphinError(500, 'Internal server error', { cause: error });
    default:
      return new TelphinError(error.status, error.message, { cause: error });
  }
};
