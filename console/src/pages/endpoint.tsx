import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Endpoint } from '../answers.ts';
import { ask } from '../api.ts';
import { attempt } from '../parts/notices.tsx';
import { Waiting } from '../parts/states.tsx';
import { useAnswer } from '../parts/use-answer.ts';
import { Attempts } from './attempts.tsx';
import { EndpointHead, PauseButton, replayOne, ReplayForm, type Act } from './endpoint-parts.tsx';

/** An endpoint of a vendor's API: how it fares and what was tried. What it is told is changed through that API. */
export const EndpointPage = ({ id }: { readonly id: string }): JSX.Element => {
  const { answer, problem, again } = useAnswer<{ readonly endpoints: readonly Endpoint[] }>('/v1/endpoints');
  const [asked, setAsked] = useState(0);
  const endpoint = answer?.endpoints.find((each) => each.id === id);
  if (answer === undefined) return <Waiting problem={problem} />;
  const act: Act = async (name, done, body) => {
    if (!(await attempt(() => ask('POST', `/v1/endpoints/${name}`, { endpoint: id, ...body }), done))) return;
    again();
    setAsked((times) => times + 1);
  };
  return (
    <>
      <EndpointHead id={id} url={endpoint?.url ?? 'An endpoint that is gone'} endpoint={endpoint}>
        , {endpoint?.method}
      </EndpointHead>
      {endpoint === undefined ? null : (
        <>
          <p class="quiet">
            It was made through a vendor's API, and what it is told is changed there. Those protocols sign nothing: there is no secret to
            renew here, and a token that the owner gave along is the owner's to change. They have no test message either; any attempt below
            can be sent again. What is older than the vendor would deliver is given up instead of sent.
          </p>
          <p class="actions">
            <PauseButton endpoint={endpoint} act={act} />
          </p>
          <ReplayForm act={act} />
        </>
      )}
      <Attempts key={asked} endpoint={id} onRefresh={again} {...(endpoint === undefined ? {} : { onReplay: replayOne(act) })} />
    </>
  );
};
