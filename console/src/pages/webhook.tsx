import { useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { DeliveryAttempt, Webhook } from '../answers.ts';
import { ask } from '../api.ts';
import { CopyButton } from '../parts/copy.tsx';
import { curlOf } from '../parts/curl.ts';
import { attempt } from '../parts/notices.tsx';
import { Secret } from '../parts/secret.tsx';
import { Waiting } from '../parts/states.tsx';
import { useAnswer } from '../parts/use-answer.ts';
import { go } from '../router.ts';
import { Attempts } from './attempts.tsx';
import { EndpointHead, PauseButton, replayOne, ReplayForm, type Act } from './endpoint-parts.tsx';
import { EndpointPage } from './endpoint.tsx';
import { isWebhook } from './webhooks.tsx';

/** What is delivered to: a webhook, or an endpoint of a vendor's API. */
export const WebhookPage = ({ id }: { readonly id: string }): JSX.Element =>
  isWebhook(id) ? <OwnWebhook id={id} /> : <EndpointPage id={id} />;

/** One webhook: how it fares, what was tried and what it answered, and what can be done about it. */
const OwnWebhook = ({ id }: { readonly id: string }): JSX.Element => {
  const path = `/v1/webhooks/${id}`;
  const { answer: webhook, problem, again } = useAnswer<Webhook>(path);
  const [asked, setAsked] = useState(0);
  const [secret, setSecret] = useState<string>();
  const act: Act = async (name, done, body = {}) => {
    if (await attempt(() => ask('POST', `${path}/${name}`, body), done)) refresh();
  };
  const refresh = (): void => {
    again();
    setAsked((times) => times + 1);
  };
  if (webhook === undefined) return <Waiting problem={problem} />;
  return (
    <>
      <EndpointHead id={id} url={webhook.url} endpoint={webhook}>
        , delivered up to {webhook.settledTo} of {webhook.head}
      </EndpointHead>
      <p class="actions">
        <button type="button" class="button" onClick={() => void test(path, refresh)}>
          Send a test
        </button>
        <PauseButton endpoint={webhook} act={act} />
        <button
          type="button"
          class="button"
          onClick={() => void attempt(async () => setSecret((await ask<{ readonly secret: string }>('POST', `${path}/rotate`, {})).secret))}
        >
          New secret
        </button>
        <button
          type="button"
          class="button danger"
          onClick={() => {
            if (confirm(`Delete the webhook to ${webhook.url}?`))
              void attempt(() => ask('DELETE', path), 'Deleted.').then((isDone) => (isDone ? go(['webhooks']) : undefined));
          }}
        >
          Delete
        </button>
        <CopyButton label="Copy as curl" text={() => curlOf('GET', path)} />
      </p>
      <ReplayForm act={act} />
      <Attempts key={asked} endpoint={id} onRefresh={again} onReplay={replayOne(act)} />
      {secret === undefined ? null : <Secret title="The new secret" secret={secret} onClose={() => setSecret(undefined)} />}
    </>
  );
};

const test = async (path: string, refresh: () => void): Promise<void> => {
  await attempt(async () => {
    const { outcome, status, failure, latencyMs } = await ask<DeliveryAttempt>('POST', `${path}/test`, {});
    if (outcome !== 'delivered') throw new Error(failure?.detail ?? `It answered ${status ?? 'nothing'}.`);
    return latencyMs;
  }, 'The test was delivered.');
  refresh();
};
