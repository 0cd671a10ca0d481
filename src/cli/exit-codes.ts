import type { ErrorCode, GatewayError } from '../model/errors.ts';

/** What the CLI's exit status means. docs/cli.md lists them. */
export const exitCodes = {
  ok: 0,
  /** The command was carried out and failed: nobody answered, the PBX refused, a check found something. */
  failed: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  /** The server cannot be reached, or is not ready. */
  unreachable: 3,
  /** The key is missing, unknown or not allowed this. */
  denied: 4,
  /** There is no such call, leg, extension or key. */
  notFound: 5,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitCodeOf = (error: GatewayError): ExitCode => {
  const denied: readonly ErrorCode[] = ['unauthorized', 'forbidden'];
  const usage: readonly ErrorCode[] = ['config-invalid', 'data-locked', 'cannot-listen'];
  if (denied.includes(error.code)) return exitCodes.denied;
  if (usage.includes(error.code)) return exitCodes.usage;
  if (error.status === 404) return exitCodes.notFound;
  if (error.status === 400) return exitCodes.usage;
  if (error.status === 503) return exitCodes.unreachable;
  return exitCodes.failed;
};
