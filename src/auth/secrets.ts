import { seal, unseal } from './seal.ts';

/** Secrets that must be readable again (what signs webhooks), for rest in the store. `owner` is bound to each: another's does not open. */
export interface Secrets {
  seal(text: string, owner: string): string;
  /** Throws if the master key or the owner is another one. */
  open(sealed: string, owner: string): string;
}

export const createSecrets = (masterKey: Uint8Array, randomBytes: (size: number) => Uint8Array): Secrets => ({
  seal: (text, owner) => seal(text, masterKey, randomBytes(12), owner),
  open: (sealed, owner) => unseal(sealed, masterKey, owner),
});
