import type { TenantEngine } from '../engine/engine.ts';
import { isGap } from '../log/event-log.ts';
import type { Cursor } from '../model/cursor.ts';
import type { Event } from '../model/event.ts';
import type { CommandId } from '../model/ids.ts';
import { isoTime, type Clock } from '../model/time.ts';
import type { CommandRow, Store } from '../store/store.ts';
import type { Audit } from './audit.ts';
import { commandEvent } from './command-event.ts';
import type { CommandRecord } from './control.ts';

const pageSize = 1000;

export interface LeftoverOptions {
  readonly engine: TenantEngine;
  readonly store: Store;
  readonly clock: Clock;
  readonly audit: Audit;
}

/**
 * Commands that were open when the last process ended. An end that the log tells of holds (with the power, the store may have
 * lost it); of the others nobody watched what became of them, and that is said.
 */
export const settleLeftovers = async ({ engine, store, clock, audit }: LeftoverOptions): Promise<void> => {
  const rows = store.commands.open(engine.tenant);
  const [pbx] = engine.pbxs;
  if (rows.length === 0 || pbx === undefined) return;
  const ends = await endsInLog(engine, rows);
  for (const row of rows) {
    const left = JSON.parse(row.record) as CommandRecord;
    const told = ends.get(row.id);
    const record: CommandRecord = { ...left, ...(told ?? unknownEnd(clock)) };
    if (told === undefined) await engine.publish([commandEvent(record, pbx, clock.now())], { urgent: true });
    audit.update(record);
    store.commands.put({ ...row, open: false, record: JSON.stringify(record) });
  }
};

type End = Pick<CommandRecord, 'state' | 'error' | 'detail' | 'finishedAt' | 'callId' | 'legId'>;

const unknownEnd = (clock: Clock): End => ({
  state: 'unknown',
  detail: 'The gateway stopped while the command was under way.',
  finishedAt: isoTime(clock.now()),
});

const endsInLog = async (engine: TenantEngine, rows: readonly CommandRow[]): Promise<ReadonlyMap<CommandId, End>> => {
  const open = new Set(rows.map(({ id }) => id));
  const ends = new Map<CommandId, End>();
  let after = earliest(rows);
  while (after !== undefined) {
    const page = await engine.log.read(engine.tenant, after, pageSize);
    if (isGap(page) || page.events.length === 0) break;
    for (const { type, event } of page.events) {
      if (!type.startsWith('command.')) continue;
      const end = endOf(event);
      if (end !== undefined && open.has(end.command)) ends.set(end.command, end.end);
    }
    after = page.next;
  }
  return ends;
};

const earliest = (rows: readonly CommandRow[]): Cursor | undefined =>
  rows
    .map(({ after }) => after)
    .filter((after) => after !== undefined)
    .sort((one, two) => one.seq - two.seq)[0];

const endOf = (event: Event): { readonly command: CommandId; readonly end: End } | undefined => {
  const { callId, legId } = event;
  const subject = { ...(callId === undefined ? undefined : { callId }), ...(legId === undefined ? undefined : { legId }) };
  const end = { ...subject, finishedAt: event.time };
  switch (event.type) {
    case 'command.done':
      return { command: event.data.commandId, end: { ...end, state: 'done' } };
    case 'command.failed':
      return { command: event.data.commandId, end: { ...end, state: 'failed', error: event.data.error, detail: event.data.detail } };
    case 'command.unknown':
      return { command: event.data.commandId, end: { ...end, state: 'unknown', detail: event.data.detail } };
    default:
      return undefined;
  }
};
