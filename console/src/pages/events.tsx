import { useEffect, useRef, useState } from 'preact/hooks';
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

/** The events as they come, newest first; stopped and taken up again without losing one. */
export const EventsPage = (): JSX.Element => {
  const search = route.value.query;
  const type = search.get('type') ?? '';
  const extension = search.get('extension') ?? '';
  const call = search.get('call') ?? '';
  const [events, setEvents] = useState<readonly Event[]>([]);
  const [isPaused, setPaused] = useState(false);
  /** The last event shown: where to go on. */
  const cursor = useRef(office.value?.cursor);

  const show = (more: readonly Event[]): void => {
    const last = more.at(-1);
    if (last === undefined) return;
    cursor.current = last.id;
    setEvents((known) => [...more.toReversed(), ...known].slice(0, mostShown));
  };

  useEffect(() => {
    setEvents([]);
    cursor.current = office.value?.cursor;
  }, [type, extension, call]);
  useEffect(() => {
    if (isPaused) return undefined;
    const matches = matcherOf(type, extension, call);
    return onEvent((event) => {
      if (matches(event)) show([event]);
      else cursor.current = event.id;
    });
  }, [isPaused, type, extension, call]);

  const filter = { type, extension, call };
  const readFrom = (after: string): Promise<boolean> =>
    attempt(async () => {
      let next = after;
      for (let pages = 0; pages < mostShown / pageSize; pages += 1) {
        const page = await ask<Page>('GET', `/v1/events${query({ ...filter, after: next, limit: pageSize })}`);
        show(page.events);
        if (page.events.length < pageSize) break;
        next = page.next;
      }
    });
  const resume = async (): Promise<void> => {
    if (cursor.current !== undefined && (await readFrom(cursor.current))) setPaused(false);
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
        <button type="button" class="button" aria-pressed={isPaused} onClick={() => (isPaused ? void resume() : setPaused(true))}>
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
          void readFrom(after);
        }}
      >
        <label class="inline-field">
          Read on from <input name="after" placeholder="cursor or oldest" required />
        </label>
        <button type="submit" class="button">
          Read
        </button>
        {cursor.current === undefined ? null : <CopyButton label="Copy the cursor" text={() => cursor.current ?? ''} />}
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
