import { createTransport, type NodemailerError, type Transporter } from 'nodemailer';
import type { Clock } from '../../model/time.ts';
import type { Sender, Sent } from '../webhooks/sender.ts';
import type { AttemptFailure, DeliveryRequest, WebhookEndpoint } from '../webhooks/webhook-engine.ts';
import type { Wheel, WheelEntry } from '../wheel.ts';

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** `starttls`: begins in plain text and must become TLS; `tls` from the first byte; `none` for a server on this machine. */
  readonly security: 'starttls' | 'tls' | 'none';
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Whom the e-mails are from: `Switchhook <pbx@example.com>`. */
  readonly from: string;
}

export interface MailSenderOptions {
  readonly server: SmtpServer;
  readonly clock: Clock;
  /** On which the total time of an e-mail is kept. */
  readonly wheel: Wheel;
  /** For everything together, from the connection to the server's answer; 60 s when absent. */
  readonly totalMs?: number;
}

const defaultTotalMs = 60_000;
const replyCharacters = 512;

/** The address that an endpoint's URL holds. */
export const mailtoUrl = (address: string): string => `mailto:${encodeURIComponent(address)}`;

/**
 * Takes items to a mailbox through an SMTP server (RFC 5321): an endpoint's URL is `mailto:` and one address, a request's body
 * the text; of its headers `subject` and `message-id` count. The server is the configuration's own, and so may be anywhere.
 */
export class MailSender implements Sender {
  readonly #options: MailSenderOptions;
  readonly #transport: Transporter;
  readonly #closing = new AbortController();

  constructor(options: MailSenderOptions) {
    const { server, totalMs = defaultTotalMs } = options;
    this.#options = options;
    this.#transport = createTransport({
      host: server.host,
      port: server.port,
      secure: server.security === 'tls',
      requireTLS: server.security === 'starttls',
      ignoreTLS: server.security === 'none',
      ...(server.user === undefined ? undefined : { auth: { user: server.user, pass: server.password ?? '' } }),
      connectionTimeout: totalMs,
      greetingTimeout: totalMs,
      socketTimeout: totalMs,
      // What is sent is text of our own making: nothing of it names a file or an address to read.
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  async send(endpoint: WebhookEndpoint, request: DeliveryRequest): Promise<Sent> {
    const { server, clock, totalMs = defaultTotalMs } = this.#options;
    const began = clock.now();
    const deadline = new Deadline(this.#options.wheel, totalMs);
    const { subject = '', 'message-id': messageId } = request.headers ?? {};
    try {
      const { response } = await this.#transport.sendMail({
        from: server.from,
        to: { name: '', address: decodeURIComponent((request.url ?? endpoint.url).slice('mailto:'.length)) },
        subject,
        text: textOf(request.body),
        ...(messageId === undefined ? undefined : { messageId }),
        // So that nobody's answering machine answers. RFC 3834.
        headers: { 'Auto-Submitted': 'auto-generated' },
        signal: AbortSignal.any([deadline.signal, this.#closing.signal]),
      });
      return { latency: clock.now() - began, ...answerOf(response) };
    } catch (error) {
      return { latency: clock.now() - began, ...outcomeOf(error as NodemailerError, deadline.signal.aborted, totalMs) };
    } finally {
      deadline.clear();
    }
  }

  close(): Promise<void> {
    this.#closing.abort();
    this.#transport.close();
    return Promise.resolve();
  }
}

class Deadline implements WheelEntry {
  wheelSlot = -1;
  wheelTurns = 0;
  readonly #wheel: Wheel;
  readonly #over = new AbortController();

  constructor(wheel: Wheel, ms: number) {
    this.#wheel = wheel;
    wheel.add(this, ms);
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  due(): void {
    this.#over.abort();
  }

  clear(): void {
    this.#wheel.remove(this);
  }
}

const textOf = (body: DeliveryRequest['body']): string => (typeof body === 'string' ? body : Buffer.from(body ?? '').toString('utf8'));

const answerOf = (response = ''): Pick<Sent, 'status' | 'reply'> => {
  const code = /^\d{3}/.exec(response)?.[0];
  return { ...(code === undefined ? undefined : { status: Number(code) }), reply: response.slice(0, replyCharacters) };
};

/**
 * What nodemailer's errors mean. Only a refusal of this e-mail is final: a server that knows neither us nor our password
 * will do when its configuration, or ours, is mended. https://nodemailer.com/errors
 */
const outcomeOf = (error: NodemailerError, isLate: boolean, totalMs: number): Pick<Sent, 'status' | 'reply' | 'failure' | 'isFinal'> => {
  const { code = '', response, permanent } = error;
  const isFinal = permanent === true && (code === 'EENVELOPE' || code === 'EMESSAGE');
  return {
    ...(response === undefined ? undefined : answerOf(response)),
    failure: isLate ? { kind: 'timeout', detail: `The server had not taken it after ${totalMs / 1_000} s` } : failureOf(error),
    ...(isFinal ? { isFinal } : undefined),
  };
};

const failureOf = ({ code = '', originalCode = '', message, response }: NodemailerError): AttemptFailure => {
  const detail = message.replaceAll(/\s+/g, ' ').slice(0, 200);
  if (response !== undefined) return { kind: 'status', detail };
  switch (code) {
    case 'EDNS':
      return { kind: 'resolve', detail };
    case 'ETLS':
    case 'EREQUIRETLS':
      return { kind: 'tls', detail };
    case 'ETIMEDOUT':
      return { kind: 'timeout', detail };
    case 'ECONNECTION':
      return { kind: 'connect', detail };
    case 'EENVELOPE':
    case 'ECONFIG':
    case 'ENOAUTH':
      return { kind: 'request', detail };
    default:
      return { kind: originalCode === 'ECONNREFUSED' || /^E(HOST|NET)UNREACH$/.test(originalCode) ? 'connect' : 'broken', detail };
  }
};
