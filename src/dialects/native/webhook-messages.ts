import type { SignMessage } from '../../delivery/webhooks/signature.ts';
import type { DeliveryItem } from '../../delivery/webhooks/webhook-engine.ts';
import type { LoggedEvent } from '../../log/event-log.ts';
import type { Cursor } from '../../model/cursor.ts';
import type { TenantId } from '../../model/ids.ts';
import { isoTime, type Micros } from '../../model/time.ts';

/** A secret's signature, good until it was replaced for long enough. */
export interface DatedSigner {
  readonly until: Micros | undefined;
  readonly sign: SignMessage;
}

/** The headers of a message, signed at the time of the call. */
export type Sign = (id: string, body: string) => Readonly<Record<string, string>>;

/** Signs with every secret that is good at that moment, the newest first: what waits while a secret is rotated has the new one too. */
export const createSign =
  (signers: () => readonly DatedSigner[], clock: () => Micros): Sign =>
  (id, body) => {
    const now = clock();
    const seconds = Math.floor(now / 1_000_000);
    const good = signers().filter(({ until }) => until === undefined || until > now);
    return {
      'content-type': 'application/json; charset=utf-8',
      'webhook-id': id,
      'webhook-timestamp': String(seconds),
      'webhook-signature': good.map((signer) => signer.sign(id, seconds, body)).join(' '),
    };
  };

/** The event's own JSON with `prevSeq` behind it: the event of the same call that this endpoint was sent before, or null. */
export const eventItem = (event: LoggedEvent, previous: number | undefined, sign: Sign): DeliveryItem => {
  const { cursor, json, callId, extension } = event;
  const id = `${cursor.epoch}-${cursor.seq}`;
  return {
    cursor,
    id,
    lane: callId ?? (extension === undefined ? 'others' : `extension ${extension}`),
    at: event.at,
    request: () => {
      const body = `${json.slice(0, -1)},"prevSeq":${previous ?? 'null'}}`;
      return { body, headers: sign(id, body) };
    },
  };
};

/** What tells an endpoint that the events after `from`, up to `to`, are lost to it. */
export const gapItem = (tenant: TenantId, from: Cursor, to: Cursor, at: Micros, sign: Sign): DeliveryItem => {
  const id = `gap_${from.epoch}-${from.seq}_${to.epoch}-${to.seq}`;
  const data = { from: from.seq + 1, to: to.seq };
  const body = JSON.stringify({ epoch: to.epoch, seq: to.seq, id, time: isoTime(at), tenant, type: 'log.gap', reconciled: false, data });
  return { cursor: to, id, lane: 'gap', at, request: () => ({ body, headers: sign(id, body) }) };
};
