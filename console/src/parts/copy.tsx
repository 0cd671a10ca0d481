import type { JSX } from 'preact';
import { notify } from './notices.tsx';

/** Puts a text on the clipboard. */
export const CopyButton = ({ text, label = 'Copy' }: { readonly text: string | (() => string); readonly label?: string }): JSX.Element => (
  <button
    type="button"
    class="button small"
    onClick={() => {
      void navigator.clipboard.writeText(typeof text === 'string' ? text : text()).then(
        () => notify('done', 'Copied.'),
        () => notify('failed', 'The browser does not let this page use the clipboard.'),
      );
    }}
  >
    {label}
  </button>
);

/** A command line or a text to be pasted somewhere, with its copy button. */
export const Snippet = ({ title, text }: { readonly title: string; readonly text: string }): JSX.Element => (
  <figure class="snippet">
    <figcaption>
      {title} <CopyButton text={text} />
    </figcaption>
    <pre tabIndex={0}>{text}</pre>
  </figure>
);
