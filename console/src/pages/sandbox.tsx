import { useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { Leg } from '../../../src/model/call.ts';
import { isLive, ringsForAnswer } from '../commands.ts';
import { office } from '../live/connection.ts';
import { partyText } from '../parts/parties.tsx';
import { Timer } from '../parts/time.tsx';
import { fieldsOf } from '../parts/fields.ts';
import { outside, play } from '../sandbox/play.ts';
import { Scenarios } from '../sandbox/scenarios.tsx';
import { Tour } from '../sandbox/tour.tsx';

/** Only where the PBX is a sandbox: hands at its phones, and its clock. */
export const SandboxPage = (): JSX.Element => (
  <>
    <h1>Sandbox</h1>
    <p>The phones of this office are played from here, by the API under /v1/sandbox, or by scenario files. Nothing outside rings.</p>
    <Tour />
    <Phones />
    <Scenarios />
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

const Phones = (): JSX.Element => {
  const state = office.value;
  const extensions = [...(state?.extensions.values() ?? [])];
  const legs = [...(state?.calls.values() ?? [])].flatMap((call) =>
    call.legs.filter(isLive).map((leg) => ({ leg, rings: ringsForAnswer(leg) || (leg.state === 'ringing' && call.clickToDial) })),
  );
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

              .filter(({ leg }) => leg.extension === number)
              .map(({ leg, rings }) => (
                <PhoneLeg key={leg.id} number={number} leg={leg} rings={rings} />
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

const buttonsFor = (leg: Leg, rings: boolean): readonly (readonly [name: string, title: string])[] => {
  if (rings)
    return [
      ['answer', 'Answer'],
      ['reject', 'Reject'],
    ];
  return [leg.state === 'held' ? ['resume', 'Resume'] : ['hold', 'Hold'], ['hangup', 'Hang up']];
};

const PhoneLeg = ({ number, leg, rings }: { readonly number: string; readonly leg: Leg; readonly rings: boolean }): JSX.Element => (
  <p class="phone-leg">
    <span>
      {leg.state} <span class="quiet">{partyText(leg.peer)}</span> <Timer since={leg.connectedAt ?? leg.startedAt} />
    </span>
    {buttonsFor(leg, rings).map(([name, title]) => (
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
