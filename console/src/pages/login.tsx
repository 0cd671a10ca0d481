import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Problem } from '../api.ts';
import { logIn, type Credentials } from '../session.ts';
import { HintedField } from '../parts/field.tsx';
import { fieldsOf, type Fields } from '../parts/fields.ts';

type Way = 'user' | 'key';

const credentialsOf = (way: Way, form: Fields): Credentials => {
  if (way === 'key') return { key: form.text('key') };
  const tenant = form.text('tenant');
  return { user: form.text('user'), password: form.exact('password'), ...(tenant === '' ? undefined : { tenant }) };
};

/** With the administrator key that `serve` printed, or as a user. */
export const LoginPage = (): JSX.Element => {
  const [way, setWay] = useState<Way>('key');
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      await logIn(credentialsOf(way, fieldsOf(event.currentTarget as HTMLFormElement)));
    } catch (error) {
      setProblem(error instanceof Problem ? error.detail : String(error));
      setBusy(false);
    }
  };

  return (
    <main class="login">
      <form class="card" onSubmit={(event) => void submit(event)}>
        <h1>
          <img src="/console/icon.svg" alt="" width="32" height="32" /> Switchhook
        </h1>
        <fieldset class="choice">
          <legend>Log in</legend>
          {(['key', 'user'] as const).map((each) => (
            <label key={each}>
              <input type="radio" name="way" value={each} checked={way === each} onChange={() => setWay(each)} />
              {each === 'key' ? 'With a key' : 'As a user'}
            </label>
          ))}
        </fieldset>
        {way === 'key' ? (
          <HintedField
            label="Key"
            hint={
              <>
                The administrator key that <code>switchhook serve</code> printed once; in the demo <code>demo-key</code>.
              </>
            }
          >
            {(ids) => <input {...ids} name="key" type="password" required autocomplete="off" spellcheck={false} key="key" />}
          </HintedField>
        ) : (
          <>
            <label class="field">
              User
              <input name="user" required autocomplete="username" key="user" />
            </label>
            <label class="field">
              Password
              <input name="password" type="password" required autocomplete="current-password" />
            </label>
            <HintedField label="Tenant" hint="Only where the server has several.">
              {(ids) => <input {...ids} name="tenant" autocomplete="organization" />}
            </HintedField>
          </>
        )}
        {problem === undefined ? null : (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" class="button primary" disabled={isBusy}>
          Log in
        </button>
      </form>
    </main>
  );
};
