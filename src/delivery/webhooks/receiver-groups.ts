import type { ExtensionNumber, TenantId } from '../../model/ids.ts';
import type { DeliveryPolicy, DeliverySource, WebhookEngine } from './webhook-engine.ts';

/** One web request that is wanted for each event of a type. */
export interface Wanted {
  readonly type: unknown;
  readonly url: string;
  readonly method: 'GET' | 'POST';
  /** The seq above which events are told. */
  readonly after: number;
}

export interface ReceiverGroupsOptions<Wish extends Wanted> {
  readonly tenant: TenantId;
  readonly engine: Pick<WebhookEngine, 'put' | 'remove'>;
  readonly attempts: number;
  readonly maxAgeSeconds: number;
  readonly endpointOf: (extension: ExtensionNumber, wish: Wish) => string;
  readonly sourceOf: (extension: ExtensionNumber, endpoint: string) => DeliverySource;
}

/** For a whole request; what it is answered matters to nobody. */
const timeoutMs = 5_000;

/**
 * Web requests that are wanted one by one, gathered so that what one receiver is to be told of an extension is one endpoint of the
 * webhook engine: what happened later shall not overtake what happened before, whichever requests tell the two.
 */
export class ReceiverGroups<Wish extends Wanted> {
  readonly #options: ReceiverGroupsOptions<Wish>;
  readonly #policy: DeliveryPolicy;
  /** By extension, by endpoint. */
  readonly #groups = new Map<ExtensionNumber, ReadonlyMap<string, readonly Wish[]>>();

  constructor(options: ReceiverGroupsOptions<Wish>) {
    this.#options = options;
    this.#policy = {
      lane: 'source',
      attempts: options.attempts,
      schedule: [2_000, 10_000, 60_000],
      maxAge: options.maxAgeSeconds * 1_000,
      probe: 60_000,
      heedsAnswers: false,
    };
  }

  /** Has these made from now on of what happens at the extension, and no others. */
  put(extension: ExtensionNumber, wishes: readonly Wish[]): void {
    const { tenant, engine, endpointOf, sourceOf } = this.#options;
    const before = this.#groups.get(extension);
    const now = Map.groupBy(wishes, (wish) => endpointOf(extension, wish));
    this.#groups.set(extension, now);
    for (const [id, [first]] of now) {
      if (first === undefined) continue;
      const { url, method } = first;
      engine.put({ id, tenant, url, method, policy: this.#policy, timeoutMs }, sourceOf(extension, id));
    }
    for (const id of before?.keys() ?? []) if (!now.has(id)) engine.remove(id);
  }

  /** What an endpoint is to be told of an event by, as it stands now: what has ended meanwhile is looked for in vain. */
  wanting(
    extension: ExtensionNumber,
    endpoint: string,
    { type, seq }: { readonly type: Wish['type']; readonly seq: number },
  ): Wish | undefined {
    const group = this.#groups.get(extension)?.get(endpoint);
    return group?.find((wish) => wish.type === type && wish.after < seq);
  }
}
