import type { SlotRef, SupervisionMode } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { ExtensionSnapshot, Fact } from '../../model/fact.ts';
import { extensionNumber, type ChannelId, type CommandId } from '../../model/ids.ts';
import type { Micros } from '../../model/time.ts';
import type { PbxMessage, TracedFact } from '../driver.ts';
import type { InteractiveCall } from '../interactive.ts';
import { snapshotOf, type LiveChannel, type Phone } from './channel.ts';
import { Dialplan, isOutsideNumber } from './dialplan.ts';
import { Exchange, type Said, shown, Talk } from './exchange.ts';
import type { OfficeClock } from './office-clock.ts';
import { createRandom } from './random.ts';
import { isReachable, Ring } from './ring.ts';
import type { Office } from './schema.ts';

export interface SandboxPbxOptions {
  readonly office: Office;
  readonly seed: number;
  readonly clock: OfficeClock;
  readonly say: (said: TracedFact) => void;
}

export interface DialRequest {
  readonly command: CommandId;
  readonly channel: ChannelId;
  readonly extension: string;
  readonly number: string;
  /** Rung together with `number`, which is among them. */
  readonly together?: readonly string[];
  readonly callerId?: { readonly number: string; readonly name: string };
  readonly autoAnswer: boolean;
  readonly timeoutSeconds: number;
  readonly record?: string;
}

/**
 * The office in memory: its phones, and all that they and the gateway can do with calls. Every method either throws a
 * `GatewayError` before anything happened, or does the whole thing, saying the facts of it.
 */
export class SandboxPbx {
  readonly office: Office;
  readonly #exchange: Exchange;
  readonly #phones: ReadonlyMap<string, Phone>;
  readonly #say: (said: TracedFact) => void;
  readonly #listeners = new Set<() => void>();
  #dialplan: Dialplan;
  #startedAt: Micros;
  #source: PbxMessage | undefined;
  #takeCall: (call: InteractiveCall) => boolean = () => false;

  constructor({ office, seed, clock, say }: SandboxPbxOptions) {
    this.office = office;
    this.#say = say;
    this.#startedAt = clock.now();
    this.#phones = new Map(office.extensions.map((extension) => [extension.number, phoneOf(extension)]));
    this.#exchange = new Exchange({
      clock,
      random: createRandom(seed),
      trunk: office.trunk,
      say: (said) => this.#tell(said),
      act: (why, run) => this.act(why, run),
    });
    this.#dialplan = this.#newDialplan();
  }

  get channels(): readonly LiveChannel[] {
    return this.#exchange.channels;
  }

  /** Does something as one act: all its facts have `why` as their source, and agents' states are told after it. */
  act<Result>(why: string, run: () => Result): Result {
    if (this.#source !== undefined) return run();
    this.#source = { at: this.#exchange.clock.now(), text: why };
    try {
      return run();
    } finally {
      for (const queue of this.#dialplan.queues) queue.refresh();
      this.#source = undefined;
      for (const listener of this.#listeners) listener();
    }
  }

  /** Called after each act. Returns how to stop. */
  onActed(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** From now on `take` is offered the calls to interactive numbers. */
  handOver(take: (call: InteractiveCall) => boolean): void {
    this.#takeCall = take;
  }

  phone(extension: string): Phone {
    const phone = this.#phones.get(extension);
    if (phone === undefined) throw new GatewayError('no-such-extension', { extension });
    return phone;
  }

  channel(id: ChannelId): LiveChannel {
    const channel = this.#exchange.channel(id);
    if (channel === undefined) throw new GatewayError('leg-ended', { channel: id });
    return channel;
  }

  channelsOf(phone: Phone): readonly LiveChannel[] {
    return this.#exchange.channelsOf(phone);
  }

  channelsOfOutside(number: string): readonly LiveChannel[] {
    return this.#exchange.channelsOf(this.#dialplan.outside(number));
  }

  parkedIn(lot: string, slot: string): LiveChannel {
    return this.#dialplan.parkedIn(lot, slot);
  }

  /** Somebody picks up and dials: an extension, or an outside number if it is none. */
  call(from: string, to: string): LiveChannel {
    const exchange = this.#exchange;
    const phone = this.#phones.get(from);
    if (phone === undefined && !isOutsideNumber(from)) throw new GatewayError('no-such-extension', { field: 'from', extension: from });
    this.#dialplan.check(to);
    if (phone !== undefined) {
      requireRegistered(phone);
      const own = exchange.create(phone, { dialled: to, state: 'dialling' });
      this.#dialplan.route(own, to);
      return own;
    }
    const caller = exchange.create(this.#dialplan.outside(from), { dialled: this.#dialplan.didOf(to) ?? to, state: 'dialling' });
    this.#dialplan.route(caller, to);
    return caller;
  }

  /** Click-to-dial. */
  dial(request: DialRequest): void {
    const { command, channel, extension, number, together, callerId, autoAnswer, timeoutSeconds, record } = request;
    const phone = this.phone(extension);
    if (together === undefined) this.#dialplan.check(number);
    else this.#dialplan.checkTogether(together);
    requireRegistered(phone);
    this.#requireNew(channel);
    this.#exchange.say({ type: 'dial.commanded', channel, command, extension: phone.extension, number });
    new Ring(this.#exchange, {
      targets: [phone],
      seconds: timeoutSeconds,
      id: channel,
      clickToDial: command,
      display: { number, name: this.#phones.get(number)?.name ?? '' },
      autoAnswer,
      answered: (own) => {
        own.shownAs = callerId;
        own.recordFromAnswer = record;
        if (together === undefined) this.#dialplan.route(own, number);
        else this.#dialplan.ringTogether(own, number, together);
      },
      failed: () => undefined,
    }).start();
  }

  answer(channel: LiveChannel): void {
    if (channel.ring === undefined) throw wrongState(channel, 'It does not ring.');
    if (channel.party.habit.kind === 'never') throw wrongState(channel, 'This phone never answers.');
    channel.ring.answer(channel);
  }

  reject(channel: LiveChannel, by: 'far-end' | 'command'): void {
    if (channel.ring === undefined) throw wrongState(channel, 'It does not ring.');
    this.#exchange.end(channel, 21, by);
  }

  hangUp(channel: LiveChannel, by: 'far-end' | 'command'): void {
    this.#exchange.end(channel, channel.ring === undefined ? 16 : 21, by);
  }

  hold(channel: LiveChannel): void {
    if (channel.held || !isTalking(channel)) throw wrongState(channel, 'It is not in a conversation.');
    this.#exchange.hold(channel);
  }

  resume(channel: LiveChannel): void {
    if (!channel.held) throw wrongState(channel, 'It is not held.');
    this.#exchange.resume(channel);
  }

  mute(channel: LiveChannel, muted: boolean): void {
    if (channel.state !== 'up') throw wrongState(channel, 'It is not connected.');
    if (channel.muted === muted) return;
    channel.muted = muted;
    this.#exchange.say({ type: 'channel.muted', channel: channel.id, muted });
  }

  sendDigits(channel: LiveChannel, digits: string, direction: 'sent' | 'received'): void {
    if (channel.state !== 'up') throw wrongState(channel, 'It is not connected.');
    if (!/^[0-9A-Da-d*#]{1,64}$/.test(digits)) throw new GatewayError('invalid-parameter', { field: 'digits' });
    for (const digit of digits) this.#exchange.say({ type: 'channel.dtmf', channel: channel.id, digit, direction, durationMs: 100 });
    if (direction === 'received') for (const digit of digits) channel.activity?.pressed?.(digit);
  }

  /** Blind: `channel` leaves, its peer goes on to `to`. */
  transfer(channel: LiveChannel, to: string, peer: LiveChannel = this.peerOf(channel)): void {
    this.#dialplan.check(to);
    this.#sendOn(channel, peer, to, () => this.#dialplan.route(peer, to, channel));
  }

  /** As `transfer`, to the voicemail of `mailbox`; of a channel that rings, as `divert`. */
  toVoicemail(channel: LiveChannel, peer: LiveChannel, mailbox: string): void {
    const phone = this.phone(mailbox);
    if (channel.ring !== undefined) {
      this.#takeAway(channel, mailbox, (caller) => this.#dialplan.voicemail(caller, phone));
      return;
    }
    this.#sendOn(channel, peer, mailbox, () => this.#dialplan.voicemail(peer, phone));
  }

  /** Attended: the phone's two conversations become one, without it. */
  join(first: LiveChannel, second: LiveChannel): void {
    const transferee = this.peerOf(first);
    const target = this.peerOf(second);
    const { activity } = second;
    if (!(activity instanceof Talk) || first === second || first.activity === activity) {
      throw wrongState(second, 'An attended transfer takes two conversations.');
    }
    const exchange = this.#exchange;
    for (const own of [first, second]) if (own.held) exchange.resume(own);
    const endFirst = exchange.depart(transferee, { how: 'moved' });
    activity.remove(second);
    activity.add(transferee);
    exchange.identify(target, shown(transferee));
    exchange.identify(transferee, shown(target));
    exchange.say({
      type: 'transfer.attended',
      first: first.id,
      second: second.id,
      transferee: transferee.id,
      target: target.id,
      succeeded: true,
    });
    endFirst();
    exchange.end(second, 16);
  }

  /** The first half of an attended transfer: the peer is held, and the same phone calls `to`. */
  consult(
    channel: LiveChannel,
    peer: LiveChannel,
    to: string,
    { command, channel: id, timeoutSeconds }: { readonly command: CommandId; readonly channel: ChannelId; readonly timeoutSeconds: number },
  ): void {
    requireConversation(channel, peer);
    const { party } = channel;
    if (party.kind !== 'phone') throw wrongState(channel, 'It is not a phone of the office.');
    // As `dial` checks it, before anything has happened.
    this.#dialplan.check(to);
    requireRegistered(party);
    this.#requireNew(id);
    if (!channel.held) this.#exchange.hold(channel);
    this.dial({ command, channel: id, extension: party.extension, number: to, autoAnswer: true, timeoutSeconds });
  }

  /** The second half: those two talk, or what still rings is rung for `peer`; the phone is out of it. */
  completeTransfer(channel: LiveChannel, peer: LiveChannel, consult: LiveChannel, to: string): void {
    requireConversation(channel, peer);
    if (consult.activity instanceof Talk) {
      this.join(channel, consult);
      return;
    }
    this.#dialplan.check(to);
    this.#exchange.end(consult, 16, 'command');
    this.transfer(channel, to, peer);
  }

  cancelTransfer(channel: LiveChannel, consult: LiveChannel): void {
    if (!channel.held) throw wrongState(channel, 'It is not held.');
    this.#exchange.end(consult, 16, 'command');
    this.#exchange.resume(channel);
  }

  /** A phone is called and becomes a third party of a conversation. */
  joinAsThird(channel: LiveChannel, extension: string, joiner: ChannelId): void {
    const { activity } = channel;
    if (!(activity instanceof Talk)) throw wrongState(channel, 'It is not in a conversation.');
    this.#callUp(this.phone(extension), joiner, shown(channel), (own) => {
      this.#exchange.enter(own, 'bridge', channel.id);
      activity.add(own);
    });
  }

  /** Two who talk go on in a room. */
  toConference(channel: LiveChannel, peer: LiveChannel, name: string): void {
    requireConversation(channel, peer);
    this.#dialplan.checkConference(name);
    if (channel.held) this.#exchange.resume(channel);
    const endOthers = this.#exchange.depart(peer, { how: 'moved' });
    this.#exchange.depart(channel, { how: 'moved' });
    endOthers();
    this.#dialplan.route(channel, name);
    this.#dialplan.route(peer, name);
  }

  inviteToConference(name: string, extension: string, id: ChannelId): void {
    this.#dialplan.checkConference(name);
    this.#callUp(this.phone(extension), id, { number: name, name: '' }, (own) => this.#dialplan.route(own, name));
  }

  kick(channel: LiveChannel, name: string): void {
    if (channel.conference !== name) throw wrongState(channel, 'It is not in this conference.');
    this.#exchange.end(channel, 16, 'command');
  }

  /** What rings at `channel` goes on to `to` instead, for its caller. */
  divert(channel: LiveChannel, to: string): void {
    this.#dialplan.check(to);
    this.#takeAway(channel, to, (caller) => this.#dialplan.route(caller, to));
  }

  pickup(ringing: LiveChannel, extension: string, picker?: ChannelId): void {
    const { ring } = ringing;
    const caller = ring?.caller;
    if (ring === undefined || caller === undefined) throw wrongState(ringing, 'It does not ring for a caller.');
    this.#callUp(this.phone(extension), picker, shown(caller), (own) => {
      this.#exchange.enter(own, 'pickup', ringing.number);
      ring.takeOver(ringing, own);
    });
  }

  bridge(channel: LiveChannel, other: LiveChannel): void {
    if (channel.ring !== undefined) throw wrongState(channel, 'It still rings.');
    if (other.ring !== undefined) throw wrongState(other, 'It still rings.');
    if (channel === other) throw wrongState(other, 'It cannot be connected to itself.');
    if (channel.activity instanceof Talk && channel.activity === other.activity) return;
    const exchange = this.#exchange;
    exchange.leave(channel, { how: 'moved' });
    exchange.leave(other, { how: 'moved' });
    exchange.setState(channel, 'up');
    exchange.setState(other, 'up');
    exchange.connect(channel, other);
  }

  /** A second time for the same target, it changes the mode. */
  supervise(target: LiveChannel, extension: string, mode: SupervisionMode, supervisor?: ChannelId): void {
    const exchange = this.#exchange;
    if (target.state !== 'up') throw wrongState(target, 'It is not connected.');
    const phone = this.phone(extension);
    const running = this.channelsOf(phone).find(({ supervising }) => supervising?.target === target);
    if (running !== undefined) {
      this.setSupervision(running, mode);
      return;
    }
    this.#callUp(phone, supervisor, shown(target), (own) => {
      exchange.enter(own, 'supervision', target.id);
      own.supervising = { mode, target };
      exchange.say({ type: 'supervision.started', channel: own.id, target: target.id, mode });
      exchange.occupy(own, {
        left: () => {
          own.supervising = undefined;
          exchange.say({ type: 'supervision.stopped', channel: own.id });
          return undefined;
        },
      });
    });
  }

  /** `channel` is the supervisor's own. */
  setSupervision(channel: LiveChannel, mode: SupervisionMode): void {
    if (channel.supervising === undefined) throw wrongState(channel, 'It supervises nobody.');
    channel.supervising = { mode, target: channel.supervising.target };
    this.#exchange.say({ type: 'supervision.modeChanged', channel: channel.id, mode });
  }

  /** `channel` leaves, its peer waits in the slot. */
  park(channel: LiveChannel, peer: LiveChannel, slot: SlotRef, timeoutSeconds: number): void {
    requireConversation(channel, peer);
    const free = this.#dialplan.freeSlot(slot);
    if (channel.held) this.#exchange.resume(channel);
    const endChannel = this.#exchange.depart(peer, { how: 'moved' });
    this.#dialplan.park(peer, free, channel, timeoutSeconds);
    endChannel();
    this.#exchange.end(channel, 16);
  }

  /** `expected` must be who waits there. */
  retrieve(slot: SlotRef, expected: ChannelId, extension: string, channel: ChannelId): void {
    const parked = this.#parkedIn(slot, expected);
    this.#callUp(this.phone(extension), channel, shown(parked), (own) => {
      this.#exchange.enter(own, 'parking', slot.slot);
      this.#dialplan.retrieve(own, parked);
    });
  }

  /** `channel` leaves, its peer talks with `expected`, which must be who waits in the slot. */
  bridgeSlot(channel: LiveChannel, peer: LiveChannel, slot: SlotRef, expected: ChannelId): void {
    requireConversation(channel, peer);
    const parked = this.#parkedIn(slot, expected);
    if (channel.held) this.#exchange.resume(channel);
    const endChannel = this.#exchange.depart(peer, { how: 'moved' });
    this.#dialplan.retrieve(peer, parked);
    endChannel();
    this.#exchange.end(channel, 16);
  }

  record(channel: LiveChannel, name: string, file = `${name}.wav`): void {
    if (channel.state !== 'up') throw wrongState(channel, 'It is not connected.');
    if (channel.recordings.has(name)) throw wrongState(channel, 'This recording runs already.');
    channel.recordings.set(name, 'recording');
    this.#exchange.say({ type: 'recording.started', channel: channel.id, name, file });
  }

  setRecording(channel: LiveChannel, to: 'paused' | 'resumed' | 'stopped'): void {
    const needed = to === 'paused' ? ['recording'] : to === 'resumed' ? ['paused'] : ['recording', 'paused'];
    const name = [...channel.recordings].find(([, state]) => needed.includes(state))?.[0];
    if (name === undefined) throw wrongState(channel, `This recording cannot be ${to}.`);
    if (to === 'stopped') channel.recordings.delete(name);
    else channel.recordings.set(name, to === 'paused' ? 'paused' : 'recording');
    this.#exchange.say({ type: `recording.${to}`, channel: channel.id, name });
  }

  register(phone: Phone, registered: boolean): void {
    if (phone.registered === registered) return;
    phone.registered = registered;
    const { extension, device } = phone;
    const type = registered ? 'extension.registered' : 'extension.unregistered';
    this.#exchange.say({ type, extension, device, contact: contactOf(phone), userAgent });
  }

  setDnd(phone: Phone, dnd: boolean): void {
    if (phone.dnd === dnd) return;
    phone.dnd = dnd;
    this.#exchange.say({ type: 'extension.dnd', extension: phone.extension, dnd });
  }

  setStatus(phone: Phone, text: string): void {
    if (phone.statusText === text) return;
    phone.statusText = text;
    this.#exchange.say({ type: 'extension.status', extension: phone.extension, text });
  }

  logAgent(queue: string, extension: string, loggedIn: boolean, penalty?: number): void {
    this.#dialplan.queue(queue).logAgent(this.phone(extension), loggedIn, penalty);
  }

  setPenalty(queue: string, extension: string, penalty: number): void {
    this.#dialplan.queue(queue).setPenalty(this.phone(extension), penalty);
  }

  /** `pause` says why; without it the agent takes calls again. */
  pauseAgent(queue: string, extension: string, pause: { readonly reason: string } | undefined): void {
    this.#dialplan.queue(queue).pauseAgent(this.phone(extension), pause);
  }

  /** With whom a channel talks; throws if with nobody, or with several. */
  peerOf(channel: LiveChannel): LiveChannel {
    const [peer, ...others] = channel.activity instanceof Talk ? channel.activity.members.filter((member) => member !== channel) : [];
    if (peer === undefined || others.length > 0) throw wrongState(channel, 'It is not in a conversation of two.');
    return peer;
  }

  /** Every call is gone, without a word; phones stay registered. */
  restart(): void {
    this.#exchange.forget();
    this.#dialplan = this.#newDialplan();
    // A start time tells a restart from a lost link, so that two must differ.
    this.#startedAt = Math.max(this.#exchange.clock.now(), this.#startedAt + 1);
  }

  /** What comes first on every link: who the PBX is, and all that lives in it. */
  greet(): readonly TracedFact[] {
    const at = this.#exchange.clock.now();
    const startedAt = this.#startedAt;
    const facts: readonly Fact[] = [
      { type: 'pbx.connected', at, startedAt, version },
      {
        type: 'resync',
        at,
        startedAt,
        version,
        channels: this.channels.map(snapshotOf),
        extensions: [...this.#phones.values()].map(extensionSnapshot),
        queues: this.#dialplan.queues.map((queue) => queue.snapshot()),
        conferences: this.office.conferences.map((room) => ({ name: room, number: room })),
      },
    ];
    return facts.map((fact) => ({ fact }));
  }

  #newDialplan(): Dialplan {
    return new Dialplan(this.office, this.#exchange, this.#phones, (call) => this.#takeCall(call));
  }

  #tell(said: Said): void {
    const fact: Fact = { ...said, at: this.#exchange.clock.now() };
    this.#say(this.#source === undefined ? { fact } : { fact, source: this.#source });
  }

  /** The caller for whom `channel` rings is sent elsewhere: that ends the ringing. */
  #takeAway(channel: LiveChannel, to: string, goOn: (caller: LiveChannel) => void): void {
    const { ring } = channel;
    const caller = ring?.caller;
    if (ring === undefined || caller === undefined) throw wrongState(channel, 'It does not ring for a caller.');
    ring.cancel(to)();
    this.#exchange.leave(caller, { how: 'moved' });
    goOn(caller);
  }

  #sendOn(channel: LiveChannel, peer: LiveChannel, to: string, goOn: () => void): void {
    requireConversation(channel, peer);
    const exchange = this.#exchange;
    if (channel.held) exchange.resume(channel);
    exchange.say({
      type: 'transfer.blind',
      transferer: channel.id,
      transferee: peer.id,
      to,
      context: channel.context,
      succeeded: true,
    });
    exchange.leave(peer, { how: 'moved' });
    exchange.end(channel, 16);
    goOn();
  }

  /** Calls a phone that answers at once; `then` gets its channel. */
  #callUp(
    phone: Phone,
    id: ChannelId | undefined,
    display: { readonly number: string; readonly name: string },
    then: (own: LiveChannel) => void,
  ): void {
    requireRegistered(phone);
    if (phone.dnd || phone.habit.kind === 'busy') throw new GatewayError('busy', { extension: phone.extension });
    if (id !== undefined) this.#requireNew(id);
    new Ring(this.#exchange, {
      targets: [phone],
      seconds: this.office.ringSeconds,
      ...(id === undefined ? {} : { id }),
      display,
      autoAnswer: true,
      answered: then,
      failed: () => undefined,
    }).start();
  }

  #parkedIn({ lot, slot }: SlotRef, expected: ChannelId): LiveChannel {
    const parked = this.#dialplan.parkedIn(lot, slot);
    if (parked.id !== expected) throw new GatewayError('slot-empty', { lot, slot }, { note: 'Somebody else waits there now.' });
    return parked;
  }

  #requireNew(id: ChannelId): void {
    if (this.#exchange.channel(id) === undefined) return;
    throw new GatewayError('invalid-parameter', { channel: id }, { note: 'There is a channel of this id already.' });
  }
}

const version = 'sandbox 1';
const userAgent = 'Sandbox phone';

const phoneOf = ({ number, name, habit, voicemail, registered, dnd }: Office['extensions'][number]): Phone => ({
  kind: 'phone',
  extension: extensionNumber(number),
  name,
  device: `SIP/${number}`,
  habit,
  voicemail,
  registered,
  dnd,
  statusText: '',
});

const contactOf = ({ extension }: Phone): string => `sip:${extension}@192.0.2.1:5060`;

const extensionSnapshot = (phone: Phone): ExtensionSnapshot => ({
  extension: phone.extension,
  name: phone.name,
  devices: [phone.device],
  registered: phone.registered ? [{ device: phone.device, contact: contactOf(phone), userAgent }] : [],
  dnd: phone.dnd,
  ...(phone.statusText === '' ? undefined : { statusText: phone.statusText }),
});

const isTalking = (channel: LiveChannel): boolean => channel.activity instanceof Talk;

const requireRegistered = (phone: Phone): void => {
  if (!isReachable(phone)) throw new GatewayError('unreachable', { extension: phone.extension });
};

const requireConversation = (channel: LiveChannel, peer: LiveChannel): void => {
  if (channel !== peer && isTalking(peer) && peer.activity === channel.activity) return;
  throw wrongState(peer, 'The two are not in a conversation.');
};

const wrongState = (channel: LiveChannel, note: string): GatewayError => new GatewayError('wrong-state', { channel: channel.id }, { note });
