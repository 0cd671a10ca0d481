import type { ExtensionNumber } from '../../../model/ids.ts';
import type { Asked } from '../calls.ts';
import { UnifiedError } from '../errors.ts';

/** A UnifiedAPI request of a token's owner. */
export interface UnifiedAsked extends Asked {
  /** Of the path, as far as it goes. */
  readonly extension: string;
  readonly type?: string;
  readonly id?: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  /** Where the API is reached: `https://pbx.example/uapi`. */
  readonly base: string;
  /** The user part of the path, for links. */
  readonly user: string;
  /** Whose token it is, where it is one extension's. */
  readonly own?: ExtensionNumber;
}

/** What is answered; undefined where there is nothing to say, which travels as 204. */
export type UnifiedAnswer = object | undefined;

/** Refuses what is served by no operation. */
export const notImplemented = (): never => {
  throw new UnifiedError(501, 'request_not_implemented', 'The request is not implemented.');
};
