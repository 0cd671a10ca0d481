/** A FreeSWITCH of your own, named by the environment: no package of it can be fetched. */
export interface RealFreeswitch {
  /** None is named. */
  readonly isMissing: boolean;
  readonly host: string;
  readonly port: number;
  readonly password: string;
  readonly domain: string;
  readonly dialContext: string;
  /** Where its phones register, on this machine, and their password; without it there are none, and no calls. */
  readonly sip: { readonly port: number; readonly password: string } | undefined;
  /** Three users of it whose phones nobody else is. */
  readonly users: readonly [string, string, string];
}

export const realFreeswitch = (environment: NodeJS.ProcessEnv = process.env): RealFreeswitch => {
  const { FREESWITCH_HOST: host, FREESWITCH_PASSWORD: password, FREESWITCH_SIP_PORT: sipPort } = environment;
  const isMissing = host === undefined || password === undefined;
  const [caller = '1001', callee = '1002', busy = '1003'] = (environment['FREESWITCH_USERS'] ?? '')
    .split(',')
    .filter((user) => user !== '');
  return {
    isMissing,
    host: host ?? '',
    port: Number(environment['FREESWITCH_PORT'] ?? 8021),
    password: password ?? '',
    domain: environment['FREESWITCH_DOMAIN'] ?? '',
    dialContext: environment['FREESWITCH_CONTEXT'] ?? 'default',
    sip:
      isMissing || sipPort === undefined
        ? undefined
        : { port: Number(sipPort), password: environment['FREESWITCH_PHONE_PASSWORD'] ?? '1234' },
    users: [caller, callee, busy],
  };
};

export const whyNot =
  'Name a FreeSWITCH by FREESWITCH_HOST and FREESWITCH_PASSWORD (and FREESWITCH_PORT, FREESWITCH_DOMAIN, FREESWITCH_CONTEXT); one on this machine ' +
  'also by FREESWITCH_SIP_PORT, FREESWITCH_PHONE_PASSWORD and FREESWITCH_USERS (1001,1002,1003), whose phones the tests then are.';
