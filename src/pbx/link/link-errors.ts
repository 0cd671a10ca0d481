import { GatewayError } from '../../model/errors.ts';

/** What every link can be lost by, whatever the protocol. */
export type CommonFailure = 'broken' | 'stalled' | 'overflow' | 'closing';

/** A driver's reasons for having no link, as errors. */
export interface LinkErrors<Failure extends string> {
  linkError(failure: Failure, cause?: unknown): GatewayError;
  linkFailureOf(error: unknown): Failure | undefined;
  /** A refused login never gets better by trying again soon, and fail2ban counts the tries. */
  isLoginFailure(error: unknown): boolean;
  /** Why there is no link, in words. */
  linkReasonOf(error: unknown): string;
}

/** `sentences` says each failure in words; `logins` are those that mean a refused login. */
export const linkErrorsOf = <Failure extends string>(
  sentences: Readonly<Record<Failure | CommonFailure, string>>,
  logins: readonly Failure[],
): LinkErrors<Failure | CommonFailure> => {
  const isFailure = (text: string): text is Failure | CommonFailure => Object.hasOwn(sentences, text);
  const linkFailureOf = (error: unknown): Failure | CommonFailure | undefined => {
    const failure = error instanceof GatewayError ? error.details['failure'] : undefined;
    return typeof failure === 'string' && isFailure(failure) ? failure : undefined;
  };
  return {
    linkError: (failure, cause) =>
      new GatewayError('pbx-down', { failure }, { note: sentences[failure], ...(cause === undefined ? {} : { cause }) }),
    linkFailureOf,
    isLoginFailure: (error) => logins.some((login) => login === linkFailureOf(error)),
    linkReasonOf: (error) => {
      const failure = linkFailureOf(error) ?? (error instanceof GatewayError && error.code === 'timed-out' ? 'stalled' : undefined);
      if (failure !== undefined) return sentences[failure];
      return error instanceof Error ? error.message : String(error);
    },
  };
};
