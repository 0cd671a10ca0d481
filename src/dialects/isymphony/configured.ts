import type { Snapshot } from '../../engine/engine.ts';
import type { PlaceNames } from '../../model/place.ts';
import { configurationIdOf, type Kind } from './ids.ts';
import type { TenantSource } from './source.ts';
import { instance, setOf, type Instance, type ResourceSet } from './tree.ts';

/** What is configured, under the ids that last: to be read, for the gateway's own configuration holds it. */
export const configuredResources = (source: TenantSource): { readonly coreServers: () => ResourceSet } => ({
  coreServers: () => coreServers(source),
});

/** The same in the older form, `api/resource/`: by what it is about, and there by core server. */
export const olderResources = (source: TenantSource): Instance['children'] => {
  const office = new Configured(source);
  return {
    server: () => instance('', () => ({}), { coreServers: () => coreServers(source) }),
    core: () => coreServers(source, { users: () => office.users() }),
    asterisk: () =>
      coreServers(source, {
        extensions: () => office.extensions(),
        queues: () => office.queues(),
        conferenceRooms: () => office.conferenceRooms(),
        parkingLots: () => office.parkingLots(),
        pbxServers: () => office.pbxServers(),
      }),
  };
};

const coreServers = ({ tenant, options: { slug } }: TenantSource, children: Instance['children'] = {}): ResourceSet => {
  const id = configurationIdOf('coreServer', `${tenant}\0${tenant}`);
  const open = (): Instance => instance(id, () => ({ id, slug, name: slug }), children);
  return setOf([slug], { idOf: () => id, open, isNamed: (_, name) => name === slug });
};

/** One request's view of the tenant's office. */
class Configured {
  readonly #source: TenantSource;
  readonly #live: Snapshot;

  constructor(source: TenantSource) {
    this.#source = source;
    this.#live = source.engine.snapshot();
  }

  users(): ResourceSet {
    return setOf(this.#source.people.all(), {
      idOf: ({ name }) => this.#id('user', name),
      open: ({ name }) => this.#user(name),
      isNamed: (user, name) => user.name === name,
    });
  }

  extensions(): ResourceSet {
    return setOf(this.#live.extensions, {
      idOf: ({ number }) => this.#id('extension', number),
      open: ({ number, name, devices }) => {
        const id = this.#id('extension', number);
        const owner = this.#source.people.ownerOf(number);
        const children = owner === undefined ? {} : { managingUser: () => this.#user(owner.name) };
        return instance(id, () => ({ id, extension: number, displayName: name, peer: devices[0] ?? '' }), children);
      },
      isNamed: ({ number }, name) => number === name,
    });
  }

  queues(): ResourceSet {
    return this.#places('queue', this.#live.queues);
  }

  conferenceRooms(): ResourceSet {
    return this.#places('conference', this.#live.conferences);
  }

  parkingLots(): ResourceSet {
    const { control, tenant } = this.#source;
    const lots = new Set([...control.slots.all(tenant), ...this.#live.slots].map(({ lot }) => lot));
    const places = [...lots].map((name) => ({ name }));
    return this.#places('parkingLot', places);
  }

  pbxServers(): ResourceSet {
    return setOf(this.#source.engine.pbxs, {
      idOf: (pbx) => this.#id('pbxServer', pbx),
      open: (pbx) => {
        const id = this.#id('pbxServer', pbx);
        return instance(id, () => ({ id, name: pbx, enabled: true }));
      },
      isNamed: (pbx, name) => pbx === name,
    });
  }

  #id(kind: Kind, name: string): string {
    return configurationIdOf(kind, `${this.#source.tenant}\0${name}`);
  }

  /** A password is never told. */
  #user(name: string): Instance {
    const id = this.#id('user', name);
    const full = this.#source.people.isFull({ name });
    return instance(id, () => ({ id, username: name, enabled: true, restricted: false, full }));
  }

  #places(kind: Kind, places: readonly (PlaceNames & { readonly name: string })[]): ResourceSet {
    return setOf(places, {
      idOf: ({ name }) => this.#id(kind, name),
      open: ({ name, number = name, displayName = name }) => {
        const id = this.#id(kind, name);
        return instance(id, () => ({ id, displayName, identifier: number, destinationExtension: number, enabled: true }));
      },
      isNamed: ({ name, number = name }, text) => text === number || text === name,
    });
  }
}
