import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Problem } from '../api.ts';
import { fieldsOf, type Fields } from './fields.ts';

interface DialogFormProps {
  /** What its button says. */
  readonly button: string;
  readonly children: ComponentChildren;
  /** What it throws is shown in the form: nothing behind a modal dialog can be read. */
  readonly onSubmit: (fields: Fields) => Promise<void>;
}

/** The form of a dialog: it stays as it was typed until what it asks for is done. */
export const DialogForm = ({ button, children, onSubmit }: DialogFormProps): JSX.Element => {
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (form: HTMLFormElement): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      await onSubmit(fieldsOf(form));
    } catch (error) {
      setProblem(error instanceof Problem ? error.detail : String(error));
      setBusy(false);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void submit(event.currentTarget);
      }}
    >
      {children}
      {problem === undefined ? null : (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <button type="submit" class="button primary" disabled={isBusy}>
        {button}
      </button>
    </form>
  );
};
