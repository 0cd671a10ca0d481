import { GatewayError } from '../../model/errors.ts';
import type { AgentSnapshot, QueueSnapshot } from '../../model/fact.ts';
import type { AgentState } from '../../model/place.ts';
import type { Activity, Departure, LiveChannel, Phone } from './channel.ts';
import type { Exchange } from './exchange.ts';
import { Ring } from './ring.ts';

export interface WaitingQueueOptions {
  readonly name: string;
  readonly displayName?: string | undefined;
  readonly agents: readonly Phone[];
  readonly ringSeconds: number;
  readonly retrySeconds: number;
  readonly maxWaitSeconds: number;
}

interface Waiting {
  readonly caller: LiveChannel;
  readonly stopTimer: () => void;
  ring: Ring | undefined;
}

/** Callers wait in order; free agents are rung one at a time for each, the longest idle first. */
export class WaitingQueue implements Activity {
  readonly name: string;
  readonly #exchange: Exchange;
  readonly #options: WaitingQueueOptions;
  /** The longest idle first. */
  readonly #agents: Phone[];
  /** The same in the order in which they are listed. */
  readonly #members: Phone[];
  readonly #said = new Map<Phone, AgentState>();
  /** Agents who take no calls for now, with the reason they gave. */
  readonly #paused = new Map<Phone, string>();
  /** Agents of a lower one are rung first; 0 of those that are not in it. */
  readonly #penalties = new Map<Phone, number>();
  readonly #waiting: Waiting[] = [];
  #retrying = false;

  constructor(exchange: Exchange, options: WaitingQueueOptions) {
    this.name = options.name;
    this.#exchange = exchange;
    this.#options = options;
    this.#agents = [...options.agents];
    this.#members = [...options.agents];
    for (const agent of this.#agents) this.#said.set(agent, this.#stateOf(agent));
  }

  snapshot(): QueueSnapshot {
    const { displayName } = this.#options;
    return {
      name: this.name,
      ...(displayName === undefined ? undefined : { displayName }),
      number: this.name,
      strategy: 'longest-idle',
      agents: this.#members.map((agent) => this.#snapshotOf(agent)),
    };
  }

  /** Says of every agent whose state is no longer what was said of it last. */
  refresh(): void {
    for (const agent of this.#members) {
      const state = this.#stateOf(agent);
      if (this.#said.get(agent) === state) continue;
      this.#said.set(agent, state);
      this.#exchange.say({ type: 'agent.state', queue: this.name, ...this.#snapshotOf(agent) });
    }
  }

  /** Does nothing for an agent who is logged in, or out, already. */
  logAgent(phone: Phone, loggedIn: boolean, penalty = 0): void {
    if (this.#agents.includes(phone) === loggedIn) return;
    const { device, name, extension } = phone;
    if (loggedIn) {
      this.#agents.push(phone);
      this.#members.push(phone);
      this.#penalties.set(phone, penalty);
      this.#exchange.say({ type: 'agent.loggedIn', queue: this.name, device, name, extension });
      this.#serve();
      return;
    }
    this.#agents.splice(this.#agents.indexOf(phone), 1);
    this.#members.splice(this.#members.indexOf(phone), 1);
    this.#paused.delete(phone);
    this.#penalties.delete(phone);
    this.#said.delete(phone);
    this.#exchange.say({ type: 'agent.loggedOut', queue: this.name, device, name, extension });
  }

  setPenalty(phone: Phone, penalty: number): void {
    this.#requireAgent(phone);
    this.#penalties.set(phone, penalty);
    this.#exchange.say({ type: 'agent.state', queue: this.name, ...this.#snapshotOf(phone) });
  }

  pauseAgent(phone: Phone, pause: { readonly reason: string } | undefined): void {
    this.#requireAgent(phone);
    if (pause !== undefined) {
      this.#paused.set(phone, pause.reason);
      return;
    }
    this.#paused.delete(phone);
    this.#serve();
  }

  join(caller: LiveChannel): void {
    const exchange = this.#exchange;
    exchange.setState(caller, 'up');
    exchange.enter(caller, 'queue', this.name, this.name);
    const position = this.#waiting.length + 1;
    caller.queue = { name: this.name, position, since: exchange.clock.now() };
    exchange.say({ type: 'queue.joined', channel: caller.id, queue: this.name, position });
    const stopTimer = exchange.after(this.#options.maxWaitSeconds, `queue ${this.name}: waited too long`, () => {
      exchange.leave(caller, { how: 'moved' });
      exchange.end(caller, 16, 'pbx');
    });
    this.#waiting.push({ caller, stopTimer, ring: undefined });
    exchange.occupy(caller, this);
    this.#serve();
  }

  left(caller: LiveChannel, { how }: Departure): (() => void) | undefined {
    const index = this.#waiting.findIndex((waiting) => waiting.caller === caller);
    const waiting = this.#waiting[index];
    if (waiting === undefined) return undefined;
    this.#waiting.splice(index, 1);
    waiting.stopTimer();
    caller.queue = undefined;
    const endRinging = waiting.ring?.cancel();
    const reason = how === 'answered' ? 'answered' : how === 'ended' ? 'abandoned' : 'left';
    this.#exchange.say({ type: 'queue.left', channel: caller.id, queue: this.name, reason });
    return endRinging;
  }

  #requireAgent(phone: Phone): void {
    if (this.#agents.includes(phone)) return;
    throw new GatewayError('wrong-state', { extension: phone.extension }, { note: `It is no agent of queue ${this.name}.` });
  }

  /** Of those that are free the one with the lowest penalty; of several the longest idle. */
  #nextAgent(): Phone | undefined {
    const free = this.#agents.filter((phone) => this.#stateOf(phone) === 'idle');
    return free.toSorted((one, two) => this.#penaltyOf(one) - this.#penaltyOf(two))[0];
  }

  #penaltyOf(phone: Phone): number {
    return this.#penalties.get(phone) ?? 0;
  }

  #serve(): void {
    for (const waiting of this.#waiting.filter(({ ring }) => ring === undefined)) {
      const agent = this.#nextAgent();
      if (agent === undefined) break;
      this.#call(waiting, agent);
    }
    this.#retryLater();
  }

  #call(waiting: Waiting, agent: Phone): void {
    const { caller } = waiting;
    this.#agents.push(...this.#agents.splice(this.#agents.indexOf(agent), 1));
    const ring = new Ring(this.#exchange, {
      caller,
      targets: [agent],
      seconds: this.#options.ringSeconds,
      called: (callee) =>
        this.#exchange.say({
          type: 'queue.called',
          channel: caller.id,
          queue: this.name,
          callee: callee.id,
          agentDevice: agent.device,
          agentName: agent.name,
        }),
      answered: (callee) => {
        this.#exchange.leave(caller, { how: 'answered' });
        this.#exchange.connect(callee, caller);
      },
      failed: () => {
        waiting.ring = undefined;
        this.#retryLater();
      },
    });
    waiting.ring = ring;
    ring.start();
  }

  #retryLater(): void {
    if (this.#retrying || !this.#waiting.some(({ ring }) => ring === undefined)) return;
    this.#retrying = true;
    this.#exchange.after(this.#options.retrySeconds, `queue ${this.name}: looks for an agent`, () => {
      this.#retrying = false;
      this.#serve();
    });
  }

  #stateOf(phone: Phone): AgentState {
    if (!phone.registered) return 'unavailable';
    const channels = this.#exchange.channelsOf(phone);
    if (this.#paused.has(phone)) return 'paused';
    if (channels.some(({ ring }) => ring !== undefined)) return 'ringing';
    return channels.length > 0 ? 'busy' : 'idle';
  }

  #snapshotOf(phone: Phone): AgentSnapshot {
    const reason = this.#paused.get(phone) ?? '';
    const why = reason === '' ? undefined : { pausedReason: reason };
    const membership = { penalty: this.#penaltyOf(phone), dynamic: !this.#options.agents.includes(phone) };
    return { device: phone.device, name: phone.name, extension: phone.extension, state: this.#stateOf(phone), ...why, ...membership };
  }
}
