import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { onTestFinished } from 'vitest';

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  /** By name in small letters; of a text folded over lines one line. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface MailServer {
  readonly port: number;
  readonly mails: readonly Mail[];
  /** Resolves when so many have come. */
  count(most: number): Promise<readonly Mail[]>;
  close(): Promise<void>;
}

/** An SMTP server on a port of this machine that keeps what it gets; `options` make it refuse. */
export const startMailServer = async (options: SMTPServerOptions = {}, port = 0): Promise<MailServer> => {
  const mails: Mail[] = [];
  const waiting = new Set<() => void>();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    onData: (stream, { envelope }, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        done();
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        const to = envelope.rcptTo.map(({ address }) => address);
        mails.push({ from, to, ...parseMessage(Buffer.concat(chunks).toString()) });
        for (const look of waiting) look();
      });
    },
    ...options,
  });
  // A client that leaves in the middle is its own affair.
  server.on('error', () => undefined);
  server.listen(port, '127.0.0.1');
  await once(server.server, 'listening');
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= new Promise((resolve) => server.close(() => resolve())));
  onTestFinished(close);
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    count: (most) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (mails.length < most) return;
          waiting.delete(look);
          resolve(mails);
        };
        waiting.add(look);
        look();
      }),
    close,
  };
};

const parseMessage = (message: string): Pick<Mail, 'headers' | 'text'> => {
  const [head = '', ...body] = message.split('\r\n\r\n');
  const lines = head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
  const encoded = body.join('\r\n\r\n');
  const text = headers['content-transfer-encoding'] === 'quoted-printable' ? decodeQuotedPrintable(encoded) : encoded;
  return { headers, text: text.replaceAll('\r\n', '\n') };
};

/** RFC 2045 section 6.7. */
const decodeQuotedPrintable = (text: string): string =>
  Buffer.from(
    text.replaceAll(/=\r\n/g, '').replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');
