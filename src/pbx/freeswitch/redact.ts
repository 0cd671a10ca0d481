/**
 * What must not be kept of an event's text: passwords of users, which FreeSWITCH has among a channel's variables, the credentials of a
 * request, and what the dialplan compares keys with.
 */
export const redact = (text: string): string =>
  // Most texts name no secret at all; finding that out is cheap.
  /passw|secret|authoriz|vm_?pin|digest/i.test(text)
    ? text.replace(/^([\w-]*(?:passw(?:or)?d|secret|authorization|auth_digest|vm_?pin)[\w-]*: ).+$/gim, '$1[redacted]')
    : text;
