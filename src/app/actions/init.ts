import { createSocket } from 'node:dgram';
import { once as emitted } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type ExitCode, exitCodes } from '../../cli/exit-codes.ts';
import type { InitOptions } from '../../cli/options.ts';
import type { Output } from '../../cli/output.ts';
import { parseConfig } from '../../config/load.ts';
import { isVariable, renderFirstConfig } from '../../config/render.ts';
import { GatewayError } from '../../model/errors.ts';
import { renderStanza as renderAsteriskStanza } from '../../pbx/asterisk/diagnose.ts';
import { renderStanza as renderFreeswitchStanza } from '../../pbx/freeswitch/diagnose.ts';
import { loggerOf, surroundingsOf } from '../surroundings.ts';
import { doctor } from './doctor.ts';

export const init = async (options: InitOptions, output: Output, signal: AbortSignal): Promise<ExitCode> => {
  const { config: path, force, host, port } = options;
  const { newId } = surroundingsOf(loggerOf('silent'));
  const secret = options.secret === '' ? newId.token() : options.secret;
  const text = renderFirstConfig({ ...options, secret });
  // A variable may be set later; everything else must be right now.
  parseConfig(text, isVariable(secret) ? { [secret.slice(2, -1)]: '' } : {}, path);
  try {
    writeFileSync(path, text, { mode: 0o600, flag: force ? 'w' : 'wx' });
  } catch (error) {
    const note = `${path} cannot be written, or is there already (--force writes over it).`;
    throw new GatewayError('invalid-parameter', { file: path }, { note, cause: error });
  }
  const address = await localAddressTo(host, port);
  const { where, stanza } = stanzaFor(options, isVariable(secret) ? undefined : secret, address);
  output.note(`${path} is written. ${where}\n`);
  output.line(stanza);
  if (isVariable(secret) && process.env[secret.slice(2, -1)] === undefined) {
    output.note(`\nThe secret is read from ${secret}, which is not set here. When it is: switchhook doctor --config ${path}`);
    return exitCodes.ok;
  }
  output.note('\nWhat doctor says of it now:\n');
  const code = await doctor(path, output, signal);
  output.note(
    code === exitCodes.ok
      ? `\nAll is well: switchhook serve --config ${path}`
      : `\nWhen that is mended: switchhook doctor --config ${path}`,
  );
  return code;
};

/** What belongs into the PBX's configuration. */
const stanzaFor = (
  { kind, username, port }: InitOptions,
  secret: string | undefined,
  address: string | undefined,
): { readonly where: string; readonly stanza: string } => {
  const from = address === undefined ? undefined : { address };
  switch (kind) {
    case 'asterisk':
      return {
        where: "This belongs into Asterisk's manager.conf; then: asterisk -rx 'manager reload'",
        stanza: renderAsteriskStanza({ username, ...(secret === undefined ? undefined : { secret }), ...from }),
      };
    case 'freeswitch':
      return {
        where: "This belongs into FreeSWITCH's configuration; then: fs_cli -x 'reloadacl' and -x 'reload mod_event_socket'",
        stanza: renderFreeswitchStanza({ port, ...(secret === undefined ? undefined : { password: secret }), ...from }),
      };
    default:
      return kind satisfies never;
  }
};

/** The address by which this machine would be seen at `host`: nothing is sent for it. Undefined where there is no way there. */
const localAddressTo = async (host: string, port: number): Promise<string | undefined> => {
  const socket = createSocket('udp4');
  try {
    const connected = emitted(socket, 'connect');
    socket.connect(port, host);
    await connected;
    return socket.address().address;
  } catch {
    // The stanza says in words then what belongs there.
    return undefined;
  } finally {
    socket.close();
  }
};
