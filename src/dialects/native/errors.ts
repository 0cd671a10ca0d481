import type { ServerResponse } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { problemContentType, renderProblem, toGatewayError } from '../../http/problem.ts';
import { redactUrl } from '../../http/redact.ts';
import { renderCursor } from '../../model/cursor.ts';
import type { Gap } from '../../model/cursor.ts';
import { GatewayError } from '../../model/errors.ts';

/** A gap as an error: what the log still has, and what to do. A cursor from the future was never given: it is invalid. */
export const gapError = (gap: Gap): GatewayError => {
  const places = { field: 'after', after: renderCursor(gap.asked), oldest: renderCursor(gap.oldest), head: renderCursor(gap.head) };
  switch (gap.gap) {
    case 'retention':
    case 'epoch':
      return new GatewayError(
        'too-old',
        { ...places, reason: gap.gap },
        { note: 'Take GET /v1/state and go on from its cursor, or read what is left from "oldest".' },
      );
    case 'future':
      return new GatewayError('invalid-cursor', { ...places, reason: gap.gap }, { note: 'It lies beyond the newest event.' });
    default:
      return gap.gap satisfies never;
  }
};

const headersFor = (error: GatewayError): Readonly<Record<string, string>> => ({
  'Content-Type': problemContentType,
  'Cache-Control': 'no-store',
  ...(error.status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
  ...(error.retry && error.status === 503 ? { 'Retry-After': '1' } : {}),
});

/** The error handler of the native scope. */
export const answerProblem = (thrown: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
  const error = toGatewayError(thrown);
  if (error.code === 'internal') request.log.error({ event: 'native.failed', err: thrown, url: redactUrl(request.url) }, 'request failed');
  void reply.code(error.status).headers(headersFor(error)).send(renderProblem(error));
};

/** The same for a response that no router stands before. */
export const writeProblem = (response: ServerResponse, error: GatewayError): void => {
  response.writeHead(error.status, headersFor(error));
  response.end(JSON.stringify(renderProblem(error)));
};
