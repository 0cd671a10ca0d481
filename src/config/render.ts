import { stringify } from 'yaml';
import { GatewayError } from '../model/errors.ts';

/** PBXs that are connected to, as against the sandbox. */
export const connectedKinds = ['asterisk', 'freeswitch'] as const;

/** What a first configuration says of its one PBX. */
export interface FirstConfig {
  readonly kind: (typeof connectedKinds)[number];
  readonly tenant: string;
  readonly pbx: string;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Of an Asterisk. */
  readonly username: string;
  /** Literal, or `${NAME}` for a variable of the environment. */
  readonly secret: string;
  readonly dialContext: string;
}

/** Whether a text stands for a variable of the environment as a whole. */
export const isVariable = (text: string): boolean => /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/.test(text);

/** The YAML of a first configuration: what differs from the defaults, and no more. */
export const renderFirstConfig = (first: FirstConfig): string => {
  const { kind, tenant, pbx, host, port, tls, username, secret, dialContext } = first;
  // Reading the file would take such a part for a variable.
  if (secret.includes('${') && !isVariable(secret)) {
    throw new GatewayError('invalid-parameter', { field: 'secret' }, { note: 'A secret must not hold "${".' });
  }
  const connected =
    kind === 'asterisk'
      ? { kind, host, port, ...(tls ? { tls } : undefined), username, secret, dialContext }
      : { kind, host, port, password: secret, dialContext };
  return stringify({ tenants: { [tenant]: { pbxs: { [pbx]: connected } } } });
};
