// A program that leads the callers of an interactive number: `node examples/interactive.mjs`, with the demo running.
// It greets whoever calls, and puts the call through to an extension: of a customer it knows to 102, of anybody else to 103.
// docs/interactive.md has every verb.
import { createServer } from 'node:http';

const customers = new Map([['+15550100001', 'Gold customer']]);
const port = Number(process.env.PORT ?? 8099);

const server = createServer((request, response) => {
  const { searchParams } = new URL(request.url, 'http://localhost');
  const caller = (searchParams.get('CallerIDNum') ?? '').replaceAll(/[^\w+*]/g, '');
  const customer = customers.get(caller);
  console.log(`${caller} calls ${searchParams.get('CalledExtension')}: ${searchParams.get('CallAPIID')}`);
  response.setHeader('Content-Type', 'text/xml; charset=utf-8').end(`<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <PlaySound>welcome</PlaySound>
  <SetCaller name="${customer ?? 'Somebody'}" number="${caller}"/>
  <SimpleTransfer timeout="20">${customer === undefined ? '103' : '102'}</SimpleTransfer>
  <Hangup/>
</Response>
`);
});

server.listen(port, '127.0.0.1', () => console.log(`Leads callers, on http://127.0.0.1:${server.address().port}`));
