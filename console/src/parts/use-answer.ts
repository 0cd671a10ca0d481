import { useCallback, useEffect, useState } from 'preact/hooks';
import { ask, Problem } from '../api.ts';

export interface Answered<Answer> {
  readonly answer: Answer | undefined;
  readonly problem: Problem | undefined;
  /** Asks again; the old answer stays until the new one is there. */
  readonly again: () => void;
}

/** What the API answers to a GET of `path`; asked again when the path changes. `undefined` asks nothing. */
export const useAnswer = <Answer>(path: string | undefined): Answered<Answer> => {
  const [state, setState] = useState<{ path?: string | undefined; answer?: Answer; problem?: Problem }>({});
  const [times, setTimes] = useState(0);
  useEffect(() => {
    if (path === undefined) return undefined;
    const stop = new AbortController();
    ask<Answer>('GET', path, undefined, stop.signal).then(
      (answer) => setState({ path, answer }),
      (error: unknown) => {
        if (stop.signal.aborted) return;
        setState({ path, problem: error instanceof Problem ? error : new Problem(0, { title: String(error) }) });
      },
    );
    return () => stop.abort();
  }, [path, times]);
  const again = useCallback(() => setTimes((count) => count + 1), []);
  const isOfPath = state.path === path;
  return { answer: isOfPath ? state.answer : undefined, problem: isOfPath ? state.problem : undefined, again };
};
