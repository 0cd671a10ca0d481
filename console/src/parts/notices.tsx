import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { Problem } from '../api.ts';

interface Notice {
  readonly id: number;
  readonly kind: 'done' | 'failed';
  readonly text: string;
}

const notices = signal<readonly Notice[]>([]);
const shownMs = 6000;
const mostShown = 4;
let made = 0;

const dismiss = (id: number): void => {
  notices.value = notices.value.filter((notice) => notice.id !== id);
};

/** Says for a moment, at the foot of the page, what came of something. */
export const notify = (kind: Notice['kind'], text: string): void => {
  made += 1;
  const id = made;
  notices.value = [...notices.value, { id, kind, text }].slice(-mostShown);
  setTimeout(() => dismiss(id), shownMs);
};

/** Does it, and says what came of it, but for what was given up by the signal. Resolves to whether it was done. */
export const attempt = async (work: () => Promise<unknown>, done?: string, signal?: AbortSignal): Promise<boolean> => {
  try {
    await work();
    if (done !== undefined) notify('done', done);
    return true;
  } catch (error) {
    if (signal?.aborted !== true) notify('failed', error instanceof Problem ? error.detail : String(error));
    return false;
  }
};

export const Notices = (): JSX.Element => (
  <div class="notices" aria-live="polite">
    {notices.value.map(({ id, kind, text }) => (
      <p key={id} class={`notice notice-${kind}`}>
        <span>{text}</span>
        <button type="button" class="quiet-button" aria-label="Dismiss" onClick={() => dismiss(id)}>
          ×
        </button>
      </p>
    ))}
  </div>
);
