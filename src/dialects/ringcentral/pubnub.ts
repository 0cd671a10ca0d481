import { createCipheriv } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { isoTime, type IsoTime } from '../../model/time.ts';
import type { Gateway } from '../gateway.ts';
import { Channels, tokenOf, type PollAnswer, type Said } from './pubnub-channels.ts';
import { queryOf, sendText } from './replies.ts';
import type { TenantSource } from './source.ts';

export interface PubNubOptions {
  readonly gateway: Gateway;
  readonly sources: readonly TenantSource[];
}

/**
 * The part of PubNub's API that subscribers use, at PubNub's own addresses. A channel is a subscription's; its time tokens are
 * those of the notices in the log, so that any of them can be gone on from, also after a restart.
 */
export const pubNubRoutes = (scope: FastifyInstance, { gateway, sources }: PubNubOptions): void => {
  const { clock, timers, stopping } = gateway;
  const channels = new Channels(sources, timers);

  scope.route({
    method: 'GET',
    url: '/v2/subscribe/:subscribeKey/:channels/0',
    handler: async (request, reply) => {
      const { subscribeKey, channels: names } = request.params as { readonly subscribeKey: string; readonly channels: string };
      const asked = queryOf(request).get('tt') ?? '0';
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const signal = AbortSignal.any([gone.signal, stopping]);
      const answer = await channels.poll(names.split(','), asked, signal);
      return sendText(reply, renderPoll(subscribeKey, answer, isoTime(clock.now())));
    },
  });
  // Who comes and goes is nobody's business here.
  for (const action of ['leave', 'heartbeat']) {
    scope.route({
      method: 'GET',
      url: `/v2/presence/sub-key/:subscribeKey/channel/:channels/${action}`,
      handler: (_request, reply) => sendText(reply, JSON.stringify({ status: 200, message: 'OK', action, service: 'Presence' })),
    });
  }
  scope.route({ method: 'GET', url: '/time/0', handler: (_request, reply) => sendText(reply, `[${tokenOf(clock.now())}]`) });
};

const renderPoll = (subscribeKey: string, { token, said }: PollAnswer, timestamp: IsoTime): string => {
  const key = JSON.stringify(subscribeKey);
  const messages = said.map((each) => {
    const name = JSON.stringify(each.channel.name);
    const at = `{"t":"${each.token}","r":1}`;
    return `{"a":"1","f":0,"i":"rc","p":${at},"k":${key},"c":${name},"b":${name},"d":${payloadOf(each, timestamp)}}`;
  });
  return `{"t":{"t":"${token}","r":1},"m":[${messages.join(',')}]}`;
};

/** The envelope as JSON; or, of an encrypted channel, that in AES-128-ECB with PKCS #7 padding, in base64, as clients take it apart. */
const payloadOf = (said: Said, timestamp: IsoTime): string => {
  const { source, subscription } = said.channel;
  const envelope = said.text(timestamp);
  const text = source.options.subscriptions.pushWrapper ? wrapped(envelope) : envelope;
  const { delivery } = subscription;
  if (delivery.transport !== 'PubNub' || delivery.key === undefined) return text;
  const cipher = createCipheriv('aes-128-ecb', Buffer.from(delivery.key, 'base64'), null);
  return JSON.stringify(cipher.update(text, 'utf8', 'base64') + cipher.final('base64'));
};

/** As an old sample of the vendor shows it, made for mobile push: the event stands in a member of its own. */
const wrapped = (envelope: string): string => {
  const { uuid, subscriptionId, ownerId } = JSON.parse(envelope) as Readonly<Record<string, string>>;
  const head = JSON.stringify({ uuid, subscriptionId, ownerId }).slice(0, -1);
  return `${head},"pn_apns":{"aps":{"content-available":1},${envelope.slice(1)}}`;
};
