import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { DeliveryAttempt, DeliveryRequest } from '../answers.ts';
import { query } from '../api.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Empty, Waiting } from '../parts/states.tsx';
import { Table } from '../parts/table.tsx';
import { Moment } from '../parts/time.tsx';
import { useAnswer } from '../parts/use-answer.ts';

const pageSize = 100;

interface AttemptsProps {
  readonly endpoint: string;
  /** Sends an event again; what cannot is not offered it. */
  readonly onReplay?: (seq: number) => void;
  /** Told when the reader wants to see how it is now. */
  readonly onRefresh: () => void;
}

/** What was tried at an endpoint, the newest first; each with what was sent and what was answered. */
export const Attempts = ({ endpoint, onReplay, onRefresh }: AttemptsProps): JSX.Element => {
  const [before, setBefore] = useState<number>();
  const path = `/v1/deliveries${query({ endpoint, before, limit: pageSize })}`;
  const { answer, problem, again } = useAnswer<{ readonly deliveries: readonly DeliveryAttempt[] }>(path);
  const [shown, setShown] = useState<DeliveryAttempt>();
  const last = answer?.deliveries.at(-1)?.number;
  const refresh = (): void => {
    onRefresh();
    if (before === undefined) again();
    else setBefore(undefined);
  };
  return (
    <section aria-labelledby="attempts-title">
      <header class="section-head">
        <h2 id="attempts-title">Attempts</h2>
        <button type="button" class="button small" onClick={refresh}>
          {before === undefined ? 'Refresh' : 'The newest'}
        </button>
      </header>
      {answer === undefined ? <Waiting problem={problem} /> : null}
      {answer?.deliveries.length === 0 ? <Empty>Nothing has been sent {before === undefined ? 'yet' : 'before that'}.</Empty> : null}
      {answer === undefined || answer.deliveries.length === 0 ? null : (
        <Table label="Attempts" columns={['When', 'Message', 'Attempt', 'Outcome', 'Took', 'Answer', '(What can be done)']}>
          {answer.deliveries.map((each) => (
            <tr key={each.number ?? `${each.id}/${each.attempt}/${each.at}`}>
              <td>
                <Moment at={each.at} />
              </td>
              <td class="long">{each.id}</td>
              <td>{each.attempt}</td>
              <td>
                <span class={`badge ${each.outcome === 'delivered' ? 'badge-good' : 'badge-bad'}`}>{each.status ?? each.outcome}</span>
              </td>
              <td>{Math.round(each.latencyMs)} ms</td>
              <td class="reply">{each.failure?.detail ?? each.reply ?? ''}</td>
              <td>
                <span class="row-actions">
                  <button type="button" class="button small" aria-label={`Show ${each.id}`} onClick={() => setShown(each)}>
                    Show
                  </button>
                  {each.seq === 0 || onReplay === undefined ? null : (
                    <button type="button" class="button small" aria-label={`Send ${each.id} again`} onClick={() => onReplay(each.seq)}>
                      Again
                    </button>
                  )}
                </span>
              </td>
            </tr>
          ))}
        </Table>
      )}
      {answer?.deliveries.length === pageSize && last !== undefined ? (
        <button type="button" class="button" onClick={() => setBefore(last)}>
          Older attempts
        </button>
      ) : null}
      {shown === undefined ? null : <AttemptDialog attempt={shown} onClose={() => setShown(undefined)} />}
    </section>
  );
};

/** The request is made anew from the log, for only answers are kept. */
const AttemptDialog = ({ attempt, onClose }: { readonly attempt: DeliveryAttempt; readonly onClose: () => void }): JSX.Element => {
  const { endpoint, seq, id, status, failure, reply, outcome } = attempt;
  const { answer, problem } = useAnswer<DeliveryRequest>(seq === 0 ? undefined : `/v1/deliveries/request${query({ endpoint, seq, id })}`);
  return (
    <Dialog title={`Attempt ${attempt.attempt} at ${id}`} onClose={onClose}>
      <h3>Request</h3>
      {answer === undefined ? (
        <p class="quiet">{seq === 0 ? 'A test or a handshake is of no event.' : (problem?.detail ?? 'Loading…')}</p>
      ) : (
        <pre tabIndex={0}>{renderRequest(answer)}</pre>
      )}
      <h3>Answer</h3>
      <pre tabIndex={0}>{[status ?? outcome, failure?.detail, reply].filter((line) => line !== undefined).join('\n')}</pre>
    </Dialog>
  );
};

const renderRequest = ({ method, url, headers, body }: DeliveryRequest): string =>
  [`${method} ${url}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), '', indented(body)].join('\n');

/** JSON as people read it; anything else as it is. */
const indented = (body: string): string => {
  try {
    return JSON.stringify(JSON.parse(body), undefined, 2);
  } catch {
    return body;
  }
};
