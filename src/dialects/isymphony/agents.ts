import type { TenantEngine } from '../../engine/engine.ts';
import type { EventOf, EventType } from '../../model/event.ts';
import type { LiveState } from '../../model/live-state.ts';
import type { AgentState } from '../../model/place.ts';
import { deviceStateOf } from './device-state.ts';
import type { DeviceState } from './schema.ts';

type AgentType = Extract<EventType, `agent.${string}`>;
export type AgentEvent = { [Type in AgentType]: EventOf<Type> }[AgentType];

/** An agent is one device in one queue. */
export const agentKey = ({ queue, device }: { readonly queue: string; readonly device: string }): string => `${queue}\0${device}`;

/** What the queues say of their agents, and what was told of it. */
export class Agents {
  readonly #engine: Pick<TenantEngine, 'legsOf' | 'queue' | 'snapshot'>;
  readonly #states = new Map<string, AgentState>();
  readonly #told = new Map<string, DeviceState>();

  constructor(engine: Pick<TenantEngine, 'legsOf' | 'queue' | 'snapshot'>) {
    this.#engine = engine;
  }

  /** Who is found for the first time was as it is all along: that is no news later. */
  find({ queues }: Pick<LiveState, 'queues'>): void {
    for (const { name, agents } of queues) {
      for (const { device, state } of agents) {
        const key = agentKey({ queue: name, device });
        if (!this.#states.has(key)) this.#states.set(key, state);
      }
    }
  }

  /** Of one who logs in it is not said whether it is idle; by now the queue may know. */
  logIn({ data }: EventOf<'agent.loggedIn'>): void {
    const queue = this.#engine.queue(data.queue);
    const agent = queue?.agents.find(({ device }) => device === data.device);
    this.#states.set(agentKey(data), agent?.state ?? 'unavailable');
  }

  /** Whether that is news of its device: a pause has an event of its own, and changes nothing there. */
  change(event: EventOf<'agent.stateChanged'>): boolean {
    const key = agentKey(event.data);
    this.#states.set(key, event.data.state);
    const before = this.#told.get(key);
    return before === undefined ? event.data.state !== 'paused' : before !== this.#deviceState(event);
  }

  /** The state of its device, which is told now. */
  tellState(event: AgentEvent): DeviceState {
    const state = this.#deviceState(event);
    this.#told.set(agentKey(event.data), state);
    return state;
  }

  forget(key: string): void {
    this.#states.delete(key);
    this.#told.delete(key);
  }

  #deviceState({ extension, data }: AgentEvent): DeviceState {
    const state = this.#states.get(agentKey(data));
    const legs = extension === undefined ? [] : this.#engine.legsOf(extension);
    return state === undefined ? 'UNKNOWN' : deviceStateOf(state, legs);
  }
}
