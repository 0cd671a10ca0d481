import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { createSigner } from '../../../src/delivery/webhooks/signature.ts';

test('signs as the official library does, whatever is in it', () => {
  const bytes = fc.uint8Array({ minLength: 24, maxLength: 64 });
  fc.assert(
    fc.property(bytes, fc.string({ unit: 'grapheme' }), fc.nat(2 ** 31), fc.string({ unit: 'binary' }), (key, id, seconds, body) => {
      const secret = `whsec_${Buffer.from(key).toString('base64')}`;
      expect(createSigner(secret)(id, seconds, body)).toBe(new Webhook(secret).sign(id, new Date(seconds * 1_000), body));
    }),
    { numRuns: 25 },
  );
});
