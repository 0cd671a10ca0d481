import type { DialResult } from '../../model/fact.ts';
import type { ChannelId, CommandId } from '../../model/ids.ts';
import type { Activity, LiveChannel, Party, Ringing } from './channel.ts';
import { type Exchange, shown } from './exchange.ts';

/** Why a ringing came to nothing, and the Q.850 cause that the caller gets for it. */
export interface RingFailure {
  readonly reason: 'busy' | 'rejected' | 'no-answer' | 'unreachable';
  readonly causeCode: number;
}

export interface RingOptions {
  /** Absent when the PBX itself calls somebody. */
  readonly caller?: LiveChannel;
  readonly targets: readonly Party[];
  readonly seconds: number;
  /** The id of the one channel that is called, where it was asked for. */
  readonly id?: ChannelId;
  readonly clickToDial?: CommandId;
  /** What the called see, when there is no caller. */
  readonly display?: { readonly number: string; readonly name: string };
  /** The called phone answers as soon as it rings, unless it will not be called at all. */
  readonly autoAnswer?: boolean;
  /** A channel was made for a target, and rings next. */
  readonly called?: (callee: LiveChannel) => void;
  readonly answered: (callee: LiveChannel) => void;
  readonly failed: (failure: RingFailure) => void;
}

/**
 * One attempt to reach somebody: some phones ring, until one answers, all decline, the time is over or it is called off.
 * Either `answered` or `failed` is called, once; neither after `cancel`.
 */
export class Ring implements Ringing {
  readonly #exchange: Exchange;
  readonly #options: RingOptions;
  readonly #legs = new Map<LiveChannel, () => void>();
  #settled = false;
  /** While the targets are called one after the other, a refusal must not look like the last one. */
  #starting = true;
  #failure: RingFailure = { reason: 'unreachable', causeCode: 20 };
  #stopTimer: (() => void) | undefined;

  constructor(exchange: Exchange, options: RingOptions) {
    this.#exchange = exchange;
    this.#options = options;
  }

  get caller(): LiveChannel | undefined {
    return this.#options.caller;
  }

  /** Phones that are not registered are not called at all; with none left the ringing fails at once. */
  start(): void {
    const { caller, targets, seconds, id, clickToDial, called, display } = this.#options;
    const ids = id === undefined ? {} : { id };
    const clicked = clickToDial === undefined ? {} : { clickToDial };
    for (const party of targets.filter(isReachable)) {
      const calledBy = caller === undefined ? {} : { calledBy: caller };
      const callee = this.#exchange.create(party, { state: 'down', ...calledBy, ...ids, ...clicked });
      callee.ring = this;
      this.#exchange.occupy(callee, this.#leg);
      this.#legs.set(callee, () => undefined);
      const seen = caller === undefined ? display : shown(caller);
      if (seen !== undefined) this.#exchange.identify(callee, seen);
      called?.(callee);
    }
    const callees = [...this.#legs.keys()];
    for (const callee of callees) this.#exchange.say({ type: 'dial.began', ...this.#pair(callee) });
    const [only] = callees;
    if (caller !== undefined && only !== undefined && callees.length === 1) this.#exchange.identify(caller, shown(only));
    for (const callee of callees) this.#alert(callee);
    this.#starting = false;
    if (!this.#settled) {
      this.#stopTimer = this.#exchange.after(seconds, 'nobody answered', () => this.#expire());
      this.#failIfNobodyIsLeft();
    }
  }

  answer(callee: LiveChannel): void {
    if (this.#settled || !this.#legs.has(callee)) return;
    this.#settle();
    this.#exchange.setState(callee, 'up');
    this.#detach(callee);
    const others = [...this.#legs.keys()];
    for (const other of others) this.#say(other, 'cancelled');
    this.#say(callee, 'answered');
    for (const other of others) this.#drop(other, 26);
    this.#options.answered(callee);
  }

  takeOver(ringing: LiveChannel, picker: LiveChannel): void {
    if (this.#settled || !this.#legs.has(ringing)) return;
    this.#settle();
    this.#exchange.say({ type: 'pickup', picker: picker.id, ringing: ringing.id });
    this.#drop(ringing, 26);
    const others = [...this.#legs.keys()];
    for (const other of others) this.#say(other, 'cancelled');
    this.#say(picker, 'answered');
    for (const other of others) this.#drop(other, 26);
    this.#options.answered(picker);
  }

  cancel(forwardedTo?: string): () => void {
    if (this.#settled) return () => undefined;
    this.#settle();
    const callees = [...this.#legs.keys()];
    for (const callee of callees) this.#say(callee, forwardedTo === undefined ? 'cancelled' : 'forwarded', forwardedTo);
    return () => {
      for (const callee of callees) this.#drop(callee, forwardedTo === undefined ? 16 : 23);
    };
  }

  /** A called channel that ends while it rings has declined. */
  readonly #leg: Activity = {
    left: (callee) => {
      this.#detach(callee);
      this.#say(callee, 'no-answer');
      return () => {
        this.#failure = { reason: 'rejected', causeCode: 21 };
        this.#failIfNobodyIsLeft();
      };
    },
  };

  #alert(callee: LiveChannel): void {
    if (this.#settled) return;
    const { party } = callee;
    if (party.habit.kind === 'busy' || (party.kind === 'phone' && party.dnd)) {
      this.#exchange.say({ type: 'channel.hangupRequested', channel: callee.id, by: 'far-end' });
      this.#say(callee, 'busy');
      this.#drop(callee, 17);
      this.#failure = { reason: 'busy', causeCode: 17 };
      return;
    }
    this.#exchange.setState(callee, 'ringing');
    this.#exchange.say({ type: 'dial.ringing', ...this.#pair(callee) });
    if (this.#options.autoAnswer === true && party.habit.kind !== 'never') this.answer(callee);
    else this.#setHabit(callee, party);
  }

  #setHabit(callee: LiveChannel, { habit }: Party): void {
    if (habit.kind !== 'answers' && habit.kind !== 'rejects') return;
    const seconds = this.#exchange.random.between(...habit.afterSeconds);
    const act = habit.kind === 'answers' ? () => this.answer(callee) : () => this.#exchange.end(callee, 21, 'far-end');
    this.#legs.set(callee, this.#exchange.after(seconds, `${callee.number}: ${habit.kind} by itself`, act));
  }

  #expire(): void {
    this.#settle();
    const callees = [...this.#legs.keys()];
    for (const callee of callees) this.#say(callee, 'no-answer');
    for (const callee of callees) this.#drop(callee, 19);
    this.#options.failed({ reason: 'no-answer', causeCode: 19 });
  }

  #failIfNobodyIsLeft(): void {
    if (this.#settled || this.#starting || this.#legs.size > 0) return;
    this.#settle();
    this.#options.failed(this.#failure);
  }

  #settle(): void {
    this.#settled = true;
    this.#stopTimer?.();
  }

  #detach(callee: LiveChannel): void {
    this.#legs.get(callee)?.();
    this.#legs.delete(callee);
    callee.ring = undefined;
    callee.activity = undefined;
  }

  #drop(callee: LiveChannel, causeCode: number): void {
    this.#detach(callee);
    this.#exchange.end(callee, causeCode);
  }

  #say(callee: LiveChannel, result: DialResult, forwardedTo?: string): void {
    const forwarded = forwardedTo === undefined ? {} : { forwardedTo };
    this.#exchange.say({ type: 'dial.ended', ...this.#pair(callee), result, ...forwarded });
  }

  #pair(callee: LiveChannel): { readonly caller?: ChannelId; readonly callee: ChannelId } {
    const { caller } = this.#options;
    return caller === undefined ? { callee: callee.id } : { caller: caller.id, callee: callee.id };
  }
}

export const isReachable = (party: Party): boolean => party.kind === 'outside' || party.registered;
