import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { Call, Leg } from '../../../src/model/call.ts';
import type { Event } from '../../../src/model/event.ts';
import type { DeliveryAttempt } from '../answers.ts';
import { office, onEvent } from '../live/connection.ts';
import { isSandbox } from '../live/fold.ts';
import { CopyButton } from '../parts/copy.tsx';
import { curlOf } from '../parts/curl.ts';
import { PartyName, partyText } from '../parts/parties.tsx';
import { Waiting } from '../parts/states.tsx';
import { Moment, renderSpan } from '../parts/time.tsx';
import { useAnswer } from '../parts/use-answer.ts';
import { href } from '../router.ts';

type WhyEntry =
  | { readonly kind: 'pbx'; readonly at: string; readonly text: string }
  | { readonly kind: 'fact'; readonly at: string; readonly fact: { readonly type: string } }
  | { readonly kind: 'event'; readonly at: string; readonly event: Event }
  | { readonly kind: 'delivery'; readonly at: string; readonly delivery: DeliveryAttempt };

interface Recordings {
  readonly recordings: readonly { readonly id: string; readonly file?: string }[];
}

/** One call: its legs over time, and why everything about it was said. */
export const CallPage = ({ id }: { readonly id: string }): JSX.Element => {
  const { answer: call, problem, again } = useAnswer<Call>(`/v1/calls/${id}`);
  const why = useAnswer<{ readonly entries: readonly WhyEntry[] }>(`/v1/calls/${id}/why`);
  useEffect(
    () =>
      onEvent(({ callId }) => {
        if (callId !== id) return;
        again();
        why.again();
      }),
    [id, again, why.again],
  );
  if (call === undefined) return <Waiting problem={problem} />;
  return (
    <>
      <nav class="crumbs" aria-label="Where this is">
        <a href={href(['calls'])}>Calls</a> / <span>{call.id}</span>
      </nav>
      <h1>
        <PartyName party={call.from} /> → <PartyName party={call.to} />
      </h1>
      <p class="facts">
        <span class={`badge disposition-${call.disposition ?? call.state}`}>{call.disposition ?? call.state}</span>
        <span>
          {call.direction}, <Moment at={call.startedAt} />
        </span>
        {call.cause === undefined ? null : (
          <span class="quiet">
            cause {call.cause.code} {call.cause.name}
          </span>
        )}
        <CopyButton label="Copy as curl" text={() => curlOf('GET', `/v1/calls/${call.id}`)} />
        <button type="button" class="button small" onClick={() => download(call, why.answer?.entries ?? [])}>
          Download the trace
        </button>
        {hasCapture(why.answer?.entries ?? []) ? (
          <a class="button small" href={`/v1/calls/${call.id}/capture`} download={`${call.id}.capture`}>
            Download the capture
          </a>
        ) : null}
      </p>
      <Timeline call={call} />
      <RecordingList id={id} />
      <h2>Why</h2>
      {why.answer === undefined ? <Waiting problem={why.problem} /> : <Why entries={why.answer.entries} />}
    </>
  );
};

/** Whether the PBX's own words about it can be had as a capture: what is in memory says nothing over a wire. */
const hasCapture = (entries: readonly WhyEntry[]): boolean => {
  const pbx = entries.find((entry) => entry.kind === 'event')?.event.pbx;
  const state = pbx === undefined ? undefined : office.value?.pbxs.get(pbx);
  return state !== undefined && !isSandbox(state) && entries.some(({ kind }) => kind === 'pbx');
};

/** The legs as bars over time: grey while it rings, coloured while it talks. */
const Timeline = ({ call }: { readonly call: Call }): JSX.Element => {
  const from = Date.parse(call.startedAt);
  const until = call.endedAt === undefined ? Date.now() : Date.parse(call.endedAt);
  const length = Math.max(until - from, 1000);
  const share = (at: number): number => ((at - from) / length) * 100;
  return (
    <section class="timeline" aria-label="Legs over time">
      <ol>
        {call.legs.map((leg) => (
          <LegBar key={leg.id} leg={leg} until={until} share={share} />
        ))}
      </ol>
      <p class="scale quiet" aria-hidden="true">
        <span>0:00</span>
        <span>{renderSpan(length)}</span>
      </p>
    </section>
  );
};

const LegBar = ({
  leg,
  until,
  share,
}: {
  readonly leg: Leg;
  readonly until: number;
  readonly share: (at: number) => number;
}): JSX.Element => {
  const begin = Date.parse(leg.startedAt);
  const end = leg.endedAt === undefined ? until : Date.parse(leg.endedAt);
  const connected = leg.connectedAt === undefined ? end : Date.parse(leg.connectedAt);
  const said = [
    `${partyText(leg.party)} with ${partyText(leg.peer)}`,
    `rang ${renderSpan(connected - begin)}`,
    ...(leg.connectedAt === undefined ? [] : [`talked ${renderSpan(end - connected)}`]),
    ...(leg.cause === undefined ? [] : [leg.cause.name]),
    ...(leg.endedBy === undefined ? [] : [`ended by ${leg.endedBy}`]),
  ].join(', ');
  return (
    <li>
      <span class="leg-label">{leg.extension ?? leg.trunk ?? leg.party.number}</span>
      <svg class="leg-bar" width="100%" height="22" role="img" aria-label={said}>
        <title>{said}</title>
        <rect class="bar-ring" x={`${share(begin)}%`} width={`${Math.max(share(connected) - share(begin), 0.4)}%`} height="22" rx="4" />
        {leg.connectedAt === undefined ? null : (
          <rect class="bar-talk" x={`${share(connected)}%`} width={`${Math.max(share(end) - share(connected), 0.4)}%`} height="22" rx="4" />
        )}
      </svg>
    </li>
  );
};

const RecordingList = ({ id }: { readonly id: string }): JSX.Element | null => {
  const { answer } = useAnswer<Recordings>(`/v1/calls/${id}/recordings`);
  if (answer === undefined || answer.recordings.length === 0) return null;
  return (
    <section aria-label="Recordings">
      <h2>Recordings</h2>
      <ul class="rows">
        {answer.recordings.map((recording) => (
          <li key={recording.id}>
            <a href={`/v1/calls/${id}/recordings/${recording.id}`} download>
              {recording.file ?? recording.id}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
};

const kinds = ['pbx', 'fact', 'event', 'delivery'] as const;
const kindTitles = { pbx: 'PBX', fact: 'Fact', event: 'Event', delivery: 'Delivery' } as const;

/** What the PBX said, what it was taken for, what was told of it, and to whom. */
const Why = ({ entries }: { readonly entries: readonly WhyEntry[] }): JSX.Element => {
  const [shown, setShown] = useState<ReadonlySet<string>>(new Set(kinds));
  return (
    <>
      <fieldset class="choice">
        <legend class="visually-hidden">Shown</legend>
        {kinds.map((kind) => (
          <label key={kind}>
            <input
              type="checkbox"
              checked={shown.has(kind)}
              onChange={() =>
                setShown((before) => new Set(before.has(kind) ? [...before].filter((each) => each !== kind) : [...before, kind]))
              }
            />
            {kindTitles[kind]}
          </label>
        ))}
      </fieldset>
      <ol class="why">
        {entries
          .filter(({ kind }) => shown.has(kind))
          .map((entry, index) => (
            <li key={index} class={`why-${entry.kind}`}>
              <time dateTime={entry.at}>{entry.at.slice(11, 23)}</time>
              <span class="why-kind">{kindTitles[entry.kind]}</span>
              <details>
                <summary>{summaryOf(entry)}</summary>
                <pre tabIndex={0}>{textOf(entry)}</pre>
              </details>
            </li>
          ))}
      </ol>
    </>
  );
};

const summaryOf = (entry: WhyEntry): string => {
  switch (entry.kind) {
    case 'pbx':
      return entry.text.trim().split(/\r?\n/)[0] || 'a message';
    case 'fact':
      return entry.fact.type;
    case 'event':
      return entry.event.type;
    case 'delivery':
      return [entry.delivery.endpoint, entry.delivery.outcome, entry.delivery.status ?? ''].join(' ');
    default:
      return entry satisfies never;
  }
};

const textOf = (entry: WhyEntry): string => (entry.kind === 'pbx' ? entry.text : JSON.stringify(toldIn(entry), undefined, 2));

const toldIn = (entry: Exclude<WhyEntry, { readonly kind: 'pbx' }>): unknown => {
  switch (entry.kind) {
    case 'fact':
      return entry.fact;
    case 'event':
      return entry.event;
    case 'delivery':
      return entry.delivery;
    default:
      return entry satisfies never;
  }
};

/** Everything that is shown here, as a file for whoever is asked for help. */
const download = (call: Call, entries: readonly WhyEntry[]): void => {
  const url = URL.createObjectURL(new Blob([JSON.stringify({ call, why: entries }, undefined, 2)], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${call.id}.json`;
  link.click();
  URL.revokeObjectURL(url);
};
