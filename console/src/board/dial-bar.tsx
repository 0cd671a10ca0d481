import type { JSX } from 'preact';
import type { Extension } from '../../../src/model/extension.ts';
import { mayControl, session } from '../session.ts';
import { chooseExtension, dialFromOwn, ownExtension } from './dialling.ts';
import { fieldsOf } from '../parts/fields.ts';

/** From which phone, and whom to call. */
export const DialBar = ({ extensions }: { readonly extensions: ReadonlyMap<string, Extension> }): JSX.Element | null => {
  if (!mayControl.value) return null;
  return (
    <form
      class="dial-bar"
      aria-label="Call somebody"
      onSubmit={(event) => {
        event.preventDefault();
        const form = event.currentTarget;
        const number = fieldsOf(form).text('number');
        if (number === '') return;
        dialFromOwn(number);
        form.reset();
      }}
    >
      {session.value?.extension === undefined ? (
        <label class="inline-field">
          From
          <select value={ownExtension.value} onChange={(event) => chooseExtension(event.currentTarget.value)}>
            <option value="">choose</option>
            {[...extensions.values()].map(({ number, name }) => (
              <option key={number} value={number}>
                {number} {name}
              </option>
            ))}
          </select>
        </label>
      ) : (
        <span class="inline-field">From {session.value.extension}</span>
      )}
      <label class="inline-field grow">
        Call
        <input name="number" type="tel" autocomplete="off" placeholder="Number or extension" />
      </label>
      <button type="submit" class="button primary">
        Dial
      </button>
    </form>
  );
};
