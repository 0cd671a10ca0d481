import type { ExtensionNumber } from '../../model/ids.ts';
import { checkClient, extensionAsked, parsePaging, requireSight } from './parse.ts';
import { renderExtension } from './render.ts';
import type { Answer, Asked, TenantSource } from './source.ts';

/** `GET /user/`: on whose behalf the token acts. Without a user it is the client's own. */
export const getUser = ({ source, grant, identity }: Asked): Answer => {
  const { numbers, options } = source;
  const { extension, user, client } = grant;
  return {
    status: 200,
    body: {
      id: extension === undefined ? options.clientId : numbers.idOf(extension),
      login: user ?? client,
      client_id: options.clientId,
      extension_id: extension === undefined ? null : numbers.idOf(extension),
      extension_group_id: null,
      dealer_id: null,
      admin: identity.scopes.has('control'),
      access: 'all',
      timezone: 'UTC',
    },
  };
};

/** By which clients find the ids that every other path needs. */
export const listExtensions = (asked: Asked): Answer => {
  requireSight(asked.identity);
  checkClient(asked);
  const { source, query } = asked;
  const paging = parsePaging(query);
  const wanted = query.get('type');
  const found = source.numbers.all().filter((extension) => wanted === null || source.numbers.kindOf(extension) === wanted);
  const shown = paging === undefined ? found : found.slice((paging.page - 1) * paging.perPage, paging.page * paging.perPage);
  return { status: 200, body: shown.map((extension) => extensionBody(source, extension)) };
};

export const getExtension = (asked: Asked): Answer => {
  checkClient(asked);
  const extension = extensionAsked(asked);
  requireSight(asked.identity, extension);
  return { status: 200, body: extensionBody(asked.source, extension) };
};

const extensionBody = (source: TenantSource, extension: ExtensionNumber): object =>
  renderExtension(extension, source.engine.extension(extension)?.name ?? '', source);
