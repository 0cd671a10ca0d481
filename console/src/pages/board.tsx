import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { Leg } from '../../../src/model/call.ts';
import type { Extension } from '../../../src/model/extension.ts';
import { Calls } from '../board/calls.tsx';
import { DialBar } from '../board/dial-bar.tsx';
import { Conferences, Queues, Slots } from '../board/places.tsx';
import { Tile } from '../board/tile.tsx';
import { isLive } from '../commands.ts';
import { office } from '../live/connection.ts';
import type { Office } from '../live/fold.ts';
import { Empty, Waiting } from '../parts/states.tsx';

/** The office as it is: who is on the phone with whom, who waits where. */
export const BoardPage = (): JSX.Element => {
  const sought = useSignal('');
  const state = office.value;
  if (state === undefined) return <Waiting problem={undefined} />;
  const legs = legsByExtension(state);
  const shown = [...state.extensions.values()].filter((extension) => isSought(extension, sought.value));
  return (
    <div class={`board ${isTrusted(state) ? '' : 'board-stale'}`}>
      <h1 class="visually-hidden">Board</h1>
      <DialBar extensions={state.extensions} />
      <section class="extensions" aria-labelledby="extensions-title">
        <header class="section-head">
          <h2 id="extensions-title">Extensions</h2>
          <label class="search">
            <span class="visually-hidden">Find an extension</span>
            <input
              type="search"
              placeholder="Name or number"
              value={sought}
              onInput={(event) => (sought.value = event.currentTarget.value)}
            />
          </label>
        </header>
        <ul class="tiles">
          {shown.map((extension) => (
            <Tile key={extension.number} extension={extension} legs={legs.get(extension.number) ?? none} />
          ))}
        </ul>
        {shown.length === 0 ? <Empty>No extension is called that.</Empty> : null}
      </section>
      <Calls calls={state.calls} />
      <aside class="places-side" aria-label="Queues, slots and conferences">
        <Queues office={state} />
        <Slots office={state} />
        <Conferences office={state} />
      </aside>
    </div>
  );
};

const none: readonly never[] = [];

const isTrusted = ({ pbxs }: Office): boolean => [...pbxs.values()].every(({ status }) => status === 'live');

const isSought = ({ number, name }: Extension, sought: string): boolean =>
  sought === '' || number.includes(sought) || name.toLowerCase().includes(sought.toLowerCase());

/** The live legs of each extension, in the order of their calls. */
const legsByExtension = ({ calls }: Office): ReadonlyMap<string, readonly Leg[]> => {
  const found = new Map<string, Leg[]>();
  for (const { legs } of calls.values()) {
    for (const leg of legs) {
      if (leg.extension === undefined || !isLive(leg)) continue;
      const known = found.get(leg.extension);
      if (known === undefined) found.set(leg.extension, [leg]);
      else known.push(leg);
    }
  }
  return found;
};
