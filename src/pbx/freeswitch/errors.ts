/** Every foreign error of this driver is recognised here: FreeSWITCH's sentences, and what sockets say. */
import type { ErrorCode } from '../../model/errors.ts';
import { GatewayError } from '../../model/errors.ts';
import { linkErrorsOf } from '../link/link-errors.ts';
import { socketCodeOf, socketFailureFor } from '../link/socket-failure.ts';

interface Sentence {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
}

/** What an api answers when it fails, in the words of FreeSWITCH 1.10 and 1.11; the first that matches counts. */
const sentences: readonly Sentence[] = [
  { pattern: /^-ERR (?:No such channel|Invalid uuid|no such session|cannot locate session)/i, code: 'leg-ended' },
  { pattern: /^-ERROR/i, code: 'leg-ended' },
  { pattern: /^-ERR \S+ command not found|^-ERR command not found|^-ERR .*not found!$/i, code: 'not-supported' },
  { pattern: /^-ERR (?:Conference|Agent|Queue|Tier) .*not ?(?:found|exist)/i, code: 'wrong-state' },
  { pattern: /^-ERR USER_BUSY/, code: 'busy' },
  { pattern: /^-ERR CALL_REJECTED/, code: 'rejected' },
  { pattern: /^-ERR (?:NO_ANSWER|NO_USER_RESPONSE|ALLOTTED_TIMEOUT|ORIGINATOR_CANCEL)/, code: 'no-answer' },
  { pattern: /^-ERR (?:USER_NOT_REGISTERED|SUBSCRIBER_ABSENT|UNALLOCATED_NUMBER|NO_ROUTE_DESTINATION|NORMAL_TEMPORARY_FAILURE|DESTINATION_OUT_OF_ORDER)/, code: 'unreachable' },
  { pattern: /^-USAGE/, code: 'invalid-parameter' },
]; // prettier-ignore

/** Whether an api's answer says that it failed. `+OK` is no success either: it says that the command was understood. */
export const isRefusal = (answer: string): boolean => /^-(?:ERR|USAGE)/.test(answer);

/** The error that a refusing answer means. The PBX's sentence is kept in `details.said`. */
export const refusalOf = (command: string, answer: string): GatewayError => {
  const said = answer.trim().slice(0, 200);
  const api = command.split(' ', 1)[0] ?? '';
  const code = sentences.find(({ pattern }) => pattern.test(said))?.code ?? 'pbx-refused';
  return new GatewayError(code, { action: api, said }, { note: `FreeSWITCH said to ${api}: ${said}` });
};

/** Why there is no link, or no longer one. */
const linkFailures = {
  refused: 'Nothing listens at this address and port: is mod_event_socket loaded, and does it listen on more than 127.0.0.1?',
  unreachable: 'The address cannot be reached.',
  'unknown-host': 'The host name is not known.',
  silent: 'Nothing answers there in time: a firewall may drop the packets, or it is no event socket.',
  'not-freeswitch': 'What answers there is not a FreeSWITCH event socket.',
  acl: "FreeSWITCH does not let this address in: its event socket's apply-inbound-acl must allow it.",
  login: 'FreeSWITCH refused the password of its event socket.',
  closed: 'FreeSWITCH closed the connection.',
  'shutting-down': 'FreeSWITCH is shutting down.',
  broken: 'The connection broke.',
  stalled: 'FreeSWITCH stopped answering.',
  overflow: 'More came in than could be processed in time.',
  malformed: 'What came in is not the event socket protocol.',
  closing: 'The driver is closing.',
} as const;
export type LinkFailure = keyof typeof linkFailures;

export const linkErrors = linkErrorsOf<LinkFailure>(linkFailures, ['login', 'acl']);
export const { linkError, linkFailureOf, isLoginFailure } = linkErrors;

/** What a socket's error means. */
export const socketFailureOf = (error: Error): LinkFailure => socketFailureFor(socketCodeOf(error)) ?? 'broken';
