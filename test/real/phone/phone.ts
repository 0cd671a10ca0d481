/**
 * A small SIP phone over UDP, for tests against a real PBX on loopback: it does what its test tells it, and what desk phones do
 * by themselves (registering, call waiting, obeying NOTIFY `talk` and `hold`, answering by itself when a header asks for it).
 */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { answerChallenge } from './digest.ts';
import { Media } from './media.ts';
import { PhoneCall } from './phone-call.ts';
import {
  headerOf,
  parseSip,
  renderSip,
  tagOf,
  transactionOf,
  type SipHeader,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from './sip-message.ts';
import { Changes } from './waiting.ts';

export interface PhoneOptions {
  /** Its number, which is also its account's name. */
  readonly number: string;
  /** Without one it neither registers nor answers challenges: a provider. */
  readonly password?: string;
  readonly pbxPort: number;
  /** The port it listens on; any free one unless given. */
  readonly port?: number;
  /** Names and tones (Hz) of all phones; its own is the one under its number. */
  readonly tones: ReadonlyMap<string, number>;
  /** Put on every INVITE. */
  readonly headers?: readonly SipHeader[];
}

const allowed = 'INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, REFER, NOTIFY, UPDATE';
/** RFC 3261 timer T1, for the first retransmission. */
const retransmitMs = 500;
const noAnswerMs = 32_000;
const rememberedResponses = 256;

export class Phone {
  readonly number: string;
  readonly pbxPort: number;
  readonly contact: string;
  readonly tones: ReadonlyMap<string, number>;
  /** Notified whenever anything at this phone changes. */
  readonly changes = new Changes();
  /** Every call since its start or `forgetCalls`, oldest first. */
  readonly calls: PhoneCall[] = [];
  /** What went wrong inside the phone; the office makes the test fail for it. */
  readonly faults: Error[] = [];
  /** How it takes a new call: `sound`: it lets the caller hear something before it answers; `unavailable`: 480; `silent`: not a word. */
  policy: 'ring' | 'sound' | 'busy' | 'decline' | 'unavailable' | 'silent' = 'ring';
  /** Without call waiting, a phone with a call says 486 to the next. */
  callWaiting = true;
  obeysNotify = true;
  obeysAutoAnswer = true;
  readonly #options: PhoneOptions;
  readonly #socket: Socket;
  readonly #transactions = new Map<string, { answer(response: SipResponse): void; fail(error: Error): void }>();
  /** Responses given, to be given again to retransmitted requests. */
  readonly #responses = new Map<string, string>();
  #taken = 0;
  #closed = false;

  private constructor(options: PhoneOptions, socket: Socket) {
    this.#options = options;
    this.#socket = socket;
    this.number = options.number;
    this.pbxPort = options.pbxPort;
    this.tones = options.tones;
    this.contact = `sip:${options.number}@127.0.0.1:${socket.address().port}`;
    socket.on('message', (datagram) => this.#onMessage(parseSip(datagram.toString())));
    socket.on('error', () => undefined); // A PBX that is down refuses the datagram; the transaction's deadline tells.
  }

  static async open(options: PhoneOptions): Promise<Phone> {
    const socket = createSocket('udp4').bind(options.port ?? 0, '127.0.0.1');
    await once(socket, 'listening');
    return new Phone(options, socket);
  }

  async register(): Promise<void> {
    await this.#register(3600);
  }

  async unregister(): Promise<void> {
    await this.#register(0);
  }

  /** Dials; resolves at once with the call, which goes its way. `from` is what the caller claims to be. */
  async call(dialled: string, options: { readonly from?: string } = {}): Promise<PhoneCall> {
    const call = await PhoneCall.dial(this, dialled, options.from ?? this.number);
    this.calls.push(call);
    this.#inBackground(call.invite(this.#options.headers ?? []));
    return call;
  }

  /** The next incoming call that no earlier `incoming` gave, as soon as there is one. */
  async incoming(deadlineMs?: number): Promise<PhoneCall> {
    const call = await this.changes.until(
      () => this.calls.filter(({ direction }) => direction === 'incoming')[this.#taken],
      `a call to come in at ${this.number}`,
      () => this.describe(),
      deadlineMs,
    );
    this.#taken += 1;
    return call;
  }

  describe(): string {
    return this.calls.length === 0 ? `${this.number} has had no call` : this.calls.map((call) => call.describe()).join('; ');
  }

  /** Starts a new page: the calls so far, taken or not, are no longer listed. */
  forgetCalls(): void {
    this.calls.length = 0;
    this.#taken = 0;
  }

  /** Vanishes from the network: no goodbyes, nothing unregistered. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const call of this.calls) call.drop();
    for (const transaction of this.#transactions.values()) transaction.fail(new PhoneClosed());
    this.#socket.close();
  }

  async openMedia(): Promise<Media> {
    return Media.open(this.tones.get(this.number) ?? 440, this.changes);
  }

  send(message: SipMessage): void {
    if (!this.#closed) this.#socket.send(renderSip(message), this.pbxPort, '127.0.0.1');
  }

  /**
   * Sends a request, again until it is answered, and again with credentials when challenged; resolves with the final response
   * (that of an INVITE is acknowledged).
   */
  async request(
    request: SipRequest,
    options: {
      readonly nextSequence: () => number;
      readonly sent?: ((request: SipRequest) => void) | undefined;
      readonly provisional?: ((response: SipResponse) => void) | undefined;
    },
  ): Promise<SipResponse> {
    let authorization: readonly SipHeader[] = [];
    for (;;) {
      const whole = this.#complete(request, options.nextSequence(), authorization);
      options.sent?.(whole);
      const response = await this.#transact(whole, options.provisional);
      if (request.method === 'INVITE') this.#acknowledge(whole, response);
      const challenge = authorization.length > 0 ? undefined : this.#challengeOf(response);
      if (challenge === undefined) return response;
      const { password = '' } = this.#options;
      const value = answerChallenge(challenge.value, request.method, request.uri, { username: this.number, password });
      authorization = [{ name: challenge.answerIn, value }];
    }
  }

  /** Answers a request. `contact` is where it shall go instead (3xx); otherwise this phone. */
  respond(
    request: SipRequest,
    line: { readonly status: number; readonly reason: string },
    localTag: string,
    { body = '', contact = this.contact }: { readonly body?: string; readonly contact?: string } = {},
  ): void {
    const copied = request.headers.filter(({ name }) => ['via', 'from', 'call-id', 'cseq', 'record-route'].includes(name));
    const to = headerOf(request, 'to');
    const text = renderSip({
      ...line,
      headers: [
        ...copied,
        { name: 'to', value: tagOf(to) === undefined ? `${to};tag=${localTag}` : to },
        { name: 'contact', value: `<${contact}>` },
        { name: 'allow', value: allowed },
        ...(body === '' ? [] : [{ name: 'content-type', value: 'application/sdp' }]),
      ],
      body,
    });
    this.#responses.set(transactionOf(request), text);
    const oldest = this.#responses.keys().next().value;
    if (this.#responses.size > rememberedResponses && oldest !== undefined) this.#responses.delete(oldest);
    if (!this.#closed) this.#socket.send(text, this.pbxPort, '127.0.0.1');
  }

  async #register(seconds: number): Promise<void> {
    const address = `<sip:${this.number}@127.0.0.1>`;
    let sequence = 0;
    const response = await this.request(
      {
        method: 'REGISTER',
        uri: `sip:127.0.0.1:${this.pbxPort}`,
        headers: [
          { name: 'from', value: `${address};tag=${randomBytes(5).toString('hex')}` },
          { name: 'to', value: address },
          { name: 'call-id', value: `${randomBytes(8).toString('hex')}@phone` },
          { name: 'contact', value: `<${this.contact}>` },
          { name: 'expires', value: String(seconds) },
        ],
        body: '',
      },
      { nextSequence: () => (sequence += 1) },
    );
    if (response.status !== 200) throw new Error(`${this.number} could not register: ${response.status} ${response.reason}`);
  }

  #complete(request: SipRequest, sequence: number, more: readonly SipHeader[]): SipRequest {
    const port = this.#socket.address().port;
    const branch = `z9hG4bK${randomBytes(8).toString('hex')}`;
    return {
      ...request,
      headers: [
        { name: 'via', value: `SIP/2.0/UDP 127.0.0.1:${port};branch=${branch};rport` },
        { name: 'max-forwards', value: '70' },
        { name: 'cseq', value: `${sequence} ${request.method}` },
        { name: 'user-agent', value: 'test-phone' },
        { name: 'allow', value: allowed },
        ...request.headers,
        ...more,
      ],
    };
  }

  async #transact(request: SipRequest, provisional?: (response: SipResponse) => void): Promise<SipResponse> {
    const key = transactionOf(request);
    let wait = retransmitMs;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<SipResponse>((resolve, reject) => {
        const started = Date.now();
        const again = (): void => {
          if (Date.now() - started > noAnswerMs) return reject(new Error(`${this.number}: no response to ${request.method}`));
          this.send(request);
          timer = setTimeout(again, wait);
          wait *= 2;
        };
        const answer = (response: SipResponse): void => {
          clearTimeout(timer);
          if (response.status >= 200) resolve(response);
          else provisional?.(response);
        };
        this.#transactions.set(key, { answer, fail: reject });
        again();
      });
    } finally {
      clearTimeout(timer);
      this.#transactions.delete(key);
    }
  }

  #acknowledge(invite: SipRequest, response: SipResponse): void {
    const cseq = headerOf(invite, 'cseq').replace('INVITE', 'ACK');
    const accepted = response.status < 300;
    // The ACK of a 2xx is a transaction of its own and goes to the contact (RFC 3261 13.2.2.4); any other belongs to the INVITE.
    const via = accepted
      ? headerOf(invite, 'via').replace(/branch=[^;]+/, `branch=z9hG4bK${randomBytes(8).toString('hex')}`)
      : headerOf(invite, 'via');
    const uri = (accepted ? /<([^>]+)>/.exec(headerOf(response, 'contact'))?.[1] : undefined) ?? invite.uri;
    const kept = invite.headers.filter(({ name }) => ['from', 'call-id', 'max-forwards'].includes(name));
    const own = [
      { name: 'via', value: via },
      { name: 'to', value: headerOf(response, 'to') },
      { name: 'cseq', value: cseq },
    ];
    this.send({ method: 'ACK', uri, headers: [...own, ...kept], body: '' });
  }

  #challengeOf(response: SipResponse): { readonly value: string; readonly answerIn: string } | undefined {
    if (this.#options.password === undefined) return undefined;
    if (response.status === 401) return { value: headerOf(response, 'www-authenticate'), answerIn: 'authorization' };
    if (response.status === 407) return { value: headerOf(response, 'proxy-authenticate'), answerIn: 'proxy-authorization' };
    return undefined;
  }

  #onMessage(message: SipMessage | undefined): void {
    if (message === undefined || this.#closed) return;
    if ('status' in message) {
      this.#transactions.get(transactionOf(message))?.answer(message);
      return;
    }
    const given = this.#responses.get(transactionOf(message));
    if (given !== undefined) this.#socket.send(given, this.pbxPort, '127.0.0.1');
    else this.#inBackground(this.#onRequest(message));
  }

  async #onRequest(request: SipRequest): Promise<void> {
    const call = this.calls.find(({ callId }) => callId === headerOf(request, 'call-id'));
    if (request.method === 'ACK') return;
    if (call !== undefined) return call.onRequest(request);
    if (request.method !== 'INVITE') {
      const known = request.method === 'OPTIONS' || request.method === 'NOTIFY';
      return this.respond(request, known ? { status: 200, reason: 'OK' } : { status: 481, reason: 'No Such Call' }, 'none');
    }
    if (this.policy === 'silent') return;
    this.respond(request, { status: 100, reason: 'Trying' }, 'none');
    const busy = this.policy === 'busy' || (!this.callWaiting && this.calls.some(({ state }) => state !== 'ended'));
    const incoming = await PhoneCall.receive(this, request);
    this.calls.push(incoming);
    if (busy) incoming.reject(486);
    else if (this.policy === 'decline') incoming.reject(603);
    else if (this.policy === 'unavailable') incoming.reject(480);
    else if (this.policy === 'sound') incoming.sound();
    else incoming.ring();
    this.changes.notify();
  }

  #inBackground(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!(error instanceof PhoneClosed)) this.faults.push(error instanceof Error ? error : new Error(String(error)));
    });
  }
}

/** What a closed phone's requests under way end with. */
class PhoneClosed extends Error {
  override readonly name = 'PhoneClosed';

  constructor() {
    super('the phone was closed');
  }
}
