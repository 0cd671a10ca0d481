import type { Projection } from '../../delivery/projection.ts';
import type { TenantEngine } from '../../engine/engine.ts';
import type { Cursor } from '../../model/cursor.ts';
import { microsOf, type IsoTime, type Micros } from '../../model/time.ts';
import type { CallId } from '../../model/ids.ts';
import { presenceKey, presenceOfKey, sessionKey, sessionsKey, sessionsOfKey } from './draft.ts';
import type { Ids } from './ids.ts';
import type { RingCentralOptions } from './options.ts';
import type { Form, Renderer } from './render.ts';
import type { Notice, Party, PresenceNotice, RingCentralState, SessionNotice } from './schema.ts';
import type { Filter, PresenceFilter, SessionFilter } from './subscription.ts';

/** Where a reader is in the notices: it has had all up to this place of this event. */
export interface Position {
  readonly seq: number;
  readonly place: number;
}

/** After everything of an event. */
export const afterEvent = (seq: number): Position => ({ seq, place: Number.MAX_SAFE_INTEGER });

/** One thing to tell one subscription. The same whenever it is read: a repetition is known by its `uuid`. */
export interface Notification extends Position {
  readonly uuid: string;
  /** Rises from each to the next: when it happened, as far as that rises. */
  readonly tick: Micros;
  readonly at: Micros;
  /** The envelope as JSON; `timestamp` is when it is sent. */
  text(timestamp: IsoTime): string;
}

/** Something to tell that is no notice: it is not in the log. */
export interface Aside {
  readonly uuid: string;
  /** The envelope as JSON. */
  readonly text: string;
}

/** Of an account, what its notifications are made of. */
export interface NoticeSource {
  readonly notices: Projection<RingCentralState, Notice>;
  readonly renderer: Renderer;
  readonly ids: Ids;
  readonly options: RingCentralOptions;
  readonly engine: TenantEngine;
}

export interface SelectionOptions {
  readonly source: NoticeSource;
  readonly subscriptionId: string;
  /** The vendor's id of the extension whose subscription it is. */
  readonly ownerId: string;
  readonly filters: readonly Filter[];
  /** Nothing is told of what was before, from wherever it is read. */
  readonly from: Cursor | undefined;
}

/** What of the notices one subscription is told, in order, each once, however many of its filters match. */
export class Selection {
  /** Under which its notices are read. */
  readonly keys: readonly string[];
  readonly #options: SelectionOptions;
  readonly #sessions: readonly SessionFilter[];
  readonly #presence: readonly PresenceFilter[];
  readonly #head: string;
  readonly #seed: number;
  readonly #beginning: Position;

  constructor(options: SelectionOptions) {
    this.#options = options;
    const { filters, subscriptionId, ownerId, source, from } = options;
    this.#sessions = filters.filter((filter) => filter.kind === 'sessions');
    this.#presence = filters.filter((filter) => filter.kind === 'presence');
    this.keys = [...new Set([...this.#sessions.map(sessionKeyOf), ...this.#presence.map(presenceKeyOf)])];
    this.#head = `"subscriptionId":${JSON.stringify(subscriptionId)},"ownerId":${JSON.stringify(ownerId)},"body":`;
    this.#seed = hashOf(subscriptionId);
    // A log that began anew counts from the start: then all of it came later.
    this.#beginning = afterEvent(from?.epoch === source.engine.cursor().epoch ? from.seq : 0);
  }

  /** What follows a position, oldest first; undefined if the notices in memory no longer reach back to it. */
  after(asked: Position): readonly Notification[] | undefined {
    const position = laterOf(asked, this.#beginning);
    const found = this.#options.source.notices.after(this.keys, seqBefore(position));
    return found === undefined ? undefined : this.#told(found, position);
  }

  /** As `after`, out of the log where memory does not reach back: then some at a time. Undefined where the log does not either. */
  async read(asked: Position, limit: number): Promise<{ readonly told: readonly Notification[]; readonly upTo: number } | undefined> {
    const position = laterOf(asked, this.#beginning);
    const page = await this.#options.source.notices.read(this.keys, seqBefore(position), limit);
    return page === undefined ? undefined : { told: this.#told(page.messages, position), upTo: page.upTo };
  }

  #told(found: ReadonlyMap<string, readonly Notice[]>, { seq, place }: Position): readonly Notification[] {
    const lists = [...found.values()];
    const notices = lists.length === 1 ? (lists[0] ?? []) : inOrder(lists);
    const told: Notification[] = [];
    for (const notice of notices) {
      if (notice.seq === seq && notice.place <= place) continue;
      const notification = this.#notification(notice);
      if (notification !== undefined) told.push(notification);
    }
    return told;
  }

  /** Its number tells it from others of its kind. */
  aside(event: string, number: number, timestamp: IsoTime, body: string): Aside {
    const uuid = uuidOf(this.#seed, number, reminderPlace);
    return { uuid, text: this.#envelope(uuid, event, timestamp, body) };
  }

  #notification(notice: Notice): Notification | undefined {
    const matched = notice.kind === 'session' ? this.#matchSession(notice) : this.#matchPresence(notice);
    if (matched === undefined) return undefined;
    const { seq, place, tick, time } = notice;
    const uuid = uuidOf(this.#seed, seq, place);
    const { renderer } = this.#options.source;
    const text = (timestamp: IsoTime): string => this.#envelope(uuid, matched.event, timestamp, renderer.body(notice, matched.form));
    return { seq, place, uuid, tick, at: microsOf(time), text };
  }

  #envelope(uuid: string, event: string, timestamp: IsoTime, body: string): string {
    return `{"uuid":"${uuid}","event":${JSON.stringify(event)},"timestamp":"${timestamp}",${this.#head}${body}}`;
  }

  #matchSession(notice: SessionNotice): Matched | undefined {
    const { ids, options, engine } = this.#options.source;
    const { extension } = notice.party;
    if (extension === undefined && !options.telephony.foreignParties) return undefined;
    const matching = this.#sessions.filter((filter) => isOfScope(filter, notice, engine) && fits(filter, notice.party));
    if (matching.length === 0) return undefined;
    const owner = extension === undefined ? '' : `/extension/${ids.extension(extension)}`;
    return {
      event: `/restapi/v1.0/account/${ids.account}${owner}/telephony/sessions`,
      form: { detailed: false, sip: matching.some(({ sip }) => sip) },
    };
  }

  /** In the richest form that is asked for. */
  #matchPresence({ extension }: PresenceNotice): Matched | undefined {
    let richest: PresenceFilter | undefined;
    for (const filter of this.#presence) {
      if (filter.extension !== undefined && filter.extension !== extension) continue;
      if (richest === undefined || richnessOf(filter) > richnessOf(richest)) richest = filter;
    }
    if (richest === undefined) return undefined;
    const { ids } = this.#options.source;
    const event = richest.extension === undefined ? `/restapi/v1.0/account/~/extension/${ids.extension(extension)}/presence` : richest.text;
    return { event, form: { detailed: richest.detailed, sip: richest.sip } };
  }
}

const laterOf = (one: Position, other: Position): Position =>
  one.seq > other.seq || (one.seq === other.seq && one.place > other.place) ? one : other;

/** The position may stand within an event. */
const seqBefore = ({ seq, place }: Position): number => (place === Number.MAX_SAFE_INTEGER ? seq : seq - 1);

interface Matched {
  readonly event: string;
  readonly form: Form;
}

const placesPerEvent = 1_024;
/** No event of the log has so many. */
const reminderPlace = placesPerEvent - 1;

const sessionKeyOf = ({ scope }: SessionFilter): string => {
  switch (scope.of) {
    case 'account':
      return sessionsKey;
    case 'extension':
      return sessionsOfKey(scope.extension);
    case 'call':
      return sessionKey(scope.call);
    default:
      return scope satisfies never;
  }
};

const presenceKeyOf = ({ extension }: PresenceFilter): string => (extension === undefined ? presenceKey : presenceOfKey(extension));

/** Of an extension what its own filter tells goes before what the account's does. */
const richnessOf = ({ extension, detailed, sip }: PresenceFilter): number =>
  (sip ? 4 : 0) + (detailed ? 2 : 0) + (extension === undefined ? 0 : 1);

const isOfScope = (
  { scope }: SessionFilter,
  { session, party }: SessionNotice,
  engine: { call(id: CallId): { readonly id: CallId } | undefined },
): boolean => {
  switch (scope.of) {
    case 'account':
      return true;
    case 'extension':
      return party.extension === scope.extension;
    case 'call':
      return session.call === scope.call || engine.call(scope.call)?.id === session.call;
    default:
      return scope satisfies never;
  }
};

const fits = ({ direction, missedCall, phoneNumber, statusCode, withRecordings }: SessionFilter, party: Party): boolean =>
  (direction === undefined || party.direction === direction) &&
  (missedCall === undefined || party.missedCall === missedCall) &&
  (statusCode === undefined || party.status.code === statusCode) &&
  (phoneNumber === undefined || [party.from.number, party.to.number].includes(phoneNumber)) &&
  (!withRecordings || party.recordings.length > 0);

/** Lists that are each in order as one, a notice that stands in several once. */
const inOrder = (lists: readonly (readonly Notice[])[]): readonly Notice[] =>
  [...new Set(lists.flat())].sort((one, two) => one.seq - two.seq || one.place - two.place);

/**
 * The vendor's uuid: a decimal number of 63 bits. Made of the subscription and the place in the log, so that it is the same for
 * every attempt, also after a restart.
 */
const uuidOf = (seed: number, seq: number, place: number): string => {
  const low = mix(seed ^ mix(seq >>> 0) ^ Math.imul(place + 1, 0x9e3779b1));
  const high = mix((Math.imul(seq, placesPerEvent) + place) ^ Math.imul(seed, 0x85ebca6b));
  return ((BigInt(high & 0x7fffffff) << 32n) | BigInt(low)).toString();
};

/** MurmurHash3's last step: every bit of the input changes half of those of the output. */
const mix = (value: number): number => {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};

const hashOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
};
