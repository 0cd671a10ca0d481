/**
 * What must not be kept of an event's text: the secrets that a dialplan passes to applications which ask callers for them
 * (`Authenticate(1234)`, `DISA(4321,internal)`), and the value of any header that is named after a secret.
 */
export const redact = (event: string | undefined, text: string): string => {
  // Most texts name no secret at all; finding that out is cheap.
  const plain = /secret|passw/i.test(text) ? text.replace(/^(\w*(?:Secret|Passw(?:or)?d)\w*: ).+$/gim, '$1[redacted]') : text;
  if (event !== 'Newexten' || !/^Application: (?:Authenticate|DISA|VMAuthenticate)\r?$/im.test(plain)) return plain;
  return plain.replace(/^(AppData: ).+$/im, '$1[redacted]');
};
