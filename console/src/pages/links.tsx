import { useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { PbxState } from '../../../src/model/live-state.ts';
import type { Finding } from '../answers.ts';
import { ask, query } from '../api.ts';
import { office } from '../live/connection.ts';
import type { Event } from '../../../src/model/event.ts';
import { Snippet } from '../parts/copy.tsx';
import { attempt } from '../parts/notices.tsx';
import { Empty, Waiting } from '../parts/states.tsx';
import { Moment } from '../parts/time.tsx';
import { useAnswer } from '../parts/use-answer.ts';
import { may } from '../session.ts';

/** The links to the PBXs: what they say of themselves, what the last comparison mended, and what is wrong. */
export const LinksPage = (): JSX.Element => {
  const pbxs = [...(office.value?.pbxs.values() ?? [])];
  return (
    <>
      <h1>PBX links</h1>
      {office.value === undefined ? <Waiting problem={undefined} /> : null}
      <ul class="cards">
        {pbxs.map((pbx) => (
          <LinkCard key={pbx.id} pbx={pbx} />
        ))}
      </ul>
      <Resyncs />
    </>
  );
};

const LinkCard = ({ pbx }: { readonly pbx: PbxState }): JSX.Element => {
  const [findings, setFindings] = useState<readonly Finding[]>();
  const [isBusy, setBusy] = useState(false);
  const diagnose = async (): Promise<void> => {
    setBusy(true);
    await attempt(async () =>
      setFindings((await ask<{ readonly findings: readonly Finding[] }>('POST', `/v1/pbxs/${pbx.id}/diagnose`, {})).findings),
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
    </li>
  );
};

const recentEvents = 200;

/** What the comparisons with the PBX after each break have found. */
const Resyncs = (): JSX.Element => {
  const cursor = office.value?.cursor;
  const [epoch, seq] = (cursor ?? '-').split('-');
  const after = cursor === undefined ? undefined : `${epoch ?? ''}-${Math.max(0, Number(seq) - 5000)}`;
  const [asked] = useState(after);
  const { answer } = useAnswer<{ readonly events: readonly Event[] }>(
    asked === undefined ? undefined : `/v1/events${query({ type: 'pbx.*', after: asked, limit: recentEvents })}`,
  );
  const events = (answer?.events ?? []).toReversed();
  return (
    <section aria-label="What happened to the links">
      <h2>What happened to the links</h2>
      {events.length === 0 ? <Empty>Nothing in the last 5,000 events.</Empty> : null}
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
