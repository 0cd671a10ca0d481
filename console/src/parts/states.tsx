import type { ComponentChildren, JSX } from 'preact';
import type { Problem } from '../api.ts';

/** What a page shows while its answer is on the way, and when there is none. */
export const Waiting = ({ problem }: { readonly problem: Problem | undefined }): JSX.Element =>
  problem === undefined ? (
    <p class="empty" role="status">
      Loading…
    </p>
  ) : (
    <p class="empty banner-down" role="alert">
      {problem.detail}
    </p>
  );

export const Empty = ({ children }: { readonly children: ComponentChildren }): JSX.Element => <p class="empty">{children}</p>;
