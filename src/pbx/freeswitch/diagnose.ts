import type { Finding } from '../driver.ts';
import { GatewayError } from '../../model/errors.ts';
import type { FreeswitchConfig } from './config.ts';
import { isLoginFailure, linkFailureOf, type LinkFailure } from './errors.ts';
import { connectEsl, type EslDeps, type EslSession } from './esl-client.ts';
import { parsePiped, parseUptime } from './schema.ts';

/** The password with which FreeSWITCH is delivered. Everybody knows it. */
const defaultPassword = 'ClueCon';

const modules = {
  mod_sofia: { for: 'phones', isNeeded: true },
  mod_commands: { for: 'every question and every command', isNeeded: true },
  mod_dptools: { for: 'sending calls elsewhere, picking them up, listening in', isNeeded: true },
  mod_dialplan_xml: { for: 'dialling', isNeeded: true },
  mod_db: { for: 'do-not-disturb and status texts', isNeeded: true },
  mod_loopback: { for: 'dialplans that call through themselves', isNeeded: false },
  mod_valet_parking: { for: 'parking', isNeeded: true },
  mod_conference: { for: 'conferences', isNeeded: true },
  mod_voicemail: { for: 'sending calls to voicemail', isNeeded: true },
  mod_callcenter: { for: 'queues and their agents', isNeeded: false },
} as const;

const oldest = [1, 10] as const;

/** Logs in and looks for what is missing: changes nothing at the PBX. */
export const diagnoseFreeswitch = async (config: FreeswitchConfig, deps: EslDeps, signal: AbortSignal): Promise<readonly Finding[]> => {
  const address = `${config.host}:${config.port}`;
  let session: EslSession;
  try {
    session = await connectEsl({ ...config, interesting: () => false }, deps, signal);
  } catch (error) {
    signal.throwIfAborted();
    return [unreachable(error, config, address)];
  }
  try {
    return [
      { check: 'login', ok: true, detail: `${address} is the event socket of a FreeSWITCH and takes the password.` },
      findPassword(config),
      await findVersion(session, signal),
      ...(await findModules(session, signal)),
      ...(await findDomain(session, config, signal)),
      await findLoopbackCodec(session, signal),
      await findRecordings(session, signal),
    ];
  } catch (error) {
    signal.throwIfAborted();
    return [{ check: 'connection', ok: false, detail: error instanceof Error ? error.message : String(error) }];
  } finally {
    session.close();
  }
};

const mends: { readonly [Failure in LinkFailure]?: (config: FreeswitchConfig) => string } = {
  refused: ({ port }) => renderStanza({ port }),
  'unknown-host': () => 'Correct `host` in the configuration.',
  unreachable: () => 'Correct `host` in the configuration, or the route to it.',
  silent: () => 'Open the port in the firewall between the two.',
  'not-freeswitch': () => 'Correct `port`: the event socket is on 8021 unless event_socket.conf.xml says otherwise.',
  acl: ({ port }) => renderStanza({ port }),
  // Without the password: what a doctor says is shown to others.
  login: ({ port }) => renderStanza({ port }),
};

const unreachable = (error: unknown, config: FreeswitchConfig, address: string): Finding => {
  const failure = linkFailureOf(error);
  const detail = error instanceof GatewayError ? error.message : String(error);
  const mend = failure === undefined ? undefined : mends[failure]?.(config);
  const check = isLoginFailure(error) ? 'login' : 'connection';
  return { check, ok: false, detail: `${address}: ${detail}`, ...(mend === undefined ? {} : { mend }) };
};

/** The event socket's configuration as it should be; what is not given is left for the owner to fill in. */
export const renderStanza = ({
  port = 8021,
  password = 'THE_PASSWORD_OF_THE_CONFIGURATION',
  address = "THE_GATEWAY'S_ADDRESS",
}: {
  readonly port?: number;
  readonly password?: string;
  readonly address?: string;
} = {}): string =>
  [
    '<!-- autoload_configs/event_socket.conf.xml -->',
    '<configuration name="event_socket.conf" description="Socket Client">',
    '  <settings>',
    '    <param name="listen-ip" value="0.0.0.0"/>',
    `    <param name="listen-port" value="${port}"/>`,
    `    <param name="password" value="${password.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')}"/>`,
    '    <param name="apply-inbound-acl" value="switchhook"/>',
    '  </settings>',
    '</configuration>',
    '',
    '<!-- in <network-lists> of autoload_configs/acl.conf.xml -->',
    '<list name="switchhook" default="deny">',
    `  <node type="allow" cidr="${address}/32"/>`,
    '</list>',
  ].join('\n');

const findPassword = (config: FreeswitchConfig): Finding => {
  const check = 'password';
  if (config.password !== defaultPassword) return { check, ok: true, detail: 'It is not the one that FreeSWITCH is delivered with.' };
  return {
    check,
    ok: false,
    detail: 'It is the one that FreeSWITCH is delivered with: whoever reaches the port may do anything.',
    mend: renderStanza({ port: config.port, password: 'A_PASSWORD_OF_YOUR_OWN' }),
  };
};

/** Undefined instead of what the PBX refuses. */
const attempt = async (session: EslSession, question: string, signal: AbortSignal): Promise<string | undefined> => {
  try {
    return (await session.api(question, { signal })).trim();
  } catch (error) {
    if (error instanceof GatewayError && error.code !== 'pbx-down' && error.code !== 'timed-out') return undefined;
    throw error;
  }
};

const findVersion = async (session: EslSession, signal: AbortSignal): Promise<Finding> => {
  const check = 'version';
  const said = (await attempt(session, 'version', signal)) ?? '';
  const [, major = '0', minor = '0'] = /Version (\d+)\.(\d+)/.exec(said) ?? [];
  const ok = Number(major) > oldest[0] || (Number(major) === oldest[0] && Number(minor) >= oldest[1]);
  const uptime = parseUptime((await attempt(session, 'status', signal)) ?? '');
  const detail = `${said || 'It does not tell.'}${uptime === undefined ? '' : `, up for ${Math.round(uptime / 60e6)} minutes`}`;
  return { check, ok, detail, ...(ok ? {} : { mend: `Use FreeSWITCH ${oldest.join('.')} or newer.` }) };
};

const findModules = async (session: EslSession, signal: AbortSignal): Promise<readonly Finding[]> => {
  const findings: Finding[] = [];
  for (const [module, { for: purpose, isNeeded }] of Object.entries(modules)) {
    const isLoaded = (await attempt(session, `module_exists ${module}`, signal)) === 'true';
    findings.push({
      check: `module ${module}`,
      ok: isLoaded || !isNeeded,
      detail: isLoaded ? `Loaded: ${purpose}.` : `Not loaded: no ${purpose}.`,
      ...(isLoaded ? {} : { mend: `In autoload_configs/modules.conf.xml: <load module="${module}"/>` }),
    });
  }
  return findings;
};

const findDomain = async (session: EslSession, config: FreeswitchConfig, signal: AbortSignal): Promise<readonly Finding[]> => {
  const domain = config.domain || ((await attempt(session, 'global_getvar domain', signal)) ?? '');
  const users = parsePiped((await attempt(session, 'list_users', signal)) ?? '').filter((user) => user['domain'] === domain);
  const pattern = new RegExp(config.extensionPattern);
  const extensions = users.filter(({ userid = '' }) => pattern.test(userid));
  const check = 'domain';
  if (extensions.length > 0) return [{ check, ok: true, detail: `${domain}: ${extensions.length} users are extensions.` }];
  return [
    {
      check,
      ok: false,
      detail:
        users.length === 0 ? `There are no users in the domain "${domain}".` : `No user of ${domain} matches ${config.extensionPattern}.`,
      mend:
        users.length === 0
          ? 'Set `domain` in the configuration to that of your users.'
          : 'Correct `extensionPattern` in the configuration.',
    },
  ];
};

/**
 * A loopback pair with a ringing tone offers nothing but L16, which no phone speaks (INCOMPATIBLE_DESTINATION): seen wherever a dialplan
 * calls a phone through `loopback/`.
 */
const findLoopbackCodec = async (session: EslSession, signal: AbortSignal): Promise<Finding> => {
  const check = 'loopback codec';
  if ((await attempt(session, 'module_exists mod_loopback', signal)) !== 'true')
    return { check, ok: true, detail: 'mod_loopback is not loaded.' };
  return {
    check,
    ok: true,
    detail: 'Cannot be asked for. A phone that is rung through loopback/ with a ringback tone is offered L16 alone, and declines.',
    mend: '<action application="export" data="nolocal:absolute_codec_string=PCMU,PCMA"/>',
  };
};

const findRecordings = async (session: EslSession, signal: AbortSignal): Promise<Finding> => {
  const folder = (await attempt(session, 'global_getvar recordings_dir', signal)) ?? '';
  const check = 'recordings';
  if (folder.startsWith('/')) return { check, ok: true, detail: `They go to ${folder}.` };
  return {
    check,
    ok: false,
    detail: 'FreeSWITCH does not tell where recordings go: calls cannot be recorded.',
    mend: 'In vars.xml: <X-PRE-PROCESS cmd="set" data="recordings_dir=/var/lib/freeswitch/recordings"/>',
  };
};
