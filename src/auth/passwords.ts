import { scrypt, timingSafeEqual } from 'node:crypto';
import { GatewayError } from '../model/errors.ts';

/** What a password costs to try: scrypt's N, r and p. 16 MiB and about a tenth of a second of one core, as OWASP advises for that memory. */
export interface PasswordCost {
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

const defaultCost: PasswordCost = { n: 16_384, r: 8, p: 5 };
const hashBytes = 32;
const saltBytes = 16;
/** Others need the threads too, and whoever guesses passwords must not take all of the machine. */
const mostAtOnce = 2;
const mostWaiting = 64;

/** Slow, salted hashes of what people remember. */
export interface Passwords {
  /** Text that holds the salt and the cost beside the hash. */
  hash(password: string): Promise<string>;
  /** Without a hash it takes as long, and is false: so nobody can tell by the time who exists. */
  verify(password: string, hash: string | undefined): Promise<boolean>;
}

export interface PasswordsOptions {
  readonly randomBytes: (size: number) => Uint8Array;
  readonly cost?: PasswordCost;
}

/** A few are worked on at once, a bounded number waits; one more is refused with `too-many-requests`. */
export const createPasswords = ({ randomBytes, cost = defaultCost }: PasswordsOptions): Passwords => {
  const limit = createLimit();
  const decoy = render(cost, randomBytes(saltBytes), randomBytes(hashBytes));
  return {
    hash: async (password) => {
      const salt = randomBytes(saltBytes);
      return render(cost, salt, await limit(() => derive(password, salt, cost)));
    },
    verify: async (password, hash) => {
      const kept = parse(hash ?? decoy);
      const found = await limit(() => derive(password, kept.salt, kept.cost));
      return timingSafeEqual(found, kept.hash) && hash !== undefined;
    },
  };
};

const derive = (password: string, salt: Uint8Array, { n, r, p }: PasswordCost): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, hashBytes, { N: n, r, p, maxmem: 256 * n * r }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });

const render = ({ n, r, p }: PasswordCost, salt: Uint8Array, hash: Uint8Array): string =>
  ['scrypt', n, r, p, Buffer.from(salt).toString('base64url'), Buffer.from(hash).toString('base64url')].join(':');

const parse = (text: string): { readonly cost: PasswordCost; readonly salt: Buffer; readonly hash: Buffer } => {
  const [kind, n, r, p, salt = '', hash = ''] = text.split(':');
  if (kind !== 'scrypt') throw new GatewayError('data-damaged', {}, { note: 'A password is kept in a way that is not known.' });
  return {
    cost: { n: Number(n), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64url'),
    hash: Buffer.from(hash, 'base64url'),
  };
};

const createLimit = (): (<Result>(work: () => Promise<Result>) => Promise<Result>) => {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= mostAtOnce) {
      if (waiting.length >= mostWaiting) throw new GatewayError('too-many-requests', { passwords: mostWaiting });
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await work();
    } finally {
      // The place goes to whoever waits longest, if anybody does.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
};
