import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { eventTypes, type Event } from '../../../src/model/event.ts';
import { ask, query } from '../api.ts';
import { office, onEvent } from '../live/connection.ts';
import { CopyButton, Snippet } from '../parts/copy.tsx';
import { curlOf } from '../parts/curl.ts';
import { attempt } from '../parts/notices.tsx';
import { Empty } from '../parts/states.tsx';
import { go, href, route } from '../router.ts';
import { fieldsOf, wordsOf } from '../parts/fields.ts';

const mostShown = 500;
const pageSize = 100;
const families = [...new Set(eventTypes.map((type) => `${type.split('.')[0] ?? ''}.*`))];

interface Page {
  readonly events: readonly Event[];
  readonly next: string;
}

/** How far the list is. */
interface Tail {
  /** Where to go on. */
  cursor: string | undefined;
  /** The last event that was looked at. */
  seq: number;
  /** What comes while earlier events are still being read. */
  gathered?: Event[];
}

/** The events as they come, newest first; stopped and taken up again without losing one. */
export const EventsPage = (): JSX.Element => {
  const search = route.value.query;
  const type = search.get('type') ?? '';
  const extension = search.get('extension') ?? '';
  const call = search.get('call') ?? '';
  const [events, setEvents] = useState<readonly Event[]>([]);
  const [isPaused, setPaused] = useState(false);
  const filter = { type, extension, call };
  const tail = useRef<Tail>({ cursor: office.value?.cursor, seq: 0 }).current;

  const take = (event: Event): boolean => {
    if (event.seq <= tail.seq) return false;
    [tail.seq, tail.cursor] = [event.seq, event.id];
    return true;
  };
  const show = (more: readonly Event[]): void => {
    const fresh = more.filter(take);
    if (fresh.length > 0) setEvents((known) => [...fresh.toReversed(), ...known].slice(0, mostShown));
  };

  useEffect(() => {
    setEvents([]);
    [tail.cursor, tail.seq] = [office.value?.cursor, 0];
  }, [type, extension, call]);
  // At once, not after the next frame: what comes while `readOn` asks must be gathered.
  useLayoutEffect(() => {
    if (isPaused) return undefined;
    const matches = matcherOf(type, extension, call);
    return onEvent((event) => {
      if (tail.gathered !== undefined) tail.gathered.push(event);
      else if (matches(event)) show([event]);
      else take(event);
    });
  }, [isPaused, type, extension, call]);

  const pause = (): void => {
    // Nothing may have come yet since the page was opened.
    tail.cursor ??= office.value?.cursor;
    setPaused(true);
  };

  /** Shows what followed the cursor; then goes on with what comes, or is paused where there is more than is shown at once. */
  const readOn = async (after: string): Promise<void> => {
    const gathered: Event[] = [];
    tail.gathered = gathered;
    setPaused(false);
    let next = after;
    let isAtEnd = false;
    await attempt(async () => {
      for (let pages = 0; pages < mostShown / pageSize && !isAtEnd; pages += 1) {
        const page = await ask<Page>('GET', `/v1/events${query({ ...filter, after: next, limit: pageSize })}`);
        show(page.events);
        isAtEnd = page.events.length < pageSize;
        tail.cursor = next = page.next;
      }
    });
    if (tail.gathered !== gathered) return;
    delete tail.gathered;
    if (isAtEnd) show(gathered.filter(matcherOf(type, extension, call)));
    else setPaused(true);
  };

  return (
    <>
      <h1>Events</h1>
      <form
        class="filters"
        onSubmit={(event) => {
          event.preventDefault();
          const form = fieldsOf(event.currentTarget);
          go(['events'], { type: form.text('type'), extension: form.text('extension'), call: form.text('call') });
        }}
      >
        <label class="inline-field grow">
          Types <input name="type" list="types" placeholder="call.*, leg.ringing" value={type} />
          <datalist id="types">
            {[...families, ...eventTypes].map((each) => (
              <option key={each} value={each} />
            ))}
          </datalist>
        </label>
        <label class="inline-field">
          Extensions <input name="extension" size={10} value={extension} />
        </label>
        <label class="inline-field">
          Call <input name="call" size={26} value={call} />
        </label>
        <button type="submit" class="button primary">
          Filter
        </button>
        <button
          type="button"
          class="button"
          aria-pressed={isPaused}
          onClick={() => (isPaused ? void readOn(tail.cursor ?? 'now') : pause())}
        >
          {isPaused ? 'Resume' : 'Pause'}
        </button>
      </form>
      <form
        class="filters"
        onSubmit={(event) => {
          event.preventDefault();
          const after = fieldsOf(event.currentTarget).text('after');
          if (after === '') return;
          setEvents([]);
          tail.seq = 0;
          void readOn(after);
        }}
      >
        <label class="inline-field">
          Read on from <input name="after" placeholder="cursor or oldest" required />
        </label>
        <button type="submit" class="button">
          Read
        </button>
        <CopyButton label="Copy the cursor" text={() => tail.cursor ?? ''} />
      </form>
      {events.length === 0 ? <Empty>{isPaused ? 'Paused.' : 'Waiting for the next event…'}</Empty> : null}
      <ol class="event-list" aria-label="Events, newest first">
        {events.map((event) => (
          <EventRow key={event.id} event={event} />
        ))}
      </ol>
      <Transports filter={filter} />
    </>
  );
};

const EventRow = ({ event }: { readonly event: Event }): JSX.Element => (
  <li class="event">
    <details>
      <summary>
        <time dateTime={event.time}>{event.time.slice(11, 23)}</time>
        <span class="event-type">{event.type}</span>
        <span>{event.extension ?? ''}</span>
        <span class="quiet event-data">{JSON.stringify(event.data) === '{}' ? '' : JSON.stringify(event.data)}</span>
        <span class="quiet">{event.seq}</span>
      </summary>
      {event.callId === undefined ? null : <a href={href(['calls', event.callId])}>Its call</a>}{' '}
      <CopyButton text={() => JSON.stringify(event)} />
      <pre tabIndex={0}>{JSON.stringify(event, undefined, 2)}</pre>
    </details>
  </li>
);

/** As the server filters: types or families, the extension's own events and those of the calls it is in. */
const matcherOf = (type: string, extension: string, call: string): ((event: Event) => boolean) => {
  const [types, extensions, calls] = [wordsOf(type), wordsOf(extension), wordsOf(call)];
  const fitsType = (event: Event): boolean =>
    types.length === 0 || types.some((each) => (each.endsWith('.*') ? event.type.startsWith(each.slice(0, -1)) : event.type === each));
  const fitsExtension = (event: Event): boolean =>
    extensions.length === 0 ||
    extensions.some((each) => event.extension === each || event.call?.legs.some((leg) => leg.extension === each) === true);
  const fitsCall = (event: Event): boolean =>
    calls.length === 0 || calls.some((each) => event.callId === each || event.call?.aliases.some((alias) => alias === each) === true);
  return (event) => fitsType(event) && fitsExtension(event) && fitsCall(event);
};

/** The same filter over each transport, to be pasted. */
const Transports = ({ filter }: { readonly filter: Readonly<Record<string, string>> }): JSX.Element => {
  const search = query(filter);
  const and = search === '' ? '?' : `${search}&`;
  const socket = `${location.origin.replace(/^http/, 'ws')}/v1/ws${search}`;
  return (
    <section aria-label="The same over the API">
      <h2>The same over the API</h2>
      <p class="quiet">
        Over the vendors' APIs it is told in their own words: <a href={href(['dialects'])}>the dialects</a> show how.
      </p>
      <Snippet title="Long poll" text={curlOf('GET', `/v1/events${and}after=now&wait=30`)} />
      <Snippet title="Server-sent events" text={curlOf('GET', `/v1/events/stream${search}`).replace('curl', 'curl -N')} />
      <Snippet
        title="WebSocket (Node)"
        text={`new WebSocket("${socket}", { headers: { authorization: "Bearer " + process.env.SWITCHHOOK_KEY } }).onmessage = (m) => console.log(m.data)`}
      />
      <Snippet
        title="Webhook"
        text={curlOf('POST', '/v1/webhooks', {
          url: 'https://example.com/hook',
          ...(filter['type'] === '' ? {} : { types: wordsOf(filter['type'] ?? '') }),
          ...(filter['extension'] === '' ? {} : { extensions: wordsOf(filter['extension'] ?? '') }),
        })}
      />
    </section>
  );
};
