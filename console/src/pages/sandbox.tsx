import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { Leg } from '../../../src/model/call.ts';
import { ask } from '../api.ts';
import { isLive } from '../commands.ts';
import { office, onEvent } from '../live/connection.ts';
import { attempt } from '../parts/notices.tsx';
import { Snippet } from '../parts/copy.tsx';
import { partyText } from '../parts/parties.tsx';
import { Timer } from '../parts/time.tsx';
import { href } from '../router.ts';
import { fieldsOf } from '../parts/fields.ts';

const play = (path: string, body: unknown = {}, done?: string): Promise<boolean> =>
  attempt(() => ask('POST', `/v1/sandbox/${path}`, body), done);

/** Only where the PBX is a sandbox: hands at its phones, and its clock. */
export const SandboxPage = (): JSX.Element => (
  <>
    <h1>Sandbox</h1>
    <p>The phones of this office are played from here, by the API under /v1/sandbox, or by scenario files. Nothing outside rings.</p>
    <Tour />
    <Phones />
    <section class="card" aria-label="The clock">
      <h2>The clock</h2>
      <p>Time-outs, ring times and returns from parking need not be waited for.</p>
      <p class="actions">
        {[
          [10, '10 seconds'],
          [60, 'a minute'],
          [180, '3 minutes'],
        ].map(([seconds, text]) => (
          <button key={text} type="button" class="button" onClick={() => void play('clock/advance', { seconds }, `It is ${text} later.`)}>
            {text} later
          </button>
        ))}
      </p>
    </section>
  </>
);

const outside = '+15550100001';

const steps = ['A call comes in', '101 answers', 'The call ends, and a program is told'] as const;

/** From a first call to a first webhook, by three clicks. */
const Tour = (): JSX.Element => {
  const [done, setDone] = useState(0);
  const [call, setCall] = useState<string>();
  useEffect(
    () =>
      onEvent((event) => {
        if (event.callId !== call || call === undefined) return;
        if (event.type === 'leg.connected' && event.extension === '101') setDone((count) => Math.max(count, 2));
        if (event.type === 'call.ended') setDone(3);
      }),
    [call],
  );
  const start = async (): Promise<void> => {
    await attempt(async () => {
      const made = await ask<{ readonly id: string }>('POST', '/v1/sandbox/calls', { from: outside, to: '101' });
      setCall(made.id);
      setDone(1);
    });
  };
  return (
    <section class="card tour" aria-label="A tour in three steps">
      <h2>See it work</h2>
      <ol>
        {steps.map((title, index) => (
          <li
            key={title}
            class={index < done ? 'tour-done' : index === done ? 'tour-now' : ''}
            {...(index === done ? { 'aria-current': 'step' as const } : {})}
          >
            <strong>{title}</strong>
            {index === 0 ? (
              <>
                <span>{outside} calls 101.</span>
                <button type="button" class="button primary" disabled={done !== 0} onClick={() => void start()}>
                  Call 101
                </button>
              </>
            ) : index === 1 ? (
              <>
                <span>Somebody takes the phone off the hook; the board shows who talks with whom.</span>
                <button type="button" class="button primary" disabled={done !== 1} onClick={() => void play('phones/101/answer')}>
                  Answer at 101
                </button>
              </>
            ) : (
              <>
                <span>Run this in a terminal first, and hang up: the webhook arrives there.</span>
                <Snippet title="A program that is told" text={listenText()} />
                <button type="button" class="button primary" disabled={done !== 2} onClick={() => void play('phones/101/hangup')}>
                  Hang up
                </button>
              </>
            )}
          </li>
        ))}
      </ol>
      {done < 3 || call === undefined ? null : (
        <p>
          That was a whole call. <a href={href(['calls', call])}>See why everything about it was told</a>, or{' '}
          <button type="button" class="button small" onClick={() => setDone(0)}>
            begin again
          </button>
        </p>
      )}
    </section>
  );
};

const listenText = (): string =>
  `SWITCHHOOK_URL=${location.origin} SWITCHHOOK_KEY=demo-key npm run -s switchhook -- listen --forward-to http://127.0.0.1:9000/hook --types 'call.*'`;

const Phones = (): JSX.Element => {
  const state = office.value;
  const extensions = [...(state?.extensions.values() ?? [])];
  const legs = [...(state?.calls.values() ?? [])].flatMap((call) => call.legs.filter(isLive));
  const [from, setFrom] = useState(outside);
  return (
    <section aria-labelledby="phones-title">
      <h2 id="phones-title">Phones</h2>
      <form
        class="filters"
        onSubmit={(event) => {
          event.preventDefault();
          const to = fieldsOf(event.currentTarget).text('to');
          void play('calls', { from, to });
        }}
      >
        <label class="inline-field">
          From
          <input name="from" list="sandbox-numbers" value={from} onInput={(event) => setFrom(event.currentTarget.value)} required />
        </label>
        <datalist id="sandbox-numbers">
          <option value={outside}>from outside</option>
          {extensions.map(({ number, name }) => (
            <option key={number} value={number}>
              {name}
            </option>
          ))}
        </datalist>
        <label class="inline-field">
          To <input name="to" required placeholder="101, 600, 610, 650" />
        </label>
        <button type="submit" class="button primary">
          Call
        </button>
      </form>
      <ul class="phones">
        {extensions.map(({ number, name, registered }) => (
          <li key={number} class="phone">
            <h3>
              {number} <span class="quiet">{name}</span>
            </h3>
            {legs
              .filter((leg) => leg.extension === number)
              .map((leg) => (
                <PhoneLeg key={leg.id} number={number} leg={leg} />
              ))}
            <button
              type="button"
              class="button small"
              aria-label={`${registered.length > 0 ? 'Unplug' : 'Plug in'} ${number}`}
              onClick={() => void play(`phones/${number}/${registered.length > 0 ? 'unregister' : 'register'}`)}
            >
              {registered.length > 0 ? 'Unplug' : 'Plug in'}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
};

const buttonsFor = ({ state, direction }: Leg): readonly (readonly [name: string, title: string])[] => {
  if (state === 'ringing' && direction === 'inbound')
    return [
      ['answer', 'Answer'],
      ['reject', 'Reject'],
    ];
  return [state === 'held' ? ['resume', 'Resume'] : ['hold', 'Hold'], ['hangup', 'Hang up']];
};

const PhoneLeg = ({ number, leg }: { readonly number: string; readonly leg: Leg }): JSX.Element => (
  <p class="phone-leg">
    <span>
      {leg.state} <span class="quiet">{partyText(leg.peer)}</span> <Timer since={leg.connectedAt ?? leg.startedAt} />
    </span>
    {buttonsFor(leg).map(([name, title]) => (
      <button
        key={name}
        type="button"
        class={`button small ${name === 'hangup' ? 'danger' : ''}`}
        aria-label={`${title} at ${number}`}
        onClick={() => void play(`phones/${number}/${name}`, { callId: leg.callId })}
      >
        {title}
      </button>
    ))}
  </p>
);
