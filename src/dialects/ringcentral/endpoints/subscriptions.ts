/** Subscriptions as clients make, read, renew and delete them. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { isoTime } from '../../../model/time.ts';
import { requirePermission } from '../auth.ts';
import { done, ok, type Answer, type Asked, type Endpoint } from '../endpoint.ts';
import { invalidParameter, missingParameter } from '../errors.ts';
import { invalidReminder, mostFilters, parseFilters } from '../filters.ts';
import type { TenantSource } from '../source.ts';
import type { Delivery, ParsedFilters, Subscription } from '../subscription.ts';
import { parseBody } from './bodies.ts';

const root = '/restapi/v1.0/subscription';
const pubNubSeconds = 900;
const mostPubNubSeconds = 604_800;
const mostWebHookSeconds = 630_720_000;
/** Renewed by itself for as long as it is connected; what the request says is ignored. */
export const webSocketSeconds = 86_400;
/** Of every installation: it says nothing, channels are what nobody can guess. */
const subscriberKey = 'sub-c-switchhook';

const text = z.string().max(4_096);
const seconds = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d{1,12}$/)
    .transform(Number),
]);

/** What is wrong is said in the vendor's words, so that every member is read as it comes. */
const subscriptionBody = z.object({
  eventFilters: z.array(text).max(mostFilters).optional(),
  expiresIn: seconds.nullish(),
  deliveryMode: z
    .object({
      transportType: text.optional(),
      address: text.optional(),
      verificationToken: text.nullish(),
      /** The vendor's guide calls it so in places. */
      validationToken: text.nullish(),
      encryption: z.union([z.boolean(), z.string().transform((value) => value.toLowerCase() === 'true')]).nullish(),
    })
    .optional(),
});
type DeliveryMode = NonNullable<z.infer<typeof subscriptionBody>['deliveryMode']>;

const create = async (asked: Asked): Promise<Answer> => {
  const { asker, connection } = asked;
  const { source } = asker;
  const { eventFilters = [], expiresIn, deliveryMode } = parseBody(subscriptionBody, asked.body);
  if (eventFilters.length === 0) throw missingParameter('eventFilters');
  if (deliveryMode?.transportType === undefined) throw missingParameter('deliveryMode.transportType');
  const parsed = parseFilters(eventFilters, asker);
  const from = source.engine.cursor();
  const id = source.subscriptions.newId();
  const delivery = deliveryOf(asked, deliveryMode, parsed);
  const lifetime = secondsOf(delivery, expiresIn ?? undefined, source.options.subscriptions.webhookSeconds);
  checkReminders(parsed, lifetime);
  if (delivery.transport === 'WebHook') await source.webhooks.handshake({ id, ...delivery });
  if (delivery.transport === 'WebSocket') cancelPrevious(asked);
  const subscription = source.subscriptions.create(asker, { ...parsed, id, delivery, seconds: lifetime, from });
  connection?.attach(subscription);
  return ok(render(asked, subscription));
};

/** A connection is told of one subscription at a time. */
const cancelPrevious = ({ asker: { source }, connection }: Asked): void => {
  const previous = source.subscriptions.named(connection?.session ?? '');
  if (previous !== undefined) source.subscriptions.remove(previous);
};

const deliveryOf = (asked: Asked, mode: DeliveryMode, parsed: ParsedFilters): Delivery => {
  const { asker, connection } = asked;
  switch (mode.transportType?.toLowerCase()) {
    case 'webhook': {
      requirePermission(asker, 'SubscriptionWebhook');
      if (mode.address === undefined) throw missingParameter('deliveryMode.address');
      const verificationToken = mode.verificationToken ?? mode.validationToken ?? undefined;
      return { transport: 'WebHook', address: mode.address, ...(verificationToken === undefined ? undefined : { verificationToken }) };
    }
    case 'websocket':
      requirePermission(asker, 'WebSocketsSubscription');
      if (connection === undefined) throw invalidParameter('deliveryMode.transportType');
      return { transport: 'WebSocket', session: connection.session };
    case 'pubnub': {
      const { newId } = asker.source;
      const channel = { transport: 'PubNub' as const, channel: channelOf(newId.token()) };
      return mode.encryption === true ? { ...channel, key: keyOf(newId.token()) } : keepingPresenceSecret(asked, channel, parsed);
    }
    default:
      throw invalidParameter('deliveryMode.transportType');
  }
};

/** What is known of presence is never sent in the clear over a channel. A key that there is stays: clients have it. */
const keepingPresenceSecret = ({ asker }: Asked, delivery: Delivery, { filters }: ParsedFilters): Delivery => {
  const isSecret = filters.some(({ kind }) => kind === 'presence');
  if (delivery.transport !== 'PubNub' || delivery.key !== undefined || !isSecret) return delivery;
  return { ...delivery, key: keyOf(asker.source.newId.token()) };
};

/** Digits, and eight hex ones: of 86 bits of chance. */
const channelOf = (chance: string): string => {
  const hash = createHash('sha256').update(chance).digest();
  const digits = (hash.readBigUInt64BE(0) % 100_000_000_000_000_000n).toString().padStart(17, '1');
  return `${digits}_${hash.subarray(8, 12).toString('hex')}`;
};

/** 16 bytes of chance. */
const keyOf = (chance: string): string => createHash('sha256').update(chance).digest().subarray(0, 16).toString('base64');

const secondsOf = (delivery: Delivery, asked: number | undefined, webHookSeconds: number): number => {
  if (delivery.transport === 'WebSocket') return webSocketSeconds;
  if (asked !== undefined && !(asked >= 1)) throw invalidParameter('expiresIn');
  const [usual, most] = delivery.transport === 'PubNub' ? [pubNubSeconds, mostPubNubSeconds] : [webHookSeconds, mostWebHookSeconds];
  return Math.trunc(Math.min(asked ?? usual, most));
};

const checkReminders = ({ filters }: ParsedFilters, lifetime: number): void => {
  for (const filter of filters) if (filter.kind === 'reminder' && filter.threshold > lifetime / 2) throw invalidReminder();
};

const list = (asked: Asked): Answer => {
  const records = asked.asker.source.subscriptions.list(asked.asker).map((each) => render(asked, each));
  return ok({ uri: `${asked.base}${root}`, records });
};

const subscriptionAsked = ({ asker, parameters }: Asked): Subscription =>
  asker.source.subscriptions.get(asker, parameters['subscriptionId'] ?? '');

const read = (asked: Asked): Answer => ok(render(asked, subscriptionAsked(asked)));

/** Filters are replaced and its time begins anew; an empty body only renews it. The transport stays what it is. */
const update = (asked: Asked): Answer => {
  const { asker } = asked;
  const { eventFilters, expiresIn } = parseBody(subscriptionBody, asked.body);
  const subscription = own(asked);
  const filters = eventFilters === undefined ? undefined : parseFilters(eventFilters, asker);
  const { webhookSeconds } = asker.source.options.subscriptions;
  const lifetime = secondsOf(subscription.delivery, expiresIn ?? undefined, webhookSeconds);
  checkReminders(filters ?? subscription, lifetime);
  const renewed = asker.source.subscriptions.renew(subscription, {
    seconds: lifetime,
    ...(filters === undefined ? undefined : { filters, delivery: keepingPresenceSecret(asked, subscription.delivery, filters) }),
  });
  asked.connection?.attach(renewed);
  return ok(render(asked, renewed));
};

const renew = (asked: Asked): Answer => {
  const subscription = own(asked);
  return ok(render(asked, asked.asker.source.subscriptions.renew(subscription)));
};

/** One of a WebSocket is changed by that WebSocket alone. */
const own = (asked: Asked): Subscription => {
  const subscription = subscriptionAsked(asked);
  const { delivery } = subscription;
  if (delivery.transport === 'WebSocket' && delivery.session !== asked.connection?.session)
    throw invalidParameter('deliveryMode.transportType');
  return subscription;
};

const remove = (asked: Asked): Answer => {
  asked.asker.source.subscriptions.remove(subscriptionAsked(asked));
  return done;
};

const render = ({ asker: { source }, base }: Asked, subscription: Subscription): object => renderSubscription(source, subscription, base);

export const renderSubscription = (
  { webhooks, clock }: Pick<TenantSource, 'webhooks' | 'clock'>,
  subscription: Subscription,
  base: string,
): object => {
  const { id, createdAt, expiresAt, filters, disabled, delivery } = subscription;
  const status = delivery.transport === 'WebHook' ? webhooks.status(id) : { status: 'Active' };
  return {
    uri: `${base}${root}/${id}`,
    id,
    creationTime: isoTime(createdAt),
    ...status,
    expirationTime: isoTime(expiresAt),
    expiresIn: Math.max(0, Math.floor((expiresAt - clock.now()) / 1_000_000)),
    deliveryMode: renderDelivery(delivery),
    eventFilters: filters.map((filter) => filter.text),
    ...(disabled.length === 0 ? undefined : { disabledFilters: disabled }),
  };
};

const renderDelivery = (delivery: Delivery): object => {
  switch (delivery.transport) {
    case 'WebHook':
      return { transportType: 'WebHook', encryption: false, address: delivery.address };
    case 'WebSocket':
      return { transportType: 'WebSocket', encryption: false };
    case 'PubNub':
      return {
        transportType: 'PubNub',
        encryption: delivery.key !== undefined,
        address: delivery.channel,
        subscriberKey,
        ...(delivery.key === undefined ? undefined : { encryptionAlgorithm: 'AES', encryptionKey: delivery.key }),
      };
    default:
      return delivery satisfies never;
  }
};

export const subscriptionEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: root, handle: create },
  { method: 'GET', path: root, handle: list },
  { method: 'GET', path: `${root}/:subscriptionId`, handle: read },
  { method: 'PUT', path: `${root}/:subscriptionId`, handle: update },
  { method: 'POST', path: `${root}/:subscriptionId/renew`, handle: renew },
  { method: 'DELETE', path: `${root}/:subscriptionId`, handle: remove },
];
