import { isGap } from '../../log/event-log.ts';
import type { LoggedEvent } from '../../log/event-log.ts';
import type { Cursor } from '../../model/cursor.ts';
import type { Hub } from '../hub.ts';
import type { DeliveryItem, DeliverySource } from './webhook-engine.ts';

export interface LogSourceOptions {
  readonly hub: Hub;
  /** What an event makes; undefined if it is not for the endpoint. The same event must always make the same. */
  readonly itemOf: (event: LoggedEvent) => DeliveryItem | undefined | Promise<DeliveryItem | undefined>;
  readonly gap?: (from: Cursor, to: Cursor) => DeliveryItem | undefined;
}

/** A source out of a tenant's own log, read through its hub: who is close to the present is served from memory. */
export const createLogSource = ({ hub, itemOf, gap }: LogSourceOptions): DeliverySource => ({
  read: async (after, limit, signal) => {
    const page = await hub.read(after, limit, signal);
    if (isGap(page)) return page;
    const items: DeliveryItem[] = [];
    for (const event of page.events) {
      const made = itemOf(event);
      const item = made instanceof Promise ? await made : made;
      if (item !== undefined) items.push(item);
    }
    return { items, next: page.next };
  },
  head: () => hub.position,
  onMore: (listener) => hub.onMoved(listener),
  ...(gap === undefined ? undefined : { gap }),
});
