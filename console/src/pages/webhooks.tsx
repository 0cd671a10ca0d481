import { useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { Endpoint, Webhook } from '../answers.ts';
import { ask } from '../api.ts';
import { DialogForm } from '../parts/dialog-form.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { HintedField } from '../parts/field.tsx';
import { Secret } from '../parts/secret.tsx';
import { Empty, Waiting } from '../parts/states.tsx';
import { useAnswer } from '../parts/use-answer.ts';
import { href } from '../router.ts';

/** Every endpoint that is told of events, and how it fares. */
export const WebhooksPage = (): JSX.Element => {
  const { answer, problem, again } = useAnswer<{ readonly webhooks: readonly Webhook[] }>('/v1/webhooks');
  const [isAdding, setAdding] = useState(false);
  const [secret, setSecret] = useState<string>();
  return (
    <>
      <header class="section-head">
        <h1>Webhooks</h1>
        <button type="button" class="button primary" onClick={() => setAdding(true)}>
          Add a webhook
        </button>
      </header>
      {answer === undefined ? (
        <Waiting problem={problem} />
      ) : answer.webhooks.length === 0 ? (
        <Empty>Nobody is told of events over the web yet.</Empty>
      ) : (
        <ul class="cards">
          {answer.webhooks.map((webhook) => (
            <li key={webhook.id} class="card">
              <h2 class="long">
                <a href={href(['webhooks', webhook.id])}>{webhook.url}</a>
              </h2>
              <p>{webhook.description}</p>
              <p class="facts">
                <Health endpoint={webhook} />
                <span class="quiet">{webhook.types?.join(', ') ?? 'every event'}</span>
              </p>
            </li>
          ))}
        </ul>
      )}
      <OtherEndpoints />
      {isAdding ? (
        <AddDialog
          onClose={() => setAdding(false)}
          onMade={(made) => {
            setSecret(made);
            again();
          }}
        />
      ) : null}
      {secret === undefined ? null : <Secret title="The webhook's secret" secret={secret} onClose={() => setSecret(undefined)} />}
    </>
  );
};

/** What is told over the vendors' APIs: subscriptions, published requests, e-mails. They are made and changed there. */
const OtherEndpoints = (): JSX.Element => {
  const { answer, problem } = useAnswer<{ readonly endpoints: readonly Endpoint[] }>('/v1/endpoints');
  const others = answer?.endpoints.filter(({ id }) => !isWebhook(id));
  return (
    <section aria-label="Endpoints of the vendors' APIs">
      <h2>Of the vendors' APIs</h2>
      <p class="quiet">
        They are made and changed through those APIs, which <a href={href(['dialects'])}>the dialects</a> show; VoipNow has a page for it
        there.
      </p>
      {others === undefined ? <Waiting problem={problem} /> : null}
      {others?.length === 0 ? <Empty>Nobody has subscribed through them.</Empty> : null}
      <ul class="cards">
        {others?.map((endpoint) => (
          <li key={endpoint.id} class="card">
            <h3 class="long">
              <a href={href(['webhooks', endpoint.id])}>{endpoint.url}</a>
            </h3>
            <p class="quiet long">{endpoint.id}</p>
            <p class="facts">
              <Health endpoint={endpoint} />
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
};

/** Whether it is a webhook of the native API, which can be changed here. */
export const isWebhook = (id: string): boolean => id.startsWith('wh_');

const reasons = {
  'by-hand': 'paused by hand',
  gone: 'paused: it answered 410 Gone',
  failing: 'paused: nothing but failures',
  backlog: 'paused: too much waits for it',
} as const;

/** How an endpoint fares, in words. */
export const Health = ({ endpoint }: { readonly endpoint: Omit<Endpoint, 'method'> }): JSX.Element => {
  const { status, reason, waiting, failing } = endpoint;
  const isWell = status === 'active' && failing === 0;
  return (
    <>
      <span class={`badge ${isWell ? 'badge-good' : status === 'paused' ? 'badge-bad' : 'badge-warm'}`}>
        {reason === undefined ? (isWell ? 'well' : `${failing} failing`) : reasons[reason]}
      </span>
      <span class="quiet">{waiting === 0 ? 'nothing waits' : `${waiting} waiting`}</span>
    </>
  );
};

const AddDialog = ({ onClose, onMade }: { readonly onClose: () => void; readonly onMade: (secret: string) => void }): JSX.Element => (
  <Dialog title="Add a webhook" onClose={onClose}>
    <DialogForm
      button="Add"
      onSubmit={async (form) => {
        const [types, extensions] = [form.words('types'), form.words('extensions')];
        const made = await ask<Webhook & { readonly secret: string }>('POST', '/v1/webhooks', {
          url: form.text('url'),
          description: form.text('description'),
          ...(types.length === 0 ? undefined : { types }),
          ...(extensions.length === 0 ? undefined : { extensions }),
          handshake: form.text('handshake') === 'on',
        });
        onClose();
        onMade(made.secret);
      }}
    >
      <label class="field">
        URL <input name="url" type="url" required placeholder="https://example.com/hook" />
      </label>
      <label class="field">
        Description <input name="description" maxLength={200} />
      </label>
      <HintedField label="Event types" hint="Everything when empty.">
        {(ids) => <input {...ids} name="types" placeholder="call.ended, leg.*" />}
      </HintedField>
      <label class="field">
        Extensions <input name="extensions" placeholder="101, 102" />
      </label>
      <label class="check">
        <input name="handshake" type="checkbox" /> It must answer a challenge first
      </label>
    </DialogForm>
  </Dialog>
);
