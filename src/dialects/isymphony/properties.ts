import type { TenantEngine } from '../../engine/engine.ts';
import type { CallId, ExtensionNumber } from '../../model/ids.ts';
import type { LiveIds } from './ids.ts';
import type { People } from './people.ts';
import type { Value } from './schema.ts';
import type { Segment } from './segments.ts';

export type Properties = Readonly<Record<string, Value>>;

export interface PropertiesOptions {
  readonly engine: Pick<TenantEngine, 'snapshot'>;
  readonly people: People;
  readonly ids: LiveIds;
}

/** How a conference is called that came of a call into which a third was brought. */
export const roomName = 'Conference';

/** Rooms may be made up as they are dialled; names are not kept for ever. */
const mostPlaceNames = 10_000;

/** The sets of properties that events have in common, each in the vendor's order. */
export class PropertySets {
  readonly #options: PropertiesOptions;
  readonly #placeNames = new Map<string, string>();

  constructor(options: PropertiesOptions) {
    this.#options = options;
  }

  /** `suffix`: the side, of an event that has two. */
  ofExtension(extension: ExtensionNumber | undefined, suffix = ''): Properties {
    const { ids, people } = this.#options;
    const owner = people.ownerOf(extension);
    return {
      [`extensionId${suffix}`]: extension === undefined ? null : ids.of('extension', extension),
      [`extensionNumber${suffix}`]: extension ?? null,
      [`userId${suffix}`]: owner === undefined ? null : people.idOf(owner),
      [`username${suffix}`]: owner?.name ?? null,
    };
  }

  /** `place`: properties of where it is, which stand before those of its extension. */
  ofSegment({ leg, did }: Segment, suffix = '', place: Properties = {}): Properties {
    return {
      [`callSegmentId${suffix}`]: this.#options.ids.of('callSegment', leg.id),
      [`callerIdName${suffix}`]: leg.party.name,
      [`callerIdNumber${suffix}`]: leg.party.number,
      [`did${suffix}`]: did ?? null,
      ...place,
      ...this.ofExtension(leg.extension, suffix),
    };
  }

  ofUser(name: string): Properties {
    const { people } = this.#options;
    const user = people.named(name);
    return { userId: user === undefined ? null : people.idOf(user), username: name };
  }

  ofQueue(queue: string): Properties {
    return { queueId: this.#options.ids.of('queue', queue), queue: this.#nameOf('queues', queue) };
  }

  ofRoom(room: string): Properties {
    return { conferenceRoomId: this.#options.ids.of('conference', room), conferenceRoomName: this.#nameOf('conferences', room) };
  }

  ofCallOfMany(call: CallId): Properties {
    return { conferenceRoomId: this.#options.ids.of('conference', call), conferenceRoomName: roomName };
  }

  /** Places may be called otherwise from now on. */
  forgetNames(): void {
    this.#placeNames.clear();
  }

  /** How a place is called; looked up once, for that takes a view of everything that is live. */
  #nameOf(places: 'queues' | 'conferences', name: string): string {
    const key = `${places}\0${name}`;
    const known = this.#placeNames.get(key);
    if (known !== undefined) return known;
    const found = this.#options.engine.snapshot()[places].find((place) => place.name === name)?.displayName ?? name;
    if (this.#placeNames.size >= mostPlaceNames) this.#placeNames.clear();
    this.#placeNames.set(key, found);
    return found;
  }
}
