/** Every foreign error of this driver is recognised here: Asterisk's sentences, and what sockets and TLS say. */
import type { ErrorCode } from '../../model/errors.ts';
import { GatewayError } from '../../model/errors.ts';
import { linkErrorsOf } from '../link/link-errors.ts';
import { socketCodeOf, socketFailureFor } from '../link/socket-failure.ts';
import type { AmiMessage } from './ami-parser.ts';

interface Sentence {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
}

/** What `Response: Error` says, in the words of Asterisk 16 to 22; the first that matches counts. */
const sentences: readonly Sentence[] = [
  { pattern: /^no such channel|^channel .*(?:does not exist|not found)|^channel not found/i, code: 'leg-ended' },
  { pattern: /^permission denied/i, code: 'pbx-forbidden' },
  { pattern: /^originate access forbidden/i, code: 'pbx-forbidden' },
  { pattern: /^authentication (?:failed|required)|^login already in use/i, code: 'pbx-forbidden' },
  { pattern: /^invalid\/unknown command/i, code: 'not-supported' },
  { pattern: /^invalid channel|^no channel specified/i, code: 'invalid-parameter' },
  { pattern: /^unable to retrieve endpoint/i, code: 'unreachable' },
  { pattern: /^extension does not exist/i, code: 'invalid-parameter' },
  { pattern: /^could not stop monitoring channel/i, code: 'wrong-state' },
];

/** The error that a refusing response means. The PBX's sentence is kept in `details.said`. */
export const refusalOf = (action: string, response: AmiMessage): GatewayError => {
  const said = response.get('Message') ?? 'no reason';
  const code = sentences.find(({ pattern }) => pattern.test(said))?.code ?? 'pbx-refused';
  return new GatewayError(code, { action, said }, { note: `Asterisk said to ${action}: ${said}` });
};

/** Some list actions answer with an error when there is nothing to list: "No active conferences.", "No endpoints found". */
export const saysNothingToList = (response: AmiMessage): boolean =>
  response.response === 'Error' && /^no (?!such|permission)/i.test(response.get('Message') ?? '');

/** Why there is no link, or no longer one. */
const linkFailures = {
  refused: 'Nothing listens at this address and port: is manager.conf enabled = yes, and Asterisk running?',
  unreachable: 'The address cannot be reached.',
  'unknown-host': 'The host name is not known.',
  silent: 'Nothing answers there in time: a firewall may drop the packets, it may wait for TLS, or be no Asterisk manager interface.',
  tls: 'The TLS handshake failed: the port may be the plain one, or the certificate is not trusted.',
  'not-asterisk': 'What answers there is not an Asterisk manager interface, or it expects TLS.',
  login:
    'Asterisk refused the login: the account is unknown, its secret differs, or its deny/permit or acl lines do not allow this address. ' +
    "Asterisk's log says which.",
  'second-login': 'Asterisk refused a second session of the account: allowmultiplelogin must not be off.',
  closed: 'Asterisk closed the connection.',
  broken: 'The connection broke.',
  stalled: 'Asterisk stopped answering.',
  overflow: 'More came in than could be processed in time.',
  malformed: 'What came in is not the manager protocol.',
  closing: 'The driver is closing.',
} as const;
export type LinkFailure = keyof typeof linkFailures;

export const linkErrors = linkErrorsOf<LinkFailure>(linkFailures, ['login', 'second-login']);
export const { linkError, linkFailureOf } = linkErrors;

/** What a socket's error means. Codes are those of Node and OpenSSL. */
export const socketFailureOf = (error: Error): LinkFailure => {
  const code = socketCodeOf(error);
  const isTls = code === 'EPROTO' || /^ERR_(?:SSL|TLS)|^CERT_|^DEPTH_ZERO|^SELF_SIGNED|^UNABLE_TO|^ERR_OSSL/.test(code);
  return socketFailureFor(code) ?? (isTls ? 'tls' : 'broken');
};
