/** A command line that asks what the page asked; the key is the reader's own to put in. */
export const curlOf = (method: string, path: string, body?: unknown): string =>
  [
    'curl',
    ...(method === 'GET' ? [] : ['-X', method]),
    '-H "Authorization: Bearer $SWITCHHOOK_KEY"',
    ...(body === undefined ? [] : ["-H 'Content-Type: application/json'", `-d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`]),
    `'${location.origin}${path}'`,
  ].join(' ');
