import { describe, expect, test } from 'vitest';
import { key, lastOf, openOffice, statusesOf } from '../dialects/noojee/office.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describe("the scenarios of the vendor's page, in the demo's office", () => {
  test('two calls from 400 at 410, both declined at once: the second alone is told of, then all four ends at once', async () => {
    const { sandbox, subscribe } = await openOffice();
    const { phones } = sandbox;
    const firstPoll = subscribe('400,410,410', 28, 60);
    phones.call('400', '410');
    const first = await firstPoll;
    expect(statusesOf(first.Data)).toEqual({ 400: ['Dialing Out'], 410: ['Ringing'] });
    const [one] = first.Data?.['410'] ?? [];
    expect(one?.CallData).toMatchObject({ canAnswer: true, callerId: '400', callStartTime: '', inbound: true, isQueueCall: false });

    const secondPoll = subscribe('400,410,410', first.seq ?? 0, 60);
    phones.call('400', '410');
    const second = await secondPoll;
    expect(statusesOf(second.Data)).toEqual({ 400: ['Dialing Out'], 410: ['Ringing'] });
    expect(second.Data?.['410']?.[0]?.CallData.uniqueCallId).not.toBe(one?.CallData.uniqueCallId);

    const lastPoll = subscribe('400,410,410', second.seq ?? 0, 60);
    phones.reject('410');
    phones.reject('410');
    const last = await lastPoll;
    expect(statusesOf(last.Data)).toEqual({ 400: ['Hungup', 'Hungup'], 410: ['Hungup', 'Hungup'] });
    for (const item of Object.values(last.Data ?? {}).flat())
      expect(item.CallData.callStartTime).toMatch(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d$/);
    const ids = (extension: string): readonly number[] => last.Data?.[extension]?.map(({ CallID }) => CallID) ?? [];
    expect([ids('400'), ids('410')]).toEqual([
      [1, 3],
      [2, 4],
    ]);
  });

  test('400 dials 410, who is busy: `Busy` and `Hungup`, and never `Ringing`', async () => {
    const { sandbox, subscribe, follow } = await openOffice();
    const { seq } = await subscribe('400,116', 0, 0);
    sandbox.phones.call('400', '116');
    const told = await follow('400,116', seq ?? 0, (all) => lastOf(all, '400') === 'Hungup');
    expect(told.statuses).toEqual({ 400: ['Dialing Out', 'Hungup'], 116: ['Busy', 'Hungup'] });
  });

  test('of two calls that ring at 410 the one that is named by its uniqueCallId is answered, and the other rings on', async () => {
    const { sandbox, subscribe, follow, call } = await openOffice();
    sandbox.phones.call('101', '410');
    sandbox.phones.call('102', '410');
    const ringing = await follow('410', 0, (all) => all.items['410']?.length === 2);
    const second = ringing.items['410']?.find(({ CallData }) => CallData.callerId === '102');
    const reply = await call('answer', { exten: 'SIP/410', uniqueId: second?.CallData.uniqueCallId ?? '', answerString: '' });
    expect(reply).toEqual({ Message: 'Call answered', Code: 0 });
    const answered = await follow('410,102', ringing.seq, (all) => lastOf(all, '102') === 'Connected');
    expect(answered.statuses).toEqual({ 102: ['Connected'], 410: ['Connected'] });
    expect(answered.items['410']?.[0]).toMatchObject({ CallID: second?.CallID, CallData: { uniqueCallId: second?.CallData.uniqueCallId } });
    expect(statusesOf((await subscribe('410', 0, 0)).Data)['410']?.toSorted()).toEqual(['Connected', 'Ringing']);
  });
});

describe('dial', () => {
  test("rings the extension, and its SessionID is the CallID of the extension's call", async () => {
    const { sandbox, follow, call } = await openOffice();
    const reply = await call('dial', { number: '410', extenOrUniqueId: 'SIP/400', autoAnswer: 'Call-Info:\\\\; answer-after=0' });
    expect(reply).toEqual({ SessionID: expect.any(Number), Message: 'Dialing', Code: 0 });
    const ringing = await follow('400,410', 0, (all) => lastOf(all, '410') === 'Ringing');
    expect(ringing.items['400']?.[0]).toMatchObject({
      CallID: reply.SessionID,
      CallData: { status: 'Dialing Out', callerId: '410', inbound: false, isClickToDialCall: true },
    });
    sandbox.phones.answer('410');
    const connected = await follow(
      '400,410',
      ringing.seq,
      (all) => lastOf(all, '400') === 'Connected' && lastOf(all, '410') === 'Connected',
    );
    expect(connected.items['400']?.[0]?.CallID).toBe(reply.SessionID);
  });

  test.each([
    [{ number: '410' }, 'Missing parameter: extenOrUniqueId'],
    [{ extenOrUniqueId: 'SIP/400' }, 'Missing parameter: number'],
    [{ number: '410', extenOrUniqueId: 'SIP/999' }, 'Originate failed: There is no such extension.'],
    [{ number: '410', extenOrUniqueId: '400', autoAnswer: 'Call-Info:x\r\nVia:y' }, 'Invalid parameter: autoAnswer'],
    [{ number: '410,410', extenOrUniqueId: '400' }, 'Invalid parameter: number'],
    [{ number: '410', extenOrUniqueId: '400', callerId: 'a|b' }, 'Invalid parameter: callerId'],
  ])('of %j is refused and dials nothing', async (parameters, message) => {
    const { call, engine } = await openOffice();
    expect(await call('dial', parameters)).toEqual({ Message: expect.stringMatching(message), Code: -1 });
    expect(engine.snapshot().calls).toEqual([]);
  });

  test('from a phone that is not registered says why not', async () => {
    const { call } = await openOffice();
    expect(await call('dial', { number: '410', extenOrUniqueId: '119' })).toEqual({
      Message: expect.stringMatching(/^Originate failed: /),
      Code: -1,
    });
  });
});

describe('hangup', () => {
  test.each(['the far id', 'the own id', '410', 'SIP/410'])('by %s ends the call', async (how) => {
    const { sandbox, follow, call } = await openOffice({ extended: true });
    sandbox.phones.call('400', '410');
    const ringing = await follow('400,410', 0, (all) => lastOf(all, '410') === 'Ringing');
    sandbox.phones.answer('410');
    const connected = await follow(
      '400,410',
      ringing.seq,
      (all) => lastOf(all, '410') === 'Connected' && lastOf(all, '400') === 'Connected',
    );
    const data = connected.items['410']?.[0]?.CallData as unknown as Record<string, string>;
    const id = { 'the far id': data['uniqueCallId'], 'the own id': data['secondaryUniqueCallId'] }[how] ?? how;
    expect(await call('hangup', { extenOrUniqueId: id })).toEqual({ Message: 'Channel Hungup', Code: 0 });
    const ended = await follow('400,410', connected.seq, (all) => lastOf(all, '410') === 'Hungup' && lastOf(all, '400') === 'Hungup');
    expect(ended.statuses).toEqual({ 400: ['Hungup'], 410: ['Hungup'] });
  });

  test('of a ringing call declines it', async () => {
    const { sandbox, follow, call } = await openOffice();
    sandbox.phones.call('400', '410');
    const ringing = await follow('410', 0, (all) => lastOf(all, '410') === 'Ringing');
    expect(await call('hangup', { extenOrUniqueId: ringing.items['410']?.[0]?.CallData.uniqueCallId ?? '' })).toMatchObject({ Code: 0 });
    const ended = await follow('400,410', ringing.seq, (all) => lastOf(all, '400') === 'Hungup');
    expect(ended.statuses).toEqual({ 400: ['Hungup'], 410: ['Hungup'] });
  });

  test.each(['410', '1412750652.496'])('of %s where nothing is says so', async (id) => {
    const { call } = await openOffice();
    expect(await call('hangup', { extenOrUniqueId: id })).toEqual({ Message: `No channel found for ${id}`, Code: -1 });
  });
});

describe('the other methods', () => {
  test('answer refuses what does not ring at that extension', async () => {
    const { sandbox, follow, call } = await openOffice();
    sandbox.phones.call('400', '410');
    const ringing = await follow('410', 0, (all) => lastOf(all, '410') === 'Ringing');
    const uniqueId = ringing.items['410']?.[0]?.CallData.uniqueCallId ?? '';
    const refused = { Message: 'Call can not be answered', Code: -1 };
    expect(await call('answer', { exten: '101', uniqueId })).toEqual(refused);
    expect(await call('answer', { exten: '410', uniqueId: '1403148776.566' })).toEqual(refused);
    expect(await call('answer', { exten: '410', uniqueId })).toMatchObject({ Code: 0 });
    expect(await call('answer', { exten: '410', uniqueId })).toEqual(refused);
  });

  test("start and stop record the extension's call", async () => {
    const { sandbox, follow, call, engine } = await openOffice();
    sandbox.phones.call('400', '410');
    const ringing = await follow('400,410', 0, (all) => lastOf(all, '410') === 'Ringing');
    sandbox.phones.answer('410');
    await follow('410', ringing.seq, (all) => lastOf(all, '410') === 'Connected');
    expect(await call('start', { extenOrUniqueId: 'SIP/410', agentLoginName: 'jane', Tag: 'case-22', tag22: '' })).toEqual({
      Message: 'Recording started',
      Code: 0,
    });
    const recording = (): unknown => engine.snapshot().calls[0]?.legs.find(({ party }) => party.number === '410')?.recording?.state;
    expect(recording()).toBe('recording');
    expect(await call('start', { extenOrUniqueId: '410' })).toEqual({ Message: 'Already recording', Code: 1 });
    expect(await call('stop', { extenOrUniqueId: '410', agentLoginName: 'jane' })).toEqual({ Message: 'Recording stopped', Code: 0 });
    expect(recording()).toBeUndefined();
    expect(await call('stop', { extenOrUniqueId: '410' })).toEqual({ Message: 'Not recording', Code: 1 });
    expect(await call('start', { extenOrUniqueId: '101' })).toEqual({ Message: 'No channel found for 101', Code: -1 });
  });

  test('what was recorded is found by its tag, by its id and by the hour, also after a restart', async () => {
    const folder = temporaryFolder();
    const { sandbox, follow, call, advance, close } = await openOffice({}, folder);
    sandbox.phones.call('400', '410');
    const ringing = await follow('400,410', 0, (all) => lastOf(all, '410') === 'Ringing');
    sandbox.phones.answer('410');
    const talking = await follow('410', ringing.seq, (all) => lastOf(all, '410') === 'Connected');
    const { CallID, CallData } = ringing.items['410']?.[0] ?? {};
    await call('start', { extenOrUniqueId: '410', agentLoginName: 'jane', tag: 'case-22' });
    advance(5);
    await call('stop', { extenOrUniqueId: '410' });
    await call('hangup', { extenOrUniqueId: '410' });
    await follow('410', talking.seq, (all) => lastOf(all, '410') === 'Hungup');
    await close();

    const { url } = await openOffice({}, folder);
    const find = async (
      method: string,
      parameters: Readonly<Record<string, string>>,
      base = '/njadmin/rest/RecordingAPI',
    ): Promise<unknown> => {
      const query = new URLSearchParams({ apiKey: key, ...parameters });
      return (await fetch(`${new URL(url).origin}${base}/${method}?${query}`, { method: 'POST' })).json();
    };
    const byTag = (await find('retrieveMetaData', { tag: 'case-22' })) as {
      readonly MetaData: readonly Readonly<Record<string, string>>[];
    };
    const [found] = byTag.MetaData;
    expect(byTag).toEqual({ MetaData: [found], Code: 0 });
    expect(Object.keys(found ?? {}).join(' ')).toBe(
      'Destination UniqueId Username Start Duration Tag Direction CallRecordId DID Source callend Leg',
    );
    expect(found).toMatchObject({
      Destination: '410',
      UniqueId: CallData?.uniqueCallId,
      Username: 'jane',
      Start: expect.stringMatching(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d$/) as string,
      Tag: 'case-22',
      Direction: 'Inbound',
      CallRecordId: String(CallID),
      DID: '',
      Source: '400',
      Leg: '2',
    });
    expect(Number(found?.['Duration'])).toBeGreaterThanOrEqual(5);
    expect(
      await find('retrieveMetaDataByUniqueId', { uniqueId: CallData?.uniqueCallId ?? '' }, '/servicemanager/rest/CallManagementAPI'),
    ).toEqual(byTag);
    const [date = '', time = ''] = (found?.['callend'] ?? '').split(' ');
    const hour = { date, hour: time.slice(0, 2).replace(/^0/, '') };
    expect(await find('retrieveMetaDataByHour', hour)).toEqual(byTag);
    expect(await find('retrieveMetaDataByHour', hour)).toMatchObject({ Code: -1 });
    expect(await find('retrieveMetaDataByHour', { date, hour: '24' })).toEqual({ Message: 'Invalid parameter: hour', Code: -1 });
    expect(await find('retrieveMetaData', { tag: 'case-23' })).toEqual({ MetaData: [], Code: 0 });
    expect(await find('retrieveMetaData', {})).toEqual({ Message: 'Missing parameter: tag', Code: -1 });
    expect(await find('getRecording', {})).toEqual({ Message: 'No such method', Code: -1 });
  });

  test('checkState tells of each extension what its phone does', async () => {
    const { sandbox, follow, call } = await openOffice();
    sandbox.phones.call('400', '410');
    const ringing = await follow('400,410', 0, (all) => lastOf(all, '410') === 'Ringing');
    const uniqueCallId = ringing.items['410']?.[0]?.CallData.uniqueCallId;
    const state = async (): Promise<unknown> => (await call('checkState', { extenOrUniqueId: 'SIP/410,400,101' })).State;
    expect(await state()).toMatchObject({
      410: { uniqueCallId, Message: 'Ringing Agent', Code: 0 },
      400: { Message: 'Ringing Client', Code: 0 },
      101: { Code: 0 },
    });
    sandbox.phones.answer('410');
    const connected = await follow(
      '400,410',
      ringing.seq,
      (all) => lastOf(all, '410') === 'Connected' && lastOf(all, '400') === 'Connected',
    );
    expect(await state()).toMatchObject({ 410: { uniqueCallId, Message: 'On Call' }, 400: { Message: 'On Call' } });
    expect(await call('hangup', { extenOrUniqueId: '410' })).toMatchObject({ Code: 0 });
    await follow('400,410', connected.seq, (all) => lastOf(all, '410') === 'Hungup' && lastOf(all, '400') === 'Hungup');
    expect(await state()).toMatchObject({ 410: { uniqueCallId, Message: 'Hung Up' }, 400: { Message: 'Hung Up' }, 101: { Code: 0 } });
  });
});

test('with the link to the PBX down commands say so, and a poll says so at its end', async () => {
  const { sandbox, call, subscribe, engine, url } = await openOffice();
  sandbox.faults.disconnect();
  while (engine.status().status !== 'down') await subscribe('400', 0, 0);
  for (const method of ['dial', 'answer', 'hangup', 'start', 'stop']) {
    const parameters = { number: '410', extenOrUniqueId: '400', exten: '400', uniqueId: '1.1' };
    expect(await call(method, parameters)).toEqual({ Message: 'PBX not connected', Code: -2 });
  }
  expect(await subscribe('400', 0, 1)).toMatchObject({ Data: {}, Message: 'PBX not connected', Code: 1 });
  const response = await fetch(`${url}/CallManagementAPI/checkState?apiKey=${key}&extenOrUniqueId=400`);
  expect(response.headers.get('Switchhook-PBX')).toMatch(/^down; since=\d{4}-/);
});

test('numbers, cursors and calls go on after a restart', async () => {
  const folder = temporaryFolder();
  const before = await openOffice({}, folder);
  before.sandbox.phones.call('400', '410');
  const ringing = await before.follow('400,410', 0, (all) => lastOf(all, '410') === 'Ringing');
  await before.close();
  const after = await openOffice({}, folder);
  // The office was in memory: its calls went with it.
  const ended = await after.follow('400,410', ringing.seq, (all) => lastOf(all, '410') === 'Hungup' && lastOf(all, '400') === 'Hungup');
  expect(ended.items['410']?.at(-1)?.CallID).toBe(ringing.items['410']?.[0]?.CallID);
  after.sandbox.phones.call('400', '410');
  const again = await after.follow('400,410', ended.seq, (all) => lastOf(all, '410') === 'Ringing');
  expect(again.items['400']?.[0]?.CallID).toBe(3);
});
