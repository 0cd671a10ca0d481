import { STATUS_CODES } from 'node:http';
import type { GatewayError } from '../../model/errors.ts';

/** A refusal in the vendor's way: a status, and plain text. */
export interface Refusal {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

const realm = 'Basic realm="communication_manager"';

/** An error of the catalogue as the vendor says it. */
export const explain = (error: GatewayError): Refusal => {
  const headers: Readonly<Record<string, string>> = { 'Content-Type': 'text/plain; charset=utf-8' };
  const say = (status: number, more: Readonly<Record<string, string>> = {}): Refusal => ({
    status,
    text: error.message,
    headers: { ...headers, ...more },
  });
  switch (error.code) {
    case 'unauthorized':
      return say(401, { 'WWW-Authenticate': realm });
    case 'tls-required':
      return say(302, { Location: String(error.details['location'] ?? '') });
    case 'invalid-json':
    case 'missing-parameter':
    case 'invalid-parameter':
    case 'forbidden-character':
      return say(412);
    case 'too-many-requests':
      return say(429, { 'Retry-After': '1' });
    case 'pbx-down':
    case 'log-full':
    case 'shutting-down':
      return say(503);
    case 'pbx-refused':
    case 'pbx-forbidden':
    case 'not-supported':
    case 'timed-out':
    case 'leg-ended':
    case 'number-not-allowed':
    case 'caller-id-not-allowed':
      return say(409);
    case 'internal':
    case 'data-damaged':
      return { status: 500, text: 'Internal server error', headers };
    default:
      return say(error.status);
  }
};

/** A whole HTTP/1.1 reply, for a connection that is not let in as a WebSocket. */
export const renderRefusal = (error: GatewayError): string => {
  const { status, text, headers } = explain(error);
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(text)}`,
    'Connection: close',
    '',
    text,
  ].join('\r\n');
};
