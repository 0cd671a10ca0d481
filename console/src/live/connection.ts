import { signal } from '@preact/signals';
import type { Event } from '../../../src/model/event.ts';
import { ask, Problem } from '../api.ts';
import { notify } from '../parts/notices.tsx';
import { session } from '../session.ts';
import { fold, fromSnapshot, type Office, type Snapshot } from './fold.ts';

/** What the board shows; undefined until the first snapshot is there. */
export const office = signal<Office | undefined>(undefined);

/** `live`: every event up to now has been seen. `catching-up`: what is shown may be old. */
export const link = signal<'connecting' | 'live' | 'catching-up'>('connecting');

type Listener = (event: Event) => void;
const listeners = new Set<Listener>();

/** Told of every event as it comes; returns how to stop. */
export const onEvent = (listener: Listener): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

const firstPauseMs = 500;
const longestPauseMs = 8000;
/** The server says something at least this often; a laptop that slept notices here. */
const silenceMs = 45_000;
const watchMs = 2_000;

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });

/**
 * Follows the office until `signal` aborts: a snapshot, then every event after it. After a break it resumes from the last event
 * seen; only when the log no longer reaches that far is there a new snapshot. Nothing is asked for twice, and nothing is missed.
 */
export const follow = async (signal: AbortSignal): Promise<void> => {
  let pauseMs = firstPauseMs;
  while (!signal.aborted) {
    try {
      office.value ??= fromSnapshot(await ask<Snapshot>('GET', '/v1/state', undefined, signal));
      const end = await read(office.value.cursor, signal, () => {
        pauseMs = firstPauseMs;
      });
      if (end === 'too-old') {
        notify('failed', 'The log no longer reaches back to where this page was. What happened in between is not shown.');
        office.value = undefined;
      }
    } catch (error) {
      if (error instanceof Problem && error.status === 401) {
        session.value = null;
        return;
      }
    }
    if (signal.aborted) return;
    link.value = 'catching-up';
    await pause(pauseMs * (0.5 + Math.random()), signal);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
};

const tooOldCodes = new Set([4010, 4011]);
const revokedCode = 4001;

/** One WebSocket, from its opening to its end. */
const read = (after: string, signal: AbortSignal, onReady: () => void): Promise<'ended' | 'too-old'> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/v1/ws?after=${encodeURIComponent(after)}`);
    const over = new AbortController();
    const arrived: Event[] = [];
    let frame: number | undefined;
    let heardAt = Date.now();

    // However many events come between two frames, the page is drawn once.
    const show = (): void => {
      frame = undefined;
      const events = arrived.splice(0);
      if (office.value !== undefined) office.value = events.reduce(fold, office.value);
      for (const event of events) for (const listener of listeners) listener(event);
    };
    // A page that nobody looks at draws no frames, but must not gather events without end either.
    const showSoon = (): void => {
      if (document.hidden) show();
      else frame ??= requestAnimationFrame(show);
    };
    const end = (code?: number): void => {
      if (over.signal.aborted) return;
      over.abort();
      clearInterval(watch);
      if (frame !== undefined) cancelAnimationFrame(frame);
      show();
      // Of a dead connection the browser would tell only after it has waited for its end in vain.
      socket.close();
      if (code === revokedCode) reject(new Problem(401, { title: 'The session has ended.' }));
      else resolve(code !== undefined && tooOldCodes.has(code) ? 'too-old' : 'ended');
    };
    // By the time of day: while a laptop sleeps, timers stand still.
    const watch = setInterval(() => (Date.now() - heardAt > silenceMs ? end() : undefined), watchMs);

    socket.addEventListener(
      'message',
      ({ data }: MessageEvent<string>) => {
        heardAt = Date.now();
        const message = JSON.parse(data) as Event | { readonly type: `feed.${string}`; readonly cursor?: string };
        if (!isFeedMessage(message)) {
          arrived.push(message);
          showSoon();
        } else if (message.type === 'feed.ready') {
          link.value = 'live';
          onReady();
        }
      },
      { signal: over.signal },
    );
    socket.addEventListener('close', ({ code }) => end(code), { signal: over.signal });
    signal.addEventListener('abort', () => end(), { signal: over.signal });
    // A network that comes back: the old connection may be dead without a word.
    addEventListener('online', () => end(), { signal: over.signal });
  });

const isFeedMessage = (message: { readonly type: string }): message is { readonly type: `feed.${string}`; readonly cursor?: string } =>
  message.type.startsWith('feed.');
