import type { FastifyReply, FastifyRequest } from 'fastify';

/** Parameters of the address. */
export const queryOf = ({ url }: Pick<FastifyRequest, 'url'>): URLSearchParams => {
  const question = url.indexOf('?');
  return new URLSearchParams(question === -1 ? '' : url.slice(question + 1));
};

/** A reply that is JSON already. Nothing of the vendor's is to be kept by proxies. */
export const sendText = (reply: FastifyReply, text: string): FastifyReply =>
  reply.header('Content-Type', 'application/json;charset=utf-8').header('Cache-Control', 'no-store').send(text);

export const sendJson = (reply: FastifyReply, status: number, body: object): FastifyReply =>
  sendText(reply.code(status), JSON.stringify(body));
