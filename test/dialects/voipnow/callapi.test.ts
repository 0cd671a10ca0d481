import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { demoDigest, serveVoipNow } from './serve-voipnow.ts';

const ok = '<Answer><Status>200</Status><StatusMessage>OK</StatusMessage>';
const codeOf = (answer: string): string =>
  /^.*\n<CallAPI version="\d{3}"><Exception><Status>\d{3}<\/Status><Code>(\d+)</.exec(answer)?.[1] ?? answer;

test('a request is added, listed, edited and removed', async () => {
  const { callApi } = await serveVoipNow();
  const of = { ExtensionNumber: '12340101' };
  const url = 'https://93.184.216.34/in?a=1&b=2';
  const added = await callApi('251/Event/Add', { ...of, EventType: 'dial-in', URL: url, Method: 'POST', Notes: 'CRM <1>' });
  const id = /<RequestID>([A-Za-z0-9]{26,30})<\/RequestID>/.exec(added)?.[1] ?? '';
  const event = (status: string, method: string): string =>
    `<Event><RequestID>${id}</RequestID><EventType>0</EventType><Method>${method}</Method><URL>https://93.184.216.34/in?a=1&#38;b=2</URL><Status>${status}</Status><Notes>CRM &#60;1&#62;</Notes></Event>`;
  expect(await callApi('251/Event/ListAll', of)).toContain(`${ok}<Events>${event('1', 'POST')}</Events></Answer>`);
  await callApi('251/Event/Edit', { ...of, RequestID: id, Status: '0', Method: '0' });
  expect(await callApi('251/Event/ListAll', of)).toContain(event('0', 'GET'));
  expect(await callApi('251/Event/Remove', { ...of, RequestID: id })).toContain(ok);
  expect(await callApi('251/Event/ListAll', of)).toContain('<Events></Events>');
});

const wrongs = [
  ['an extension that there is not', { ExtensionNumber: '999' }, '1003'],
  ["another customer's extension", { ExtensionNumber: '55550101' }, '1003'],
  ['no extension', { ExtensionNumber: '' }, '1004'],
  ['no URL', { URL: '' }, '1004'],
  ['no event', { EventType: '' }, '1004'],
  ["an event of the later generation's", { EventType: '3' }, '1005'],
  ['an unknown method', { Method: 'PATCH' }, '1005'],
  ['what is no URL', { URL: 'not a url' }, '1005'],
  ['a URL of another kind', { URL: 'ftp://93.184.216.34/' }, '1005'],
  ['a private address', { URL: 'http://192.168.0.1/' }, '1006'],
  ['a private address in other words', { URL: 'http://0xc0a80001/' }, '1006'],
  ['over-long notes', { Notes: 'x'.repeat(1_001) }, '1005'],
  ['a request id with a blank', { RequestID: 'a b' }, '1005'],
  ['another status', { Status: '2' }, '1005'],
] as const;

test('an Event/Add with anything wrong in it is an Exception, and adds nothing', async () => {
  const { callApi } = await serveVoipNow();
  const right = { ExtensionNumber: '101', EventType: '0', URL: 'http://93.184.216.34/' };
  for (const [what, wrong, code] of wrongs) {
    expect([what, codeOf(await callApi('251/Event/Add', { ...right, ...wrong }))]).toEqual([what, code]);
  }
  expect(await callApi('251/Event/ListAll', { ExtensionNumber: '101' })).toContain('<Events></Events>');
});

test('a request id is taken once for an extension, and an extension has at most fifty requests', async () => {
  const { callApi } = await serveVoipNow();
  const add = (RequestID: string): Promise<string> =>
    callApi('251/Event/Add', { ExtensionNumber: '101', EventType: '0', URL: 'http://93.184.216.34/', RequestID, Status: '0' });
  for (let count = 0; count < 50; count += 1) expect(await add(`r${count}`)).toContain(ok);
  expect(codeOf(await add('r1'))).toBe('1005');
  expect(codeOf(await add('more'))).toBe('1029');
});

test.each(['251/Call/MakeCall', '204/Calls/MakeCall', '250/call/makecall', '251/Call/MakeCall/'])('%s places a call', async (operation) => {
  const { callApi, leg } = await serveVoipNow();
  expect(await callApi(operation, { FromNumber: '12340101', PhoneNumberToCall: '102' })).toContain(`${ok}<APIID>`);
  expect(await leg('101')).toMatchObject({ state: 'ringing' });
});

test('the handler form, a POSTed form of either kind and JSON are the same operations', async () => {
  const { url } = await serveVoipNow();
  const body = new URLSearchParams({
    Account: 'demo',
    PassSHA256: demoDigest,
    _version: '204',
    _resource: 'Test',
    _method: 'CallPermission',
    ExtensionNumber: '101',
  });
  expect(await (await fetch(`${url}/callapi/handler.php`, { method: 'POST', body })).text()).toContain(`version="204">${ok}`);
  const multipart = new FormData();
  for (const [name, value] of body) multipart.append(name, value);
  expect(await (await fetch(`${url}/callapi/handler.php`, { method: 'POST', body: multipart })).text()).toContain(`version="204">${ok}`);
  const torn = { method: 'POST', body: '--x\r\nnothing', headers: { 'content-type': 'multipart/form-data; boundary=x' } };
  expect(await (await fetch(`${url}/callapi/handler.php`, torn)).text()).toContain('<Exception><Status>400</Status>');
  const json = await fetch(`${url}/callapi/handler.php?${body.toString()}&AnswerFormat=json`);
  expect(await json.json()).toEqual({ CallAPI: { Answer: { Status: '200', StatusMessage: 'OK' } } });
});

const refusals: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
  ['Call/MakeCall', { FromNumber: '999', PhoneNumberToCall: '102' }, '1003'],
  ['Call/MakeCall', { PhoneNumberToCall: '102' }, '1004'],
  ['Call/MakeCall', { FromNumber: '101' }, '1004'],
  ['Call/MakeCall', { FromNumber: '101', PhoneNumberToCall: '1;rm' }, '1005'],
  ['Call/MakeCall', { FromNumber: '119', PhoneNumberToCall: '102' }, '1012'],
  ['Call/MakeCall', { FromNumber: '101', PhoneNumberToCall: '102', CallDuration: 'long' }, '1005'],
  ['Call/Hangup', { APIID: 'ystbaxji6g4vnts3wted' }, '1008'],
  ['Email/Send', {}, '1501'],
  ['constructor/constructor', {}, '1501'],
  ['Test/CallPermission', { ExtensionNumber: '101', PassSHA256: '0'.repeat(64) }, '1001'],
  ['Test/CallPermission', { ExtensionNumber: '101', Account: 'nobody' }, '1001'],
  ['Test/CallPermission', { ExtensionNumber: '101', Account: 'watcher' }, '1002'],
];

test('an address of no operation is an Exception, too', async () => {
  const { callApi } = await serveVoipNow();
  for (const path of ['251', '251/Call', 'Call/MakeCall', '251/Call/MakeCall/now']) expect(codeOf(await callApi(path))).toBe('1501');
});

test('what cannot be done is an Exception whose status stands within its first bytes', async () => {
  const { callApi } = await serveVoipNow();
  for (const [operation, parameters, code] of refusals) {
    const answer = await callApi(`251/${operation}`, parameters);
    expect([operation, parameters, codeOf(answer)]).toEqual([operation, parameters, code]);
    expect(answer.indexOf('<Status>')).toBeLessThan(1_000);
  }
});

test('a call is held, parked, fetched back and hung up by its APIID', async () => {
  const { callApi, leg, sandbox, engine } = await serveVoipNow();
  const made = await callApi('251/Call/MakeCall', { FromNumber: '101', PhoneNumberToCall: '102' });
  const APIID = /<APIID>([^<]+)/.exec(made)?.[1] ?? '';
  sandbox.phones.answer('101');
  await leg('102', ({ state }) => state === 'ringing');
  sandbox.phones.answer('102');
  await leg('102', ({ state }) => state === 'connected');
  const of101 = { APIID, ExtensionNumber: '101' };
  expect(await callApi('251/Call/OnHold', of101)).toContain(ok);
  expect((await leg('101')).held).toBe(true);
  expect(await callApi('251/Call/OffHold', of101)).toContain(ok);
  expect(await callApi('251/Call/Park', of101)).toMatch(/<ParkedPos>[1-9]<\/ParkedPos>/);
  expect(await callApi('251/Call/UnPark', { APIID, SendCallTo: '103' })).toContain(ok);
  expect(await callApi('251/Call/Status', { APIID })).toContain('<CallStatus>ANSWER</CallStatus>');
  expect(await callApi('251/Call/Hangup', { APIID })).toContain(ok);
  expect(engine.snapshot().calls).toEqual([]);
});

test('past calls are listed, newest first', async () => {
  const { callApi, sandbox, leg, event } = await serveVoipNow();
  sandbox.phones.call('+15550100001', '101');
  await leg('101', ({ state }) => state === 'ringing');
  sandbox.phones.hangUpOutside('+15550100001');
  await event(({ type }) => type === 'call.ended');
  const listed = await callApi('251/CallHistory/ListAll', { ExtensionNumber: '12340101', Count: '5' });
  expect(listed).toContain('<CallerIDNum>+15550100001</CallerIDNum>');
  expect(listed).toContain('<CallStatus>UNKNOWN</CallStatus>');
  expect(codeOf(await callApi('251/CallHistory/ListAll', { Count: '0' }))).toBe('1005');
});

/** As a client of its own signs: RFC 5849, written here a second time. */
const signed = (url: string, query: Readonly<Record<string, string>>, oauth: Readonly<Record<string, string>>, key: string): string => {
  const escape = (text: string): string =>
    encodeURIComponent(text).replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  const pairs = Object.entries({ ...query, ...oauth }).map(([name, value]) => `${escape(name)}=${escape(value)}`);
  const base = ['GET', escape(url), escape(pairs.toSorted().join('&'))].join('&');
  const signature = createHmac('sha1', key).update(base).digest('base64');
  return `OAuth ${Object.entries({ ...oauth, oauth_signature: signature })
    .map(([name, value]) => `${name}="${escape(value)}"`)
    .join(', ')}`;
};

test('OAuth 1.0a signs as well, two-legged and three-legged, each nonce once and in its time', async () => {
  const { url, clock } = await serveVoipNow();
  const address = `${url}/callapi/251/Test/CallPermission`;
  const query = { ExtensionNumber: '12340*101', Note: 'ü & so' };
  const oauth = {
    oauth_consumer_key: 'demo',
    oauth_nonce: 'n1',
    oauth_signature_method: 'HMAC-SHA1',
    oauth_timestamp: String(Math.floor(clock.now() / 1e6)),
    oauth_version: '1.0',
  };
  const ask = async (authorization: string): Promise<string> => {
    const reply = await fetch(`${address}?${new URLSearchParams(query).toString()}`, { headers: { Authorization: authorization } });
    return reply.text();
  };
  const first = signed(address, query, oauth, 'demo&');
  expect(await ask(first)).toContain(ok);
  expect(codeOf(await ask(first))).toBe('1001');
  expect(await ask(signed(address, query, { ...oauth, oauth_nonce: 'n2', oauth_token: 'demo' }, 'demo&demo'))).toContain(ok);
  expect(codeOf(await ask(signed(address, query, { ...oauth, oauth_nonce: 'n3' }, 'wrong&')))).toBe('1001');
  const late = { ...oauth, oauth_nonce: 'n4', oauth_timestamp: String(Math.floor(clock.now() / 1e6) - 301) };
  expect(codeOf(await ask(signed(address, query, late, 'demo&')))).toBe('1001');
  const unreadable = { ...oauth, oauth_nonce: 'n5', oauth_consumer_key: 'watcher' };
  expect(codeOf(await ask(signed(address, query, unreadable, 'demo&')))).toBe('1001');
});

test('an account that asks more often than it may is told so, until its time is over', async () => {
  const world = await serveVoipNow({ limits: { requests: 2, seconds: 10, subnets: {} } });
  const permission = (): Promise<string> => world.callApi('251/Test/CallPermission', { ExtensionNumber: '101' });
  await permission();
  expect(await permission()).toContain('<Status>200</Status>');
  expect(await permission()).toContain('<Exception><Status>429</Status><Code>1029</Code>');
  world.clock.advance(10);
  expect(await permission()).toContain('<Status>200</Status>');
});

test.each([
  ['an address', { perAddress: 1, subnets: {} }],
  ['a network', { subnets: { '127.0.0.0/8': 1 } }],
])('%s that asks more often than it may is told so', async (_what, limits) => {
  const world = await serveVoipNow({ limits: { seconds: 10, ...limits } });
  const permission = (): Promise<string> => world.callApi('251/Test/CallPermission', { ExtensionNumber: '101' });
  await permission();
  expect(await permission()).toContain('<Status>429</Status>');
});

test('a call that may last so long ends after so much talk', async () => {
  const { callApi, sandbox, leg, clock, event } = await serveVoipNow();
  await callApi('251/Call/MakeCall', { FromNumber: '101', PhoneNumberToCall: '102', CallDuration: '60' });
  sandbox.phones.answer('101');
  await leg('102', ({ state }) => state === 'ringing');
  clock.advance(10);
  sandbox.phones.answer('102');
  await event(({ type, call }) => type === 'legs.linked' && call?.answeredAt !== undefined);
  clock.advance(59);
  expect((await leg('101')).state).toBe('connected');
  clock.advance(1);
  const ended = await event(({ type }) => type === 'call.ended');
  expect(ended.data).toMatchObject({ disposition: 'answered', talkMs: 60_000 });
});

test('of several phones that ring for one call the first to answer gets it, and all is told under one id', async () => {
  const world = await serveVoipNow();
  const { callApi, receiver, sandbox, leg, event } = world;
  for (const extension of ['101', '103', '102']) {
    for (const type of ['0', '1', '2']) {
      await callApi('251/Event/Add', { ExtensionNumber: extension, EventType: type, URL: `${receiver.url}/${extension}/${type}` });
    }
  }
  const made = await callApi('251/Call/MakeCall', { PhoneNumberToCall: '102' }, { method: 'POST', body: 'FromNumber=101&FromNumber=103' });
  const apiId = /<APIID>(\w+)</.exec(made)?.[1] ?? '';
  await Promise.all(['101', '103'].map((extension) => leg(extension, ({ state }) => state === 'ringing')));
  sandbox.phones.answer('103');
  const [lost] = await Promise.all([
    event(({ type, extension, leg: each }) => type === 'leg.ended' && (extension ?? each?.extension) === '101'),
    leg('102', ({ state }) => state === 'ringing'),
  ]);
  expect(lost.leg?.endedBy).toBe('command');
  expect(await callApi('251/Call/Status', { APIID: apiId })).toContain('<CalledExtension>12340102</CalledExtension>');
  await callApi('251/Call/Hangup', { APIID: apiId });
  await event(({ type, leg: each }) => type === 'leg.ended' && each?.extension === '103');
  const received = await receiver.next(6);
  expect(new Set(received.map(({ parameters }) => parameters['CallAPIID']))).toEqual(new Set([apiId]));
});

test('a call that nobody has answered yet stops ringing everywhere', async () => {
  const { callApi, leg, engine } = await serveVoipNow();
  const made = await callApi('251/Call/MakeCall', { PhoneNumberToCall: '102' }, { method: 'POST', body: 'FromNumber=101&FromNumber=103' });
  await Promise.all(['101', '103'].map((extension) => leg(extension, ({ state }) => state === 'ringing')));
  await callApi('251/Call/Hangup', { APIID: /<APIID>(\w+)</.exec(made)?.[1] ?? '' });
  expect(engine.snapshot().calls).toEqual([]);
});

test('a published request may have CallFlow in small letters', async () => {
  const { callApi, receiver, sandbox } = await serveVoipNow();
  const added = await callApi('251/Event/Add', { ExtensionNumber: '101', EventType: '0', URL: receiver.url, CallFlow: 'in' });
  expect(added).toContain('<CallFlow>in</CallFlow>');
  sandbox.phones.call('+15550100001', '101');
  const [received] = await receiver.next(1);
  expect(received?.parameters['CallFlow']).toBe('in');
});

test('whoever guesses passwords is made to wait, and may come in all the same', async () => {
  const { url, clock } = await serveVoipNow();
  const ask = async (password: string): Promise<string> =>
    (await fetch(`${url}/callapi/251/Test/CallPermission?Account=demo&PassSHA256=${password}&ExtensionNumber=101`)).text();
  for (let attempt = 0; attempt < 5; attempt += 1) expect(await ask('00')).toContain('<Status>401</Status>');
  const answered = new AbortController();
  const right = ask(demoDigest).finally(() => answered.abort());
  const began = clock.now();
  while (!answered.signal.aborted) {
    clock.advance(0.1);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(clock.now() - began).toBeGreaterThanOrEqual(500_000);
  expect(await right).toContain('<Status>200</Status>');
});
