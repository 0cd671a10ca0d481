/** By which ways something leaves for other programs and for people. */
import { z } from 'zod';
import { port, positive } from './words.ts';

export const webhooks = z.strictObject({
  allow: z
    .array(z.string())
    .default([])
    .describe('Networks that may be delivered to although they are not public, as 10.1.0.0/16: a CRM in the LAN.'),
  keepDays: positive
    .default(7)
    .describe('What a paused endpoint has not been sent is kept so long, even if `keepDays` of the tenant is less.'),
});

export const mail = z
  .strictObject({
    host: z.string().min(1).describe('The SMTP server.'),
    port: port.default(587).describe('Its port.'),
    security: z
      .enum(['starttls', 'tls', 'none'])
      .default('starttls')
      .describe(
        'starttls: it must change to TLS; tls: TLS from the first byte, usually port 465; none: plain text, for a server on this machine.',
      ),
    user: z.string().optional().describe('Account at the server, if it wants one.'),
    password: z.string().optional().describe('Its password.'),
    from: z.string().min(3).max(320).describe('Whom e-mails are from: an address, or `Switchhook <pbx@example.com>`.'),
  })
  .refine(({ user, password }) => (user === undefined) === (password === undefined), 'user and password go together');
