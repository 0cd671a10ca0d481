import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ask, query } from '../api.ts';
import type { InboxRequest, Webhook } from '../answers.ts';
import { onEvent } from '../live/connection.ts';
import { attempt } from '../parts/notices.tsx';
import { Moment } from '../parts/time.tsx';
import { href } from '../router.ts';
import { may } from '../session.ts';
import { outside, play } from './play.ts';

interface Inbox {
  /** Where webhooks are to be sent. */
  readonly path: string;
  readonly count: number;
  readonly requests: readonly InboxRequest[];
}

/** What the tour has come to. */
interface Progress {
  readonly done: 0 | 1 | 2 | 3;
  readonly call?: string;
  /** The tour's own webhook. */
  readonly webhook?: string;
  /** How many requests the inbox had had before. */
  readonly before?: number;
  readonly received?: InboxRequest;
}

const description = 'The tour of the console';
const waitSeconds = 20;

/** The tour's webhook: the one of an earlier tour, if it leads to the inbox of now. */
const webhookTo = async (url: string): Promise<string> => {
  const { webhooks } = await ask<{ readonly webhooks: readonly Webhook[] }>('GET', '/v1/webhooks');
  const known = webhooks.find((each) => each.url === url);
  if (known !== undefined) return known.id;
  return (await ask<Webhook>('POST', '/v1/webhooks', { url, description, types: ['call.ended'] })).id;
};

/** Waits for the webhook about the call. */
const arrived = async (call: string, before: number, signal: AbortSignal): Promise<InboxRequest> => {
  for (let seen = before; ;) {
    const path = `/v1/sandbox/inbox${query({ after: seen, wait: waitSeconds })}`;
    const { count, requests } = await ask<Inbox>('GET', path, undefined, signal);
    const found = requests.find(({ body }) => body.includes(call));
    if (found !== undefined) return found;
    seen = count;
  }
};

/** From a first call to a first webhook, by three clicks. */
export const Tour = (): JSX.Element | null => {
  const [{ done, call, webhook, before = 0, received }, setProgress] = useState<Progress>({ done: 0 });
  const goOn = (more: Partial<Progress>): void => setProgress((known) => ({ ...known, ...more }));
  useEffect(
    () =>
      onEvent((event) => {
        if (call === undefined || event.callId !== call) return;
        if (event.type === 'leg.connected' && event.extension === '101') goOn({ done: 2 });
        if (event.type === 'call.ended') goOn({ done: 3 });
      }),
    [call],
  );
  useEffect(() => {
    if (call === undefined) return undefined;
    const stop = new AbortController();
    void attempt(async () => goOn({ received: await arrived(call, before, stop.signal) }), undefined, stop.signal);
    return () => stop.abort();
  }, [call, before]);
  if (!may('administer')) return null;

  const start = (): Promise<boolean> =>
    attempt(async () => {
      const inbox = await ask<Inbox>('GET', '/v1/sandbox/inbox');
      const made = await webhookTo(`${location.origin}${inbox.path}`);
      const { id } = await ask<{ readonly id: string }>('POST', '/v1/sandbox/calls', { from: outside, to: '101' });
      setProgress({ done: 1, call: id, webhook: made, before: inbox.count });
    });

  return (
    <section class="card tour" aria-label="A tour in three steps">
      <h2>See it work</h2>
      <ol>
        <Step title="A call comes in" index={0} done={done} text={`${outside} calls 101.`} button="Call 101" onClick={() => void start()} />
        <Step
          title="101 answers"
          index={1}
          done={done}
          text="Somebody takes the phone off the hook. The board shows who talks with whom."
          button="Answer at 101"
          onClick={() => void play('phones/101/answer')}
        />
        <Step
          title="The call ends, and a program is told"
          index={2}
          done={done}
          text="A webhook is waiting for it: this office has an inbox that stands for your program."
          button="Hang up"
          onClick={() => void play('phones/101/hangup')}
        />
      </ol>
      <div role="status">{received === undefined || call === undefined ? null : <Arrived request={received} />}</div>
      {done < 3 || call === undefined ? null : (
        <p class="facts">
          <a href={href(['calls', call])}>Why everything about the call was told</a>
          {webhook === undefined ? null : <a href={href(['webhooks', webhook])}>How the webhook was delivered</a>}
          <button type="button" class="button small" onClick={() => setProgress({ done: 0 })}>
            Begin again
          </button>
        </p>
      )}
    </section>
  );
};

interface StepProps {
  readonly title: string;
  readonly index: number;
  /** How many steps are done. */
  readonly done: number;
  readonly text: string;
  readonly button: string;
  readonly onClick: () => void;
}

const Step = ({ title, index, done, text, button, onClick }: StepProps): JSX.Element => (
  <li
    class={index < done ? 'tour-done' : index === done ? 'tour-now' : ''}
    {...(index === done ? { 'aria-current': 'step' as const } : {})}
  >
    <strong>{title}</strong>
    <span>{text}</span>
    <button type="button" class="button primary" disabled={done !== index} onClick={onClick}>
      {button}
    </button>
  </li>
);

const Arrived = ({ request }: { readonly request: InboxRequest }): JSX.Element => (
  <>
    <h3>
      The webhook arrived at <Moment at={request.at} />
    </h3>
    <pre tabIndex={0} class="arrived">
      {[
        ...Object.entries(request.headers)
          .filter(([name]) => name.startsWith('webhook-'))
          .map(([name, value]) => `${name}: ${value}`),
        '',
        JSON.stringify(JSON.parse(request.body), undefined, 2),
      ].join('\n')}
    </pre>
  </>
);
