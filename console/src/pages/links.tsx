import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { PbxState } from '../../../src/model/live-state.ts';
import type { Finding, PbxLink } from '../answers.ts';
import { ask, query } from '../api.ts';
import { office, onEvent } from '../live/connection.ts';
import { isSandbox } from '../live/fold.ts';
import type { Event } from '../../../src/model/event.ts';
import { Snippet } from '../parts/copy.tsx';
import { attempt } from '../parts/notices.tsx';
import { Empty, Waiting } from '../parts/states.tsx';
import { Moment } from '../parts/time.tsx';
import { useAnswer } from '../parts/use-answer.ts';
import { useEvery } from '../parts/use-every.ts';
import { may } from '../session.ts';
import { CapturePanel } from './capture.tsx';

/** The links to the PBXs: what they say of themselves, what the last comparison mended, and what is wrong. */
export const LinksPage = (): JSX.Element => {
  // What a PBX is comes with the events; how fast it answers no event tells.
  const { answer, again } = useAnswer<{ readonly pbxs: readonly PbxLink[] }>('/v1/pbxs');
  useEvery(pingEveryMs, again);
  if (office.value === undefined) return <Waiting problem={undefined} />;
  const pbxs = [...office.value.pbxs.values()];
  return (
    <>
      <h1>PBX links</h1>
      <ul class="cards">
        {pbxs.map((pbx) => (
          <LinkCard key={pbx.id} pbx={pbx} ping={answer?.pbxs.find(({ id }) => id === pbx.id)?.ping} />
        ))}
      </ul>
      <Past cursor={office.value.cursor} />
    </>
  );
};

/** As often as the gateway asks the PBX. */
const pingEveryMs = 5000;

const LinkCard = ({ pbx, ping }: { readonly pbx: PbxState; readonly ping: PbxLink['ping'] | undefined }): JSX.Element => {
  const [findings, setFindings] = useState<readonly Finding[]>();
  const [isBusy, setBusy] = useState(false);
  const diagnose = async (): Promise<void> => {
    setBusy(true);
    await attempt(async () =>
      setFindings(
        (await ask<{ readonly findings: readonly Finding[] }>('POST', `/v1/pbxs/${encodeURIComponent(pbx.id)}/diagnose`, {})).findings,
      ),
    );
    setBusy(false);
  };
  return (
    <li class="card">
      <h2>{pbx.id}</h2>
      <p class="facts">
        <span class={`badge ${pbx.status === 'live' ? 'badge-good' : pbx.status === 'down' ? 'badge-bad' : 'badge-warm'}`}>
          {pbx.status}
        </span>
        <span class="quiet">
          since <Moment at={pbx.since} />
        </span>
      </p>
      {pbx.reason === undefined ? null : <p class="problem">{pbx.reason}</p>}
      <dl>
        <dt>Version</dt>
        <dd>{pbx.version ?? 'not told'}</dd>
        <dt>Started</dt>
        <dd>{pbx.startedAt === undefined ? 'not told' : <Moment at={pbx.startedAt} />}</dd>
        <dt>Answers in</dt>
        <dd>{ping === undefined ? (isSandbox(pbx) ? 'it is in this process' : 'not asked yet') : `${ping.ms.toFixed(1)} ms`}</dd>
      </dl>
      {may('administer') ? (
        <button type="button" class="button" disabled={isBusy} onClick={() => void diagnose()}>
          {isBusy ? 'Looking…' : 'Look for what is wrong'}
        </button>
      ) : null}
      {findings === undefined ? null : (
        <ul class="findings">
          {findings.map(({ check, ok, detail, mend }) => (
            <li key={check}>
              <span class={`badge ${ok ? 'badge-good' : 'badge-bad'}`}>{ok ? 'ok' : 'not so'}</span> <strong>{check}</strong>: {detail}
              {mend === undefined ? null : <Snippet title="What to do" text={mend} />}
            </li>
          ))}
        </ul>
      )}
      {may('administer') && !isSandbox(pbx) ? <CapturePanel pbx={pbx.id} /> : null}
    </li>
  );
};

const lookedAt = 5000;
const mostShown = 200;
const isOfLink = ({ type }: Pick<Event, 'type'>): boolean => type.startsWith('pbx.');

/** What happened to the links of late, comparisons with their corrections among it, and what happens from now on. */
const Past = ({ cursor }: { readonly cursor: string }): JSX.Element => {
  const [from] = useState(cursor);
  const [since, setSince] = useState<readonly Event[]>([]);
  useEffect(() => onEvent((event) => (isOfLink(event) ? setSince((before) => [...before, event].slice(-mostShown)) : undefined)), []);
  const [epoch = '', seq = ''] = from.split('-');
  const pathAfter = (after: string): string => `/v1/events${query({ type: 'pbx.*', after, limit: mostShown })}`;
  const recent = useAnswer<EventPage>(pathAfter(`${epoch}-${Math.max(0, Number(seq) - lookedAt)}`));
  // The log may keep less than that.
  const all = useAnswer<EventPage>(recent.problem?.code === 'too-old' ? pathAfter('oldest') : undefined);
  const { answer, problem } = recent.problem?.code === 'too-old' ? all : recent;
  const known = new Set(answer?.events.map(({ id }) => id));
  const events = [...(answer?.events ?? []), ...since.filter(({ id }) => !known.has(id))].toReversed();
  return (
    <section aria-label="What happened to the links">
      <h2>What happened to the links</h2>
      {answer === undefined ? <Waiting problem={problem} /> : null}
      {answer !== undefined && events.length === 0 ? <Empty>Nothing of late.</Empty> : null}
      <ul class="rows">
        {events.map((event) => (
          <li key={event.id}>
            <Moment at={event.time} /> <strong>{event.pbx}</strong> {sayLink(event)}
          </li>
        ))}
      </ul>
    </section>
  );
};

interface EventPage {
  readonly events: readonly Event[];
}

const sayLink = (event: Event): string => {
  switch (event.type) {
    case 'pbx.connected':
      return 'was connected';
    case 'pbx.degraded':
      return `is degraded: ${event.data.reason}`;
    case 'pbx.disconnected':
      return `was lost: ${event.data.reason}`;
    case 'pbx.resynced': {
      const { corrections, restarted } = event.data;
      const found = corrections.length === 0 ? 'nothing to correct' : corrections.map(({ what, callId }) => `${what} ${callId}`).join(', ');
      return `was compared${restarted ? ' after a restart of its own' : ''}: ${found}`;
    }
    default:
      return event.type;
  }
};
