import type { ExtensionNumber, LegId, NewId, TenantId } from '../../model/ids.ts';
import { isoTime, type Clock, type IsoTime } from '../../model/time.ts';
import { Saved } from '../../store/saved.ts';
import type { Store } from '../../store/store.ts';

/** A conference that was asked for: a room of the PBX, under an id of the vendor's kind. */
export interface Conference {
  /** 32 characters, of which session, parties and token are made. */
  readonly key: string;
  readonly room: string;
  readonly host: ExtensionNumber;
  readonly createdAt: IsoTime;
  /** Whoever has been in it, in the order in which they came: a party's number is its place. */
  readonly members: readonly LegId[];
}

export interface ConferenceBookOptions {
  readonly store: Store;
  readonly tenant: TenantId;
  readonly clock: Clock;
  readonly newId: NewId;
  /** Rooms that the PBX has; without any a room is made up. */
  readonly rooms: readonly string[];
}

const stateName = 'ringcentral:conferences';
const mostConferences = 100;
const sessionForm = /^s-(z[0-9a-f]{31})$/;
const partyForm = /^p-(z[0-9a-f]{31})-([1-9]\d{0,3})$/;
const tokenForm = /^conf_(z[0-9a-f]{31})$/;

/** A tenant's conferences, kept over restarts. The oldest are forgotten when there are too many. */
export class ConferenceBook {
  readonly #options: ConferenceBookOptions;
  readonly #saved: Saved<readonly Conference[]>;

  constructor(options: ConferenceBookOptions) {
    this.#options = options;
    this.#saved = new Saved<readonly Conference[]>(options.store, options.tenant, stateName, []);
  }

  get #all(): readonly Conference[] {
    return this.#saved.value;
  }

  /** A new one in a room that none of those has; undefined if every room is taken. `isEmpty` tells whether nobody is in a room. */
  create(host: ExtensionNumber, isEmpty: (room: string) => boolean): Conference | undefined {
    const { clock, newId, rooms } = this.#options;
    const key = `z${Array.from(newId.token().slice(1), hexDigitOf).join('')}`;
    const free = rooms.find((room) => isEmpty(room) && !this.#all.some((conference) => conference.room === room));
    // One that was asked for and is empty again gives its room to the next.
    const reused = free ?? rooms.find(isEmpty);
    const room = rooms.length === 0 ? `conf${key.slice(1, 9)}` : reused;
    if (room === undefined) return undefined;
    const conference = { key, room, host, createdAt: isoTime(clock.now()), members: [] };
    this.#saved.put([...this.#all.filter((each) => each.room !== room), conference].slice(-mostConferences));
    return conference;
  }

  ofSession(id: string): Conference | undefined {
    return this.#withKey(sessionForm.exec(id)?.[1]);
  }

  ofToken(token: string): Conference | undefined {
    return this.#withKey(tokenForm.exec(token)?.[1]);
  }

  /** Who of a conference has that party's id. */
  memberOf(conference: Conference, partyId: string): LegId | undefined {
    const [, key, number] = partyForm.exec(partyId) ?? [];
    return key === conference.key ? this.#withKey(key)?.members[Number(number) - 1] : undefined;
  }

  /** The number of a leg in it, given to it now if it is new there. */
  numberOf(conference: Conference, leg: LegId): number {
    const known = this.#withKey(conference.key) ?? conference;
    const at = known.members.indexOf(leg);
    if (at !== -1) return at + 1;
    const members = [...known.members, leg];
    this.#saved.put(this.#all.map((each) => (each.key === conference.key ? { ...each, members } : each)));
    return members.length;
  }

  remove({ key }: Conference): void {
    this.#saved.put(this.#all.filter((conference) => conference.key !== key));
  }

  #withKey(key: string | undefined): Conference | undefined {
    return key === undefined ? undefined : this.#all.find((conference) => conference.key === key);
  }
}

const hexDigitOf = (character: string): string => (character.charCodeAt(0) & 15).toString(16);

export const conferenceSessionId = ({ key }: Conference): string => `s-${key}`;
export const conferencePartyId = ({ key }: Conference, number: number): string => `p-${key}-${number}`;
export const voiceCallTokenOf = ({ key }: Conference): string => `conf_${key}`;
