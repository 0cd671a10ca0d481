/** One call at a test phone: what its user can do with it, and what they can see and hear. */
import { randomBytes } from 'node:crypto';
import type { Media } from './media.ts';
import type { Phone } from './phone.ts';
import { headerOf, headersOf, tagOf, uriOf, type SipHeader, type SipRequest, type SipResponse } from './sip-message.ts';

export type PhoneCallState = 'dialling' | 'ringing' | 'up' | 'ended';

/** Which way sound goes, as SDP says it. */
type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

const answerTo: Readonly<Record<MediaDirection, MediaDirection>> = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
};

const reasons: Readonly<Record<number, string>> = {
  180: 'Ringing',
  183: 'Session Progress',
  200: 'OK',
  480: 'Temporarily Unavailable',
  486: 'Busy Here',
  487: 'Request Terminated',
  488: 'Not Acceptable Here',
  603: 'Decline',
};

/** A dialog as both ends know it. */
interface Dialog {
  readonly callId: string;
  readonly localUri: string;
  readonly localTag: string;
  readonly remoteUri: string;
  remoteTag: string | undefined;
  /** Where requests of this dialog go. */
  target: string;
}

export class PhoneCall {
  readonly phone: Phone;
  readonly direction: 'outgoing' | 'incoming';
  readonly callId: string;
  /** The final status that this phone's INVITE got. */
  status: number | undefined;
  /** The Reason header with which the far end took the call back or ended it: `SIP;cause=200;text="Call completed elsewhere"`. */
  endReason: string | undefined;
  /** What the far end reported of a transfer: `SIP/2.0 100 Trying`, then the result. */
  readonly transferReports: string[] = [];
  /** Events of the NOTIFYs that came within this call: `talk`. */
  readonly notified: string[] = [];
  readonly #media: Media;
  readonly #dialog: Dialog;
  readonly #invite: SipRequest | undefined;
  #state: PhoneCallState;
  #sequence = 1;
  #sessionVersion = 1;
  #sending: MediaDirection = 'sendrecv';
  /** The INVITE under way, for a CANCEL to name. */
  #inviting: { readonly request: SipRequest; provisional: boolean } | undefined;

  private constructor(phone: Phone, direction: 'outgoing' | 'incoming', media: Media, dialog: Dialog, invite?: SipRequest) {
    this.phone = phone;
    this.direction = direction;
    this.callId = dialog.callId;
    this.#media = media;
    this.#dialog = dialog;
    this.#invite = invite;
    this.#state = direction === 'outgoing' ? 'dialling' : 'ringing';
  }

  /** Begins an outgoing call. `dialled` is the user part of the URI, `from` what the caller claims to be. */
  static async dial(phone: Phone, dialled: string, from: string): Promise<PhoneCall> {
    const remoteUri = `sip:${dialled}@127.0.0.1:${phone.pbxPort}`;
    return new PhoneCall(phone, 'outgoing', await phone.openMedia(), {
      callId: `${randomBytes(8).toString('hex')}@phone`,
      localUri: `sip:${from}@127.0.0.1`,
      localTag: randomBytes(5).toString('hex'),
      remoteUri,
      remoteTag: undefined,
      target: remoteUri,
    });
  }

  static async receive(phone: Phone, invite: SipRequest): Promise<PhoneCall> {
    const dialog: Dialog = {
      callId: headerOf(invite, 'call-id'),
      localUri: uriOf(headerOf(invite, 'to')),
      localTag: randomBytes(5).toString('hex'),
      remoteUri: uriOf(headerOf(invite, 'from')),
      remoteTag: tagOf(headerOf(invite, 'from')),
      target: uriOf(headerOf(invite, 'contact')),
    };
    return new PhoneCall(phone, 'incoming', await phone.openMedia(), dialog, invite);
  }

  get state(): PhoneCallState {
    return this.#state;
  }

  /** The number of the other party as its INVITE showed it. */
  get callerNumber(): string {
    return /sips?:([^@;>]+)@/.exec(this.#dialog.remoteUri)?.[1] ?? '';
  }

  /** Whether this phone holds the call. */
  get holding(): boolean {
    return this.#sending === 'sendonly';
  }

  /** Resolves when the call is in `state`. */
  async until(state: PhoneCallState, deadlineMs?: number): Promise<this> {
    return this.phone.changes.until(
      () => (this.#state === state ? this : undefined),
      `the call at ${this.phone.number} to be ${state}`,
      () => this.describe(),
      deadlineMs,
    );
  }

  /** Resolves when exactly these sound here: names of phones, `outside`, `music`. With none: silence. */
  async untilHears(...names: readonly string[]): Promise<void> {
    const wanted = names.toSorted().join(' ');
    const look = (): true | undefined => (this.hears().toSorted().join(' ') === wanted ? true : undefined);
    // Silence notifies nobody: look again now and then.
    const timer = setInterval(() => this.phone.changes.notify(), 100);
    try {
      await this.phone.changes.until(look, `${this.phone.number} to hear [${wanted}]`, () => this.describe());
    } finally {
      clearInterval(timer);
    }
  }

  /** Who sounds here now, by the tones of the phones. */
  hears(): readonly string[] {
    const heard = this.#media.hears([...this.phone.tones.values()]);
    return [...this.phone.tones].filter(([, hertz]) => heard.includes(hertz)).map(([name]) => name);
  }

  answer(): void {
    if (this.#invite === undefined || this.#state !== 'ringing') throw new Error(`cannot answer: ${this.describe()}`);
    this.#hearSession(this.#invite.body);
    this.#respond(this.#invite, 200, this.#session());
    this.#become('up');
  }

  /** Declines while it rings: 486 busy, 603 decline ... */
  reject(status = 603): void {
    if (this.#invite === undefined || this.#state !== 'ringing') throw new Error(`cannot reject: ${this.describe()}`);
    this.#respond(this.#invite, status);
    this.#become('ended');
  }

  /** Sends a ringing call on to another number: 302. */
  forward(to: string): void {
    if (this.#invite === undefined || this.#state !== 'ringing') throw new Error(`cannot forward: ${this.describe()}`);
    this.phone.respond(this.#invite, { status: 302, reason: 'Moved Temporarily' }, this.#dialog.localTag, {
      contact: `sip:${to}@127.0.0.1:${this.phone.pbxPort}`,
    });
    this.#become('ended');
  }

  /** Ends the call, whatever its state: cancels, declines or says goodbye. */
  async hangup(): Promise<void> {
    if (this.#state === 'ringing' && this.direction === 'incoming') return this.reject();
    if (this.#state === 'dialling' || this.#state === 'ringing') await this.#cancel();
    // An answer may have crossed the CANCEL.
    if (this.#state === 'up') {
      this.#become('ended');
      await this.#request('BYE');
    }
  }

  async hold(): Promise<void> {
    await this.#renegotiate('sendonly');
  }

  async resume(): Promise<void> {
    await this.#renegotiate('sendrecv');
  }

  /** Blind transfer by REFER. When the far end reports success the phone hangs up, as desk phones do. */
  async transfer(to: string): Promise<void> {
    await this.#refer(`<sip:${to}@127.0.0.1:${this.phone.pbxPort}>`);
  }

  /** Attended transfer by REFER with Replaces: this call's far party gets the one of `other`. */
  async transferTo(other: PhoneCall): Promise<void> {
    const { callId, localTag, remoteTag, remoteUri } = other.#dialog;
    const replaces = encodeURIComponent(`${callId};to-tag=${remoteTag ?? ''};from-tag=${localTag}`);
    await this.#refer(`<${remoteUri}?Replaces=${replaces}>`);
  }

  /** Presses keys during the call. */
  press(digits: string): void {
    for (const digit of digits) this.#media.press(digit);
  }

  describe(): string {
    const heard = this.#state === 'up' ? `, hears [${this.hears().join(' ')}]` : '';
    const status = this.status === undefined ? '' : ` (${this.status})`;
    return `${this.direction} call at ${this.phone.number} is ${this.#state}${status}${heard}`;
  }

  /** Sends the INVITE and follows it to its end. For the phone to run. */
  async invite(headers: readonly SipHeader[]): Promise<void> {
    const response = await this.#request('INVITE', {
      headers,
      body: this.#session(),
      sent: (request) => (this.#inviting = { request, provisional: false }),
      provisional: (provisional) => this.#onProvisional(provisional),
    });
    this.#inviting = undefined;
    this.status = response.status;
    if (response.status >= 300) return this.#become('ended');
    this.#dialog.remoteTag = tagOf(headerOf(response, 'to'));
    this.#dialog.target = uriOf(headerOf(response, 'contact'));
    this.#hearSession(response.body);
    this.#become('up');
  }

  /** Rings: says so to the far end, and answers by itself if asked to and willing. For the phone to run. */
  ring(): void {
    if (this.#invite === undefined) return;
    this.#respond(this.#invite, 180);
    const asked = [...headersOf(this.#invite, 'call-info'), ...headersOf(this.#invite, 'alert-info')].join(' ');
    if (this.phone.obeysAutoAnswer && /answer-after=0|auto-?answer|ring answer/i.test(asked)) this.answer();
  }

  /** Lets the caller hear something before anybody answers. For the phone to run. */
  sound(): void {
    if (this.#invite === undefined) return;
    this.#hearSession(this.#invite.body);
    this.#respond(this.#invite, 183, this.#session());
  }

  /** A request of the far end within this call. For the phone to run. */
  async onRequest(request: SipRequest): Promise<void> {
    switch (request.method) {
      case 'INVITE':
      case 'UPDATE':
        if (request.body !== '') {
          this.#hearSession(request.body);
          this.#sending = this.holding ? 'sendonly' : answerTo[directionOf(request.body)];
        }
        return this.#respond(request, 200, request.method === 'INVITE' || request.body !== '' ? this.#session() : '');
      case 'CANCEL':
        this.#respond(request, 200);
        this.endReason = headerOf(request, 'reason');
        if (this.#invite !== undefined && this.#state === 'ringing') {
          this.#respond(this.#invite, 487);
          this.#become('ended');
        }
        return;
      case 'BYE':
        this.endReason = headerOf(request, 'reason');
        this.#respond(request, 200);
        return this.#become('ended');
      case 'NOTIFY':
        this.#respond(request, 200);
        return this.#onNotify(request);
      default:
        return this.#respond(request, 200);
    }
  }

  /** Lets go of it without a word to anybody. */
  drop(): void {
    this.#become('ended');
  }

  async #onNotify(request: SipRequest): Promise<void> {
    const event = headerOf(request, 'event').split(';')[0]?.trim() ?? '';
    this.notified.push(event);
    this.phone.changes.notify();
    if (event === 'refer') {
      this.transferReports.push(request.body.trim());
      if (request.body.startsWith('SIP/2.0 2') && this.#state === 'up') await this.hangup();
    } else if (this.phone.obeysNotify && event === 'talk') {
      if (this.#state === 'ringing') this.answer();
      else if (this.holding) await this.resume();
    } else if (this.phone.obeysNotify && event === 'hold' && this.#state === 'up') {
      await this.hold();
    }
  }

  #onProvisional(response: SipResponse): void {
    if (this.#inviting !== undefined) this.#inviting.provisional = true;
    if (response.status > 100) {
      this.#dialog.remoteTag = tagOf(headerOf(response, 'to')) ?? this.#dialog.remoteTag;
      if (response.body !== '') this.#hearSession(response.body);
      if (this.#state === 'dialling') this.#become('ringing');
    }
    this.phone.changes.notify();
  }

  async #cancel(): Promise<void> {
    // RFC 3261 9.1: nothing may be cancelled before the far end has said that it is at it.
    const inviting = await this.phone.changes.until(
      () => (this.#inviting?.provisional === true ? this.#inviting : undefined),
      `an answer to the INVITE of ${this.phone.number}`,
      () => this.describe(),
    );
    const kept = inviting.request.headers.filter(({ name }) => ['via', 'from', 'to', 'call-id', 'max-forwards'].includes(name));
    const cseq = { name: 'cseq', value: headerOf(inviting.request, 'cseq').replace('INVITE', 'CANCEL') };
    this.phone.send({ method: 'CANCEL', uri: inviting.request.uri, headers: [...kept, cseq], body: '' });
    await this.phone.changes.until(
      () => (this.#inviting === undefined ? true : undefined),
      'the cancelled INVITE to end',
      () => this.describe(),
    );
  }

  async #renegotiate(direction: MediaDirection): Promise<void> {
    const before = this.#sending;
    this.#sending = direction;
    const response = await this.#request('INVITE', { body: this.#session() });
    if (response.status === 200) this.#hearSession(response.body);
    else this.#sending = before;
    this.phone.changes.notify();
    if (response.status !== 200) throw new Error(`re-INVITE refused: ${response.status} ${response.reason}`);
  }

  async #refer(to: string): Promise<void> {
    this.transferReports.length = 0;
    const headers = [
      { name: 'refer-to', value: to },
      { name: 'referred-by', value: `<${this.#dialog.localUri}>` },
    ];
    const response = await this.#request('REFER', { headers });
    if (response.status >= 300) throw new Error(`REFER refused: ${response.status} ${response.reason}`);
  }

  async #request(
    method: string,
    options: {
      readonly headers?: readonly SipHeader[];
      readonly body?: string;
      readonly sent?: (request: SipRequest) => void;
      readonly provisional?: (response: SipResponse) => void;
    } = {},
  ): Promise<SipResponse> {
    const { localUri, localTag, remoteUri, remoteTag, callId, target } = this.#dialog;
    const { headers = [], body = '', sent, provisional } = options;
    return this.phone.request(
      {
        method,
        uri: target,
        headers: [
          { name: 'from', value: `<${localUri}>;tag=${localTag}` },
          { name: 'to', value: `<${remoteUri}>${remoteTag === undefined ? '' : `;tag=${remoteTag}`}` },
          { name: 'call-id', value: callId },
          { name: 'contact', value: `<${this.phone.contact}>` },
          ...(body === '' ? [] : [{ name: 'content-type', value: 'application/sdp' }]),
          ...headers,
        ],
        body,
      },
      { nextSequence: () => this.#sequence++, sent, provisional },
    );
  }

  #respond(request: SipRequest, status: number, body = ''): void {
    this.phone.respond(request, { status, reason: reasons[status] ?? 'Response' }, this.#dialog.localTag, { body });
  }

  #session(): string {
    this.#sessionVersion += 1;
    return [
      'v=0',
      `o=- 1 ${this.#sessionVersion} IN IP4 127.0.0.1`,
      's=-',
      'c=IN IP4 127.0.0.1',
      't=0 0',
      `m=audio ${this.#media.port} RTP/AVP 0 101`,
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-16',
      'a=ptime:20',
      `a=${this.#sending}`,
      '',
    ].join('\r\n');
  }

  #hearSession(body: string): void {
    const port = /^m=audio (\d+)/m.exec(body)?.[1];
    const host = /^c=IN IP4 (\S+)/m.exec(body)?.[1];
    if (port !== undefined && host !== undefined) this.#media.sendTo(host, Number(port));
  }

  #become(state: PhoneCallState): void {
    if (this.#state === 'ended') return;
    this.#state = state;
    if (state === 'ended') this.#media.close();
    this.phone.changes.notify();
  }
}

const directionOf = (body: string): MediaDirection =>
  (/^a=(sendrecv|sendonly|recvonly|inactive)/m.exec(body)?.[1] as MediaDirection | undefined) ?? 'sendrecv';
