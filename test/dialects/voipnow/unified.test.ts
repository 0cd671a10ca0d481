import { expect, test } from 'vitest';
import { serveVoipNow, type VoipNowWorld } from './serve-voipnow.ts';

const events = '/extensions/@me/12340*101/phoneCallEvents';
const wish = { type: '0', method: '0', note: 'CRM', url: 'http://93.184.216.34/Save', status: '1' };
const coded = (status: number, code: string): object => ({ status, body: { error: { code, message: expect.any(String) as string } } });

const ask = async (
  { url }: VoipNowWorld,
  path: string,
  init: RequestInit = {},
): Promise<{ readonly status: number; readonly body: unknown }> => {
  const reply = await fetch(`${url}${path}`, init);
  return { status: reply.status, body: JSON.parse(await reply.text()) as unknown };
};

test('a client gets a token by its secret, which opens for an hour what was closed', async () => {
  const world = await serveVoipNow();
  const form = {
    grant_type: 'client_credentials',
    client_id: 'demo-client',
    client_secret: 'demo-secret',
    state: 'abc',
    type: 'unifiedapi',
  };
  const { status, body } = await ask(world, '/oauth/token.php', { method: 'POST', body: new URLSearchParams(form) });
  const { access_token: token } = body as { readonly access_token: string };
  expect({ status, body }).toEqual({ status: 200, body: { access_token: token, expires_in: 3600, token_type: 'Bearer', state: 'abc' } });
  expect(token).toMatch(/^[A-Za-z0-9_.-]{10,}$/);
  const path = '/uapi/phoneCalls/@me/101';
  const bearer = { headers: { Authorization: `Bearer ${token}` } };
  const opened = async (): Promise<number> => (await fetch(`${world.url}${path}`, bearer)).status;
  expect(await opened()).toBe(204);
  expect((await fetch(`${world.url}${path}?accessRequestToken=${encodeURIComponent(`Bearer ${token}`)}`)).status).toBe(204);
  expect((await fetch(`${world.url}/unifiedapi/phoneCalls/@me/101/`, bearer)).status).toBe(204);
  world.clock.advance(3_600);
  // 403, at which clients ask for a new one.
  expect(await ask(world, path, bearer)).toEqual(coded(403, 'access_denied'));
  expect(await ask(world, path)).toEqual(coded(401, 'access_denied'));
});

test.each([
  [{ client_secret: 'wrong' }, 401, 'invalid_client'],
  [{ client_id: 'elsewhere' }, 401, 'invalid_client'],
  [{ grant_type: 'password' }, 400, 'unsupported_grant_type'],
  [{ grant_type: '' }, 400, 'invalid_request'],
  [{ grant_type: 'refresh_token', refresh_token: 'swr_unknown' }, 400, 'invalid_grant'],
  [{ grant_type: 'authorization_code', code: 'swo_unknown' }, 400, 'invalid_grant'],
])('a token request with %j is refused in the words of OAuth', async (wrong, status, error) => {
  const world = await serveVoipNow();
  const form = { grant_type: 'client_credentials', client_id: 'demo-client', client_secret: 'demo-secret', ...wrong };
  expect(await ask(world, '/oauth/token.php', { method: 'POST', body: new URLSearchParams(form) })).toEqual({ status, body: { error } });
});

test('a phoneCallEvent is created, read, listed, changed and deleted', async () => {
  const { unified, url } = await serveVoipNow();
  expect(await unified('GET', events)).toEqual({ status: 204, body: undefined });
  const created = await unified('POST', `${events}/`, { ...wish, type: 0 });
  const { id, modified } = created.body as { readonly id: string; readonly modified: string };
  const whole = { ...wish, id, modified, links: { self: `${url}/uapi${events}/0/${id}` } };
  expect(created).toEqual({ status: 200, body: whole });
  expect(await unified('GET', `/extensions/@me/101/phoneCallEvents/0/${id}`)).toEqual({ status: 200, body: whole });
  await unified('POST', events, { ...wish, type: '4', url: 'http://93.184.216.34/Answered' });
  const listed = await unified('GET', `${events}/?count=1&startIndex=1&sortOrder=ascending`);
  expect(listed.body).toMatchObject({ startIndex: 1, itemsPerPage: 1, totalResults: 2, entry: [{ id }] });
  const changed = await unified('PUT', `${events}/0/${id}`, { status: 0 });
  expect(changed).toMatchObject({ status: 200, body: { ...wish, id, status: '0' } });
  const deleted = await unified('DELETE', events);
  expect(deleted).toMatchObject({ status: 200, body: [{ id }, { type: '4' }] });
  expect(await unified('DELETE', events)).toEqual({ status: 204, body: undefined });
});

const faults = [
  ['POST', '/extensions/@me/@self/phoneCallEvents', wish, 400, 'extension_invalid'],
  ['POST', '/extensions/@me/999/phoneCallEvents', wish, 400, 'extension_invalid'],
  ['POST', '/extensions/@me/5555*101/phoneCallEvents', wish, 400, 'extension_invalid'],
  ['POST', '/extensions/a b/101/phoneCallEvents', wish, 400, 'user_invalid'],
  ['POST', events, { ...wish, type: '5' }, 400, 'pce_type_invalid'],
  ['POST', events, { ...wish, type: undefined }, 400, 'pce_type_invalid'],
  ['POST', events, { ...wish, method: '2' }, 400, 'pce_method_invalid'],
  ['POST', events, { ...wish, status: '2' }, 400, 'pce_status_invalid'],
  ['POST', events, { ...wish, url: 'no url' }, 400, 'pce_url_invalid'],
  ['POST', events, { ...wish, url: undefined }, 400, 'pce_url_invalid'],
  ['POST', events, { ...wish, url: 'http://169.254.169.254/' }, 400, 'pce_url_invalid'],
  ['POST', events, { ...wish, note: 'x'.repeat(1_001) }, 400, 'pce_note_invalid'],
  ['POST', events, { ...wish, id: 'a-b' }, 400, 'pce_id_invalid'],
  ['POST', events, { ...wish, type: true }, 400, 'pce_type_invalid'],
  ['POST', events, { ...wish, url: 5 }, 400, 'pce_url_invalid'],
  ['POST', events, { ...wish, method: [] }, 400, 'pce_method_invalid'],
  ['POST', events, '{', 400, 'body_invalid'],
  ['POST', events, '[]', 400, 'body_invalid'],
  ['GET', `${events}?count=0`, undefined, 400, 'count_invalid'],
  ['GET', `${events}?sortOrder=random`, undefined, 400, 'sortorder_invalid'],
  ['GET', `${events}/0/unknown`, undefined, 400, 'pce_id_invalid'],
  ['PUT', `${events}/0/unknown`, { status: '0' }, 400, 'pce_id_invalid'],
  ['GET', '/phoneCalls/@me/@self', undefined, 400, 'extension_invalid'],
  ['GET', '/phoneCalls/@me/101?filterBy=extension&filterValue=1', undefined, 400, 'filterby_invalid'],
  ['GET', '/phoneCalls/@me/101?filterBy=published', undefined, 400, 'filtervalue_invalid'],
  ['GET', `${events}?filterBy=url&filterOp=like&filterValue=x`, undefined, 400, 'filterop_invalid'],
  ['GET', `${events}?fields=id,password`, undefined, 400, 'fields_invalid'],
  ['POST', '/phoneCalls/@me/simple', { phoneCallView: [{ source: '999', destination: '102' }] }, 400, 'phonecall_source_invalid'],
  ['POST', '/phoneCalls/@me/simple', { phoneCallView: [{ source: [], destination: '102' }] }, 400, 'phonecall_source_invalid'],
  [
    'POST',
    '/phoneCalls/@me/simple',
    { phoneCallView: [{ source: '101', destination: ['102', ''] }] },
    400,
    'phonecall_destination_invalid',
  ],
  [
    'POST',
    '/phoneCalls/@me/simple',
    { phoneCallView: [{ source: '101', destination: ['102', '600'] }] },
    400,
    'phonecall_destination_invalid',
  ],
  ['POST', '/phoneCalls/@me/conferenceInvite', { number: '999', phoneCallView: [{ source: '101' }] }, 400, 'phonecall_destination_invalid'],
  ['DELETE', '/phoneCalls/@me/101/unknown', undefined, 400, 'phonecall_id_invalid'],
  ['GET', '/faxes', undefined, 501, 'request_not_implemented'],
] as const;

test('each fault has the status and the code that clients look at', async () => {
  const { unified } = await serveVoipNow();
  for (const [method, path, body, status, code] of faults) {
    expect({ method, path, sent: body, ...(await unified(method, path, body)) }).toEqual({
      method,
      path,
      sent: body,
      ...coded(status, code),
    });
  }
});

test('of several destinations the first to answer is talked to, and the others stop ringing', async () => {
  const { unified, sandbox, leg, engine } = await serveVoipNow();
  const wanted = { source: '101', destination: ['12340*102', '103', '+15550100009'] };
  const placed = await unified('POST', '/phoneCalls/@me/simple', { phoneCallView: [wanted] });
  const [{ id }] = placed.body as [{ readonly id: string }];
  sandbox.phones.answer('101');
  await Promise.all(['102', '103'].map((extension) => leg(extension, ({ state }) => state === 'ringing')));
  sandbox.phones.answer('103');
  await leg('103', ({ state }) => state === 'connected');
  const [call, ...others] = engine.snapshot().calls;
  expect(others).toEqual([]);
  expect(call?.legs.filter(({ state }) => state !== 'ended').map(({ extension }) => extension)).toEqual(['101', '103']);
  const listed = await unified('GET', `/phoneCalls/@me/103/${id}`);
  expect(listed.body).toMatchObject({ entry: [{ id, phoneCallView: [{ extension: '12340*101' }, { extension: '12340*103' }] }] });
});

test('a call is placed, followed, held, transferred and ended', async () => {
  const world = await serveVoipNow();
  const { unified, sandbox, leg, url, engine } = world;
  const placed = await unified('POST', '/phoneCalls/@me/simple?waitForPickup=25&callDuration=', {
    extension: '101',
    phoneCallView: [{ source: ['101'], destination: '102', callerId: 'John Doe <4242425>' }],
  });
  const [{ id }] = placed.body as [{ readonly id: string }];
  expect(placed).toEqual({ status: 200, body: [{ id, links: { self: `${url}/uapi/phoneCalls/@me/12340*101/${id}` } }] });
  expect(id).toMatch(/^[0-9a-f]{20}$/);
  sandbox.phones.answer('101');
  await leg('102', ({ state }) => state === 'ringing');
  const call = `/phoneCalls/@me/12340*101/${id}`;
  expect((await unified('GET', call)).body).toMatchObject({
    entry: [
      {
        id,
        phoneCallView: [
          { id: '00', extension: '12340*101', flow: '2', status: '4' },
          { id: '01', extension: '12340*102', status: '3' },
        ],
      },
    ],
  });
  sandbox.phones.answer('102');
  await leg('102', ({ state }) => state === 'connected');
  expect((await unified('PUT', call, { action: 'OnHold', phoneCallViewId: '00' })).body).toMatchObject({
    phoneCallView: [{ status: '5', onHold: '1', holder: '12340*101' }, { onHold: '1' }],
  });
  expect((await unified('PUT', call, { action: 'OffHold' })).status).toBe(200);
  expect(await unified('PUT', call, { action: 'SendFax' })).toEqual(coded(501, 'request_not_implemented'));
  expect(await unified('PUT', call, { action: 'Transfer' })).toEqual(coded(400, 'phonecall_destination_invalid'));
  expect(await unified('PUT', call, { action: 'Transfer', sendCallTo: '199' })).toEqual(coded(400, 'phonecall_destination_invalid'));
  expect((await unified('PUT', call, { action: 'Transfer', sendCallTo: '12340*103' })).status).toBe(200);
  await leg('103', ({ state }) => state === 'ringing');
  sandbox.phones.answer('103');
  await leg('103', ({ state }) => state === 'connected');
  expect((await unified('DELETE', '/phoneCalls/@me/103')).body).toMatchObject([{ id }]);
  expect(engine.snapshot().calls).toEqual([]);
});

test('a parked call shows its slot and is fetched by another extension', async () => {
  const { unified, sandbox, leg } = await serveVoipNow();
  sandbox.phones.call('+15550100001', '101');
  await leg('101', ({ state }) => state === 'ringing');
  sandbox.phones.answer('101');
  await leg('101', ({ state }) => state === 'connected');
  const listed = await unified('GET', '/phoneCalls/@me/101');
  const { entry } = listed.body as { readonly entry: readonly [{ readonly id: string }] };
  const call = `/phoneCalls/@me/101/${entry[0].id}`;
  const parked = await unified('PUT', call, { action: 'Park', maxInParking: '60' });
  expect(parked.body).toMatchObject({ phoneCallView: [{ flow: '8', parked: '1', parkedPos: expect.stringMatching(/^[1-9]$/) as string }] });
  expect((await unified('PUT', call, { action: 'UnPark', sendCallTo: '102' })).status).toBe(200);
  expect(await leg('102')).toMatchObject({ state: 'connected' });
});

/** 101 has called 102, who answered; resolves with the call's path, of 101. */
const talk = async ({ unified, sandbox, leg }: VoipNowWorld): Promise<string> => {
  sandbox.phones.call('101', '102');
  await leg('102', ({ state }) => state === 'ringing');
  sandbox.phones.answer('102');
  await leg('102', ({ state }) => state === 'connected');
  const { body } = await unified('GET', '/phoneCalls/@me/101');
  const { entry } = body as { readonly entry: readonly [{ readonly id: string }] };
  return `/phoneCalls/@me/101/${entry[0].id}`;
};

test.each([
  ['Monitor', 'listen'],
  ['Whisper', 'whisper'],
  ['BargeIn', 'barge'],
])('%s lets another extension in, and none that takes part already', async (action, mode) => {
  const world = await serveVoipNow();
  const call = await talk(world);
  expect(await world.unified('PUT', call, { action })).toEqual(coded(400, 'phonecall_source_invalid'));
  expect((await world.unified('PUT', call.replace('/101/', '/111/'), { action, phoneCallViewId: '01' })).status).toBe(200);
  const supervisor = await world.leg('111', ({ supervising }) => supervising !== undefined);
  expect(supervisor.supervising).toMatchObject({ mode });
});

test('a private whisper is asked of the PBX as one', async () => {
  const world = await serveVoipNow();
  const call = (await talk(world)).replace('/101/', '/111/');
  expect(await world.unified('PUT', call, { action: 'Whisper', privateW: 'perhaps' })).toEqual(coded(400, 'phonecall_action_invalid'));
  expect((await world.unified('PUT', call, { action: 'Whisper', privateW: 1 })).status).toBe(200);
  const { control, tenants } = world.gateway;
  const [tenant] = tenants;
  if (tenant === undefined) throw new Error('There is a tenant.');
  expect(control.audit(tenant, { limit: 1 })[0]?.request).toMatchObject({ mode: 'whisper', isPrivate: true });
});

test('a recording is of the format that was asked for', async () => {
  const world = await serveVoipNow();
  const call = await talk(world);
  expect(await world.unified('PUT', call, { action: 'StartRecording', format: 'mp3' })).toEqual(coded(400, 'phonecall_action_invalid'));
  expect((await world.unified('PUT', call, { action: 'StartRecording', format: 'wav49' })).body).toMatchObject({
    phoneCallView: [{ recording: '1' }, { recording: '0' }],
  });
  const { data } = await world.event(({ type }) => type === 'recording.started');
  expect(data).toMatchObject({ file: expect.stringMatching(/\.WAV$/) as string });
});

test('a call names the user whose extension it is', async () => {
  const world = await serveVoipNow();
  const { body } = await world.unified('GET', await talk(world));
  expect(body).toMatchObject({
    entry: [{ extension: '12340*101', ownerId: expect.stringMatching(/\w/) as string, ownerName: 'Alice Archer' }],
  });
});

test('TransferToVoicemail sends the other party to the mailbox of the extension, or of another', async () => {
  const world = await serveVoipNow();
  const call = await talk(world);
  expect((await world.unified('PUT', call.replace('/101/', '/102/'), { action: 'TransferToVoicemail', sendCallTo: '103' })).status).toBe(
    200,
  );
  const moved = await world.event(({ type }) => type === 'call.transferred');
  expect(moved.data).toMatchObject({ kind: 'voicemail', to: { number: '103' } });
});

test('an extension is called into a conference', async () => {
  const { unified, leg } = await serveVoipNow();
  const invited = await unified('POST', '/phoneCalls/@me/conferenceInvite', {
    number: '650',
    pin: '',
    phoneCallView: [{ source: ['111'] }],
  });
  const [{ id }] = invited.body as [{ readonly id: string }];
  expect(invited.status).toBe(200);
  expect(id).toMatch(/^[0-9a-f]{20}$/);
  expect((await leg('111')).device).toContain('111');
});

test('a conference that has a pin is opened by it alone', async () => {
  const { unified, leg } = await serveVoipNow({ conferencePins: { 650: '1234' } });
  const path = '/phoneCalls/@me/conferenceInvite';
  const wish = { number: '650', phoneCallView: [{ source: ['111'] }] };
  expect(await unified('POST', path, wish)).toEqual(coded(400, 'phonecall_pin_invalid'));
  expect(await unified('POST', path, { ...wish, pin: '4321' })).toEqual(coded(400, 'phonecall_pin_invalid'));
  expect((await unified('POST', path, { ...wish, pin: 1234 })).status).toBe(200);
  expect((await leg('111')).device).toContain('111');
});

test('a callback is placed as a simple call is, and what the client gave it is told again', async () => {
  const { unified, leg } = await serveVoipNow();
  const placed = await unified('POST', '/phoneCalls/@me/callback/', {
    nonce: 'mine',
    phoneCallView: [{ source: '101', destination: '102' }],
  });
  const [{ id }] = placed.body as [{ readonly id: string }];
  await leg('101', ({ state }) => state === 'ringing');
  const one = await unified('GET', `/phoneCalls/@me/101?filterBy=id&filterValue=${id}&fields=id,nonce`);
  expect(one.body).toMatchObject({ entry: [{ id, nonce: 'mine' }] });
  expect(one.body).not.toHaveProperty('entry.0.phoneCallView');
  expect((await unified('GET', '/phoneCalls/@me/101?filterBy=published&filterOp=startsWith&filterValue=1999')).status).toBe(204);
});

test('the party whose number is named is hung up', async () => {
  const world = await serveVoipNow();
  const call = await talk(world);
  expect(await world.unified('DELETE', `${call}?phoneNumber=999`)).toEqual({ status: 204, body: undefined });
  expect((await world.unified('DELETE', `${call}?phoneNumber=12340102`)).status).toBe(200);
  const ended = await world.event(({ type }) => type === 'call.ended');
  expect(ended.call?.legs.find(({ extension }) => extension === '102')).toMatchObject({ endedBy: 'command' });
});

test('events can be looked for, and shown in part', async () => {
  const { unified } = await serveVoipNow();
  for (const name of ['one', 'two']) await unified('POST', events, { ...wish, url: `http://93.184.216.34/${name}`, note: name });
  const found = await unified('GET', `${events}?filterBy=url&filterOp=contains&filterValue=two&fields=note,links`);
  const [first] = (found.body as { readonly entry: readonly object[] }).entry;
  expect([found.body, Object.keys(first ?? {}).toSorted()]).toMatchObject([
    { totalResults: 1, entry: [{ note: 'two' }] },
    ['links', 'note'],
  ]);
});
