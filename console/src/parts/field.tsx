import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';

/** What the field itself is given, so that its hint is its description and not part of its name. */
interface FieldIds {
  readonly id: string;
  readonly 'aria-describedby': string;
}

interface HintedFieldProps {
  readonly label: string;
  readonly hint: ComponentChildren;
  readonly children: (ids: FieldIds) => JSX.Element;
}

/** A field with a hint below it. */
export const HintedField = ({ label, hint, children }: HintedFieldProps): JSX.Element => {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': `${id}-hint` })}
      <small id={`${id}-hint`}>{hint}</small>
    </div>
  );
};
