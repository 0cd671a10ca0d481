import type { FeedFilter } from '../../delivery/filter.ts';
import { createLogSource } from '../../delivery/webhooks/log-source.ts';
import { createSigner } from '../../delivery/webhooks/signature.ts';
import type { Attempt, DeliveryPolicy, EndpointView, WebhookEndpoint } from '../../delivery/webhooks/webhook-engine.ts';
import type { Cursor } from '../../model/cursor.ts';
import { GatewayError } from '../../model/errors.ts';
import type { TenantId } from '../../model/ids.ts';
import { isoTime } from '../../model/time.ts';
import type { IsoTime, Micros } from '../../model/time.ts';
import type { Gateway } from '../gateway.ts';
import { createSign, eventItem, gapItem, type DatedSigner, type Sign } from './webhook-messages.ts';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/**
 * The native policy: a call's events in order, each tried for more than three days of an endpoint that is up; one that is down
 * is paused after ten minutes and probed every minute, its backlog kept.
 */
export const nativePolicy: DeliveryPolicy = {
  lane: 'source',
  attempts: 24,
  schedule: [
    5 * secondMs,
    30 * secondMs,
    2 * minuteMs,
    10 * minuteMs,
    30 * minuteMs,
    hourMs,
    2 * hourMs,
    ...Array.from({ length: 16 }, () => 6 * hourMs),
  ],
  pauseAfter: 10 * minuteMs,
  probe: minuteMs,
};

const connections = 8;
const mostWebhooks = 500;
const stateName = 'webhooks';
const challengeType = 'webhook.handshake';

/** A webhook as it lies in the store. A secret that was replaced has an end. */
interface WebhookRow {
  readonly id: string;
  readonly url: string;
  readonly description: string;
  readonly filter: FeedFilter;
  readonly createdAt: Micros;
  readonly secrets: readonly { readonly sealed: string; readonly until?: Micros }[];
}

export interface NewWebhook {
  readonly url: string;
  readonly description?: string;
  readonly filter: FeedFilter;
  /** Begin after this cursor, not now. */
  readonly from?: Cursor;
  /** Refuse it unless the endpoint answers a challenge. */
  readonly handshake: boolean;
}

/** What may be changed of a webhook; what is absent stays. */
export interface WebhookChange {
  readonly url?: string;
  readonly description?: string;
  readonly filter?: FeedFilter;
  /** Refuse the change unless the endpoint, at its new address if it has one, answers a challenge. */
  readonly handshake: boolean;
}

/** A webhook as it is shown, with how its deliveries are. */
export interface WebhookInfo {
  readonly id: string;
  readonly url: string;
  readonly description: string;
  readonly types?: readonly string[];
  readonly extensions?: readonly string[];
  readonly createdAt: IsoTime;
  readonly delivery: EndpointView;
}

/** The webhooks of the native API: who is to be told what, and how it is signed. */
export class NativeWebhooks {
  readonly #gateway: Gateway;
  readonly #rows = new Map<TenantId, Map<string, WebhookRow>>();
  readonly #signers = new WeakMap<WebhookRow, readonly DatedSigner[]>();

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
    for (const tenant of gateway.tenants) {
      const saved = JSON.parse(gateway.store.state.get(tenant, stateName) ?? '[]') as readonly WebhookRow[];
      this.#rows.set(tenant, new Map(saved.map((row) => [row.id, row])));
      for (const row of saved) this.#start(tenant, row);
    }
  }

  list(tenant: TenantId): readonly WebhookInfo[] {
    return [...(this.#rows.get(tenant)?.values() ?? [])].map((row) => this.#infoOf(row));
  }

  /** Throws `no-such-webhook`. */
  get(tenant: TenantId, id: string): WebhookInfo {
    return this.#infoOf(this.#find(tenant, id));
  }

  /** The secret is shown this once. Throws `address-refused`, `handshake-failed`, `too-many-requests`. */
  async create(tenant: TenantId, asked: NewWebhook): Promise<WebhookInfo & { readonly secret: string }> {
    const { newId, clock, webhooks } = this.#gateway;
    const rows = this.#rows.get(tenant) ?? new Map<string, WebhookRow>();
    await webhooks.check(asked.url);
    const id = `wh_${newId.token().slice(0, 20)}`;
    const { secret, sealed } = this.#newSecret(id);
    const row: WebhookRow = {
      id,
      url: asked.url,
      description: asked.description ?? '',
      filter: asked.filter,
      createdAt: clock.now(),
      secrets: [{ sealed }],
    };
    if (asked.handshake) await this.#shakeHands(tenant, row);
    if (rows.size >= mostWebhooks)
      throw new GatewayError('too-many-requests', { limit: mostWebhooks }, { note: 'There are too many webhooks.' });
    rows.set(id, row);
    this.#rows.set(tenant, rows);
    this.#save(tenant);
    this.#start(tenant, row, asked.from);
    return { ...this.#infoOf(row), secret };
  }

  /** What waits goes to the new address, and is what the new filter lets through. Throws as `create` does. */
  async update(tenant: TenantId, id: string, { handshake, ...change }: WebhookChange): Promise<WebhookInfo> {
    const wanted = { ...this.#find(tenant, id), ...change };
    await this.#gateway.webhooks.check(wanted.url);
    if (handshake) await this.#shakeHands(tenant, wanted);
    // Looked up again after the wait: it may have been deleted meanwhile, or changed in what is not asked for here.
    const row = { ...this.#find(tenant, id), ...change };
    this.#rows.get(tenant)?.set(id, row);
    this.#save(tenant);
    this.#start(tenant, row);
    return this.#infoOf(row);
  }

  remove(tenant: TenantId, id: string): void {
    this.#find(tenant, id);
    this.#rows.get(tenant)?.delete(id);
    this.#save(tenant);
    this.#gateway.webhooks.remove(id);
  }

  /** A new secret; both sign until the old one's time is over. */
  rotate(tenant: TenantId, id: string, overlapHours: number): { readonly secret: string; readonly oldUntil: IsoTime } {
    const row = this.#find(tenant, id);
    const now = this.#gateway.clock.now();
    const until = now + overlapHours * hourMs * 1_000;
    const { secret, sealed } = this.#newSecret(id);
    const old = row.secrets
      .filter((each) => each.until === undefined || each.until > now)
      .map((each) => ({ sealed: each.sealed, until: Math.min(each.until ?? until, until) }));
    const rotated = { ...row, secrets: [{ sealed }, ...old] };
    this.#rows.get(tenant)?.set(id, rotated);
    this.#save(tenant);
    this.#start(tenant, rotated);
    return { secret, oldUntil: isoTime(until) };
  }

  pause(tenant: TenantId, id: string): WebhookInfo {
    const row = this.#find(tenant, id);
    this.#gateway.webhooks.pause(id);
    return this.#infoOf(row);
  }

  resume(tenant: TenantId, id: string): WebhookInfo {
    const row = this.#find(tenant, id);
    this.#gateway.webhooks.resume(id);
    return this.#infoOf(row);
  }

  /** Everything after the cursor once more. Throws `too-old`. */
  async replay(tenant: TenantId, id: string, from: Cursor): Promise<WebhookInfo> {
    const row = this.#find(tenant, id);
    const begun = await this.#gateway.webhooks.replay(id, from);
    if (begun !== 'begun') throw new GatewayError('too-old', { webhook: id });
    return this.#infoOf(row);
  }

  /** One event once more. Throws `not-found` if it is not for this webhook, or no longer in the log. */
  async redeliver(tenant: TenantId, id: string, seq: number): Promise<void> {
    this.#find(tenant, id);
    if ((await this.#gateway.webhooks.redeliver(id, seq)) !== 'begun') throw new GatewayError('not-found', { seq });
  }

  /** Sends a message that says that it is a test. */
  test(tenant: TenantId, id: string): Promise<Attempt> {
    const row = this.#find(tenant, id);
    const { newId, clock, webhooks } = this.#gateway;
    const messageId = `test_${newId.token().slice(0, 20)}`;
    const body = JSON.stringify({ id: messageId, type: 'webhook.test', time: isoTime(clock.now()), tenant, webhook: id });
    const sign = this.#signerOf(tenant, row);
    return webhooks.send(this.#endpointOf(tenant, row), { id: messageId, request: () => ({ body, headers: sign(messageId, body) }) });
  }

  async #shakeHands(tenant: TenantId, row: WebhookRow): Promise<void> {
    const { newId, clock, webhooks } = this.#gateway;
    const challenge = newId.token();
    const id = `handshake_${challenge.slice(0, 20)}`;
    const body = JSON.stringify({ id, type: challengeType, time: isoTime(clock.now()), tenant, webhook: row.id, challenge });
    const sign = this.#signerOf(tenant, row);
    const { reply, failure } = await webhooks.send(this.#endpointOf(tenant, row), {
      id,
      request: () => ({ body, headers: sign(id, body) }),
    });
    if (failure !== undefined) throw new GatewayError('handshake-failed', { webhook: row.id }, { note: `${failure.detail}.` });
    if (reply?.includes(challenge) !== true) {
      throw new GatewayError('handshake-failed', { webhook: row.id }, { note: 'Its reply does not hold the challenge.' });
    }
  }

  #start(tenant: TenantId, row: WebhookRow, from?: Cursor): void {
    const { delivery, engine, webhooks, clock } = this.#gateway;
    const hub = delivery.hub(tenant);
    const log = engine(tenant)?.log;
    if (hub === undefined || log === undefined) return;
    const sign = this.#signerOf(tenant, row);
    const source = createLogSource({
      hub,
      log,
      filter: row.filter,
      itemOf: (event, previous) => eventItem(event, previous, sign),
      gap: (lost, to) => gapItem(tenant, lost, to, clock.now(), sign),
    });
    webhooks.put(this.#endpointOf(tenant, row), source, from);
  }

  #endpointOf(tenant: TenantId, { id, url }: WebhookRow): WebhookEndpoint {
    return { id, tenant, url, connections, policy: nativePolicy };
  }

  #newSecret(id: string): { readonly secret: string; readonly sealed: string } {
    const bytes = Buffer.from(this.#gateway.newId.token());
    const secret = `whsec_${bytes.toString('base64')}`;
    return { secret, sealed: this.#gateway.secrets.seal(secret, id) };
  }

  #signerOf(tenant: TenantId, row: WebhookRow): Sign {
    const { clock } = this.#gateway;
    return createSign(
      () => this.#signersOf(this.#rows.get(tenant)?.get(row.id) ?? row),
      () => clock.now(),
    );
  }

  #signersOf(row: WebhookRow): readonly DatedSigner[] {
    const known = this.#signers.get(row);
    if (known !== undefined) return known;
    const signers = row.secrets.map(({ sealed, until }) => ({ until, sign: createSigner(this.#gateway.secrets.open(sealed, row.id)) }));
    this.#signers.set(row, signers);
    return signers;
  }

  #infoOf({ id, url, description, filter, createdAt }: WebhookRow): WebhookInfo {
    const delivery = this.#gateway.webhooks.view(id);
    if (delivery === undefined) throw new GatewayError('no-such-webhook', { webhook: id });
    const { types, extensions } = filter;
    return {
      id,
      url,
      description,
      ...(types === undefined ? undefined : { types }),
      ...(extensions === undefined ? undefined : { extensions }),
      createdAt: isoTime(createdAt),
      delivery,
    };
  }

  #find(tenant: TenantId, id: string): WebhookRow {
    const row = this.#rows.get(tenant)?.get(id);
    if (row === undefined) throw new GatewayError('no-such-webhook', { webhook: id });
    return row;
  }

  #save(tenant: TenantId): void {
    this.#gateway.store.state.put(tenant, stateName, JSON.stringify([...(this.#rows.get(tenant)?.values() ?? [])]));
  }
}
