import { STATUS_CODES } from 'node:http';
import { GatewayError } from '../model/errors.ts';
import type { ErrorCode } from '../model/errors.ts';

/** RFC 9457 problem details, with the stable id of the error and whatever its details name. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly id: ErrorCode;
  readonly retry: boolean;
  readonly [detail: string]: string | number | boolean;
}

export const problemContentType = 'application/problem+json; charset=utf-8';

/** `type` names the error; it is no address, for a gateway need not serve its own documentation. */
export const renderProblem = (error: GatewayError): Problem => ({
  ...error.details,
  type: `urn:switchhook:error:${error.code}`,
  title: STATUS_CODES[error.status] ?? 'Error',
  status: error.status,
  detail: error.message,
  id: error.code,
  retry: error.retry,
});

/** fastify's own refusals, by its codes; whatever else it or a handler throws is an error of ours. */
const fastifyErrors: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'too-large',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'invalid-json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'bad-request',
  FST_ERR_CTP_INVALID_JSON_BODY: 'invalid-json',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_BAD_URL: 'bad-request',
  FST_ERR_MAX_PARAM_LENGTH: 'not-found',
};

/** Every thrown thing as an error of the catalogue; what is not one is `internal`, its cause kept for the log alone. */
export const toGatewayError = (thrown: unknown): GatewayError => {
  if (thrown instanceof GatewayError) return thrown;
  if (thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string') {
    const code = fastifyErrors[thrown.code];
    if (code !== undefined) return new GatewayError(code, {}, { cause: thrown });
  }
  // What a client's broken body throws (a JSON syntax error, a bad charset) carries a status of 4xx.
  if (thrown instanceof Error && 'statusCode' in thrown && typeof thrown.statusCode === 'number' && thrown.statusCode < 500) {
    return new GatewayError(thrown instanceof SyntaxError ? 'invalid-json' : codeOfStatus(thrown.statusCode), {}, { cause: thrown });
  }
  return new GatewayError('internal', {}, { cause: thrown });
};

const codeOfStatus = (status: number): ErrorCode => {
  switch (status) {
    case 401:
      return 'unauthorized';
    case 403:
      return 'forbidden';
    case 404:
      return 'not-found';
    case 405:
      return 'method-not-allowed';
    case 413:
      return 'too-large';
    case 415:
      return 'unsupported-media-type';
    case 429:
      return 'too-many-requests';
    default:
      return 'bad-request';
  }
};

/** A whole HTTP/1.1 reply, for sockets that no response object stands for: refused upgrades, unreadable requests. */
export const rawProblem = (error: GatewayError, headers: readonly string[] = []): string => {
  const body = JSON.stringify(renderProblem(error));
  return [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? 'Error'}`,
    `Content-Type: ${problemContentType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...headers,
    '',
    body,
  ].join('\r\n');
};

/** What the parser of HTTP says of bytes that are no request. */
export const errorOfParser = (code: string | undefined): GatewayError => {
  if (code === 'HPE_HEADER_OVERFLOW') return new GatewayError('headers-too-large');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new GatewayError('request-timeout');
  return new GatewayError('bad-request', {}, { note: 'It is not HTTP/1.1.' });
};
