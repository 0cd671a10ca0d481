import type { ComponentChildren, JSX } from 'preact';
import type { Endpoint } from '../answers.ts';
import { fieldsOf } from '../parts/fields.ts';
import { Moment } from '../parts/time.tsx';
import { href } from '../router.ts';
import { Health } from './webhooks.tsx';

interface EndpointHeadProps {
  readonly id: string;
  readonly url: string;
  /** How it fares; undefined when it is gone. */
  readonly endpoint: Omit<Endpoint, 'method'> | undefined;
  /** What else is to be said after since when it is so. */
  readonly children?: ComponentChildren;
}

/** Where this is, what is delivered to, how it fares, and what last went wrong. */
export const EndpointHead = ({ id, url, endpoint, children }: EndpointHeadProps): JSX.Element => (
  <>
    <nav class="crumbs" aria-label="Where this is">
      <a href={href(['webhooks'])}>Webhooks</a> / <span>{id}</span>
    </nav>
    <h1 class="long">{url}</h1>
    {endpoint === undefined ? null : (
      <p class="facts">
        <Health endpoint={endpoint} />
        <span class="quiet">
          since <Moment at={endpoint.since} />
          {children}
        </span>
      </p>
    )}
    {endpoint?.detail === undefined ? null : <p class="problem">{endpoint.detail}</p>}
  </>
);

/** What is done to an endpoint, and what is said when it is done. */
export type Act = (name: 'pause' | 'resume' | 'replay', done: string, body?: object) => Promise<void>;

/** Pauses it or goes on; and tries what failed without waiting for its time. */
export const PauseButton = ({
  endpoint,
  act,
}: {
  readonly endpoint: Pick<Endpoint, 'status' | 'failing'>;
  readonly act: Act;
}): JSX.Element =>
  endpoint.status === 'paused' ? (
    <button type="button" class="button primary" onClick={() => void act('resume', 'It goes on where it stopped.')}>
      Resume
    </button>
  ) : (
    <>
      <button type="button" class="button" onClick={() => void act('pause', 'Paused. What happens meanwhile waits.')}>
        Pause
      </button>
      {endpoint.failing === 0 ? null : (
        <button type="button" class="button" onClick={() => void act('resume', 'What failed is tried again now.')}>
          Try now
        </button>
      )}
    </>
  );

/** Sends one event again. */
export const replayOne =
  (act: Act) =>
  (seq: number): void =>
    void act('replay', 'It is on its way again.', { seq });

/** Sends everything again after a cursor. */
export const ReplayForm = ({ act }: { readonly act: Act }): JSX.Element => (
  <form
    class="filters"
    onSubmit={(event) => {
      event.preventDefault();
      void act('replay', 'They are on their way again.', { from: fieldsOf(event.currentTarget).text('from') });
    }}
  >
    <label class="inline-field">
      Send everything again after <input name="from" placeholder="cursor or oldest" required />
    </label>
    <button type="submit" class="button">
      Replay
    </button>
  </form>
);
