import type { Clock, Micros } from '../../model/time.ts';
import type { EndpointHealth, PauseReason } from './endpoint-health.ts';
import type { ItemReader } from './item-reader.ts';
import type { Lanes, Waiting } from './lanes.ts';
import type { Sender, Sent } from './sender.ts';
import type { Attempt, AttemptFailure, DeliveryItem, WebhookEndpoint } from './webhook-engine.ts';

/** Beyond so many unsettled items an endpoint is paused. */
export const mostUnsettled = 1_000;
/** The part of a wait that chance may take away. */
const jitter = 0.2;

export interface ItemSenderOptions {
  readonly lanes: Lanes;
  readonly reader: ItemReader;
  readonly health: EndpointHealth;
  readonly sender: Sender;
  readonly clock: Clock;
  /** From 0 to 1, for the jitter. */
  readonly random: () => number;
  /** Told of each attempt. */
  readonly report: (attempt: Attempt) => void;
  /** Ends all sending: what is cut by that has not failed. */
  readonly signal: AbortSignal;
}

/** What an attempt says of the whole endpoint. */
export type Conclusion =
  | { readonly endpoint: 'recovered' }
  | { readonly endpoint: 'hopeless'; readonly reason: PauseReason; readonly detail: string };

/** Makes one attempt at an item, from reading it to what follows from the answer. */
export class ItemSender {
  readonly #options: ItemSenderOptions;

  constructor(options: ItemSenderOptions) {
    this.#options = options;
  }

  async attempt(endpoint: WebhookEndpoint, waiting: Waiting): Promise<Conclusion | undefined> {
    const { reader, clock } = this.#options;
    const { maxAge } = endpoint.policy;
    const { seq } = waiting;
    const item = waiting.item ?? (await reader.itemOf(seq));
    const at = clock.now();
    if (item === undefined) {
      return this.#giveUp({ endpoint, waiting, id: `${reader.position.epoch}-${seq}`, seq, at }, 'The log no longer has the event.');
    }
    const trial: Trial = { endpoint, waiting, id: item.id, seq: item.event ?? seq, at };
    if (maxAge !== undefined && at - item.at > maxAge * 1_000) return this.#giveUp(trial, `It is older than ${maxAge / 1_000} s.`);
    const sent = await this.#send(endpoint, item);
    return sent.failure === undefined ? this.#succeeded(trial, sent) : this.#failed(trial, sent, sent.failure);
  }

  /** A little less than `ms`, by chance: endpoints that failed together are not tried together. */
  jittered(ms: number): number {
    return ms * (1 - jitter * this.#options.random());
  }

  async #send(endpoint: WebhookEndpoint, item: DeliveryItem): Promise<Sent> {
    try {
      return await this.#options.sender.send(endpoint, item.request());
    } catch (error) {
      return { latency: 0, failure: { kind: 'request', detail: error instanceof Error ? error.message : String(error) } };
    }
  }

  #succeeded(trial: Trial, sent: Sent): Conclusion | undefined {
    const { lanes, health } = this.#options;
    lanes.settle(trial.waiting);
    health.succeeded();
    this.#report(trial, sent, 'delivered');
    return health.isProbed ? { endpoint: 'recovered' } : undefined;
  }

  #failed(trial: Trial, sent: Sent, failure: AttemptFailure): Conclusion | undefined {
    const { lanes, health, clock, signal } = this.#options;
    const { waiting } = trial;
    const { policy } = trial.endpoint;
    const now = clock.now();
    if (signal.aborted) {
      // Most likely it was we who cut it; it is sent again after the start.
      lanes.postpone(waiting, now);
      return undefined;
    }
    const failed = { ...sent, failure };
    const quietMs = health.failed(now, failed, policy);
    const attempts = waiting.attempts + 1;
    const isLast = sent.isFinal === true || (!health.isPaused && attempts >= policy.attempts);
    this.#report(trial, sent, isLast ? 'given-up' : 'retried');
    if (!health.isPaused) waiting.attempts = attempts;
    if (isLast) lanes.settle(waiting);
    else lanes.postpone(waiting, now + Math.max(this.jittered(waitAfter(policy.schedule, attempts)), quietMs) * 1_000);
    const reason = health.hopeless(now, failed, policy, lanes.size >= mostUnsettled);
    return reason === undefined ? undefined : { endpoint: 'hopeless', reason, detail: failure.detail };
  }

  #giveUp(trial: Trial, detail: string): undefined {
    this.#options.lanes.settle(trial.waiting);
    this.#report(trial, { latency: 0, failure: { kind: 'request', detail } }, 'given-up');
  }

  #report({ endpoint, waiting, id, seq, at }: Trial, sent: Sent, outcome: Attempt['outcome']): void {
    const { lane, attempts } = waiting;
    this.#options.report({
      endpoint: endpoint.id,
      tenant: endpoint.tenant,
      id,
      seq,
      lane,
      attempt: attempts + 1,
      at,
      ...answerOf(sent),
      outcome,
    });
  }
}

/** One attempt while it is made: `seq` is the event's. */
interface Trial {
  readonly endpoint: WebhookEndpoint;
  readonly waiting: Waiting;
  readonly id: string;
  readonly seq: number;
  readonly at: Micros;
}

const waitAfter = (schedule: readonly number[], attempts: number): number => schedule[attempts - 1] ?? schedule.at(-1) ?? 0;

/** What of an answer is kept. */
export const answerOf = ({ latency, status, reply, failure }: Sent): Pick<Attempt, 'latency' | 'status' | 'reply' | 'failure'> => ({
  latency,
  ...(status === undefined ? undefined : { status }),
  ...(reply === undefined ? undefined : { reply }),
  ...(failure === undefined ? undefined : { failure }),
});
