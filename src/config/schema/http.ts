import { z } from 'zod';
import { port } from './words.ts';

const tls = z.strictObject({
  certificate: z.string().describe('Path of the certificate chain, PEM. Read again when it changes.'),
  key: z.string().describe('Path of the private key, PEM.'),
  plainToo: z.boolean().default(false).describe('Serve http on the same port as well; the first byte of a connection tells which it is.'),
});

export const http = z.strictObject({
  host: z.string().default('127.0.0.1').describe('Address to listen on. 0.0.0.0 is every IPv4 address of the machine.'),
  port: port.default(8080).describe('Port to listen on; 0 takes a free one.'),
  extraPorts: z
    .array(port)
    .max(16)
    .default([])
    .describe("Ports on which everything is served as well: 58080 and 55050, which iSymphony's clients have built in."),
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('The URL under which clients reach this server, when it is not host and port.'),
  trustedProxies: z
    .array(z.string())
    .default([])
    .describe('Addresses or CIDR ranges of proxies whose X-Forwarded-For is believed. With any, no client counts as loopback.'),
  tls: tls.optional().describe('Serve https.'),
  bodyLimit: z.int().min(1024).default(1_048_576).describe('Largest request body, in bytes.'),
  maxConnections: z.int().min(1).default(20_000).describe('Connections beyond this many are refused.'),
});
