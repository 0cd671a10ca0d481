/**
 * Serves the widget on this machine: `node examples/crm-widget/serve.mjs [port]`, 8090 when not given. A page out of a file has no
 * origin, and the vendor's public account is for pages of this machine alone.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

const types = { html: 'text/html', css: 'text/css', js: 'text/javascript' };
const files = new Map(['index.html', 'widget.css', 'widget.js', 'contacts.js'].map((name) => [`/${name}`, name]));
files.set('/', 'index.html');

const server = createServer(async ({ url = '/' }, response) => {
  const name = files.get(url.split('?')[0]);
  if (name === undefined) return response.writeHead(404).end('There is nothing here.');
  const body = await readFile(new URL(name, import.meta.url));
  return response.writeHead(200, { 'Content-Type': `${types[name.split('.')[1]]}; charset=utf-8` }).end(body);
});
server.listen(Number(process.argv[2] ?? 8090), '127.0.0.1', () => {
  console.log(`The widget: http://localhost:${server.address().port}/`);
});
