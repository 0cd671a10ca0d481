import { eachEvent } from '../../delivery/encoder.ts';
import type { Encoder } from '../../delivery/encoder.ts';
import type { PageEncoder } from '../../delivery/long-poll.ts';
import { sseMessage } from '../../delivery/sse.ts';
import { textFrame } from '../../delivery/websocket.ts';
import type { Snapshot, TenantEngine, WhyEntry } from '../../engine/engine.ts';
import { renderCursor } from '../../model/cursor.ts';
import type { Cursor } from '../../model/cursor.ts';
import type { GatewayError } from '../../model/errors.ts';
import type { PbxStatus } from '../../model/live-state.ts';
import { isoTime } from '../../model/time.ts';
import type { Clock, IsoTime } from '../../model/time.ts';
import { renderProblem } from '../../http/problem.ts';

/** What an answer that carries state says of itself: now while the PBX is live, else since when it may be stale. */
export interface Freshness {
  readonly pbxStatus: PbxStatus;
  readonly asOf: IsoTime;
}

export const renderFreshness = (engine: TenantEngine, clock: Clock): Freshness => {
  const { status, since } = engine.status();
  return { pbxStatus: status, asOf: status === 'live' ? isoTime(clock.now()) : since };
};

export const renderSnapshot = (
  snapshot: Snapshot,
  freshness: Freshness,
): Omit<Snapshot, 'cursor'> & Freshness & { readonly cursor: string } => ({
  ...snapshot,
  cursor: renderCursor(snapshot.cursor),
  ...freshness,
});

type Rendered<Entry> = Entry extends { readonly at: number } ? Omit<Entry, 'at'> & { readonly at: IsoTime } : never;

export const renderWhyEntry = (entry: WhyEntry): Rendered<WhyEntry> => ({ ...entry, at: isoTime(entry.at) });

/** The event's own JSON, as it lies in the log, in one text frame. */
export const webSocketEncoder: Encoder = eachEvent('native-websocket', (event) => textFrame(event.json));

export const sseEncoder: Encoder = eachEvent('native-sse', (event) => sseMessage({ id: renderCursor(event.cursor), data: event.json }));

/** A page of one tenant. It is put together of texts: the events are encoded already. */
export const pageEncoder = (engine: TenantEngine): PageEncoder => ({
  name: 'native-page',
  page: (events, next) =>
    Buffer.from(
      `{"events":[${events.map((event) => event.json).join(',')}],"next":"${renderCursor(next)}","pbxStatus":"${engine.status().status}"}`,
    ),
});

export const readyFrame = (cursor: Cursor): Buffer => textFrame(JSON.stringify({ type: 'feed.ready', cursor: renderCursor(cursor) }));

export const heartbeatFrame = (cursor: Cursor): Buffer =>
  textFrame(JSON.stringify({ type: 'feed.heartbeat', cursor: renderCursor(cursor) }));

export const problemFrame = (error: GatewayError): Buffer =>
  textFrame(JSON.stringify({ type: 'feed.problem', problem: renderProblem(error) }));
