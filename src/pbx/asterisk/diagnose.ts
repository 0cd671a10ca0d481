import type { Finding } from '../driver.ts';
import { GatewayError } from '../../model/errors.ts';
import type { AmiAction, AmiDeps, AmiEvent, AmiSession } from './ami-client.ts';
import { connectAmi } from './ami-client.ts';
import type { AsteriskConfig } from './config.ts';
import { findParking } from './diagnose-parking.ts';
import { linkFailureOf, type LinkFailure } from './errors.ts';

/** The event classes that are watched, and what is not seen without each. */
const readClasses = {
  system: 'registrations, and that Asterisk has booted, reloads or shuts down',
  call: 'calls',
  agent: 'queues and their agents',
  user: 'events that the dialplan sends on purpose',
  dialplan: 'voicemail and announcements',
} as const;

/** What an account may do is told by the actions that `ListCommands` offers it: for each class one that needs it. */
const writeClasses = {
  system: {
    action: 'PJSIPNotify',
    for: 'answering and holding by NOTIFY, muting, recordings, conferences, voicemail, and the list of registered phones',
  },
  call: { action: 'Redirect', for: 'every command on a live call' },
  originate: { action: 'Originate', for: 'placing calls, picking them up, joining and supervising them' },
  reporting: { action: 'ConfbridgeListRooms', for: 'reading conferences after a reconnect' },
  agent: { action: 'QueuePause', for: 'logging queue agents in and out, and pausing them' },
  user: { action: 'UserEvent', for: 'nothing yet' },
} as const;

const modules = {
  'res_pjsip_notify.so': 'asking a phone to answer',
  'app_mixmonitor.so': 'recording',
  'app_directed_pickup.so': 'answering by pick-up',
  'res_parking.so': 'parking',
  'app_confbridge.so': 'conferences',
  'app_queue.so': 'queues',
  'app_chanspy.so': 'supervision',
  'func_strings.so': "telling the PBX's time zone",
} as const;

/** Logs in and looks for what is missing: changes nothing at the PBX. */
export const diagnoseAsterisk = async (config: AsteriskConfig, deps: AmiDeps, signal: AbortSignal): Promise<readonly Finding[]> => {
  const address = `${config.host}:${config.port}`;
  const events: AmiEvent[] = [];
  let session: AmiSession;
  try {
    session = await connectAmi(
      { ...config, events: Object.keys(readClasses).join(','), onEvent: (event) => void events.push(event) },
      deps,
      signal,
    );
  } catch (error) {
    signal.throwIfAborted();
    return [unreachable(error, config, address)];
  }
  try {
    const findings: Finding[] = [
      { check: 'login', ok: true, detail: `${address} speaks AMI ${session.version} and knows ${config.username}.` },
    ];
    findings.push(await findVersion(session, signal));
    const offered = await offeredActions(session, signal);
    findings.push(...findWritePermissions(offered, config));
    findings.push(...(await findReadPermissions(session, events, offered, config, signal)));
    findings.push(findTimestamps(events));
    findings.push(...(await findModules(session, offered, signal)));
    findings.push(...(await findInteractive(session, config, offered, signal)));
    findings.push(...(await findParking(session, config.slots, signal)));
    findings.push(findWriteTimeout(config));
    return findings;
  } catch (error) {
    signal.throwIfAborted();
    return [{ check: 'connection', ok: false, detail: error instanceof Error ? error.message : String(error) }];
  } finally {
    session.close();
  }
};

const mends: { readonly [Failure in LinkFailure]?: (config: AsteriskConfig) => string } = {
  refused: (config) => `In manager.conf: [general] enabled = yes, port = ${config.port}, bindaddr = an address that ${config.host} is.`,
  'unknown-host': () => 'Correct `host` in the configuration.',
  unreachable: () => 'Correct `host` in the configuration, or the route to it.',
  silent: ({ tls }) =>
    `Open the port in the firewall between the two${tls === false ? ', or set `tls: true` if it is that of tlsbindaddr' : ''}.`,
  tls: (config) =>
    config.tls === false
      ? 'Set `tls: true`.'
      : "Set `tls: false` for the plain port, or use tlsbindaddr's port and a certificate that is trusted here.",
  'not-asterisk': (config) =>
    config.tls === false ? 'Set `tls: true` if the port is that of tlsbindaddr; else correct `port`.' : 'Correct `port`.',
  login: (config) => renderStanza({ username: config.username }),
  'second-login': () => 'Remove allowmultiplelogin = no from manager.conf; the gateway keeps two connections.',
};

const unreachable = (error: unknown, config: AsteriskConfig, address: string): Finding => {
  const failure = linkFailureOf(error);
  const detail = error instanceof GatewayError ? error.message : String(error);
  const mend = failure === undefined ? undefined : mends[failure]?.(config);
  return { check: 'login', ok: false, detail: `${address}: ${detail}`, ...(mend === undefined ? {} : { mend }) };
};

/** The account as it should be in manager.conf; a secret and an address that are not given are left for the owner to fill in. */
export const renderStanza = ({
  username,
  secret = 'THE_SECRET_OF_THE_CONFIGURATION',
  address = "THE_GATEWAY'S_ADDRESS",
}: {
  readonly username: string;
  readonly secret?: string;
  readonly address?: string;
}): string =>
  [
    `[${username}]`,
    `secret = ${secret}`,
    'deny = 0.0.0.0/0.0.0.0',
    `permit = ${address}/255.255.255.255`,
    `read = ${Object.keys(readClasses).join(',')}`,
    `write = ${Object.keys(writeClasses).join(',')}`,
    'writetimeout = 5000',
  ].join('\n');

const oldest = 16;
const maxArrivalPings = 500;

const findVersion = async (session: AmiSession, signal: AbortSignal): Promise<Finding> => {
  const check = 'version';
  const version = await attempt(async () => (await session.request({ Action: 'CoreSettings' }, { signal })).get('AsteriskVersion'));
  if (version === undefined) return { check, ok: true, detail: 'The account may not ask for it.' };
  const major = Number(/^(?:GIT-)?(\d+)/.exec(version)?.[1] ?? oldest);
  return {
    check,
    ok: major >= oldest,
    detail: `Asterisk ${version}`,
    ...(major >= oldest ? {} : { mend: `Use Asterisk ${oldest} or newer.` }),
  };
};

/** Undefined instead of what the PBX refuses. */
const attempt = async <Result>(ask: () => Promise<Result>): Promise<Result | undefined> => {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof GatewayError && error.code !== 'pbx-down') return undefined;
    throw error;
  }
};

const offeredActions = async (session: AmiSession, signal: AbortSignal): Promise<ReadonlySet<string>> => {
  const commands = await session.request({ Action: 'ListCommands' }, { signal });
  return new Set(
    commands
      .text()
      .split('\r\n')
      .map((line) => line.slice(0, line.indexOf(':'))),
  );
};

const findWritePermissions = (offered: ReadonlySet<string>, config: AsteriskConfig): readonly Finding[] =>
  Object.entries(writeClasses).map(([name, { action, for: purpose }]) => {
    const ok = offered.has(action) || isModuleMissing(name, offered);
    return {
      check: `write permission ${name}`,
      ok,
      detail: ok ? `Granted: ${purpose}.` : `Missing: ${purpose}.`,
      ...(ok ? {} : { mend: renderStanza({ username: config.username }) }),
    };
  });

/** The action that stands for a class may be absent because its module is; another of the class then tells. */
const isModuleMissing = (name: string, offered: ReadonlySet<string>): boolean => {
  switch (name) {
    case 'system':
      return offered.has('ModuleLoad');
    case 'reporting':
      return offered.has('LoggerRotate') && offered.has('MailboxStatus') && offered.has('ShowDialPlan');
    default:
      return false;
  }
};

/**
 * Asterisk tells nobody which event classes an account gets. Two can be tried: FullyBooted (system) follows each login, and a
 * UserEvent comes back to who sent it. For the others the CLI is asked, if the account may use it.
 */
const findReadPermissions = async (
  session: AmiSession,
  events: readonly AmiEvent[],
  offered: ReadonlySet<string>,
  config: AsteriskConfig,
  signal: AbortSignal,
): Promise<readonly Finding[]> => {
  const granted = await readClassesByCli(session, config, signal);
  if (offered.has('UserEvent')) await attempt(() => session.request({ Action: 'UserEvent', UserEvent: 'switchhook-doctor' }, { signal }));
  await arrivals(session, events, signal);
  const seen = new Set(events.map(({ message }) => message.event));
  return Object.entries(readClasses).map(([name, what]) => {
    const check = `read permission ${name}`;
    const tried =
      name === 'system' ? seen.has('FullyBooted') : name === 'user' && offered.has('UserEvent') ? seen.has('UserEvent') : undefined;
    const ok = granted?.has(name) ?? tried;
    if (ok === undefined) return { check, ok: true, detail: `Cannot be tried out; needed to see ${what}.` };
    if (ok) return { check, ok, detail: `Granted: ${what}.` };
    return { check, ok, detail: `Missing: ${what} are not seen.`, mend: renderStanza({ username: config.username }) };
  });
};

/** Events come on their own time, also after the answer to what led to them: asks on until the UserEvent has come, or for a while. */
const arrivals = async (session: AmiSession, events: readonly AmiEvent[], signal: AbortSignal): Promise<void> => {
  for (let asked = 0; asked < maxArrivalPings && !events.some(({ message }) => message.event === 'UserEvent'); asked += 1) {
    await session.request({ Action: 'Ping' }, { signal });
  }
};

const readClassesByCli = async (
  session: AmiSession,
  { username }: AsteriskConfig,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> => {
  const show: AmiAction = { Action: 'Command', Command: `manager show user ${username}` };
  const output = await attempt(async () => (await session.request(show, { signal })).getAll('Output'));
  const line = output?.find((text) => /^\s*read perm:/i.test(text));
  if (line === undefined) return undefined;
  const names = line
    .slice(line.indexOf(':') + 1)
    .trim()
    .split(',');
  return new Set(names.includes('all') ? Object.keys(readClasses) : names);
};

const findTimestamps = (events: readonly AmiEvent[]): Finding => {
  const check = 'timestampevents';
  const stamped = events.some(({ message }) => message.get('Timestamp') !== undefined);
  if (stamped) return { check, ok: true, detail: "Events carry Asterisk's own time." };
  if (events.length === 0) return { check, ok: true, detail: 'No event came by which to tell.' };
  return {
    check,
    ok: false,
    detail: 'Events carry no time: that of their arrival is taken.',
    mend: '[general]\ntimestampevents = yes',
  };
};

const findModules = async (session: AmiSession, offered: ReadonlySet<string>, signal: AbortSignal): Promise<readonly Finding[]> => {
  if (!offered.has('ModuleCheck')) return [];
  const findings: Finding[] = [];
  for (const [module, purpose] of Object.entries(modules)) {
    const answer = await attempt(() => session.request({ Action: 'ModuleCheck', Module: module.replace(/\.so$/, '') }, { signal }));
    const ok = answer !== undefined;
    findings.push({
      check: `module ${module}`,
      ok,
      detail: ok ? `Loaded: ${purpose}.` : `Not loaded: ${purpose} does not work.`,
      ...(ok ? {} : { mend: `In modules.conf: load = ${module}` }),
    });
  }
  return findings;
};

/** The dialplan's line for a number whose callers are led by a program. */
export const renderHandOver = ({ host, port }: { readonly host: string; readonly port: number }, number = 'NUMBER'): string =>
  `exten => ${number},1,AGI(agi://${host}:${port}/${number})`;

const findInteractive = async (
  session: AmiSession,
  { interactive }: AsteriskConfig,
  offered: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<readonly Finding[]> => {
  if (interactive === undefined) return [];
  const check = 'interactive calls';
  const isMissing =
    offered.has('ModuleCheck') &&
    (await attempt(() => session.request({ Action: 'ModuleCheck', Module: 'res_agi' }, { signal }))) === undefined;
  if (isMissing) return [{ check, ok: false, detail: 'res_agi.so is not loaded.', mend: 'In modules.conf: load = res_agi.so' }];
  const detail = `The gateway listens for FastAGI on ${interactive.host}:${interactive.port}; each interactive number needs a line in extensions.conf.`;
  return [{ check, ok: true, detail, mend: renderHandOver(interactive) }];
};

/** Nothing tells it; the default lets Asterisk drop a session that could not be written to for a tenth of a second. */
const findWriteTimeout = ({ username }: AsteriskConfig): Finding => ({
  check: 'writetimeout',
  ok: true,
  detail: 'Cannot be asked for. Asterisk drops a connection that blocks for 100 ms unless it is raised.',
  mend: `[${username}]\nwritetimeout = 5000`,
});
