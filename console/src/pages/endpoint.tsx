import type { JSX } from 'preact';
import type { Endpoint } from '../answers.ts';
import { ask } from '../api.ts';
import { attempt } from '../parts/notices.tsx';
import { Waiting } from '../parts/states.tsx';
import { Moment } from '../parts/time.tsx';
import { useAnswer } from '../parts/use-answer.ts';
import { href } from '../router.ts';
import { Attempts } from './attempts.tsx';
import { Health } from './webhooks.tsx';

/** An endpoint of a vendor's API: how it fares and what was tried. What it is told is changed through that API. */
export const EndpointPage = ({ id }: { readonly id: string }): JSX.Element => {
  const { answer, problem, again } = useAnswer<{ readonly endpoints: readonly Endpoint[] }>('/v1/endpoints');
  const endpoint = answer?.endpoints.find((each) => each.id === id);
  if (answer === undefined) return <Waiting problem={problem} />;
  const act = async (name: 'pause' | 'resume', done: string): Promise<void> => {
    if (await attempt(() => ask('POST', `/v1/endpoints/${name}`, { endpoint: id }), done)) again();
  };
  return (
    <>
      <nav class="crumbs" aria-label="Where this is">
        <a href={href(['webhooks'])}>Webhooks</a> / <span>{id}</span>
      </nav>
      <h1 class="long">{endpoint?.url ?? 'An endpoint that is gone'}</h1>
      {endpoint === undefined ? null : (
        <>
          <p class="facts">
            <Health endpoint={endpoint} />
            <span class="quiet">
              {endpoint.method}, since <Moment at={endpoint.since} />
            </span>
          </p>
          {endpoint.detail === undefined ? null : <p class="problem">{endpoint.detail}</p>}
          <p class="actions">
            {endpoint.status === 'paused' ? (
              <button type="button" class="button primary" onClick={() => void act('resume', 'It goes on where it stopped.')}>
                Resume
              </button>
            ) : (
              <button type="button" class="button" onClick={() => void act('pause', 'Paused. What happens meanwhile waits.')}>
                Pause
              </button>
            )}
          </p>
        </>
      )}
      <Attempts endpoint={id} />
    </>
  );
};
