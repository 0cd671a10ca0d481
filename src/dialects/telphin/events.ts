import { requireScope } from '../../http/bearer.ts';
import { badRequest, notFound } from './errors.ts';
import { extensionAsked, parseBody } from './parse.ts';
import { renderSubscription } from './render.ts';
import { subscriptionBody, type Subscription } from './schema.ts';
import type { Answer, Asked } from './source.ts';

/** `/extension/{id}/event/`. Whoever may be told of calls may say where: it needs the scope `observe` to read, `control` to change. */

export const createEvent = async (asked: Asked): Promise<Answer> => {
  requireScope(asked.identity, ['control']);
  const extension = extensionAsked(asked);
  const { url, event_type: type, method } = parseBody(subscriptionBody, asked.body);
  return { status: 201, body: renderSubscription(await asked.source.subscriptions.add({ extension, type, method, url })) };
};

export const listEvents = (asked: Asked): Answer => {
  requireScope(asked.identity, ['observe', 'control']);
  return { status: 200, body: asked.source.subscriptions.list(extensionAsked(asked)).map(renderSubscription) };
};

export const getEvent = (asked: Asked): Answer => {
  requireScope(asked.identity, ['observe', 'control']);
  return { status: 200, body: renderSubscription(eventAsked(asked)) };
};

export const changeEvent = async (asked: Asked): Promise<Answer> => {
  requireScope(asked.identity, ['control']);
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
  requireScope(asked.identity, ['control']);
  const { extension, id } = eventAsked(asked);
  asked.source.subscriptions.remove(extension, id);
  return { status: 204 };
};

export const deleteEvents = (asked: Asked): Answer => {
  requireScope(asked.identity, ['control']);
  const extension = extensionAsked(asked);
  for (const { id } of asked.source.subscriptions.list(extension)) asked.source.subscriptions.remove(extension, id);
  return { status: 204 };
};

const eventAsked = (asked: Asked): Subscription => {
  const { event = '' } = asked.params;
  if (!/^\d{1,15}$/.test(event)) throw event === '' ? badRequest('The event is missing.') : notFound();
  return asked.source.subscriptions.get(extensionAsked(asked), Number(event));
};
