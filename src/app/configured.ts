/** What single parts of the gateway take out of the configuration. */
import type { ConfiguredClient } from '../auth/tokens.ts';
import type { ConfiguredUser } from '../auth/users.ts';
import type { Config } from '../config/schema.ts';
import type { HttpServerOptions } from '../http/http-server.ts';
import { extensionNumber, pbxId, type PbxId, tenantId } from '../model/ids.ts';

export const clientsOf = (config: Config): readonly ConfiguredClient[] =>
  Object.entries(config.tenants).flatMap(([name, { clients }]) =>
    Object.entries(clients).map(([id, { secret = '', ...client }]) => ({ id, tenant: tenantId(name), secret, ...client })),
  );

export const usersOf = (config: Config): readonly ConfiguredUser[] =>
  Object.entries(config.tenants).flatMap(([tenant, { users }]) =>
    Object.entries(users).map(([name, { password, scopes, displayName = '', extension = '', email = '' }]) => ({
      tenant: tenantId(tenant),
      name,
      password,
      scopes,
      displayName,
      extension: extensionNumber(extension),
      email,
    })),
  );

export const recordingFolders = ({ tenants }: Config): ReadonlyMap<PbxId, string> =>
  new Map(
    Object.values(tenants)
      .flatMap(({ pbxs }) => Object.entries(pbxs))
      .flatMap(([name, pbx]) => (pbx.kind !== 'sandbox' && pbx.recordings !== undefined ? [[pbxId(name), pbx.recordings]] : [])),
  );

export const httpOptions = ({
  http,
}: Config): Pick<HttpServerOptions, 'host' | 'port' | 'extraPorts' | 'tls' | 'publicUrl' | 'trustedProxies' | 'limits'> => ({
  host: http.host,
  port: http.port,
  extraPorts: http.extraPorts,
  trustedProxies: http.trustedProxies,
  limits: { bodyBytes: http.bodyLimit, connections: http.maxConnections },
  ...(http.publicUrl === undefined ? undefined : { publicUrl: http.publicUrl }),
  ...(http.tls === undefined ? undefined : { tls: { certFile: http.tls.certificate, keyFile: http.tls.key, plainToo: http.tls.plainToo } }),
});
