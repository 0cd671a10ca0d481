import { useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { scopes, type Key, type User } from '../answers.ts';
import { ask } from '../api.ts';
import { DialogForm } from '../parts/dialog-form.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { HintedField } from '../parts/field.tsx';
import { attempt, notify } from '../parts/notices.tsx';
import { Secret } from '../parts/secret.tsx';
import { Waiting } from '../parts/states.tsx';
import { Moment } from '../parts/time.tsx';
import { Table } from '../parts/table.tsx';
import { useAnswer } from '../parts/use-answer.ts';
import { session } from '../session.ts';
import { TenantList } from './tenants.tsx';

/** Who may ask for what: keys for programs, users for people. */
export const KeysPage = (): JSX.Element => (
  <>
    <h1>Tenants, keys and users</h1>
    <TenantList />
    <Keys />
    <Users />
  </>
);

const Keys = (): JSX.Element => {
  const { answer, problem, again } = useAnswer<{ readonly keys: readonly Key[] }>('/v1/keys');
  const [isAdding, setAdding] = useState(false);
  const [secret, setSecret] = useState<string>();
  const revoke = async (key: Key): Promise<void> => {
    if (!confirm(`Revoke the key "${key.name}"? Its connections close at once.`)) return;
    if (await attempt(() => ask('DELETE', `/v1/keys/${key.id}`), 'Revoked.')) again();
  };
  return (
    <section aria-labelledby="keys-title">
      <header class="section-head">
        <h2 id="keys-title">Keys of {session.value?.tenant}</h2>
        <button type="button" class="button primary" onClick={() => setAdding(true)}>
          New key
        </button>
      </header>
      {answer === undefined ? (
        <Waiting problem={problem} />
      ) : (
        <Table label="Keys" columns={['Name', 'May', 'Made', 'Last used', '(Revoke)']}>
          {answer.keys.map((key) => (
            <tr key={key.id} class={key.revokedAt === undefined ? '' : 'gone'}>
              <td>{key.name}</td>
              <td>
                {key.scopes.join(', ')}
                {key.extension === undefined ? '' : ` (${key.extension})`}
              </td>
              <td>
                <Moment at={key.createdAt} />
              </td>
              <td>{key.lastUsedAt === undefined ? 'never' : <Moment at={key.lastUsedAt} />}</td>
              <td>
                {key.revokedAt === undefined ? (
                  <button type="button" class="button small danger" aria-label={`Revoke ${key.name}`} onClick={() => void revoke(key)}>
                    Revoke
                  </button>
                ) : (
                  'revoked'
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {isAdding ? (
        <Dialog title="New key" onClose={() => setAdding(false)}>
          <DialogForm
            button="Make it"
            onSubmit={async (form) => {
              const extension = form.text('extension');
              const made = await ask<Key & { readonly secret: string }>('POST', '/v1/keys', {
                name: form.text('name'),
                scopes: form.all('scopes'),
                ...(extension === '' ? undefined : { extension }),
              });
              setAdding(false);
              setSecret(made.secret);
              again();
            }}
          >
            <label class="field">
              Name <input name="name" required maxLength={100} placeholder="The CRM" />
            </label>
            <ScopeChoice chosen={['observe']} />
            <HintedField label="Own extension" hint="For control-own.">
              {(ids) => <input {...ids} name="extension" />}
            </HintedField>
          </DialogForm>
        </Dialog>
      ) : null}
      {secret === undefined ? null : <Secret title="The new key" secret={secret} onClose={() => setSecret(undefined)} />}
    </section>
  );
};

const ScopeChoice = ({ chosen }: { readonly chosen: readonly string[] }): JSX.Element => (
  <fieldset class="choice wrap">
    <legend>May</legend>
    {scopes.map((scope) => (
      <label key={scope}>
        <input type="checkbox" name="scopes" value={scope} defaultChecked={chosen.includes(scope)} /> {scope}
      </label>
    ))}
  </fieldset>
);

const Users = (): JSX.Element => {
  const { answer, problem, again } = useAnswer<{ readonly users: readonly User[] }>('/v1/users');
  const [isAdding, setAdding] = useState(false);
  const remove = async (user: User): Promise<void> => {
    if (!confirm(`Remove the user ${user.name}?`)) return;
    if (await attempt(() => ask('DELETE', `/v1/users/${encodeURIComponent(user.id)}`), 'Removed.')) again();
  };
  return (
    <section aria-labelledby="users-title">
      <header class="section-head">
        <h2 id="users-title">Users of {session.value?.tenant}</h2>
        <button type="button" class="button primary" onClick={() => setAdding(true)}>
          New user
        </button>
      </header>
      {answer === undefined ? (
        <Waiting problem={problem} />
      ) : (
        <Table label="Users" columns={['Name', 'Extension', 'May', 'Says', 'Logged in', '(Remove)']}>
          {answer.users.map((user) => (
            <tr key={user.id}>
              <td>
                {user.name} <span class="quiet">{user.displayName ?? ''}</span>
              </td>
              <td>{user.extension ?? ''}</td>
              <td>{user.scopes.join(', ')}</td>
              <td>{user.status.label ?? user.status.status}</td>
              <td>{user.logins.map(({ kind }) => kind).join(', ') || 'no'}</td>
              <td>
                {user.configured ? (
                  <span class="quiet">configured</span>
                ) : (
                  <button type="button" class="button small danger" aria-label={`Remove ${user.name}`} onClick={() => void remove(user)}>
                    Remove
                  </button>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {isAdding ? (
        <Dialog title="New user" onClose={() => setAdding(false)}>
          <DialogForm
            button="Make it"
            onSubmit={async (form) => {
              const extension = form.text('extension');
              await ask('POST', '/v1/users', {
                name: form.text('name'),
                password: form.exact('password'),
                scopes: form.all('scopes'),
                ...(extension === '' ? undefined : { extension }),
              });
              setAdding(false);
              notify('done', 'The user can log in now.');
              again();
            }}
          >
            <label class="field">
              Name <input name="name" required maxLength={80} autocomplete="off" />
            </label>
            <label class="field">
              Password <input name="password" type="password" required autocomplete="new-password" />
            </label>
            <label class="field">
              Own extension <input name="extension" />
            </label>
            <ScopeChoice chosen={['observe']} />
          </DialogForm>
        </Dialog>
      ) : null}
    </section>
  );
};
