import { useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { Tenant } from '../answers.ts';
import { ask } from '../api.ts';
import { DialogForm } from '../parts/dialog-form.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { HintedField } from '../parts/field.tsx';
import type { Fields } from '../parts/fields.ts';
import { attempt } from '../parts/notices.tsx';
import { Secret } from '../parts/secret.tsx';
import { Waiting } from '../parts/states.tsx';
import { Table } from '../parts/table.tsx';
import { Moment } from '../parts/time.tsx';
import { useAnswer } from '../parts/use-answer.ts';

interface Tenants {
  readonly tenants: readonly Tenant[];
  /** Whether tenants may be made and removed here. */
  readonly isOperator: boolean;
}

/** The tenants that whoever is logged in may see: its own, or as the operator all of them. */
export const TenantList = (): JSX.Element => {
  const { answer, problem, again } = useAnswer<Tenants>('/v1/tenants');
  const [isAdding, setAdding] = useState(false);
  const [made, setMade] = useState<{ readonly id: string; readonly secret: string }>();
  const remove = async ({ id }: Tenant): Promise<void> => {
    if (!confirm(`Remove the tenant ${id}, its keys and its users? Its name is never given again.`)) return;
    if (await attempt(() => ask('DELETE', `/v1/tenants/${encodeURIComponent(id)}`), 'Removed.')) again();
  };
  return (
    <section aria-labelledby="tenants-title">
      <header class="section-head">
        <h2 id="tenants-title">Tenants</h2>
        {answer?.isOperator === true ? (
          <button type="button" class="button primary" onClick={() => setAdding(true)}>
            New tenant
          </button>
        ) : null}
      </header>
      {answer === undefined ? (
        <Waiting problem={problem} />
      ) : (
        <Table label="Tenants" columns={['Name', 'PBXs', 'Log', 'Made', '(Remove)']}>
          {answer.tenants.map((tenant) => (
            <tr key={tenant.id}>
              <td>{tenant.id}</td>
              <td>{tenant.pbxs.join(', ')}</td>
              <td>
                {tenant.oldest} to {tenant.head}
              </td>
              <td>{tenant.madeAt === undefined ? <span class="quiet">configured</span> : <Moment at={tenant.madeAt} />}</td>
              <td>
                {tenant.madeAt === undefined || !answer.isOperator ? null : (
                  <button type="button" class="button small danger" aria-label={`Remove ${tenant.id}`} onClick={() => void remove(tenant)}>
                    Remove
                  </button>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {isAdding ? (
        <NewTenant
          onClose={() => setAdding(false)}
          onMade={(tenant) => {
            setAdding(false);
            setMade(tenant);
            again();
          }}
        />
      ) : null}
      {made === undefined ? null : (
        <Secret title={`The administrator key of ${made.id}`} secret={made.secret} onClose={() => setMade(undefined)} />
      )}
    </section>
  );
};

const kinds = [
  { kind: 'asterisk', name: 'Asterisk' },
  { kind: 'freeswitch', name: 'FreeSWITCH' },
  { kind: 'sandbox', name: 'Sandbox, an office in memory' },
] as const;
type Kind = (typeof kinds)[number]['kind'];

interface NewTenantProps {
  readonly onClose: () => void;
  readonly onMade: (made: { readonly id: string; readonly secret: string }) => void;
}

const NewTenant = ({ onClose, onMade }: NewTenantProps): JSX.Element => {
  const [kind, setKind] = useState<Kind>('asterisk');
  return (
    <Dialog title="New tenant" onClose={onClose}>
      <DialogForm
        button="Make it"
        onSubmit={async (form) => onMade(await ask('POST', '/v1/tenants', { id: form.text('id'), pbx: pbxOf(kind, form) }))}
      >
        <HintedField label="Name" hint="Small letters, digits, dashes. It cannot be changed.">
          {(ids) => (
            <input {...ids} name="id" required maxLength={32} pattern="[a-z0-9][a-z0-9\-]*" autocomplete="off" placeholder="acme" />
          )}
        </HintedField>
        <label class="field">
          Its PBX
          <select name="kind" value={kind} onChange={({ currentTarget }) => setKind(currentTarget.value as Kind)}>
            {kinds.map((each) => (
              <option key={each.kind} value={each.kind}>
                {each.name}
              </option>
            ))}
          </select>
        </label>
        {kind === 'sandbox' ? (
          <label class="check">
            <input name="traffic" type="checkbox" defaultChecked /> Its people call each other
          </label>
        ) : (
          <>
            <label class="field">
              Host <input name="host" required maxLength={253} autocomplete="off" placeholder="pbx.example" />
            </label>
            <label class="field">
              Port <input name="port" type="number" min={1} max={65535} placeholder={kind === 'asterisk' ? '5038' : '8021'} />
            </label>
            {kind === 'asterisk' ? (
              <label class="field">
                Manager account <input name="username" required maxLength={100} autocomplete="off" />
              </label>
            ) : null}
            <label class="field">
              {kind === 'asterisk' ? 'Its secret' : 'Password of the event socket'}
              <input name="secret" type="password" required maxLength={200} autocomplete="new-password" />
            </label>
          </>
        )}
        <p class="quiet">It is connected to at once; the vendors' APIs serve the tenant from the next start of the gateway on.</p>
      </DialogForm>
    </Dialog>
  );
};

const pbxOf = (kind: Kind, form: Fields): object => {
  const port = form.text('port');
  const address = { kind, host: form.text('host'), ...(port === '' ? undefined : { port: Number(port) }) };
  switch (kind) {
    case 'sandbox':
      return { kind, traffic: form.text('traffic') === 'on' };
    case 'asterisk':
      return { ...address, username: form.text('username'), secret: form.exact('secret') };
    case 'freeswitch':
      return { ...address, password: form.exact('secret') };
    default:
      return kind satisfies never;
  }
};
