import type { Control } from '../../control/control.ts';
import type { TenantEngine } from '../../engine/engine.ts';
import type { TenantId } from '../../model/ids.ts';
import type { Gateway } from '../gateway.ts';
import type { EventSource } from './connections.ts';
import { EventFeed } from './event-feed.ts';
import { LiveIds } from './ids.ts';
import type { ISymphonyOptions } from './options.ts';
import { createPeople, type People } from './people.ts';
import { EventProjection } from './project.ts';
import { Segments } from './segments.ts';

/** What the requests and connections of a tenant are answered from: the vendor's core server. */
export interface TenantSource extends EventSource {
  readonly tenant: TenantId;
  readonly engine: TenantEngine;
  readonly control: Control;
  readonly ids: LiveIds;
  readonly people: People;
  readonly segments: Segments;
  readonly coreServerId: string;
  readonly options: ISymphonyOptions;
}

export const openSource = (gateway: Gateway, engine: TenantEngine, options: ISymphonyOptions): TenantSource => {
  const { tenant } = engine;
  const { control, users, newId, log: logger } = gateway;
  const ids = new LiveIds(newId.token());
  const people = createPeople({ engine, users, ids, options });
  const segments = new Segments();
  const coreServerId = ids.of('coreServer', tenant);
  const { answeredDialEnd, legacyEventTypes, strictJson, filter } = options;
  const projection = new EventProjection({ engine, people, ids, segments, coreServerId, answeredDialEnd });
  const feed = new EventFeed({ engine, projection, logger });
  const filterOptions = { matchNumbered: filter.matchNumbered, legacyEventTypes };
  return { tenant, engine, control, ids, people, segments, coreServerId, options, feed, filterOptions, strictJson };
};
