import type { SQLInputValue } from 'node:sqlite';
import type { Call } from '../model/call.ts';
import type { CallId, TenantId } from '../model/ids.ts';
import { microsOf } from '../model/time.ts';
import type { CallQuery, Store } from './store.ts';
import type { Row, StoreFile } from './store-file.ts';

/** Calls deleted at a time, so that pruning stands in nobody's way for long. */
const pruneStep = 100;

export const historyTable = (file: StoreFile): Store['history'] => {
  const byId = (tenant: TenantId, id: string): Row | undefined =>
    file.get('SELECT started, id, call FROM calls WHERE tenant = ? AND id = ?', tenant, id);

  const find = (tenant: TenantId, id: CallId): Row | undefined => {
    const found = byId(tenant, id);
    if (found !== undefined) return found;
    const alias = file.get('SELECT id FROM call_aliases WHERE tenant = ? AND alias = ?', tenant, id);
    return alias === undefined ? undefined : byId(tenant, alias['id'] as string);
  };

  const forget = (tenant: TenantId, id: string): void => {
    file.run('DELETE FROM call_extensions WHERE tenant = ? AND id = ?', tenant, id);
    file.run('DELETE FROM call_aliases WHERE tenant = ? AND id = ?', tenant, id);
    file.run('DELETE FROM calls WHERE tenant = ? AND id = ?', tenant, id);
  };

  const write = (tenant: TenantId, call: Call): void => {
    forget(tenant, call.id);
    const started = microsOf(call.startedAt);
    file.run(
      'INSERT INTO calls (tenant, id, started, disposition, numbers, call) VALUES (?, ?, ?, ?, ?, ?)',
      tenant,
      call.id,
      started,
      call.disposition ?? null,
      numbersOf(call).join('\n'),
      JSON.stringify(call),
    );
    for (const extension of extensionsOf(call)) {
      file.run('INSERT INTO call_extensions (tenant, extension, started, id) VALUES (?, ?, ?, ?)', tenant, extension, started, call.id);
    }
    for (const alias of call.aliases)
      file.run('INSERT OR REPLACE INTO call_aliases (tenant, alias, id) VALUES (?, ?, ?)', tenant, alias, call.id);
  };

  return {
    position: (tenant) => {
      const row = file.get('SELECT epoch, seq FROM history_positions WHERE tenant = ?', tenant);
      return row === undefined ? undefined : { epoch: row['epoch'] as string, seq: row['seq'] as number };
    },
    record: (tenant, calls, position, lost) => {
      file.writeGathered(() => {
        for (const call of calls) write(tenant, call);
        file.run('INSERT OR REPLACE INTO history_positions (tenant, epoch, seq) VALUES (?, ?, ?)', tenant, position.epoch, position.seq);
      }, lost);
    },
    get: (tenant, id) => {
      const row = find(tenant, id);
      return row === undefined ? undefined : callOf(row);
    },
    list: (tenant, query) => {
      const before = query.before === undefined ? undefined : find(tenant, query.before);
      // A page that goes on from a call that is no longer there has nothing before it: such calls were older still.
      if (query.before !== undefined && before === undefined) return [];
      const { sql, values } = renderQuery(tenant, query, before);
      return file.all(sql, ...values).map(callOf);
    },
    prune: (tenant, before) =>
      file.write(() => {
        const rows = file.all('SELECT id FROM calls WHERE tenant = ? AND started < ? ORDER BY started LIMIT ?', tenant, before, pruneStep);
        for (const row of rows) forget(tenant, row['id'] as string);
        return rows.length === pruneStep;
      }),
  };
};

const callOf = (row: Row): Call => JSON.parse(row['call'] as string) as Call;

const numbersOf = (call: Call): readonly string[] => [
  ...new Set(
    [
      call.from.number,
      call.to.number,
      call.dialled ?? '',
      call.did ?? '',
      ...call.legs.flatMap((leg) => [leg.party.number, leg.peer.number]),
    ].filter((number) => number !== ''),
  ),
];

const extensionsOf = (call: Call): ReadonlySet<string> =>
  new Set(
    [call.from.extension, call.to.extension, ...call.legs.flatMap((leg) => [leg.extension, leg.party.extension])].filter(
      (extension) => extension !== undefined,
    ),
  );

/** Newest first. With an extension the listing walks that extension's calls, else all of the tenant's; either is in order already. */
const renderQuery = (
  tenant: TenantId,
  query: CallQuery,
  before: Row | undefined,
): { readonly sql: string; readonly values: readonly SQLInputValue[] } => {
  const walked = query.extension === undefined ? 'calls' : 'call_extensions';
  const tables = walked === 'calls' ? 'calls' : 'call_extensions CROSS JOIN calls USING (tenant, id)';
  const conditions: readonly (readonly [string, ...SQLInputValue[]])[] = [
    [`${walked}.tenant = ?`, tenant],
    ...(query.extension === undefined ? [] : [['call_extensions.extension = ?', query.extension] as const]),
    ...(query.number === undefined ? [] : [['instr(calls.numbers, ?) > 0', query.number] as const]),
    ...(query.disposition === undefined ? [] : [['calls.disposition = ?', query.disposition] as const]),
    ...(query.from === undefined ? [] : [[`${walked}.started >= ?`, query.from] as const]),
    ...(query.to === undefined ? [] : [[`${walked}.started < ?`, query.to] as const]),
    ...(before === undefined
      ? []
      : [[`(${walked}.started, ${walked}.id) < (?, ?)`, before['started'] as number, before['id'] as string] as const]),
  ];
  const where = conditions.map(([condition]) => condition).join(' AND ');
  return {
    sql: `SELECT calls.call FROM ${tables} WHERE ${where} ORDER BY ${walked}.started DESC, ${walked}.id DESC LIMIT ?`,
    values: [...conditions.flatMap(([, ...values]) => values), query.limit],
  };
};
