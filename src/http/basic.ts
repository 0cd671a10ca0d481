/** A name and a password, as HTTP Basic carries them (RFC 7617). */
export interface BasicCredentials {
  readonly name: string;
  readonly password: string;
}

/** Of an Authorization header; undefined for any other scheme, and for what is not base64 or holds no colon. */
export const parseBasic = (authorization: string | undefined): BasicCredentials | undefined => {
  const encoded = /^Basic +([A-Za-z0-9+/_-]{1,1024}={0,2}) *$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const [, name, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? [];
  return name === undefined || password === undefined ? undefined : { name, password };
};
