/** Every command on a real PBX: what it does to the phones and to who hears whom, and how it fails without harm. */
import { expect, test } from 'vitest';
import type { CommandRecord } from '../../src/control/control.ts';
import type { Event } from '../../src/model/event.ts';
import type { PhoneCall } from './phone/phone-call.ts';
import type { Office, OfficeHabits } from './office.ts';
import type { ConnectedGateway } from './shared-gateway.ts';

export const describeCommands = (office: () => Office, connected: () => ConnectedGateway, habits: OfficeHabits): void => {
  /** The last event so far: what a test asks for came after it. */
  const mark = (): Event | undefined => connected().tail.events.at(-1);

  /** The newest live leg of an extension, by id. */
  const legOf = async (extension: string, start: Event | undefined): Promise<string> => {
    const { legId = '' } = await connected().tail.until('leg.started', ({ leg }) => leg?.extension === extension, start);
    return legId;
  };
  const command = (leg: string, name: string, body: unknown = {}): Promise<CommandRecord> =>
    connected().gateway.command(`/v1/legs/${leg}/${name}`, body);

  interface Talk {
    /** Where the story begins. */
    readonly start: Event | undefined;
    readonly caller: PhoneCall;
    readonly callee: PhoneCall;
    readonly callId: string;
    readonly callerLeg: string;
    readonly calleeLeg: string;
  }
  /** 101 has called 102, and they talk; 103 and 105 are at their desks. */
  const talk = async (from: '101' | '104' = '101', to: '102' | '105' = '102'): Promise<Talk> => {
    const [tom, ann] = await office().phones(from, to, '103', '105');
    const start = mark();
    const caller = await tom.call(to);
    const callee = await ann.incoming();
    const [callerLeg, calleeLeg] = await Promise.all([legOf(from, start), legOf(to, start)]);
    callee.answer();
    const { callId = '' } = await connected().tail.until('legs.linked', () => true, start);
    await Promise.all([caller.untilHears(to), callee.untilHears(from)]);
    return { start, caller, callee, callId, callerLeg, calleeLeg };
  };
  /** Nothing has happened to the two. */
  const stillTalk = async ({ caller, callee }: Talk): Promise<void> => {
    await Promise.all([caller.untilHears('102'), callee.untilHears('101')]);
  };

  test('hold and resume: the phone itself holds, and the other hears music', async () => {
    const { caller, callee, calleeLeg, start } = await talk();
    expect(await command(calleeLeg, 'hold')).toMatchObject({ state: 'done' });
    expect(callee.holding).toBe(true);
    await caller.untilHears('music');
    expect((await connected().tail.until('leg.held', () => true, start)).leg).toMatchObject({ extension: '102' });
    expect(await command(calleeLeg, 'resume')).toMatchObject({ state: 'done' });
    await Promise.all([caller.untilHears('102'), callee.untilHears('101')]);
  });

  test.skipIf(habits.holdsByItself)('a phone that does not obey is not held, and that is said', async () => {
    const talking = await talk();
    talking.callee.phone.obeysNotify = false;
    expect(await command(talking.calleeLeg, 'hold')).toMatchObject({ state: 'failed', error: 'not-supported' });
    await stillTalk(talking);
  });

  test.skipIf(!habits.holdsByItself)('a phone that does not obey is held by the PBX', async () => {
    const { caller, callee, callerLeg } = await talk();
    caller.phone.obeysNotify = false;
    expect(await command(callerLeg, 'hold')).toMatchObject({ state: 'done' });
    await callee.untilHears('music');
    expect(await command(callerLeg, 'resume')).toMatchObject({ state: 'done' });
    await Promise.all([caller.untilHears('102'), callee.untilHears('101')]);
  });

  test('mute silences one direction, unmute gives it back', async () => {
    const { caller, callee, calleeLeg, start } = await talk();
    expect(await command(calleeLeg, 'mute')).toMatchObject({ state: 'done' });
    await Promise.all([caller.untilHears(), callee.untilHears('101')]);
    expect((await connected().tail.until('leg.muted', () => true, start)).leg).toMatchObject({ extension: '102', muted: true });
    expect(await command(calleeLeg, 'unmute')).toMatchObject({ state: 'done' });
    await caller.untilHears('102');
  });

  test('digits are pressed at the leg: a menu of the dialplan takes them', async () => {
    const [tom, kim] = await office().phones('101', '103');
    const start = mark();
    const call = await tom.call('905');
    await call.until('up');
    const { legId = '' } = await connected().tail.until('leg.connected', ({ leg }) => leg?.extension === '101', start);
    expect(await command(legId, 'dtmf', { digits: '103' })).toMatchObject({ state: 'done' });
    (await kim.incoming()).answer();
    await call.untilHears('103');
  });

  test('a dial rings several together, phones and one outside; the first to answer gets the call', async () => {
    const { gateway, tail } = connected();
    const [provider, [tom, ann, kim]] = await Promise.all([office().provider(), office().phones('101', '102', '103')]);
    for (const winner of [kim, provider]) {
      const start = mark();
      const dialling = gateway.command('/v1/calls', { extension: '101', number: '102', also: ['103', '+15550100077'] });
      const own = await tom.incoming();
      if (own.state === 'ringing') own.answer();
      const rung = new Map(await Promise.all([ann, kim, provider].map(async (phone) => [phone, await phone.incoming()] as const)));
      rung.get(winner)?.answer();
      expect(await dialling).toMatchObject({ name: 'dial', state: 'done' });
      await own.untilHears(winner.number);
      for (const [phone, call] of rung) if (phone !== winner) await call.until('ended');
      await own.hangup();
      const { callId } = await tail.until('call.ended', (event) => event.call?.clickToDial === true, start);
      const { call } = await tail.ended(callId ?? '');
      expect(call).toMatchObject({ disposition: 'answered', dialled: '102', aliases: [] });
      expect(call.legs).toHaveLength(4);
    }
  });

  test('a blind transfer sends the peer on, and the leg ends', async () => {
    const { caller, callee, calleeLeg, callId, start } = await talk();
    const transferring = command(calleeLeg, 'transfer', { to: '103' });
    const third = await (await office().phone('103')).incoming();
    third.answer();
    expect(await transferring).toMatchObject({ state: 'done' });
    await callee.until('ended');
    await Promise.all([caller.untilHears('103'), third.untilHears('101')]);
    const transferred = await connected().tail.until('call.transferred', () => true, start);
    expect(transferred).toMatchObject({ callId, data: { kind: 'blind', by: { extension: '102' }, to: { extension: '103' } } });
  });

  test.skipIf(!habits.knowsNumbers)('a transfer to nobody leaves the two talking', async () => {
    const talking = await talk();
    const { error, state } = await command(talking.calleeLeg, 'transfer', { to: '777' });
    expect({ error, state }).toEqual({ state: 'failed', error: 'invalid-parameter' });
    await stillTalk(talking);
  });

  test('voicemail takes the peer; a mailbox that does not exist leaves the two talking', async () => {
    const talking = await talk();
    expect(await command(talking.calleeLeg, 'voicemail', { mailbox: '999' })).toMatchObject({
      state: 'failed',
      error: 'invalid-parameter',
    });
    await stillTalk(talking);
    expect(await command(talking.calleeLeg, 'voicemail', { mailbox: '103' })).toMatchObject({ state: 'done' });
    await talking.callee.until('ended');
    const { data } = await connected().tail.until('call.transferred', () => true, talking.start);
    expect(data).toMatchObject({ kind: 'voicemail', to: { extension: '103' } });
  });

  test('diverting sends the caller on while it rings', async () => {
    const start = mark();
    const [tom, ann, kim] = await office().phones('101', '102', '103');
    const call = await tom.call('102');
    const rung = await ann.incoming();
    const { legId = '' } = await connected().tail.until('leg.ringing', ({ leg }) => leg?.extension === '102', start);
    expect(await command(legId, 'divert', { to: '103' })).toMatchObject({ state: 'done' });
    await rung.until('ended');
    (await kim.incoming()).answer();
    await call.untilHears('103');
  });

  test.skipIf(!habits.knowsNumbers)('what rings is not diverted to nobody', async () => {
    const start = mark();
    const [tom, ann] = await office().phones('101', '102');
    await tom.call('102');
    const rung = await ann.incoming();
    const { legId = '' } = await connected().tail.until('leg.ringing', ({ leg }) => leg?.extension === '102', start);
    expect(await command(legId, 'divert', { to: '777' })).toMatchObject({ state: 'failed', error: 'invalid-parameter' });
    expect(rung.state).toBe('ringing');
  });

  test('another phone picks up what rings', async () => {
    const start = mark();
    const [tom, ann, kim] = await office().phones('101', '102', '103');
    const call = await tom.call('102');
    const rung = await ann.incoming();
    const { legId = '' } = await connected().tail.until('leg.ringing', ({ leg }) => leg?.extension === '102', start);
    expect(await command(legId, 'pickup', { extension: '103' })).toMatchObject({ state: 'done' });
    const taken = await kim.incoming();
    await rung.until('ended');
    await Promise.all([call.untilHears('103'), taken.untilHears('101')]);
  });

  test('a phone that is not registered picks nothing up, and the call rings on', async () => {
    const start = mark();
    const [tom, ann] = await office().phones('101', '102');
    const call = await tom.call('102');
    const rung = await ann.incoming();
    const { legId = '' } = await connected().tail.until('leg.ringing', ({ leg }) => leg?.extension === '102', start);
    expect(await command(legId, 'pickup', { extension: '110' })).toMatchObject({
      state: 'failed',
      error: habits.noticesAbsence ? 'unreachable' : 'no-answer',
    });
    expect([call.state, rung.state]).toEqual(['ringing', 'ringing']);
  });

  test('two calls are joined', async () => {
    const one = await talk();
    const two = await talk('104', '105');
    expect(await command(one.callerLeg, 'bridge', { other: two.calleeLeg })).toMatchObject({ state: 'done' });
    await Promise.all([one.caller.untilHears('105'), two.callee.untilHears('101')]);
    await Promise.all([one.callee.until('ended'), two.caller.until('ended')]);
  });

  test('an attended transfer: the consulted party answers, and gets the call', async () => {
    const { caller, callee, calleeLeg, callId, start } = await talk();
    const starting = command(calleeLeg, 'startTransfer', { to: '103' });
    const third = await (await office().phone('103')).incoming();
    expect(await starting).toMatchObject({ state: 'done' });
    third.answer();
    await caller.untilHears('music');
    await third.untilHears('102');
    await connected().tail.until('leg.connected', ({ leg }) => leg?.extension === '103', start);
    expect(await command(calleeLeg, 'completeTransfer')).toMatchObject({ state: 'done' });
    await Promise.all([caller.untilHears('103'), third.untilHears('101')]);
    await callee.until('ended');
    const { data } = await connected().tail.until('call.transferred', () => true, start);
    expect(data).toMatchObject({ kind: 'attended', by: { extension: '102' }, to: { extension: '103' }, succeeded: true });
    await caller.hangup();
    expect((await connected().tail.ended(callId)).data).toMatchObject({ disposition: 'answered' });
  });

  test('an attended transfer that is completed while the consulted party rings', async () => {
    const { caller, callee, calleeLeg } = await talk();
    const kim = await office().phone('103');
    const starting = command(calleeLeg, 'startTransfer', { to: '103' });
    const first = await kim.incoming();
    expect(await starting).toMatchObject({ state: 'done' });
    const completing = command(calleeLeg, 'completeTransfer');
    await first.until('ended');
    const second = await kim.incoming();
    second.answer();
    expect(await completing).toMatchObject({ state: 'done' });
    await Promise.all([caller.untilHears('103'), second.untilHears('101')]);
    await callee.until('ended');
  });

  test('an attended transfer of a call that is held already, when it is cancelled, gives the first call back', async () => {
    const { caller, callee, calleeLeg } = await talk();
    expect(await command(calleeLeg, 'hold')).toMatchObject({ state: 'done' });
    const starting = command(calleeLeg, 'startTransfer', { to: '103' });
    const third = await (await office().phone('103')).incoming();
    expect(await starting).toMatchObject({ state: 'done' });
    expect(await command(calleeLeg, 'cancelTransfer')).toMatchObject({ state: 'done' });
    await third.until('ended');
    await Promise.all([caller.untilHears('102'), callee.untilHears('101')]);
  });

  test.skipIf(!habits.knowsNumbers)('a consultation with nobody begins nothing', async () => {
    const talking = await talk();
    expect(await command(talking.calleeLeg, 'startTransfer', { to: '777' })).toMatchObject({ state: 'failed', error: 'invalid-parameter' });
    expect(talking.callee.holding).toBe(false);
    await stillTalk(talking);
  });

  test('a third party joins, and all three hear each other', async () => {
    const { caller, callee, callerLeg } = await talk();
    expect(await command(callerLeg, 'join', { extension: '103' })).toMatchObject({ state: 'done' });
    const third = await (await office().phone('103')).incoming();
    await Promise.all([caller.untilHears('102', '103'), callee.untilHears('101', '103'), third.untilHears('101', '102')]);
    await caller.hangup();
    if (habits.joinsForGood) await Promise.all([callee.untilHears('103'), third.untilHears('102')]);
    else await Promise.all([callee.until('ended'), third.until('ended')]);
  });

  test('a call becomes a conference; one is invited, muted and thrown out', async () => {
    const { caller, callee, callerLeg, start } = await talk();
    const { gateway, tail } = connected();
    expect(await command(callerLeg, 'conference', { conference: '6501' })).toMatchObject({ state: 'done' });
    await Promise.all([caller.untilHears('102'), callee.untilHears('101')]);
    expect(await gateway.command('/v1/conferences/6501/invite', { extension: '103' })).toMatchObject({ state: 'done' });
    const third = await (await office().phone('103')).incoming();
    await Promise.all([caller.untilHears('102', '103'), third.untilHears('101', '102')]);
    const thirdLeg = await legOf('103', start);
    expect(await command(thirdLeg, 'mute')).toMatchObject({ state: 'done' });
    await Promise.all([caller.untilHears('102'), third.untilHears('101', '102')]);
    expect(await command(thirdLeg, 'unmute')).toMatchObject({ state: 'done' });
    await caller.untilHears('102', '103');
    expect(await command(thirdLeg, 'kick')).toMatchObject({ state: 'done' });
    await third.until('ended');
    await caller.untilHears('102');
    await tail.until('conference.left', ({ leg }) => leg?.extension === '103', start);
    expect((await gateway.post('/v1/conferences/6501/invite', { extension: '999' })).status).toBe(404);
  });

  test('a supervisor listens, whispers and barges in', async () => {
    const { caller, callee, calleeLeg, start } = await talk();
    expect(await command(calleeLeg, 'supervise', { extension: '105', mode: 'listen' })).toMatchObject({ state: 'done' });
    const boss = await (await office().phone('105')).incoming();
    await Promise.all([boss.untilHears('101', '102'), caller.untilHears('102'), callee.untilHears('101')]);
    const bossLeg = await legOf('105', start);
    expect(await command(bossLeg, 'superviseMode', { mode: 'whisper' })).toMatchObject({ state: 'done' });
    await Promise.all([callee.untilHears('101', '105'), caller.untilHears('102')]);
    expect(await command(bossLeg, 'superviseMode', { mode: 'barge' })).toMatchObject({ state: 'done' });
    await Promise.all([callee.untilHears('101', '105'), caller.untilHears('102', '105')]);
    // Who supervises already is not rung again.
    expect(await command(calleeLeg, 'supervise', { extension: '105', mode: 'listen' })).toMatchObject({ state: 'done' });
    await Promise.all([callee.untilHears('101'), caller.untilHears('102')]);
    expect(boss.phone.calls).toHaveLength(1);
    expect(await command(calleeLeg, 'supervise', { extension: '105', mode: 'listen' })).toMatchObject({ state: 'done' });
    await caller.hangup();
    await boss.until('ended');
  });

  test.for(['whisper', 'barge'] as const)('supervision may begin with %s', async (mode) => {
    const { caller, callee, calleeLeg, start } = await talk();
    expect(await command(calleeLeg, 'supervise', { extension: '105', mode })).toMatchObject({ state: 'done' });
    await callee.untilHears('101', '105');
    await caller.untilHears(...(mode === 'barge' ? ['102', '105'] : ['102']));
    await connected().tail.leg('105', ({ supervising }) => supervising?.mode === mode);
    expect(await command(await legOf('105', start), 'superviseMode', { mode: 'listen' })).toMatchObject({ state: 'done' });
    await callee.untilHears('101');
  });

  test('a supervisor whose phone is not there supervises nothing', async () => {
    const talking = await talk();
    expect(await command(talking.calleeLeg, 'supervise', { extension: '110', mode: 'listen' })).toMatchObject({
      state: 'failed',
      error: 'unreachable',
    });
    await stillTalk(talking);
  });

  test('an agent logs in, pauses, works again and logs out', async () => {
    const { gateway, tail } = connected();
    await office().phone('103');
    const start = mark();
    const agent = (what: string, body: unknown = {}): Promise<CommandRecord> =>
      gateway.command(`/v1/queues/${encodeURIComponent(habits.queue)}/agents/103/${what}`, body);
    expect(await agent('login')).toMatchObject({ state: 'done' });
    expect(await agent('pause', { reason: 'lunch' })).toMatchObject({ state: 'done' });
    expect((await tail.until('agent.paused', ({ extension }) => extension === '103', start)).data).toMatchObject({ queue: habits.queue });
    expect(await agent('unpause')).toMatchObject({ state: 'done' });
    expect(await agent('logout')).toMatchObject({ state: 'done' });
    await tail.until('agent.loggedOut', ({ extension }) => extension === '103', start);
    expect((await gateway.post('/v1/queues/nowhere/agents/103/login')).status).toBe(404);
  });

  test('do-not-disturb and the text of a presence are set, each without the other', async () => {
    const { gateway, tail } = connected();
    const start = mark();
    const set = (what: 'dnd' | 'status', body: unknown): Promise<CommandRecord> => gateway.command(`/v1/extensions/104/${what}`, body);
    expect(await set('status', { text: 'Back at ten' })).toMatchObject({ state: 'done' });
    expect(await set('dnd', { dnd: true })).toMatchObject({ state: 'done' });
    const { data } = await tail.until('extension.presenceChanged', (event) => event.extension === '104' && event.data.dnd, start);
    expect(data).toMatchObject({ statusText: 'Back at ten' });
    expect(await set('dnd', { dnd: false })).toMatchObject({ state: 'done' });
    expect(await set('status', { text: '' })).toMatchObject({ state: 'done' });
  });

  test('what cannot be done as things are is refused with why, and the two talk on', async () => {
    const talking = await talk();
    const { callerLeg: leg } = talking;
    const { gateway } = connected();
    const refusals: readonly (readonly [path: string, body: unknown, status: number, code: string])[] = [
      [`/v1/legs/${leg}/dtmf`, { digits: '1;2' }, 400, 'invalid-parameter'],
      [`/v1/legs/${leg}/resume`, {}, 409, 'wrong-state'],
      [`/v1/legs/${leg}/unmute`, {}, 409, 'wrong-state'],
      [`/v1/legs/${leg}/answer`, {}, 409, 'wrong-state'],
      [`/v1/legs/${leg}/reject`, {}, 409, 'wrong-state'],
      [`/v1/legs/${leg}/bridge`, { other: talking.calleeLeg }, 409, 'wrong-state'],
      [`/v1/legs/${leg}/kick`, {}, 409, 'wrong-state'],
      [`/v1/legs/${leg}/superviseMode`, { mode: 'barge' }, 409, 'wrong-state'],
      [`/v1/legs/${leg}/completeTransfer`, {}, 409, 'wrong-state'],
      [`/v1/legs/${leg}/join`, { extension: '999' }, 404, 'no-such-extension'],
      ['/v1/extensions/999/dnd', { dnd: true }, 404, 'no-such-extension'],
      ['/v1/extensions/999/status', { text: 'away' }, 404, 'no-such-extension'],
      [`/v1/queues/${encodeURIComponent(habits.queue)}/agents/999/login`, {}, 404, 'no-such-extension'],
    ];
    const answers = await Promise.all(
      refusals.map(async ([path, body]) => {
        const answer = await gateway.post(path, body);
        return [path, body, answer.status, (answer.body as { readonly type?: string }).type?.replace('urn:switchhook:error:', '')];
      }),
    );
    expect(answers).toEqual(refusals);
    await stillTalk(talking);
  });

  test('a phone that is not there can be asked to nothing, and that is said', async () => {
    const talking = await talk();
    const { gateway } = connected();
    const { callerLeg } = talking;
    expect(await command(callerLeg, 'join', { extension: '110' })).toMatchObject({ state: 'failed', error: 'unreachable' });
    await stillTalk(talking);
    expect(await gateway.command('/v1/conferences/6501/invite', { extension: '110' })).toMatchObject({
      state: 'failed',
      error: 'unreachable',
    });
    await stillTalk(talking);
  });

  test('nothing that a line or an argument could be ended with reaches the PBX', async () => {
    const talking = await talk();
    const { gateway } = connected();
    const { calleeLeg } = talking;
    const before = await office().pbx.dialplan();
    for (const evil of [
      '103\r\nAction: Hangup',
      '103\n\nAction: Hangup',
      '103\0',
      '103|104',
      '103,104',
      '103&104',
      '103;104',
      '103)104',
      '${EXTEN}',
      '$[1]',
    ]) {
      const asked: readonly (readonly [path: string, body: unknown])[] = [
        ['/v1/calls', { extension: '101', number: evil }],
        ['/v1/calls', { extension: '101', number: '103', callerId: { number: evil, name: '' } }],
        [`/v1/legs/${calleeLeg}/transfer`, { to: evil }],
        [`/v1/legs/${calleeLeg}/divert`, { to: evil }],
        [`/v1/legs/${calleeLeg}/voicemail`, { mailbox: evil }],
        [`/v1/legs/${calleeLeg}/startTransfer`, { to: evil }],
        [`/v1/legs/${calleeLeg}/conference`, { conference: evil }],
        [`/v1/legs/${calleeLeg}/park`, { slot: { lot: 'default', slot: evil } }],
        [`/v1/legs/${calleeLeg}/dtmf`, { digits: evil }],
        [`/v1/legs/${calleeLeg}/supervise`, { extension: evil, mode: 'listen' }],
        [`/v1/legs/${calleeLeg}/join`, { extension: evil }],
        [`/v1/conferences/${encodeURIComponent(evil)}/invite`, { extension: '103' }],
        [`/v1/queues/${encodeURIComponent(evil)}/agents/103/login`, {}],
      ];
      for (const [path, body] of asked) expect((await gateway.post(path, body)).status, `${path} ${JSON.stringify(body)}`).toBe(400);
    }
    await stillTalk(talking);
    expect(await office().pbx.dialplan()).toBe(before);
    expect(await office().pbx.channelCount()).toBe(2);
  });

  test('a text with signs of all kinds arrives as it is', async () => {
    const { gateway, tail } = connected();
    const start = mark();
    const text = "Zurück um 10 (O'Neil) – ${ja} 100% $[1+1] €";
    expect(await gateway.command('/v1/extensions/104/status', { text })).toMatchObject({ state: 'done' });
    const { data } = await tail.until('extension.presenceChanged', ({ extension }) => extension === '104', start);
    expect(data.statusText).toBe(text);
    expect(await gateway.command('/v1/extensions/104/status', { text: '' })).toMatchObject({ state: 'done' });
  });
};
