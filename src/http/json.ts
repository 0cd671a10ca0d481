import { GatewayError } from '../model/errors.ts';

/** What a text in JSON says; `empty` for one in which nothing stands. Throws `invalid-json`. */
export const parseJson = (text: string, empty: unknown): unknown => {
  if (text.trim() === '') return empty;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new GatewayError('invalid-json', {}, { cause });
  }
};
