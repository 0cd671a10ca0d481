import type { Application, BridgeMembership, ChannelState, Fact } from '../../model/fact.ts';
import { bridgeId, channelId, type ChannelId, type CommandId } from '../../model/ids.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Activity, Departure, LiveChannel, Party } from './channel.ts';
import type { OfficeClock } from './office-clock.ts';
import type { Random } from './random.ts';

type WithoutTime<Said> = Said extends Fact ? Omit<Said, 'at'> : never;

/** What the exchange says; the time is put to it as it is said. */
export type Said = WithoutTime<Fact>;

export interface NewChannel {
  readonly id?: ChannelId;
  readonly dialled?: string;
  readonly state: ChannelState;
  /** The channel for which this one is called. */
  readonly calledBy?: LiveChannel;
  readonly clickToDial?: CommandId;
}

export interface ExchangeOptions {
  readonly clock: OfficeClock;
  readonly random: Random;
  readonly trunk: string;
  /** Gets every fact as it happens. */
  readonly say: (said: Said) => void;
  /** Runs what a timer brought about. */
  readonly act: (why: string, run: () => void) => void;
}

/**
 * The switch: it makes channels, joins them and ends them, and says so in the order in which a real PBX does. What happens
 * besides (ringing, queues, parking) is made of these.
 */
export class Exchange {
  readonly clock: OfficeClock;
  readonly random: Random;
  readonly #trunk: string;
  readonly #say: (said: Said) => void;
  readonly #act: (why: string, run: () => void) => void;
  readonly #channels = new Map<ChannelId, LiveChannel>();
  /** Counts on over restarts, so that no id comes twice. */
  #made = 0;
  #restarts = 0;

  constructor({ clock, random, trunk, say, act }: ExchangeOptions) {
    this.clock = clock;
    this.random = random;
    this.#trunk = trunk;
    this.#say = say;
    this.#act = act;
  }

  /** In the order in which they began. */
  get channels(): readonly LiveChannel[] {
    return [...this.#channels.values()];
  }

  channel(id: ChannelId): LiveChannel | undefined {
    return this.#channels.get(id);
  }

  channelsOf(party: Party): readonly LiveChannel[] {
    const isTheirs =
      party.kind === 'phone'
        ? (other: Party): boolean => other === party
        : (other: Party): boolean => other.kind === 'outside' && other.number === party.number;
    return this.channels.filter((channel) => isTheirs(channel.party));
  }

  say(said: Said): void {
    this.#say(said);
  }

  /** Does something as one act, for which `why` is told. */
  act(why: string, run: () => void): void {
    this.#act(why, run);
  }

  create(party: Party, options: NewChannel): LiveChannel {
    const { dialled, state, calledBy, clickToDial } = options;
    if (options.id !== undefined && this.#channels.has(options.id)) {
      throw new GatewayError('invalid-parameter', { channel: options.id }, { note: 'There is a channel of this id already.' });
    }
    const id = options.id ?? channelId(`${Math.floor(this.clock.now() / 1_000_000)}.${this.#nextNumber()}`);
    const channel: LiveChannel = {
      id,
      party,
      endpoint:
        party.kind === 'phone'
          ? { kind: 'extension', extension: party.extension, device: party.device }
          : { kind: 'trunk', trunk: this.#trunk, device: `SIP/${this.#trunk}` },
      number: party.kind === 'phone' ? party.extension : party.number,
      name: party.name,
      dialled,
      context: party.kind === 'phone' ? 'internal' : 'from-trunk',
      family: calledBy?.family ?? id,
      createdAt: this.clock.now(),
      clickToDial,
      shownAs: undefined,
      peerNumber: '',
      peerName: '',
      state,
      application: undefined,
      activity: undefined,
      ring: undefined,
      bridge: undefined,
      held: false,
      muted: false,
      parking: undefined,
      queue: undefined,
      conference: undefined,
      supervising: undefined,
      recordFromAnswer: undefined,
      recordings: new Map(),
      variables: new Map(),
      ended: false,
    };
    this.#channels.set(id, channel);
    const { endpoint, number, name, context, family } = channel;
    const what = dialled === undefined ? {} : { dialled };
    this.#say({ type: 'channel.created', channel: id, endpoint, number, name, ...what, context, family, state });
    return channel;
  }

  setState(channel: LiveChannel, state: ChannelState): void {
    if (channel.state === state) return;
    channel.state = state;
    this.#say({ type: 'channel.state', channel: channel.id, state });
  }

  /** Shows `channel` with whom it has to do. */
  identify(channel: LiveChannel, peer: { readonly number: string; readonly name: string }): void {
    const { number, name } = peer;
    if (channel.peerNumber === number && channel.peerName === name) return;
    channel.peerNumber = number;
    channel.peerName = name;
    this.#say({ type: 'channel.peerIdentified', channel: channel.id, number, name });
  }

  /** `dialled` is the number that led there. */
  enter(channel: LiveChannel, application: Application, detail: string, dialled?: string): void {
    channel.application = application;
    const what = dialled === undefined ? {} : { dialled };
    this.#say({ type: 'channel.entered', channel: channel.id, application, detail, ...what, context: channel.context });
  }

  /** From now on `activity` is told when the channel goes. */
  occupy(channel: LiveChannel, activity: Activity): void {
    channel.activity = activity;
  }

  /** Takes the channel out of what it is doing, and lets those with whom it did it go their ways. */
  leave(channel: LiveChannel, departure: Departure): void {
    this.depart(channel, departure)();
  }

  /** As `leave`, but the others wait until what is returned is called. */
  depart(channel: LiveChannel, departure: Departure): () => void {
    const { activity } = channel;
    channel.activity = undefined;
    channel.application = undefined;
    return activity?.left(channel, departure) ?? (() => undefined);
  }

  enterBridge(channel: LiveChannel, bridge: BridgeMembership): void {
    channel.bridge = bridge;
    this.#say({ type: 'bridge.entered', channel: channel.id, bridge: bridge.bridge, kind: bridge.kind });
  }

  leaveBridge(channel: LiveChannel): void {
    if (channel.bridge === undefined) return;
    const { bridge } = channel.bridge;
    channel.bridge = undefined;
    channel.held = false;
    this.#say({ type: 'bridge.left', channel: channel.id, bridge });
  }

  newBridge(kind: BridgeMembership['kind']): BridgeMembership {
    return { bridge: bridgeId(`bridge-${this.#nextNumber()}`), kind };
  }

  /** Connects two channels; the called one enters first. */
  connect(called: LiveChannel, caller: LiveChannel): void {
    const talk = new Talk(this);
    talk.add(called);
    talk.add(caller);
    this.identify(called, shown(caller));
    this.identify(caller, shown(called));
    for (const channel of [called, caller]) {
      const name = channel.recordFromAnswer;
      if (name === undefined) continue;
      channel.recordFromAnswer = undefined;
      channel.recordings.set(name, 'recording');
      this.#say({ type: 'recording.started', channel: channel.id, name, file: `${name}.wav` });
    }
  }

  hold(channel: LiveChannel): void {
    channel.held = true;
    this.#say({ type: 'channel.held', channel: channel.id });
  }

  resume(channel: LiveChannel): void {
    channel.held = false;
    this.#say({ type: 'channel.unheld', channel: channel.id });
  }

  /** Ends a channel. `by` is who asked for it, where somebody did. */
  end(channel: LiveChannel, causeCode: number, by?: 'far-end' | 'command' | 'pbx'): void {
    if (channel.ended) return;
    channel.ended = true;
    if (by !== undefined) this.#say({ type: 'channel.hangupRequested', channel: channel.id, by });
    const afterwards = this.depart(channel, { how: 'ended' });
    for (const name of channel.recordings.keys()) this.#say({ type: 'recording.stopped', channel: channel.id, name });
    this.#channels.delete(channel.id);
    this.#say({ type: 'channel.ended', channel: channel.id, causeCode });
    afterwards();
    for (const other of this.channels) {
      if (other.supervising?.target === channel) this.end(other, 16);
    }
  }

  /** Runs `run` once after `seconds` of office time, as an act for which `why` is told, unless the PBX restarts before. Returns how to call it off. */
  after(seconds: number, why: string, run: () => void): () => void {
    const begun = this.#restarts;
    return this.clock.after(seconds * 1000, () => {
      if (this.#restarts === begun) this.#act(why, run);
    });
  }

  /** Every channel is gone without a word: the PBX was killed. */
  forget(): void {
    this.#restarts += 1;
    for (const channel of this.#channels.values()) {
      channel.ended = true;
      channel.activity?.forgotten?.();
    }
    this.#channels.clear();
  }

  #nextNumber(): number {
    this.#made += 1;
    return this.#made;
  }
}

/** A bridge of those who hear each other. Whoever remains in it alone is hung up. */
export class Talk implements Activity {
  readonly #exchange: Exchange;
  readonly #bridge: BridgeMembership;
  readonly #members: LiveChannel[] = [];

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    this.#bridge = exchange.newBridge('mixing');
  }

  get members(): readonly LiveChannel[] {
    return this.#members;
  }

  add(channel: LiveChannel): void {
    this.#members.push(channel);
    this.#exchange.occupy(channel, this);
    channel.application = 'dial';
    this.#exchange.enterBridge(channel, this.#bridge);
  }

  /** Takes a channel out and leaves the others as they are. */
  remove(channel: LiveChannel): void {
    this.#members.splice(this.#members.indexOf(channel), 1);
    channel.activity = undefined;
    this.#exchange.leaveBridge(channel);
  }

  left(channel: LiveChannel): () => void {
    this.remove(channel);
    return () => {
      const [last, ...others] = this.#members;
      if (last !== undefined && others.length === 0) this.#exchange.end(last, 16);
    };
  }
}

/** How a channel appears to its callee. */
export const shown = (channel: LiveChannel): { readonly number: string; readonly name: string } =>
  channel.shownAs ?? { number: channel.number, name: channel.name };
