import { GatewayError } from '../../model/errors.ts';
import type { Reply } from './schema.ts';

/** Negative codes are errors, positive ones notices; the vendor documents no others by number. */
export const failed = -1;
export const notConnected = -2;
export const notice = 1;

/** An error in the vendor's words. */
export class NoojeeError extends Error {
  override readonly name = 'NoojeeError';
  readonly code: number;

  constructor(message: string, code: number = failed, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }

  get reply(): Reply {
    return { Message: this.message, Code: this.code };
  }
}

export const eventsLost: Reply = { Message: 'Events may have been lost', Code: notice };
export const alreadyRecording: Reply = { Message: 'Already recording', Code: notice };
export const notRecording: Reply = { Message: 'Not recording', Code: notice };
export const pbxNotConnected: Reply = { Message: 'PBX not connected', Code: notice };

export const invalidKey = (): NoojeeError => new NoojeeError('Invalid apiKey');
export const expiredTimeStamp = (): NoojeeError => new NoojeeError('Expired TimeStamp');
export const missing = (name: string): NoojeeError => new NoojeeError(`Missing parameter: ${name}`);
export const invalid = (name: string): NoojeeError => new NoojeeError(`Invalid parameter: ${name}`);
export const noChannel = (name: string): NoojeeError => new NoojeeError(`No channel found for ${name}`);
export const pbxDown = (cause?: unknown): NoojeeError => new NoojeeError('PBX not connected', notConnected, cause);

/** The error of the catalogue in the vendor's words, where there are any; what else a method may say it says by `otherwise`. */
export const explain = (error: unknown, otherwise: (error: GatewayError) => NoojeeError): NoojeeError => {
  if (error instanceof NoojeeError) return error;
  if (!(error instanceof GatewayError)) throw error;
  switch (error.code) {
    case 'pbx-down':
      return pbxDown(error);
    case 'unauthorized':
      return new NoojeeError('Invalid apiKey', failed, error);
    case 'forbidden':
      return new NoojeeError('Not permitted', failed, error);
    case 'internal':
    case 'data-damaged':
      throw error;
    default:
      return otherwise(error);
  }
};
