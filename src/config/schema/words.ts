/** What several sections say alike. */
import { z } from 'zod';

export const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'small letters, digits and dashes, at most 32');
export const port = z.int().min(0).max(65_535);
export const positive = z.number().positive();

/** What an account of a vendor's API, or a client of it, may do. */
export const appScopes = z
  .array(z.enum(['observe', 'control', 'supervise', 'record']))
  .min(1)
  .default(['observe', 'control']);
