import { stringify } from 'yaml';
import { GatewayError } from '../model/errors.ts';

/** What a first configuration says of its one PBX. */
export interface FirstConfig {
  readonly tenant: string;
  readonly pbx: string;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly username: string;
  /** Literal, or `${NAME}` for a variable of the environment. */
  readonly secret: string;
  readonly dialContext: string;
}

/** Whether a text stands for a variable of the environment as a whole. */
export const isVariable = (text: string): boolean => /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/.test(text);

/** The YAML of a first configuration: what differs from the defaults, and no more. */
export const renderFirstConfig = ({ tenant, pbx, host, port, tls, username, secret, dialContext }: FirstConfig): string => {
  // Reading the file would take such a part for a variable.
  if (secret.includes('${') && !isVariable(secret)) {
    throw new GatewayError('invalid-parameter', { field: 'secret' }, { note: 'A secret must not hold "${".' });
  }
  const asterisk = { kind: 'asterisk', host, port, ...(tls ? { tls } : undefined), username, secret, dialContext };
  return stringify({ tenants: { [tenant]: { pbxs: { [pbx]: asterisk } } } });
};
