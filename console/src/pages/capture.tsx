import type { JSX } from 'preact';
import type { Capture } from '../answers.ts';
import { ask } from '../api.ts';
import { fieldsOf } from '../parts/fields.ts';
import { attempt } from '../parts/notices.tsx';
import { useAnswer } from '../parts/use-answer.ts';
import { useEvery } from '../parts/use-every.ts';

const lookEveryMs = 2000;
const lengths = [
  { seconds: 60, name: 'a minute' },
  { seconds: 600, name: 'ten minutes' },
  { seconds: 3600, name: 'an hour' },
] as const;
const states = { running: 'Capturing', ended: 'Captured', failed: 'The capture broke' } as const;

/** A capture of what one PBX says: begun, ended, downloaded. */
export const CapturePanel = ({ pbx }: { readonly pbx: string }): JSX.Element => {
  const path = `/v1/pbxs/${encodeURIComponent(pbx)}/capture`;
  // Where there is none yet the answer is a problem.
  const { answer: capture, again } = useAnswer<Capture>(path);
  const isRunning = capture?.status === 'running';
  useEvery(isRunning ? lookEveryMs : undefined, again);
  const act = async (to: string, body: object): Promise<void> => {
    if (await attempt(() => ask('POST', to, body))) again();
  };
  return (
    <section aria-label={`Capture of ${pbx}`}>
      <h3>Capture</h3>
      <p class="quiet">
        All that the PBX says, without secrets, kept in memory up to 8 MiB and for an hour. <code>switchhook replay FILE</code> makes events
        of it again.
      </p>
      {isRunning ? (
        <button type="button" class="button primary" onClick={() => void act(`${path}/stop`, {})}>
          Stop the capture
        </button>
      ) : (
        <form
          class="filters"
          onSubmit={(event) => {
            event.preventDefault();
            void act(path, { seconds: Number(fieldsOf(event.currentTarget).text('seconds')) });
          }}
        >
          <label class="inline-field">
            For{' '}
            <select name="seconds">
              {lengths.map(({ seconds, name }) => (
                <option key={seconds} value={seconds}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <button type="submit" class="button">
            Capture
          </button>
        </form>
      )}
      {capture === undefined ? null : (
        <p class="facts" role="status">
          <span>
            {states[capture.status]}: {capture.messages} messages, {Math.ceil(capture.bytes / 1024)} KiB
          </span>
          {capture.detail === undefined ? null : <span class="problem">{capture.detail}</span>}
          {capture.messages === 0 ? null : (
            <a class="button small" href={`${path}/file`} download={`${pbx}.capture`}>
              Download the capture
            </a>
          )}
        </p>
      )}
    </section>
  );
};
