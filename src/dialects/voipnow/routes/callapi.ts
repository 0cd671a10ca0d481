import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Identity } from '../../../auth/auth.ts';
import { toGatewayError } from '../../../http/problem.ts';
import { signalOf, tellPbx } from '../../../http/replies.ts';
import { GatewayError } from '../../../model/errors.ts';
import { operationOf } from '../callapi.ts';
import { renderException } from '../errors.ts';
import { Parameters } from '../parse.ts';
import { renderXml, toJson, type Tree } from '../xml.ts';
import { parametersOf, sourceOf, type RoutesOptions } from './request.ts';

/** `/callapi`: XML, always with HTTP 200. */
export const callApiRoutes = (scope: FastifyInstance, options: RoutesOptions): void => {
  const { guard, front } = options;
  const identify = (request: FastifyRequest, parameters: Parameters, from: string): Promise<Identity> => {
    const { authorization } = request.headers;
    if (authorization !== undefined && /^OAuth /i.test(authorization)) {
      const path = request.url.split('?', 1)[0] ?? '';
      const urls = [`${request.protocol}://${request.host}${path}`, `${front.publicUrl()}${path}`];
      return guard.bySignature({ method: request.method, urls, authorization }, parameters, from);
    }
    return guard.byDigest(parameters.get('Account') ?? '', parameters.get('PassSHA256') ?? '', from);
  };
  const answer = async (request: FastifyRequest, reply: FastifyReply, named: (parameters: Parameters) => Named): Promise<FastifyReply> => {
    const parameters = parametersOf(request);
    let version = '251';
    try {
      const name = named(parameters);
      if (/^\d{3}$/.test(name.version)) version = name.version;
      const operation = operationOf(name.resource, name.method);
      if (operation === undefined || !/^\d{3}$/.test(name.version)) {
        throw new GatewayError('not-supported', {}, { note: 'There is no such resource, method or version.' });
      }
      const from = front.clients.addressOf(request.raw);
      const identity = await identify(request, parameters, from);
      const source = sourceOf(options, identity);
      source.counter.count(identity.key, from);
      tellPbx(reply, source.engine.status());
      const tree = await operation({ identity, source, parameters, signal: signalOf(reply) });
      return sendTree(reply, parameters, version, [['Answer', [['Status', '200'], ['StatusMessage', 'OK'], ...tree]]]);
    } catch (thrown) {
      const error = toGatewayError(thrown);
      if (error.code === 'internal') request.log.error({ event: 'voipnow.failed', err: thrown }, 'request failed');
      return sendTree(reply, parameters, version, exceptionTree(error));
    }
  };
  for (const path of ['/callapi/:version/:resource/:method', '/callapi/:version/:resource/:method/']) {
    scope.route({
      method: ['GET', 'POST'],
      url: path,
      handler: (request, reply) => answer(request, reply, () => request.params as Named),
    });
  }
  scope.route({
    method: ['GET', 'POST'],
    url: '/callapi/handler.php',
    handler: (request, reply) =>
      answer(request, reply, (parameters) => ({
        version: parameters.required('_version'),
        resource: parameters.required('_resource'),
        method: parameters.required('_method'),
      })),
  });
  // What is no operation's address names none.
  scope.route({
    method: ['GET', 'POST'],
    url: '/callapi/*',
    handler: (request, reply) => answer(request, reply, () => ({ version: '251', resource: '', method: '' })),
  });
  scope.setErrorHandler((thrown, _request, reply) => sendTree(reply, new Parameters('', ''), '251', exceptionTree(toGatewayError(thrown))));
};

interface Named {
  readonly version: string;
  readonly resource: string;
  readonly method: string;
}

/** Both texts, for some readers look at the one and some at the other; `Status` first, for some read no further. */
const exceptionTree = (error: GatewayError): Tree => {
  const { status, code, message } = renderException(error);
  return [
    [
      'Exception',
      [
        ['Status', String(status)],
        ['Code', String(code)],
        ['StatusMessage', message],
        ['Message', message],
      ],
    ],
  ];
};

const sendTree = (reply: FastifyReply, parameters: Parameters, version: string, tree: Tree): FastifyReply => {
  void reply.code(200).header('Cache-Control', 'no-store');
  if (parameters.get('AnswerFormat')?.toLowerCase() === 'json') {
    return reply.header('Content-Type', 'application/json; charset=utf-8').send(JSON.stringify({ CallAPI: toJson(tree) }));
  }
  return reply.header('Content-Type', 'text/xml; charset=utf-8').send(renderXml('CallAPI', { version }, tree));
};
