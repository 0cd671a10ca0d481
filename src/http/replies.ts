import type { FastifyReply } from 'fastify';
import type { PbxState } from '../model/live-state.ts';

/** Says how far the PBX can be trusted that this answer tells of. */
export const tellPbx = (reply: FastifyReply, { status, since }: Pick<PbxState, 'status' | 'since'>): void => {
  void reply.header('Switchhook-PBX', `${status}; since=${since}`);
};

/** Aborts when the client leaves. */
export const signalOf = (reply: FastifyReply): AbortSignal => {
  const leaving = new AbortController();
  reply.raw.once('close', () => leaving.abort());
  return leaving.signal;
};
