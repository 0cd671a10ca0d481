import { GatewayError } from '../../model/errors.ts';
import type { ExtensionNumber, NewId, TenantId } from '../../model/ids.ts';
import { isoTime, type Clock } from '../../model/time.ts';
import { Saved } from '../../store/saved.ts';
import type { Store } from '../../store/store.ts';
import type { EventNumber, Profile, PublishedRequest } from './schema.ts';

/** What may be changed of a request. */
export interface RequestChange {
  readonly type?: EventNumber;
  readonly method?: PublishedRequest['method'];
  readonly url?: string;
  readonly enabled?: boolean;
  readonly notes?: string;
  readonly lowerCaseFlow?: boolean;
}

export interface NewRequest extends RequestChange {
  /** Made up when absent. */
  readonly id?: string;
  readonly extension: ExtensionNumber;
  readonly type: EventNumber;
  readonly url: string;
  readonly profile: Profile;
}

export interface RequestsOptions {
  readonly tenant: TenantId;
  readonly store: Store;
  readonly clock: Clock;
  readonly newId: NewId;
  /** Throws `invalid-parameter` or `address-refused`. */
  readonly checkUrl: (url: string) => Promise<void>;
  /** The `seq` at which the log stands. */
  readonly head: () => number;
  /** Told of each change of an extension's requests once it is durable. */
  readonly onChange: (extension: ExtensionNumber) => void;
}

const stateName = 'voipnow:requests';
const mostOfExtension = 50;
const mostOfTenant = 2_000;
const longestUrl = 2_000;
const longestNotes = 1_000;

/**
 * The web requests published for the call events of a tenant's extensions. A fault is `invalid-parameter` whose `field` is
 * `id`, `type`, `url` or `notes`, `address-refused`, `not-found`, or `too-many-requests` for one more than there may be.
 */
export class PublishedRequests {
  readonly #options: RequestsOptions;
  readonly #requests: Saved<readonly PublishedRequest[]>;

  constructor(options: RequestsOptions) {
    this.#options = options;
    this.#requests = new Saved<readonly PublishedRequest[]>(options.store, options.tenant, stateName, []);
    this.#takeOver();
  }

  /** Requests that were kept before they had a place begin now, in their order. */
  #takeOver(): void {
    const kept: readonly (Omit<PublishedRequest, 'after' | 'rank'> & Partial<PublishedRequest>)[] = this.all();
    if (kept.every(({ rank }) => rank !== undefined)) return;
    const placed: PublishedRequest[] = [];
    for (const request of kept) placed.push(this.#placed(request, placed));
    this.#requests.put(placed);
  }

  /** Of all extensions that have any. */
  extensions(): ReadonlySet<ExtensionNumber> {
    return new Set(this.all().map(({ extension }) => extension));
  }

  all(): readonly PublishedRequest[] {
    return this.#requests.value;
  }

  /** Of an extension, of one type or of all, in the order in which they were added. */
  list(extension: ExtensionNumber, type?: EventNumber): readonly PublishedRequest[] {
    return this.all().filter((request) => request.extension === extension && (type === undefined || request.type === type));
  }

  get(extension: ExtensionNumber, id: string): PublishedRequest {
    const found = this.#find(extension, id);
    if (found === undefined) throw new GatewayError('not-found', { field: 'id' }, { note: 'The extension has no such request.' });
    return found;
  }

  async add(wish: NewRequest): Promise<PublishedRequest> {
    const { clock, newId } = this.#options;
    const request = {
      id: wish.id ?? newId.token().slice(0, 30),
      extension: wish.extension,
      type: wish.type,
      method: wish.method ?? 'GET',
      url: wish.url,
      enabled: wish.enabled ?? true,
      notes: wish.notes ?? '',
      profile: wish.profile,
      ...(wish.lowerCaseFlow === undefined ? undefined : { lowerCaseFlow: wish.lowerCaseFlow }),
      modified: isoTime(clock.now()),
    };
    await this.#check(request);
    // After the look at the address, which takes its time: whatever was added meanwhile counts.
    if (this.#find(request.extension, request.id) !== undefined) throw refused('id', 'The extension has a request of this id.');
    if (this.all().length >= mostOfTenant || this.list(request.extension).length >= mostOfExtension) {
      throw new GatewayError('too-many-requests', { field: 'id' }, { note: `An extension has at most ${mostOfExtension} requests.` });
    }
    const placed = this.#placed(request);
    this.#requests.put([...this.all(), placed]);
    this.#options.onChange(placed.extension);
    return placed;
  }

  async edit(extension: ExtensionNumber, id: string, change: RequestChange): Promise<PublishedRequest> {
    const wished = { ...this.get(extension, id), ...change };
    await this.#check(wished);
    const before = this.get(extension, id);
    const changed: PublishedRequest = { ...before, ...change, modified: isoTime(this.#options.clock.now()) };
    // It begins anew where it is another story, or one that was not told for a while.
    const now = isSameStory(changed, before) && changed.enabled === before.enabled ? changed : this.#placed(changed);
    this.#requests.put(this.all().map((request) => (request === before ? now : request)));
    this.#options.onChange(extension);
    return now;
  }

  remove(extension: ExtensionNumber, id: string): PublishedRequest {
    const before = this.get(extension, id);
    this.#requests.put(this.all().filter((request) => request !== before));
    this.#options.onChange(extension);
    return before;
  }

  /** It is made for what happens from now on. */
  #placed(request: Omit<PublishedRequest, 'after' | 'rank'>, among = this.all()): PublishedRequest {
    const taken = among
      .filter(({ extension, id }) => extension === request.extension && id !== request.id)
      .filter((other) => isSameStory(other, request))
      .map(({ rank }) => rank);
    let rank = 0;
    while (taken.includes(rank)) rank += 1;
    return { ...request, after: this.#options.head(), rank };
  }

  #find(extension: ExtensionNumber, id: string): PublishedRequest | undefined {
    return this.all().find((request) => request.extension === extension && request.id === id);
  }

  async #check({ id, url, notes, type, profile }: Omit<PublishedRequest, 'after' | 'rank'>): Promise<void> {
    if (!/^[A-Za-z0-9]{1,255}$/.test(id)) throw refused('id', 'A request id is 1 to 255 letters and digits.');
    if (type > 2 && profile === 'callapi2') throw refused('type', 'CallAPI has the events 0 (Dial-In), 1 (Dial-Out) and 2 (Hangup).');
    if (notes.length > longestNotes) throw refused('notes', `Notes have at most ${longestNotes} characters.`);
    if (url.length > longestUrl) throw refused('url', `A URL has at most ${longestUrl} characters.`);
    await this.#options.checkUrl(url);
  }
}

type Story = Pick<PublishedRequest, 'type' | 'method' | 'url'>;

/** Whether both tell the same receiver of the same event. */
const isSameStory = (one: Story, other: Story): boolean =>
  one.type === other.type && one.method === other.method && receiverOf(one) === receiverOf(other);

/** The server that is asked, whatever the path there. */
export const receiverOf = ({ url }: Pick<PublishedRequest, 'url'>): string => new URL(url).origin;

const refused = (field: string, note: string): GatewayError => new GatewayError('invalid-parameter', { field }, { note });
