import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { fieldsOf } from '../parts/fields.ts';
import { Waiting } from '../parts/states.tsx';
import { useAnswer } from '../parts/use-answer.ts';
import { play } from './play.ts';

interface ScenarioList {
  readonly scenarios: readonly { readonly file: string; readonly name: string; readonly text: string }[];
}

/** Stories that play themselves: those that come with the program, or one that is pasted. */
export const Scenarios = (): JSX.Element => {
  const { answer, problem } = useAnswer<ScenarioList>('/v1/sandbox/scenarios');
  const [file, setFile] = useState<string>();
  const [isPlaying, setPlaying] = useState(false);
  const chosen = answer?.scenarios.find((each) => each.file === file) ?? answer?.scenarios[0];
  const start = async (form: HTMLFormElement): Promise<void> => {
    setPlaying(true);
    await play('scenarios', { text: fieldsOf(form).exact('text') }, 'The scenario was played.');
    setPlaying(false);
  };
  return (
    <section class="card" aria-labelledby="scenarios-title">
      <h2 id="scenarios-title">Scenarios</h2>
      {answer === undefined ? (
        <Waiting problem={problem} />
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void start(event.currentTarget);
          }}
        >
          <label class="field">
            Scenario
            <select value={chosen?.file} onChange={(event) => setFile(event.currentTarget.value)}>
              {answer.scenarios.map((each) => (
                <option key={each.file} value={each.file}>
                  {each.name}
                </option>
              ))}
            </select>
          </label>
          <label class="field">
            Its steps
            <textarea name="text" rows={10} spellcheck={false} key={chosen?.file} defaultValue={chosen?.text ?? ''} required />
          </label>
          <button type="submit" class="button primary" disabled={isPlaying}>
            {isPlaying ? 'Playing…' : 'Play it'}
          </button>
        </form>
      )}
    </section>
  );
};
