/** VoipNow's APIs and webhooks on a real PBX: whole lives of calls, told to a real HTTP server. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { startSink, type Received, type Sink } from '../../delivery/webhooks/sink.ts';
import { onEachAsterisk, sharedOffice } from './on-each-asterisk.ts';
import { sharedGateway } from '../shared-gateway.ts';

const digest = createHash('sha256').update('demo').digest('hex');
const settings = {
  dialects: { voipnow: { prefix: '12340', accounts: { demo: { password: 'demo', scopes: ['observe', 'control', 'supervise'] } } } },
  clients: { crm: { secret: 'crm-secret', scopes: ['observe', 'control', 'supervise', 'record'] } },
};

/** What of a call event tells the story; the rest is asked for by name. */
const parametersOf = ({ path, body }: Received): Readonly<Record<string, string>> =>
  Object.fromEntries([...new URLSearchParams(path.split('?')[1] ?? ''), ...new URLSearchParams(body)]);
const lineOf = (received: Received): string => {
  const { CallStatus, CallFlow } = parametersOf(received);
  return `${received.path.split('?')[0]} ${CallStatus} ${CallFlow}`;
};

onEachAsterisk('the VoipNow APIs', (_version, tree) => {
  const office = sharedOffice(tree);
  const connected = sharedGateway(office, settings);

  const callApi = async (operation: string, parameters: Readonly<Record<string, string>>): Promise<string> => {
    const query = new URLSearchParams({ Account: 'demo', PassSHA256: digest, ...parameters });
    const text = await (await fetch(`${connected().gateway.url}/callapi/251/${operation}?${query}`)).text();
    if (!text.includes('<Answer><Status>200</Status>')) throw new Error(`${operation}: ${text}`);
    return text;
  };

  const unified = async (method: string, path: string, body?: object): Promise<unknown> => {
    const { url } = connected().gateway;
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'crm', client_secret: 'crm-secret' });
    const { access_token: token } = (await (await fetch(`${url}/oauth/token.php`, { method: 'POST', body: form })).json()) as {
      readonly access_token: string;
    };
    const reply = await fetch(`${url}/uapi${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };

  /** Has a server told of everything that happens to the extensions, at `/EXTENSION/TYPE`. */
  const publish = async (sink: Sink, ...extensions: readonly string[]): Promise<void> => {
    const origin = new URL(sink.url).origin;
    for (const extension of extensions) {
      // What an earlier test published went to a server that is gone.
      await unified('DELETE', `/extensions/@me/${extension}/phoneCallEvents`);
      for (const type of [0, 1, 2, 3, 4]) {
        await unified('POST', `/extensions/@me/${extension}/phoneCallEvents`, { type, url: `${origin}/${extension}/${type}`, method: 1 });
      }
    }
  };

  test('a call from outside: rung, answered, hung up, each told once and in order', async () => {
    const [provider, [tom]] = await Promise.all([office().provider(), office().phones('101')]);
    const sink = await startSink();
    await publish(sink, '101');
    const dialled = await provider.call('+15550200101', { from: '+15550100001' });
    const rung = await tom.incoming();
    await sink.count(1);
    rung.answer();
    await dialled.untilHears('101');
    await sink.count(2);
    await dialled.hangup();
    const received = await sink.count(3);
    expect(received.map(lineOf)).toEqual(['/101/0 CALLING IN', '/101/3 ANSWER IN', '/101/2 ANSWER IN']);
    const [dialIn] = received.map(parametersOf);
    expect(dialIn).toMatchObject({
      CallerIDNum: '+15550100001',
      CalledExtension: '12340*101',
      CallerExtension: '',
      CallID: expect.stringMatching(/^\d+\.\d+$/) as string,
    });
    expect(new Set(received.map((each) => parametersOf(each)['CallID']))).toEqual(new Set([dialIn?.['CallID']]));
  });

  test('MakeCall, hold, park, fetch and hang up: one call to its end, under the id that MakeCall gave', async () => {
    const [desk, room] = await office().phones('400', '410');
    const sink = await startSink();
    await publish(sink, '400', '410');
    const made = await callApi('Call/MakeCall', { FromNumber: '12340400', PhoneNumberToCall: '12340410' });
    const apiId = /<APIID>([0-9a-z]{20})<\/APIID>/.exec(made)?.[1] ?? '';
    const own = await desk.incoming();
    own.answer();
    const rung = await room.incoming();
    rung.answer();
    await Promise.all([own.untilHears('410'), rung.untilHears('400')]);
    const talking = await sink.count(4);
    expect(talking.map(lineOf).toSorted()).toEqual(['/400/1 CALLING OUT', '/400/4 ANSWER OUT', '/410/0 CALLING IN', '/410/3 ANSWER IN']);
    expect(new Set(talking.map((each) => parametersOf(each)['CallAPIID']))).toEqual(new Set([apiId]));

    await callApi('Call/OnHold', { APIID: apiId, ExtensionNumber: '400' });
    expect(own.holding).toBe(true);
    await callApi('Call/OffHold', { APIID: apiId, ExtensionNumber: '400' });
    await rung.untilHears('400');

    // 400 parks 410: its own part is over.
    await unified('PUT', `/phoneCalls/@me/400/${apiId}`, { action: 'Park', maxInParking: 120 });
    await own.until('ended');
    expect((await sink.count(5)).slice(4).map(lineOf)).toEqual(['/400/2 ANSWER OUT']);
    expect(await unified('GET', `/phoneCalls/@me/410/${apiId}`)).toMatchObject({
      entry: [{ id: apiId, phoneCallView: [{ parked: '1' }] }],
    });
    await unified('PUT', `/phoneCalls/@me/400/${apiId}`, { action: 'UnPark', sendCallTo: '400' });
    // A phone that is asked to fetch a call answers by itself.
    const again = await desk.incoming();
    await again.untilHears('410');

    await unified('DELETE', `/phoneCalls/@me/410/${apiId}`);
    await rung.until('ended');
    const last = (await sink.count(9)).slice(5);
    expect(last.map(lineOf).toSorted()).toEqual(['/400/1 CALLING OUT', '/400/2 ANSWER OUT', '/400/4 ANSWER OUT', '/410/2 ANSWER IN']);
    expect(last.map(parametersOf).find(({ CallFlow }) => CallFlow === 'IN')).toMatchObject({ CallAPIID: apiId });
    expect(await unified('GET', `/phoneCalls/@me/410/${apiId}`)).toBeUndefined();
  });

  test('of several destinations, phones and one outside, the first to answer is talked to', async () => {
    const [provider, [desk, room, tom]] = await Promise.all([office().provider(), office().phones('400', '410', '101')]);
    for (const winner of [tom, provider]) {
      const sink = await startSink();
      await publish(sink, '400', '410');
      const wanted = { source: '400', destination: ['410', '12340*101', '+15550100077'] };
      const placed = (await unified('POST', '/phoneCalls/@me/simple', { phoneCallView: [wanted] })) as readonly { readonly id: string }[];
      const own = await desk.incoming();
      own.answer();
      const rung = new Map(await Promise.all([room, tom, provider].map(async (phone) => [phone, await phone.incoming()] as const)));
      rung.get(winner)?.answer();
      await own.untilHears(winner.number);
      await rung.get(room)?.until('ended');
      // Dial-Out and its answer at 400; Dial-In and its end, cancelled, at 410.
      const talking = (await sink.count(4)).map(lineOf);
      expect(talking.toSorted()).toEqual(['/400/1 CALLING OUT', '/400/4 ANSWER OUT', '/410/0 CALLING IN', '/410/2 CANCEL IN']);
      expect(new Set(sink.received.map((each) => parametersOf(each)['CallAPIID']))).toEqual(new Set([placed[0]?.id]));
      await unified('DELETE', `/phoneCalls/@me/400/${placed[0]?.id ?? ''}`);
      await rung.get(winner)?.until('ended');
      expect((await sink.count(5)).slice(4).map(lineOf)).toEqual(['/400/2 ANSWER OUT']);
    }
  });

  test('a recording in GSM, and a supervisor who whispers and hears nothing', async () => {
    const [desk, room, boss] = await office().phones('400', '410', '105');
    const dialled = await desk.call('410');
    (await room.incoming()).answer();
    await dialled.untilHears('410');
    const listed = (await unified('GET', '/phoneCalls/@me/410')) as { readonly entry: readonly [{ readonly id: string }] };
    const { id } = listed.entry[0];
    const { tail } = connected();
    await unified('PUT', `/phoneCalls/@me/410/${id}`, { action: 'StartRecording', format: 'wav49' });
    const { data } = await tail.until('recording.started');
    expect(data.file).toMatch(/\.WAV$/);
    await unified('PUT', `/phoneCalls/@me/410/${id}`, { action: 'StopRecording' });
    // The 21st byte tells the codec: GSM 6.10, where plain samples have 1. Asterisk writes in its own time.
    const head = async (): Promise<Buffer> => (await readFile(join(office().pbx.folder, 'spool/monitor', data.file ?? ''))).subarray(0, 22);
    await expect.poll(head, { timeout: 30_000 }).toSatisfy((bytes: Buffer) => bytes.length === 22 && bytes.readUInt16LE(20) === 0x31);

    await unified('PUT', `/phoneCalls/@me/105/${id}`, { action: 'Whisper', privateW: '1', phoneCallViewId: '01' });
    const ear = await boss.incoming();
    const [callee] = room.calls;
    await callee?.untilHears('400', '105');
    expect(ear.hears()).toEqual([]);
    await dialled.untilHears('410');
  });

  test.each([
    ['is busy', 'BUSY', 486],
    ['declines', 'BUSY', 603],
  ])('a called extension that %s: both sides hear how it ended', async (_what, status, code) => {
    const [desk, room] = await office().phones('400', '410');
    const sink = await startSink();
    await publish(sink, '400', '410');
    await desk.call('410');
    (await room.incoming()).reject(code);
    const received = await sink.count(4);
    expect(received.map(lineOf).toSorted()).toEqual([
      '/400/1 CALLING OUT',
      `/400/2 ${status} OUT`,
      '/410/0 CALLING IN',
      `/410/2 ${status} IN`,
    ]);
  });

  test('a caller who leaves while it rings', async () => {
    const [desk, room] = await office().phones('400', '410');
    const sink = await startSink();
    await publish(sink, '400', '410');
    const dialled = await desk.call('410');
    await room.incoming();
    await dialled.hangup();
    const received = await sink.count(4);
    expect(
      received
        .map(lineOf)
        .filter((line) => line.includes('/2 '))
        .toSorted(),
    ).toEqual(['/400/2 CANCEL OUT', '/410/2 CANCEL IN']);
  });

  test('a webhook hears the whole call in order, though the server was down for a while and the gateway was killed', async () => {
    const [desk, room] = await office().phones('400', '410');
    const sink = await startSink();
    const { gateway, tail } = connected();
    const made = await gateway.post('/v1/webhooks', { url: sink.url, types: ['call.*', 'leg.*', 'legs.*'] });
    const { id, secret } = made.body as { readonly id: string; readonly secret: string };
    // Nobody is there at first.
    sink.answer = (_received, response) => void response.writeHead(503).end();
    const dialled = await desk.call('410');
    const rung = await room.incoming();
    const [first] = await sink.count(1);
    const { callId: call } = JSON.parse(first?.body ?? '') as { readonly callId: string };
    await gateway.kill();
    rung.answer();
    await dialled.untilHears('410');
    sink.answer = (_received, response) => void response.writeHead(204).end();
    await gateway.boot();
    await dialled.hangup();
    const ended = await tail.ended(call);
    const told = tail.events.filter(({ callId, type }) => callId === call && /^(call|legs?)\./.test(type)).map(({ seq }) => seq);
    const messages = (): readonly { readonly seq: number; readonly callId: string }[] =>
      sink.received.map(({ body }) => JSON.parse(body) as { readonly seq: number; readonly callId: string });
    await expect.poll(() => messages().at(-1)?.seq, { timeout: 30_000 }).toBe(ended.seq);
    // What was sent before the kill and not answered comes again, under the same id.
    const seqs = messages().flatMap(({ seq, callId }) => (callId === call ? [seq] : []));
    expect([...new Set(seqs)]).toEqual(told);
    const last = sink.received.at(-1);
    expect(new Webhook(secret).verify(last?.body ?? '', last?.headers as Record<string, string>)).toMatchObject({ type: 'call.ended' });
    const { body } = await gateway.get(`/v1/calls/${call}/why`);
    const kinds = (body as { readonly entries: readonly { readonly kind: string }[] }).entries.map(({ kind }) => kind);
    expect(kinds).toContain('delivery');
    await gateway.post(`/v1/webhooks/${id}/pause`);
  });
});
