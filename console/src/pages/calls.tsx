import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { dispositions, type Call } from '../../../src/model/call.ts';
import { ask, query, Problem } from '../api.ts';
import { onEvent } from '../live/connection.ts';
import { PartyName } from '../parts/parties.tsx';
import { Empty, Waiting } from '../parts/states.tsx';
import { Table } from '../parts/table.tsx';
import { Moment, renderSpan } from '../parts/time.tsx';
import { go, href, route } from '../router.ts';
import { fieldsOf } from '../parts/fields.ts';

interface CallList {
  readonly calls: readonly Call[];
  /** Ask for more with `before=`. */
  readonly next?: string;
}

const pageSize = 50;
const sought = ['number', 'extension', 'disposition', 'from', 'to'] as const;

/** A day of the reader's own time zone as the moment at which it begins (or the next one does). */
const beginOf = (day: string | null, daysLater: number): string | undefined => {
  if (day === null || day === '') return undefined;
  const date = new Date(`${day}T00:00`);
  date.setDate(date.getDate() + daysLater);
  return date.toISOString();
};

const pathFor = (search: URLSearchParams, before?: string): string =>
  `/v1/calls${query({
    state: 'ended',
    number: search.get('number') ?? undefined,
    extension: search.get('extension') ?? undefined,
    disposition: search.get('disposition') ?? undefined,
    from: beginOf(search.get('from'), 0),
    to: beginOf(search.get('to'), 1),
    before,
    limit: pageSize,
  })}`;

/** The calls that ended, newest first. What ends meanwhile is announced, so that the list does not move under the reader. */
export const CallsPage = (): JSX.Element => {
  const search = route.value.query;
  const [pages, setPages] = useState<readonly CallList[]>();
  const [problem, setProblem] = useState<Problem>();
  const [ended, setEnded] = useState(0);
  const asked = search.toString();

  const load = (before?: string): void => {
    // What ends while the answer is on its way may be missing in it.
    if (before === undefined) setEnded(0);
    const isOld = (): boolean => route.value.query.toString() !== asked;
    ask<CallList>('GET', pathFor(search, before)).then(
      (page) => {
        // Something else was searched for meanwhile.
        if (isOld()) return;
        setPages((known) => (before === undefined ? [page] : [...(known ?? []), page]));
        setProblem(undefined);
      },
      (error: unknown) => {
        if (!isOld()) setProblem(error instanceof Problem ? error : new Problem(0, { title: String(error) }));
      },
    );
  };
  useEffect(() => load(), [asked]);
  useEffect(() => onEvent(({ type }) => (type === 'call.ended' ? setEnded((count) => count + 1) : undefined)), []);

  const calls = pages?.flatMap((page) => page.calls);
  const next = pages?.at(-1)?.next;
  return (
    <>
      <h1>Calls</h1>
      <form
        class="filters"
        key={asked}
        onSubmit={(event) => {
          event.preventDefault();
          const form = fieldsOf(event.currentTarget);
          go(['calls'], Object.fromEntries(sought.map((name) => [name, form.text(name)])));
        }}
      >
        <label class="inline-field">
          Number <input name="number" type="search" value={search.get('number') ?? ''} />
        </label>
        <label class="inline-field">
          Extension <input name="extension" type="search" size={6} value={search.get('extension') ?? ''} />
        </label>
        <label class="inline-field">
          Ended as
          <select name="disposition">
            <option value="">anything</option>
            {dispositions.map((each) => (
              <option key={each} selected={search.get('disposition') === each}>
                {each}
              </option>
            ))}
          </select>
        </label>
        <label class="inline-field">
          From <input name="from" type="date" value={search.get('from') ?? ''} />
        </label>
        <label class="inline-field">
          To <input name="to" type="date" value={search.get('to') ?? ''} />
        </label>
        <button type="submit" class="button primary">
          Search
        </button>
      </form>
      {ended === 0 ? null : (
        <button type="button" class="button news" onClick={() => load()}>
          {ended === 1 ? 'One call has ended since. Show it' : `${ended} calls have ended since. Show them`}
        </button>
      )}
      {calls === undefined ? <Waiting problem={problem} /> : <CallTable calls={calls} />}
      {calls !== undefined && problem !== undefined ? <Waiting problem={problem} /> : null}
      {next === undefined ? null : (
        <button type="button" class="button" onClick={() => load(next)}>
          Older calls
        </button>
      )}
    </>
  );
};

const CallTable = ({ calls }: { readonly calls: readonly Call[] }): JSX.Element =>
  calls.length === 0 ? (
    <Empty>No such call.</Empty>
  ) : (
    <Table label="Calls" columns={['When', 'From', 'To', 'Ended as', 'Talked']}>
      {calls.map((call) => (
        <tr key={call.id}>
          <td>
            <a href={href(['calls', call.id])}>
              <Moment at={call.startedAt} />
            </a>
          </td>
          <td>
            <PartyName party={call.from} />
          </td>
          <td>
            <PartyName party={call.to} />
          </td>
          <td>
            <span class={`badge disposition-${call.disposition ?? 'unknown'}`}>{call.disposition ?? call.state}</span>
          </td>
          <td>
            {call.answeredAt === undefined || call.endedAt === undefined
              ? '–'
              : renderSpan(Date.parse(call.endedAt) - Date.parse(call.answeredAt))}
          </td>
        </tr>
      ))}
    </Table>
  );
