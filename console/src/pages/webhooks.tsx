import { useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { Webhook } from '../answers.ts';
import { ask } from '../api.ts';
import { Dialog } from '../parts/dialog.tsx';
import { attempt } from '../parts/notices.tsx';
import { Secret } from '../parts/secret.tsx';
import { Empty, Waiting } from '../parts/states.tsx';
import { useAnswer } from '../parts/use-answer.ts';
import { href } from '../router.ts';
import { fieldsOf } from '../parts/fields.ts';

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
              <h2>
                <a href={href(['webhooks', webhook.id])}>{webhook.url}</a>
              </h2>
              <p>{webhook.description}</p>
              <p class="facts">
                <Health webhook={webhook} />
                <span class="quiet">{webhook.types?.join(', ') ?? 'every event'}</span>
              </p>
            </li>
          ))}
        </ul>
      )}
      <p class="quiet">
        The requests that extensions publish over VoipNow's CallAPI have{' '}
        <a href={href(['dialects'])}>a page of their own for each extension</a>.
      </p>
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

const reasons = {
  'by-hand': 'paused by hand',
  gone: 'paused: it answered 410 Gone',
  failing: 'paused: nothing but failures',
  backlog: 'paused: too much waits for it',
} as const;

/** How an endpoint fares, in words. */
export const Health = ({ webhook }: { readonly webhook: Webhook }): JSX.Element => {
  const { status, reason, waiting, failing } = webhook;
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
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const form = fieldsOf(event.currentTarget);
        const [types, extensions] = [form.words('types'), form.words('extensions')];
        void attempt(async () => {
          const made = await ask<Webhook & { readonly secret: string }>('POST', '/v1/webhooks', {
            url: form.text('url'),
            description: form.text('description'),
            ...(types.length === 0 ? undefined : { types }),
            ...(extensions.length === 0 ? undefined : { extensions }),
            handshake: form.text('handshake') === 'on',
          });
          onClose();
          onMade(made.secret);
        });
      }}
    >
      <label class="field">
        URL <input name="url" type="url" required placeholder="https://example.com/hook" />
      </label>
      <label class="field">
        Description <input name="description" maxLength={200} />
      </label>
      <label class="field">
        Event types <input name="types" placeholder="call.ended, leg.*" />
        <small>Everything when empty.</small>
      </label>
      <label class="field">
        Extensions <input name="extensions" placeholder="101, 102" />
      </label>
      <label class="check">
        <input name="handshake" type="checkbox" /> It must answer a challenge first
      </label>
      <button type="submit" class="button primary">
        Add
      </button>
    </form>
  </Dialog>
);
