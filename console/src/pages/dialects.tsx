import type { JSX } from 'preact';
import { Snippet } from '../parts/copy.tsx';
import { Waiting } from '../parts/states.tsx';
import { useAnswer } from '../parts/use-answer.ts';

interface DialectList {
  readonly dialects: readonly {
    readonly name: string;
    readonly title: string;
    readonly samples: readonly { readonly title: string; readonly text: string }[];
    readonly pages: readonly { readonly title: string; readonly path: string }[];
  }[];
}

/** The APIs that this tenant is served through, each with requests that work as they stand. */
export const DialectsPage = (): JSX.Element => {
  const { answer, problem } = useAnswer<DialectList>('/v1/dialects');
  return (
    <>
      <h1>Dialects</h1>
      <p>Programs that were written for one of these run against this server; only its address differs.</p>
      {answer === undefined ? <Waiting problem={problem} /> : null}
      {answer?.dialects.map(({ name, title, samples, pages }) => (
        <section key={name} class="card" aria-label={title}>
          <h2>{title}</h2>
          {samples.map((sample) => (
            <Snippet key={sample.title} title={sample.title} text={sample.text} />
          ))}
          {pages.map((page) => (
            <p key={page.path}>
              <a href={page.path}>{page.title}</a>
            </p>
          ))}
        </section>
      ))}
    </>
  );
};
