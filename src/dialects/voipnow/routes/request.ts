import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Identity } from '../../../auth/auth.ts';
import type { HttpFront } from '../../../http/http-server.ts';
import { GatewayError } from '../../../model/errors.ts';
import type { TenantId } from '../../../model/ids.ts';
import type { Gateway } from '../../gateway.ts';
import type { Guard } from '../auth.ts';
import type { TenantSource } from '../calls.ts';
import { Parameters } from '../parse.ts';

/** What the routes of all parts are given. */
export interface RoutesOptions {
  readonly gateway: Gateway;
  readonly front: HttpFront;
  readonly guard: Guard;
  readonly sourceOf: (tenant: TenantId) => TenantSource | undefined;
}

/** Throws `unauthorized` for a tenant that is not served here. */
export const sourceOf = ({ sourceOf: find }: RoutesOptions, { tenant }: Identity): TenantSource => {
  const source = find(tenant);
  if (source === undefined) throw new GatewayError('unauthorized');
  return source;
};

/** Of query and form together. */
export const parametersOf = (request: FastifyRequest): Parameters => {
  const question = request.url.indexOf('?');
  return new Parameters(question === -1 ? '' : request.url.slice(question + 1), typeof request.body === 'string' ? request.body : '');
};

export const sendJson = (reply: FastifyReply, body: object): FastifyReply =>
  reply.header('Content-Type', 'application/json; charset=utf-8').header('Cache-Control', 'no-store').send(JSON.stringify(body));
