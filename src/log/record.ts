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

/** CRC-32 over everything a reader relies on, so that neither a column nor the JSON nor the row's place can change unnoticed. */
export const checksumOf = (record: LoggedRecord, place: number): number =>
  crc32(record.json, crc32(`${place}|${record.at}|${record.type}|${record.callId ?? ''}|${record.legId ?? ''}|${record.extension ?? ''}|`));
