import type { DeliveryRequest } from './webhook-engine.ts';

/** Of a request whose content is a list of names and values. */
export type Parameter = readonly [name: string, value: string];

/** Percent-encoded UTF-8 with `*` and `@` left raw, as the servers wrote them whose receivers this is for; a blank is `%20`. */
export const encodeParameters = (parameters: readonly Parameter[]): string =>
  parameters
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value.toWellFormed()).replaceAll('%40', '@')}`)
    .join('&');

/** A GET with the parameters in its address, after the query that is there, or a POST with them as a form. */
export const renderParameterRequest = (
  { url, method }: { readonly url: string; readonly method: 'GET' | 'POST' },
  parameters: readonly Parameter[],
): DeliveryRequest => {
  const encoded = encodeParameters(parameters);
  if (method === 'POST') return { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: encoded };
  const [address = ''] = url.split('#', 1);
  const joint = !address.includes('?') ? '?' : /[?&]$/.test(address) ? '' : '&';
  return { url: `${address}${joint}${encoded}` };
};
