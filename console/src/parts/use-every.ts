import { useEffect } from 'preact/hooks';

/** Does it again and again while the component is shown and somebody looks at the page; never when `ms` is undefined. */
export const useEvery = (ms: number | undefined, run: () => void): void => {
  useEffect(() => {
    if (ms === undefined) return undefined;
    const timer = setInterval(() => (document.hidden ? undefined : run()), ms);
    return () => clearInterval(timer);
  }, [ms, run]);
};
