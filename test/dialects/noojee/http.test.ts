import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { key, openOffice, type Answer, type Office } from './office.ts';

const api = (office: Office, method: string, query = ''): string => `${office.url}/CallManagementAPI/${method}?${query}`;
const snapshot = `apiKey=${key}&exten=400&lastSequenceNumber=0&timeOut=0`;

const json = async (response: Response): Promise<Answer> => (await response.json()) as Answer;

const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
};

describe('a request', () => {
  test('may be GET or POST, with its parameters in the query, in a form, or in both; the query wins', async () => {
    const office = await openOffice();
    const expected = { Data: { 400: [] }, Code: 0 };
    const form = new URLSearchParams(snapshot);
    const replies = [
      await fetch(api(office, 'subscribe', snapshot)),
      await fetch(api(office, 'subscribe', snapshot), { method: 'POST' }),
      await fetch(api(office, 'subscribe'), { method: 'POST', body: form }),
      await fetch(api(office, 'subscribe', 'exten=400'), {
        method: 'POST',
        body: new URLSearchParams(snapshot.replace('400', '410')),
      }),
    ];
    for (const reply of replies) {
      expect(reply.status).toBe(200);
      expect(await json(reply)).toMatchObject(expected);
    }
  });

  test.each([
    ['application/json; charset=UTF-8', ''],
    ['application/json; charset=UTF-8', '{"not": "read"'],
    ['text/xml', '<x/>'],
    ['multipart/form-data; boundary=x', '--x--'],
    ['nonsense', 'a'],
  ])('is never refused for its content type: %s with "%s"', async (type, body) => {
    const office = await openOffice();
    const reply = await fetch(api(office, 'subscribe', snapshot), { method: 'POST', headers: { 'Content-Type': type }, body });
    expect(await json(reply)).toMatchObject({ Data: { 400: [] }, Code: 0 });
  });

  test("is read with the line break that the vendor's page puts into it, and with parameters that nobody knows", async () => {
    const office = await openOffice();
    const query = `timeOut=0&%0AapiKey=${key}&lastSequenceNumber=0&instanceId=1&xDebugArg=main&tag22&exten=400,410,410`;
    expect(await json(await fetch(api(office, 'subscribe', query)))).toMatchObject({ Data: { 400: [], 410: [] } });
  });

  test('that is too large is an error like any other', async () => {
    const office = await openOffice();
    const reply = await fetch(api(office, 'subscribe', snapshot), { method: 'POST', body: 'x'.repeat(70_000) });
    expect(reply.status).toBe(200);
    expect((await json(reply)).Code).toBe(-1);
  });
});

describe('a reply', () => {
  test('has the headers of an answer that must not be kept, and tells how far the PBX can be trusted', async () => {
    const office = await openOffice();
    const reply = await fetch(api(office, 'subscribe', snapshot));
    expect(reply.headers.get('Content-Type')).toBe('application/json; charset=UTF-8');
    expect(reply.headers.get('Cache-Control')).toBe('no-store');
    expect(reply.headers.get('Switchhook-PBX')).toMatch(/^live; since=\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  test.each([
    ['subscribe', 'lastSequenceNumber=0', 'Missing parameter: exten'],
    ['subscribe', 'exten=400', 'Missing parameter: lastSequenceNumber'],
    ['subscribe', 'exten=400&lastSequenceNumber=-1', 'Invalid parameter: lastSequenceNumber'],
    ['subscribe', 'exten=400&lastSequenceNumber=0&timeOut=soon', 'Invalid parameter: timeOut'],
    ['checkState', '', 'Missing parameter: extenOrUniqueId'],
    ['answer', 'exten=400', 'Missing parameter: uniqueId'],
    ['hangup', '', 'Missing parameter: extenOrUniqueId'],
    ['start', '', 'Missing parameter: extenOrUniqueId'],
    ['stop', '', 'Missing parameter: extenOrUniqueId'],
  ])('to %s?%s is HTTP 200 with a negative Code', async (method, query, message) => {
    const office = await openOffice();
    const reply = await fetch(api(office, method, `apiKey=${key}&${query}`));
    expect(reply.status).toBe(200);
    expect(await reply.text()).toBe(JSON.stringify({ Message: message, Code: -1 }));
  });

  test.each(['CallManagementAPI/transfer', 'systemHealth/test', 'rosterApi/getActiveRosters', 'CampaignAPI/getCampaignList'])(
    'to %s is 404',
    async (path) => {
      const office = await openOffice();
      expect((await fetch(`${office.url}/${path}?apiKey=${key}`)).status).toBe(404);
    },
  );
});

describe('who asks', () => {
  test('without a known key is held for a second', async () => {
    const office = await openOffice();
    const began = Date.now();
    const replies = await Promise.all(['', 'apiKey=wrong'].map((query) => fetch(api(office, 'subscribe', query))));
    for (const reply of replies) expect(await json(reply)).toEqual({ Message: 'Invalid apiKey', Code: -1 });
    expect(Date.now() - began).toBeGreaterThanOrEqual(990);
  });

  test('by hash takes the time from the server', async () => {
    const office = await openOffice();
    const time = await fetch(`${office.url}/Time`, { method: 'POST' });
    expect(time.headers.get('Content-Type')).toMatch(/^text\/plain/);
    const timeStamp = await time.text();
    expect(timeStamp).toMatch(/^\d{13}$/);
    const hash = createHash('sha256').update(`${key}:${timeStamp}`).digest('hex');
    const query = snapshot.replace(`apiKey=${key}`, `timeStamp=${timeStamp}&hash=${hash}`);
    expect(await json(await fetch(api(office, 'subscribe', query)))).toMatchObject({ Code: 0 });
    office.advance(600);
    expect(await json(await fetch(api(office, 'subscribe', query)))).toMatchObject({ Code: 0 });
    office.advance(3_600);
    const late = fetch(api(office, 'subscribe', query));
    expect(await json(await late)).toEqual({ Message: 'Expired TimeStamp', Code: -1 });
  });

  test('with a key that is revoked while it polls is told no more', async () => {
    const office = await openOffice();
    const { info } = office.auth.create({ tenant: office.engine.tenant, name: 'leaving', scopes: ['observe'], secret: 'soon-gone' });
    const poll = office.call('subscribe', { apiKey: 'soon-gone', exten: '400', lastSequenceNumber: '0', timeOut: '60' });
    await until(async () => (await office.call('checkState', { extenOrUniqueId: '400' })).Code === 0);
    office.auth.revoke(office.engine.tenant, info.id);
    expect(await poll).toEqual({ Message: 'Invalid apiKey', Code: -1 });
  });

  test('with a key that may only observe may poll, and not dial', async () => {
    const office = await openOffice();
    office.auth.create({ tenant: office.engine.tenant, name: 'wallboard', scopes: ['observe'], secret: 'only-looking' });
    expect(await office.call('subscribe', { apiKey: 'only-looking', exten: '400', lastSequenceNumber: '0', timeOut: '0' })).toMatchObject({
      Code: 0,
    });
    expect(await office.call('dial', { apiKey: 'only-looking', number: '410', extenOrUniqueId: '400' })).toEqual({
      Message: 'Not permitted',
      Code: -1,
    });
  });
});

describe('a poll that waits', () => {
  test('is sent a space every so often, if that is wanted', async () => {
    const office = await openOffice({ keepAliveMs: 50 });
    const reply = await fetch(api(office, 'subscribe', `apiKey=${key}&exten=400&lastSequenceNumber=0&timeOut=1`));
    expect(reply.headers.get('Content-Type')).toBe('application/json; charset=UTF-8');
    const text = await reply.text();
    expect(text).toMatch(/^ {5,}\{"Data":\{\},/);
    expect(JSON.parse(text)).toMatchObject({ Code: 0 });
  });

  test('is one too many when a key has as many as it may, until a client leaves', async () => {
    const office = await openOffice({ maxPolls: 2 });
    const leaving = new AbortController();
    const query = `apiKey=${key}&exten=400&lastSequenceNumber=0&timeOut=60`;
    const waiting = [1, 2].map(() => fetch(api(office, 'subscribe', query), { signal: leaving.signal }).catch(() => undefined));
    const refused = async (): Promise<boolean> => (await office.subscribe('400', 0, 0)).Message === 'Too many polls at once';
    await until(refused);
    leaving.abort();
    expect(await Promise.all(waiting)).toEqual([undefined, undefined]);
    await until(async () => !(await refused()));
  });

  test('is answered with the head when the server stops', async () => {
    const office = await openOffice();
    const { seq } = await office.subscribe('400', 0, 0);
    const socket = connect(Number(new URL(office.url).port), '127.0.0.1');
    await once(socket, 'connect');
    let text = '';
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString();
    });
    // Asked in one piece with a call that is answered first: when that answer is here, the poll waits.
    socket.write(
      `GET ${new URL(api(office, 'checkState', `apiKey=${key}&extenOrUniqueId=400`)).pathname}?apiKey=${key}&extenOrUniqueId=400 HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    socket.write(
      `GET ${new URL(api(office, 'subscribe')).pathname}?apiKey=${key}&exten=400&lastSequenceNumber=${seq}&timeOut=60 HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    await until(() => text.includes('"State"'));
    const ended = once(socket, 'close');
    await office.close();
    await ended;
    expect(text).toContain(`{"Data":{},"seq":${seq},"Code":0}`);
  });

  test("does not keep its client's next poll from being answered", async () => {
    const office = await openOffice();
    const { port } = new URL(office.url);
    const path = new URL(api(office, 'subscribe', `apiKey=${key}&exten=400&lastSequenceNumber=0&timeOut=60`));
    const gone = request({ port, path: path.pathname + path.search });
    gone.on('error', () => undefined);
    gone.end();
    await once(gone, 'socket');
    gone.destroy();
    expect((await office.subscribe('400', 0, 0)).Code).toBe(0);
  });
});
