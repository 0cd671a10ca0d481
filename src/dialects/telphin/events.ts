import type { ExtensionNumber } from '../../model/ids.ts';
import { badRequest, notFound } from './errors.ts';
import { checkClient, extensionAsked, parseBody, requireControl, requireSight } from './parse.ts';
import { renderSubscription } from './render.ts';
import { subscriptionBody, type Subscription } from './schema.ts';
import type { Answer, Asked } from './source.ts';

/** The extension of the path, or the client as a whole. */
const ownerAsked = (asked: Asked): ExtensionNumber | undefined => {
  if (asked.params['extension'] !== undefined) return extensionAsked(asked);
  checkClient(asked);
  return undefined;
};

export const createEvent = async (asked: Asked): Promise<Answer> => {
  const extension = ownerAsked(asked);
  requireControl(asked.identity, extension);
  const { url, event_type: type, method } = parseBody(subscriptionBody, asked.body);
  const wish = { ...(extension === undefined ? undefined : { extension }), type, method, url };
  return { status: 201, body: renderSubscription(await asked.source.subscriptions.add(wish)) };
};

export const listEvents = (asked: Asked): Answer => {
  const extension = ownerAsked(asked);
  requireSight(asked.identity, extension);
  return { status: 200, body: asked.source.subscriptions.list(extension).map(renderSubscription) };
};

export const getEvent = (asked: Asked): Answer => {
  requireSight(asked.identity, ownerAsked(asked));
  return { status: 200, body: renderSubscription(eventAsked(asked)) };
};

export const changeEvent = async (asked: Asked): Promise<Answer> => {
  requireControl(asked.identity, ownerAsked(asked));
  const { extension, id } = eventAsked(asked);
  const { url, event_type: type, method } = parseBody(subscriptionBody.partial(), asked.body);
  const changed = await asked.source.subscriptions.change(extension, id, {
    ...(url === undefined ? undefined : { url }),
    ...(type === undefined ? undefined : { type }),
    ...(method === undefined ? undefined : { method }),
  });
  return { status: 200, body: renderSubscription(changed) };
};

export const deleteEvent = (asked: Asked): Answer => {
  requireControl(asked.identity, ownerAsked(asked));
  const { extension, id } = eventAsked(asked);
  asked.source.subscriptions.remove(extension, id);
  return { status: 204 };
};

export const deleteEvents = (asked: Asked): Answer => {
  const extension = ownerAsked(asked);
  requireControl(asked.identity, extension);
  for (const { id } of asked.source.subscriptions.list(extension)) asked.source.subscriptions.remove(extension, id);
  return { status: 204 };
};

const eventAsked = (asked: Asked): Subscription => {
  const { event = '' } = asked.params;
  if (!/^\d{1,15}$/.test(event)) throw event === '' ? badRequest('The event is missing.') : notFound();
  return asked.source.subscriptions.get(ownerAsked(asked), Number(event));
};
