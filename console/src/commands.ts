import type { Call, Leg } from '../../src/model/call.ts';
import { ask, Problem } from './api.ts';
import { session } from './session.ts';

/** A command as the API tells of it. */
export interface CommandRecord {
  readonly id: string;
  readonly state: 'accepted' | 'done' | 'failed' | 'unknown';
  readonly detail?: string;
}

/** Gives a command and waits for what came of it; throws what went wrong, also when the PBX said it later. */
export const command = async (path: string, body: unknown = {}): Promise<CommandRecord> => {
  const record = await ask<CommandRecord>('POST', path, body, undefined, { prefer: 'wait=10' });
  if (record.state === 'failed') throw new Problem(409, { title: record.detail ?? 'It was not done.' });
  if (record.state === 'unknown') throw new Problem(0, { title: record.detail ?? 'Nobody knows whether it was done.' });
  return record;
};

export const legCommand = (leg: Leg, name: string, body: unknown = {}): Promise<CommandRecord> =>
  command(`/v1/legs/${leg.id}/${name}`, body);

export const isLive = (leg: Leg): boolean => leg.state !== 'ended';

export const isTalking = (leg: Leg): boolean => leg.state === 'connected' || leg.state === 'held';

/** Whether it can be answered and rejected by a command. */
export const ringsForAnswer = ({ state, direction }: Leg): boolean => state === 'ringing' && direction === 'inbound';

/**
 * The leg whose user acts when somebody takes hold of a call: the own one, else that of the only extension in it, else of the one that
 * was called. What is done moves the other party.
 */
export const actingLeg = (call: Call): Leg | undefined => {
  const own = session.value?.extension;
  const ours = call.legs.filter((leg) => isLive(leg) && leg.extension !== undefined && leg.supervising === undefined);
  return ours.find((leg) => leg.extension === own) ?? ours.findLast((leg) => leg.direction === 'inbound') ?? ours[0];
};

/** Where a call can be put: onto an extension, into a slot, into a conference. */
export type Target =
  | { readonly kind: 'extension'; readonly number: string }
  | { readonly kind: 'slot'; readonly lot: string; readonly slot: string }
  | { readonly kind: 'conference'; readonly name: string };

export const targetText = (target: Target): string => {
  switch (target.kind) {
    case 'extension':
      return target.number;
    case 'slot':
      return `slot ${target.slot}`;
    case 'conference':
      return `conference ${target.name}`;
    default:
      return target satisfies never;
  }
};

/** Puts the other party of a call onto an extension, into a slot, or all of it into a conference. */
export const putCall = async (call: Call, target: Target): Promise<CommandRecord> => {
  const leg = actingLeg(call);
  if (leg === undefined) throw new Problem(409, { title: 'No extension of the office is in that call.' });
  switch (target.kind) {
    case 'extension':
      return legCommand(leg, leg.state === 'ringing' ? 'divert' : 'transfer', { to: target.number });
    case 'slot':
      return legCommand(leg, 'park', { slot: { lot: target.lot, slot: target.slot } });
    case 'conference':
      return legCommand(leg, 'conference', { conference: target.name });
    default:
      return target satisfies never;
  }
};
