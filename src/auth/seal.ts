import { createCipheriv, createDecipheriv } from 'node:crypto';

const algorithm = 'aes-256-gcm';
const nonceSize = 12;
const tagSize = 16;

/**
 * Encrypts a text under a key of 32 bytes; `owner` is bound to it, so that what was sealed for one cannot be passed off as
 * another's. `nonce` is 12 bytes that were never used before. Base64 of nonce, text and tag.
 */
export const seal = (text: string, key: Uint8Array, nonce: Uint8Array, owner: string): string => {
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagSize });
  cipher.setAAD(Buffer.from(owner));
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
};

/** What `seal` hid. Throws if the key, the owner or the text is another one. */
export const unseal = (sealed: string, key: Uint8Array, owner: string): string => {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceSize), { authTagLength: tagSize });
  decipher.setAAD(Buffer.from(owner));
  decipher.setAuthTag(bytes.subarray(-tagSize));
  return Buffer.concat([decipher.update(bytes.subarray(nonceSize, -tagSize)), decipher.final()]).toString('utf8');
};
