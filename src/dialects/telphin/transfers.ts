import type { Map as ImmutableMap } from 'immutable';
import { dialStatusOf, type DialStatus } from '../../delivery/dial-status.ts';
import { sideOf } from '../../delivery/participations.ts';
import type { EventOf } from '../../model/event.ts';
import type { CallId, LegId } from '../../model/ids.ts';
import type { LiveState } from '../../model/live-state.ts';
import type { Micros } from '../../model/time.ts';
import { identityOf } from './ids.ts';
import type { Part } from './schema.ts';

/**
 * What a blind transfer began: the extension that sent somebody on has, to the vendor, made a call of its own to where it sent
 * them. It lasts as long as those two are together.
 */
export interface Transfer {
  readonly part: Part;
  /** In which it was begun; who was sent on may have been moved to another since. */
  readonly call: CallId;
  /** Who answered there, and when. */
  readonly answered?: { readonly leg: LegId; readonly at: Micros };
  /** How the last phone that rang in vain ended. */
  readonly status?: DialStatus;
}

/** By the leg that was sent on. */
export type Transfers = ImmutableMap<LegId, Transfer>;

export type TransferChange =
  | { readonly what: 'began' | 'answered'; readonly transfer: Transfer }
  | { readonly what: 'ended'; readonly transfer: Transfer; readonly status: DialStatus };

export interface FoldedTransfers {
  readonly transfers: Transfers;
  readonly changes: readonly TransferChange[];
}

/** Folds an event into the transfers. `at` is its time, as exactly as it is known. */
export const foldTransfers = (
  transfers: Transfers,
  event: EventOf<'call.transferred'> | EventOf<'legs.linked'> | EventOf<'leg.ended'>,
  at: Micros,
): FoldedTransfers => {
  switch (event.type) {
    case 'call.transferred':
      return begin(transfers, event);
    case 'legs.linked':
      return answer(transfers, event, at);
    case 'leg.ended':
      return end(transfers, event);
    default:
      return event satisfies never;
  }
};

const begin = (transfers: Transfers, event: EventOf<'call.transferred'>): FoldedTransfers => {
  const { call, leg, data } = event;
  const { kind, by, to, succeeded } = data;
  const { extension } = by;
  if (kind !== 'blind' || !succeeded || call === undefined || leg === undefined || extension === undefined)
    return { transfers, changes: [] };
  // Who is sent on once more has left where it was sent before.
  const { transfers: others, changes } = finish(transfers, leg.id);
  const name = call.legs.find(({ id }) => id === by.legId)?.party.name ?? '';
  const part: Part = {
    ...identityOf(call, `transfer ${event.id}`),
    extension,
    flow: 'out',
    caller: { number: extension, name, extension },
    called: sideOf(to),
    did: '',
    dialled: to.number,
    isTransfer: true,
  };
  const transfer = { part, call: call.id };
  return { transfers: others.set(leg.id, transfer), changes: [...changes, { what: 'began', transfer }] };
};

const answer = (transfers: Transfers, { legId, data }: EventOf<'legs.linked'>, at: Micros): FoldedTransfers => {
  if (legId === undefined) return { transfers, changes: [] };
  for (const sent of [legId, data.peer]) {
    const leg = sent === legId ? data.peer : legId;
    const before = transfers.get(sent);
    if (before === undefined || before.answered !== undefined) continue;
    const transfer = { ...before, answered: { leg, at } };
    return { transfers: transfers.set(sent, transfer), changes: [{ what: 'answered', transfer }] };
  }
  return { transfers, changes: [] };
};

const end = (transfers: Transfers, { leg, data }: EventOf<'leg.ended'>): FoldedTransfers => {
  if (leg === undefined || transfers.isEmpty()) return { transfers, changes: [] };
  if (transfers.has(leg.id)) {
    // That it had talked before says nothing of whether anybody answered there.
    const { connectedAt: _, ...unanswered } = leg;
    return finish(transfers, leg.id, dialStatusOf(unanswered, data));
  }
  const sent = transfers.findKey(({ answered }) => answered?.leg === leg.id);
  if (sent !== undefined) return finish(transfers, sent);
  if (leg.direction !== 'inbound') return { transfers, changes: [] };
  const status = dialStatusOf(leg, data);
  const rangFor = ({ call, answered }: Transfer): boolean => call === leg.callId && answered === undefined;
  return { transfers: transfers.map((transfer) => (rangFor(transfer) ? { ...transfer, status } : transfer)), changes: [] };
};

/** `otherwise`: how it ended where nobody answered and no phone rang. */
const finish = (transfers: Transfers, sent: LegId, otherwise: DialStatus = 'CANCEL'): FoldedTransfers => {
  const transfer = transfers.get(sent);
  if (transfer === undefined) return { transfers, changes: [] };
  const status = transfer.answered === undefined ? (transfer.status ?? otherwise) : 'ANSWER';
  return { transfers: transfers.delete(sent), changes: [{ what: 'ended', transfer, status }] };
};

/** Those whose party is still there. */
export const liveTransfers = (transfers: Transfers, live: Pick<LiveState, 'calls'>): Transfers => {
  const legs = new Set(live.calls.flatMap((call) => call.legs.filter(({ state }) => state !== 'ended').map(({ id }) => id)));
  return transfers.filter((_transfer, sent) => legs.has(sent));
};
