import { crc32 } from 'node:zlib';
import type { Cursor } from '../model/cursor.ts';
import { envelop } from '../model/event.ts';
import type { Event, EventType, NewEvent } from '../model/event.ts';
import type { CallId, ExtensionNumber, LegId, TenantId } from '../model/ids.ts';
import { isoTime } from '../model/time.ts';
import type { Micros } from '../model/time.ts';
import type { LoggedEvent } from './event-log.ts';

/** What of a record lies in columns of its own, beside its JSON: what filters and the index of calls ask for. */
interface RecordColumns {
  readonly cursor: Cursor;
  readonly at: Micros;
  readonly type: EventType;
  readonly callId: CallId | undefined;
  readonly legId: LegId | undefined;
  readonly extension: ExtensionNumber | undefined;
}

/** A logged event whose JSON is parsed only if somebody asks for its members. */
export class LoggedRecord implements LoggedEvent {
  readonly cursor: Cursor;
  readonly at: Micros;
  readonly type: EventType;
  readonly callId: CallId | undefined;
  readonly legId: LegId | undefined;
  readonly extension: ExtensionNumber | undefined;
  readonly json: string;
  #event: Event | undefined;

  constructor(columns: RecordColumns, json: string, event?: Event) {
    this.cursor = columns.cursor;
    this.at = columns.at;
    this.type = columns.type;
    this.callId = columns.callId;
    this.legId = columns.legId;
    this.extension = columns.extension;
    this.json = json;
    this.#event = event;
  }

  get event(): Event {
    this.#event ??= JSON.parse(this.json) as Event;
    return this.#event;
  }
}

/** Gives an event its place: the envelope with its `seq`, encoded once for all who will ever read it. */
export const recordOf = (event: NewEvent, tenant: TenantId, cursor: Cursor): LoggedRecord => {
  const enveloped = envelop(event, tenant, cursor.epoch, cursor.seq, isoTime(event.at));
  const { at, type, callId, legId, extension } = event;
  return new LoggedRecord({ cursor, at, type, callId, legId, extension }, JSON.stringify(enveloped), enveloped);
};

/**
 * CRC-32 of the JSON, begun with a hash of the columns and the row's place, so that none of what a reader relies on can change
 * unnoticed. The columns are mixed in here (FNV-1a) because a second CRC of a short text costs as much as that of the JSON.
 */
export const checksumOf = (record: LoggedRecord, place: number): number => {
  let hash = (place % greatestPrime) ^ (record.at % greatestPrime);
  for (const text of [record.type, record.callId, record.legId, record.extension]) hash = mix(hash, text ?? '');
  return crc32(record.json, hash >>> 0);
};

/** The greatest prime below 2^32. */
const greatestPrime = 4_294_967_291;

const mix = (hash: number, text: string): number => {
  let mixed = hash ^ text.length;
  for (let index = 0; index < text.length; index += 1) mixed = Math.imul(mixed ^ text.charCodeAt(index), 0x01000193);
  return mixed;
};
