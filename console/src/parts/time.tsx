import { computed, signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';

/** The server's clock, once a second: one timer for every counter on the page. */
const now = signal(Date.now());
setInterval(() => {
  now.value = Date.now();
}, 1000);

export const renderSpan = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const rest = String(seconds % 60).padStart(2, '0');
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${rest}`;
};

/** How long ago it was, counting. Its text alone is drawn again each second, for a board has hundreds of them. */
export const Timer = ({ since }: { readonly since: string }): JSX.Element => {
  const text = useMemo(() => {
    const began = Date.parse(since);
    return computed(() => renderSpan(now.value - began));
  }, [since]);
  return (
    <time class="timer" dateTime={since}>
      {text}
    </time>
  );
};

/** A moment, in the reader's own time zone. */
export const Moment = ({ at }: { readonly at: string }): JSX.Element => {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date().toDateString();
  return (
    <time dateTime={at} title={date.toLocaleString()}>
      {isToday ? date.toLocaleTimeString() : date.toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'medium' })}
    </time>
  );
};
