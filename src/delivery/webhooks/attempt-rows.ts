import type { AttemptRow } from '../../store/store.ts';
import type { Attempt, AttemptRecord } from './webhook-engine.ts';

/** An attempt as it lies in the store: by what it is looked up in columns, the rest as JSON. */
export const rowOf = ({ endpoint, tenant, id, seq, attempt, at, outcome, ...rest }: Attempt): AttemptRow => ({
  endpoint,
  tenant,
  id,
  seq,
  attempt,
  at,
  outcome,
  record: JSON.stringify(rest),
});

/** Reads what `rowOf` made. */
export const recordOf = ({ record, outcome, ...row }: AttemptRow & { readonly number: number }): AttemptRecord => ({
  ...row,
  outcome: outcome as Attempt['outcome'],
  ...(JSON.parse(record) as Pick<Attempt, 'lane' | 'latency' | 'status' | 'reply' | 'failure'>),
});
