import type { ComponentType, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { follow, link, office } from './live/connection.ts';
import { isSandbox } from './live/fold.ts';
import { BoardPage } from './pages/board.tsx';
import { CallPage } from './pages/call.tsx';
import { CallsPage } from './pages/calls.tsx';
import { DialectsPage } from './pages/dialects.tsx';
import { EventsPage } from './pages/events.tsx';
import { KeysPage } from './pages/keys.tsx';
import { LinksPage } from './pages/links.tsx';
import { LoginPage } from './pages/login.tsx';
import { MetricsPage } from './pages/metrics.tsx';
import { SandboxPage } from './pages/sandbox.tsx';
import { WebhookPage } from './pages/webhook.tsx';
import { WebhooksPage } from './pages/webhooks.tsx';
import { Notices } from './parts/notices.tsx';
import { href, route } from './router.ts';
import { logOut, may, session } from './session.ts';

interface Place {
  readonly name: string;
  readonly title: string;
  readonly page: ComponentType<{ readonly id: string }>;
  /** What is shown of one of them: `#/calls/ID`. */
  readonly one?: ComponentType<{ readonly id: string }>;
  readonly isShown?: () => boolean;
}

const places: readonly Place[] = [
  { name: 'board', title: 'Board', page: BoardPage },
  { name: 'calls', title: 'Calls', page: CallsPage, one: CallPage },
  { name: 'events', title: 'Events', page: EventsPage },
  { name: 'webhooks', title: 'Webhooks', page: WebhooksPage, one: WebhookPage, isShown: () => may('administer') },
  { name: 'links', title: 'PBX links', page: LinksPage },
  { name: 'keys', title: 'Tenants and keys', page: KeysPage, isShown: () => may('administer') },
  { name: 'dialects', title: 'Dialects', page: DialectsPage },
  { name: 'metrics', title: 'Metrics', page: MetricsPage },
  { name: 'sandbox', title: 'Sandbox', page: SandboxPage, isShown: () => hasSandbox() && may('control') },
];

const hasSandbox = (): boolean => [...(office.value?.pbxs.values() ?? [])].some(isSandbox);

export const App = (): JSX.Element => {
  const who = session.value;
  const mayLook = who !== null && who !== undefined && may('observe');
  useEffect(() => {
    if (!mayLook) return undefined;
    const stop = new AbortController();
    void follow(stop.signal);
    return () => {
      stop.abort();
      office.value = undefined;
      link.value = 'connecting';
    };
  }, [mayLook]);
  if (who === undefined) return <p class="loading">Loading the console…</p>;
  return (
    <>
      {who === null ? <LoginPage /> : <Shell />}
      <Notices />
    </>
  );
};

const Shell = (): JSX.Element => {
  const shown = may('observe') ? places.filter(({ isShown = () => true }) => isShown()) : [];
  const [asked, id = ''] = route.value.path;
  const first = hasSandbox() && may('control') ? 'sandbox' : 'board';
  const place = shown.find(({ name }) => name === (asked ?? first)) ?? places[0];
  const main = useRef<HTMLElement>(null);
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    document.title = `${place?.title ?? 'Console'} · Switchhook`;
    scrollTo(0, 0);
    // On a phone the pages are a row that is wider than the screen.
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [place?.name, id]);
  if (place === undefined) return <></>;
  const Page = id !== '' && place.one !== undefined ? place.one : place.page;
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        Skip to the page
      </a>
      <header class="bar">
        <a class="brand" href={href(['board'])}>
          <img src="/console/icon.svg" alt="" width="24" height="24" /> Switchhook
        </a>
        {may('observe') ? <LinkState /> : null}
        <span class="who">
          <span class="who-name">
            {session.value?.name} <span class="quiet">at {session.value?.tenant}</span>
          </span>
          <button type="button" class="button quiet-button" onClick={() => void logOut()}>
            Log out
          </button>
        </span>
      </header>
      <nav ref={nav} class="places" aria-label="Pages">
        {shown.map(({ name, title }) => (
          <a key={name} href={href([name])} {...(name === place.name ? { 'aria-current': 'page' as const } : {})}>
            {title}
          </a>
        ))}
      </nav>
      <main id="main" ref={main} tabIndex={-1} class="page">
        <PbxBanner />
        {may('observe') ? (
          <Page key={`${place.name}/${id}`} id={id} />
        ) : (
          <p class="banner" role="alert">
            There is nothing to see here for who may not observe.
          </p>
        )}
      </main>
    </div>
  );
};

const linkTexts = { connecting: 'Connecting', live: 'Live', 'catching-up': 'Reconnecting' } as const;

const LinkState = (): JSX.Element => (
  <span class={`state state-${link.value}`} role="status">
    <span class="dot" aria-hidden="true" />
    {linkTexts[link.value]}
  </span>
);

/** What is shown may be old, and that must be seen on every page. */
const PbxBanner = (): JSX.Element => {
  const troubled = [...(office.value?.pbxs.values() ?? [])].filter(({ status }) => status !== 'live');
  return (
    <>
      {troubled.map(({ id, status, since, reason }) => (
        <p key={id} class={`banner banner-${status}`} role="alert">
          <strong>
            {id} is {status}
          </strong>{' '}
          since {new Date(since).toLocaleTimeString()}
          {reason === undefined ? '.' : `: ${reason}`} What is shown of it may be old. <a href={href(['links'])}>See the link</a>
        </p>
      ))}
    </>
  );
};
