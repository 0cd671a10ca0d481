/** Query parameters that carry a secret in one of the APIs served here, in lower case. */
const secretParameters = new Set([
  'access_token',
  'apikey',
  'api_key',
  'client_secret',
  'code',
  'hash',
  'key',
  'pass',
  'passsha256',
  'passsha256_hash',
  'password',
  'refresh_token',
  'secret',
  'ticket',
  'token',
]);

/** The URL as it may be logged: the values of secret parameters are gone, everything else is as it came. */
export const redactUrl = (url: string): string => {
  const start = url.indexOf('?');
  if (start === -1) return url;
  const pairs = url.slice(start + 1).split('&');
  const shown = pairs.map((pair) => {
    const equals = pair.indexOf('=');
    if (equals === -1) return pair;
    return secretParameters.has(parameterName(pair.slice(0, equals))) ? `${pair.slice(0, equals)}=[redacted]` : pair;
  });
  return `${url.slice(0, start)}?${shown.join('&')}`;
};

/** A client may write `api%4Bey` or put white space about it: the name is compared as the server would read it. */
const parameterName = (raw: string): string => {
  try {
    return decodeURIComponent(raw.replaceAll('+', ' ')).trim().toLowerCase();
  } catch {
    // A malformed escape is nobody's parameter name.
    return raw.toLowerCase();
  }
};
