import { badRequest, notFound } from './errors.ts';
import { extensionAsked, parseBody, requireControl, requireSight } from './parse.ts';
import { renderSubscription } from './render.ts';
import { subscriptionBody, type Subscription } from './schema.ts';
import type { Answer, Asked } from './source.ts';

export const createEvent = async (asked: Asked): Promise<Answer> => {
  const extension = extensionAsked(asked);
  requireControl(asked.identity, extension);
  const { url, event_type: type, method } = parseBody(subscriptionBody, asked.body);
  return { status: 201, body: renderSubscription(await asked.source.subscriptions.add({ extension, type, method, url })) };
};

export const listEvents = (asked: Asked): Answer => {
  const extension = extensionAsked(asked);
  requireSight(asked.identity, extension);
  return { status: 200, body: asked.source.subscriptions.list(extension).map(renderSubscription) };
};

export const getEvent = (asked: Asked): Answer => {
  requireSight(asked.identity, extensionAsked(asked));
  return { status: 200, body: renderSubscription(eventAsked(asked)) };
};

export const changeEvent = async (asked: Asked): Promise<Answer> => {
  requireControl(asked.identity, extensionAsked(asked));
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
  requireControl(asked.identity, extensionAsked(asked));
  const { extension, id } = eventAsked(asked);
  asked.source.subscriptions.remove(extension, id);
  return { status: 204 };
};

export const deleteEvents = (asked: Asked): Answer => {
  const extension = extensionAsked(asked);
  requireControl(asked.identity, extension);
  for (const { id } of asked.source.subscriptions.list(extension)) asked.source.subscriptions.remove(extension, id);
  return { status: 204 };
};

const eventAsked = (asked: Asked): Subscription => {
  const { event = '' } = asked.params;
  if (!/^\d{1,15}$/.test(event)) throw event === '' ? badRequest('The event is missing.') : notFound();
  return asked.source.subscriptions.get(extensionAsked(asked), Number(event));
};
