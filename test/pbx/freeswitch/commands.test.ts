/** What commands become on the event socket, and what is made of its answers. */
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Command, CommandOutcome } from '../../../src/model/command.ts';
import { channelId, commandIdFrom, extensionNumber } from '../../../src/model/ids.ts';
import { Driven } from './driven.ts';
import { channelsIn, eventFrom, recordedEvents, type RecordedEvent } from './recorded.ts';

type Wish = Command extends infer One ? (One extends Command ? Omit<One, 'id'> : never) : never;

const id = commandIdFrom('cmd_1');
const events = recordedEvents('caller_hangs_up');
const [callerId = '', calleeId = ''] = channelsIn(events);
const [caller, callee] = [channelId(callerId), channelId(calleeId)];
const [own, other] = [channelId('own-channel'), channelId('other-channel')];
const [e1001, e1003] = [extensionNumber('1001'), extensionNumber('1003')];
const slot = { lot: 'valet', slot: '6' } as const;

let office: Driven;
/** 1001 and 1002 talk. */
beforeEach(async () => {
  office = await (await Driven.create()).start();
  office.esl.play(events.slice(0, events.findIndex(({ name }) => name === 'CHANNEL_BRIDGE') + 1));
  await office.settled();
  office.esl.commands.length = 0;
});
afterEach(() => office.close());

const execute = (wish: Wish): Promise<CommandOutcome> => office.driver.execute({ id, ...wish }, new AbortController().signal);

/** What was asked for in the background, without the id of the job. */
const jobs = (): readonly string[] =>
  office.esl.commands.flatMap((command) => (command.startsWith('bgapi ') ? [command.slice('bgapi '.length).split('\n', 1)[0] ?? ''] : []));

const of = (name: string, channel: string, more: Readonly<Record<string, string>> = {}): RecordedEvent =>
  eventFrom({ 'Event-Name': name, 'Unique-ID': channel, ...more });

/** Answers what matches, and lets something happen upon it. */
const when = (pattern: RegExp, ...happens: readonly RecordedEvent[]): void =>
  office.esl.on(pattern, () => {
    setImmediate(() => office.esl.play(happens));
    return '+OK\n';
  });

/** A phone that is called as this channel. */
const rings = (channel: string): RecordedEvent =>
  of('CHANNEL_CREATE', channel, { 'Channel-Name': 'sofia/internal/1003@pbx.local', 'Call-Direction': 'outbound' });

const leaves = (channel: string): RecordedEvent => of('CHANNEL_HANGUP', channel);

describe('each command', () => {
  test('hangup and reject kill the leg, each with its cause, and say who wanted it', async () => {
    expect(await execute({ name: 'hangup', channel: caller })).toEqual({ outcome: 'accepted' });
    expect(await execute({ name: 'reject', channel: callee })).toEqual({ outcome: 'accepted' });
    expect(jobs()).toEqual([`uuid_kill ${caller} NORMAL_CLEARING`, `uuid_kill ${callee} USER_BUSY`]);
    await office.until('channel.hangupRequested', 2);
    expect(office.of('channel.hangupRequested').map(({ by }) => by)).toEqual(['command', 'command']);
  });

  test('hold and resume are done when FreeSWITCH tells of them, and not when it says "+OK"', async () => {
    when(/^uuid_hold [^o]/, of('CHANNEL_HOLD', caller));
    when(/^uuid_hold off/, of('CHANNEL_UNHOLD', caller));
    office.esl.on(/^uuid_getvar \S+ switchhook_held/, () => 'true');
    const held = execute({ name: 'hold', channel: caller });
    await office.time.untilDue(2_000);
    office.time.advance(2_000);
    expect(await held).toEqual({ outcome: 'accepted' });
    expect(await execute({ name: 'resume', channel: caller })).toEqual({ outcome: 'accepted' });
    expect(jobs()).toEqual([
      `uuid_phone_event ${caller} hold`,
      `uuid_setvar ${caller} switchhook_held true`,
      `uuid_hold ${caller}`,
      `uuid_setvar ${caller} switchhook_held`,
      `uuid_hold off ${caller}`,
    ]);
  });

  test('a phone that obeys holds and resumes by itself', async () => {
    when(/^uuid_phone_event \S+ hold/, of('CHANNEL_HOLD', caller));
    when(/^uuid_phone_event \S+ talk/, of('CHANNEL_UNHOLD', caller));
    expect(await execute({ name: 'hold', channel: caller })).toEqual({ outcome: 'accepted' });
    expect(await execute({ name: 'resume', channel: caller })).toEqual({ outcome: 'accepted' });
    expect(jobs()).toEqual([`uuid_phone_event ${caller} hold`, `uuid_phone_event ${caller} talk`]);
  });

  test('what is on hold already is not held again', async () => {
    office.esl.on(/^uuid_dump/, () => JSON.stringify({ 'Channel-Call-State': 'HELD' }));
    expect(await execute({ name: 'hold', channel: caller })).toMatchObject({ outcome: 'failed', code: 'wrong-state' });
    expect(jobs()).toEqual([]);
  });

  test('a hold of which FreeSWITCH tells nothing has failed', async () => {
    const held = execute({ name: 'hold', channel: caller });
    for (let asked = 0; asked < 2; asked += 1) {
      await office.time.untilDue(2_000);
      office.time.advance(2_000);
    }
    expect(await held).toMatchObject({ outcome: 'failed', code: 'wrong-state' });
  });

  test('mute silences what comes from the phone, or the member of a conference', async () => {
    await execute({ name: 'mute', channel: caller });
    await execute({ name: 'unmute', channel: caller });
    office.esl.play([
      of('CUSTOM', callee, { 'Event-Subclass': 'conference::maintenance', 'Conference-Name': '3001', Action: 'add-member' }),
    ]);
    await office.settled();
    office.esl.on(/^conference 3001 mute/, '+OK\n');
    await execute({ name: 'mute', channel: callee, conference: '3001' });
    expect(jobs()).toEqual([`uuid_audio ${caller} start read mute -1`, `uuid_audio ${caller} stop`, 'conference 3001 mute 0']);
    await office.until('channel.muted', 2);
  });

  test('keys are pressed as if the phone had', async () => {
    await execute({ name: 'dtmf', channel: caller, digits: '12*#' });
    expect(jobs()).toEqual([`uuid_recv_dtmf ${caller} 12*#`]);
  });

  test('a transfer sends the peer, is told as one, and ends the leg that stays behind', async () => {
    when(/^uuid_transfer/);
    const sent = execute({ name: 'transfer', channel: callee, peer: caller, to: '1003' });
    await office.esl.untilAsked(/uuid_transfer/);
    await office.time.untilDue(500);
    office.time.advance(500);
    expect(await sent).toEqual({ outcome: 'accepted' });
    expect(jobs()).toEqual([`uuid_transfer ${caller} 1003 XML default`, `uuid_kill ${callee} NORMAL_CLEARING`]);
    expect(office.of('transfer.blind')).toMatchObject([{ transferer: callee, transferee: caller, to: '1003', succeeded: true }]);
  });

  test('who hangs up by itself is not hung up once more', async () => {
    when(/^uuid_transfer/, leaves(callee));
    expect(await execute({ name: 'transfer', channel: callee, peer: caller, to: '1003' })).toEqual({ outcome: 'accepted' });
    expect(jobs()).toEqual([`uuid_transfer ${caller} 1003 XML default`]);
  });

  test('to voicemail goes who has a mailbox there', async () => {
    office.esl.on(/^user_exists/, (api) => String(api.includes('1003')));
    when(/^uuid_transfer/, leaves(callee));
    expect(await execute({ name: 'voicemail', channel: callee, peer: caller, mailbox: e1003 })).toEqual({ outcome: 'accepted' });
    expect(jobs()).toEqual([`uuid_transfer ${caller} 'answer,voicemail:default pbx.local 1003' inline`]);
    const nobody = await execute({ name: 'voicemail', channel: callee, peer: caller, mailbox: extensionNumber('4711') });
    expect(nobody).toMatchObject({ outcome: 'failed', code: 'invalid-parameter' });
  });

  test('divert, bridge and conference', async () => {
    await execute({ name: 'divert', channel: callee, caller, to: '1004' });
    await execute({ name: 'bridge', channel: caller, other: callee });
    await execute({ name: 'conference', channel: caller, peer: callee, conference: '3001' });
    expect(jobs()).toEqual([
      `uuid_transfer ${caller} 1004 XML default`,
      `uuid_bridge ${caller} ${callee}`,
      `uuid_transfer ${caller} -both 'conference:3001@default' inline`,
    ]);
  });

  test('dial rings the phone under the id that it was given, and sends it to the number', async () => {
    when(/^originate/, rings(own));
    const dial = { name: 'dial', channel: own, extension: e1001, number: '+4930123', timeoutSeconds: 20 } as const;
    const outcome = await execute({
      ...dial,
      callerId: { number: '200', name: "Tom 'S' Sawyer, {x}" },
      autoAnswer: {},
      record: { name: 'call-1' },
    });
    expect(outcome).toEqual({ outcome: 'accepted' });
    expect(jobs()).toEqual([
      `originate {origination_uuid=${own},originate_timeout=20,origination_caller_id_number=200,origination_caller_id_name='Tom S Sawyer x',` +
        "switchhook_dial=cmd_1,sip_auto_answer=true,execute_on_answer_1='unset sip_h_Call-Info',RECORD_BRIDGE_REQ=true," +
        "execute_on_answer='record_session /var/lib/freeswitch/recordings/call-1.wav'}user/1001@pbx.local +4930123 XML default",
    ]);
    expect(office.of('dial.commanded')).toMatchObject([{ channel: own, command: id, extension: '1001', number: '+4930123' }]);
  });

  test('dial rings several together: phones as users, other numbers through the dialplan', async () => {
    when(/^originate/, rings(own));
    const targets = [{ number: '1002', extension: extensionNumber('1002') }, { number: '+4930123' }];
    const dial = { name: 'dial', channel: own, extension: e1001, number: '1002', targets, timeoutSeconds: 20 } as const;
    expect(await execute(dial)).toEqual({ outcome: 'accepted' });
    const [job = ''] = jobs();
    expect(job.slice(job.indexOf('}') + 1)).toBe(
      "user/1001@pbx.local '&bridge({ignore_early_media=true}user/1002@pbx.local,loopback/+4930123/default/XML)'",
    );
  });

  test.each([
    ['USER_NOT_REGISTERED', 'unreachable'],
    ['USER_BUSY', 'busy'],
    ['CALL_REJECTED', 'rejected'],
  ])('a phone that cannot be rung, %s, is %s', async (cause, code) => {
    office.esl.on(/^originate/, `-ERR ${cause}\n`);
    const dialled = execute({ name: 'dial', channel: own, extension: e1001, number: '1002', timeoutSeconds: 20 });
    await office.time.untilDue(250);
    office.time.advance(250);
    expect(await dialled).toEqual({ outcome: 'failed', code, detail: `-ERR ${cause}` });
  });

  test('answer asks the phone, and calls it a second time if it does not obey', async () => {
    when(/^originate/, rings('second'), of('CHANNEL_BRIDGE', 'second', { 'Bridge-A-Unique-ID': 'second', 'Bridge-B-Unique-ID': caller }));
    office.esl.on(/^originate/, (api) => {
      const second = /origination_uuid=([^,]+)/.exec(api)?.[1] ?? '';
      setImmediate(() => office.esl.play([of('CHANNEL_BRIDGE', second, { 'Bridge-A-Unique-ID': second, 'Bridge-B-Unique-ID': caller })]));
      return '+OK\n';
    });
    const answered = execute({ name: 'answer', channel: callee, extension: extensionNumber('1002'), caller });
    await office.time.untilDue(2_000);
    office.time.advance(2_000);
    expect(await answered).toEqual({ outcome: 'accepted' });
    // By the caller's id: to take the ringing leg itself would end all of them.
    expect(jobs()).toEqual([
      `uuid_phone_event ${callee} talk`,
      expect.stringMatching(
        new RegExp(
          `^originate \\{.*sip_auto_answer=true,execute_on_answer_1='unset sip_h_Call-Info'\\}user/1002@pbx.local '&intercept\\(${caller}\\)'$`,
        ),
      ),
    ]);
  });

  test('pickup, join, invite and supervise ring a phone and give it something to do', async () => {
    when(/^originate/, rings(own), of('CHANNEL_BRIDGE', own, { 'Bridge-A-Unique-ID': own, 'Bridge-B-Unique-ID': caller }));
    await execute({ name: 'pickup', channel: callee, extension: e1003, picker: own });
    await execute({ name: 'join', channel: caller, extension: e1003, joiner: own });
    await execute({ name: 'invite', conference: '3001', extension: e1003, channel: own });
    await execute({ name: 'supervise', channel: caller, extension: e1003, mode: 'whisper', supervisor: own });
    await execute({ name: 'supervise', channel: caller, extension: e1003, mode: 'barge', supervisor: own });
    expect(jobs().map((job) => job.slice(job.indexOf('user/')))).toEqual([
      `user/1003@pbx.local '&intercept(${caller})'`,
      `user/1003@pbx.local '&three_way(${caller})'`,
      "user/1003@pbx.local '&conference(3001@default)'",
      `user/1003@pbx.local '&eavesdrop(${caller})'`,
      `user/1003@pbx.local '&eavesdrop(${caller})'`,
    ]);
    expect(jobs()[3]).toContain('eavesdrop_enable_dtmf=true,eavesdrop_whisper_bleg=true}');
    expect(jobs()[4]).toContain('eavesdrop_whisper_aleg=true,eavesdrop_whisper_bleg=true}');
  });

  test('who whispers cannot be made deaf', async () => {
    const wish = { name: 'supervise', channel: caller, extension: e1003, mode: 'whisper', isPrivate: true, supervisor: own } as const;
    expect(await execute(wish)).toMatchObject({ outcome: 'failed', code: 'not-supported' });
    expect(jobs()).toEqual([]);
  });

  test('a supervisor changes its mode by a key', async () => {
    await execute({ name: 'superviseMode', channel: caller, mode: 'barge' });
    expect(jobs()).toEqual([`uuid_recv_dtmf ${caller} 3`]);
  });

  test('a consultation holds, and rings the same phone a second time', async () => {
    when(/^uuid_phone_event \S+ hold/, of('CHANNEL_HOLD', caller));
    when(/^originate/, rings(own));
    const wish = { channel: caller, peer: callee, extension: e1001, to: '1003', consult: own, timeoutSeconds: 20 } as const;
    expect(await execute({ name: 'startTransfer', ...wish })).toEqual({ outcome: 'accepted' });
    expect(jobs()).toEqual([
      `uuid_phone_event ${caller} hold`,
      // What lets the phone answer by itself is not to reach whom it calls.
      expect.stringContaining("sip_auto_answer=true,execute_on_answer_1='unset sip_h_Call-Info'}user/1001@pbx.local 1003 XML default"),
    ]);
  });

  test('completing it joins the two, and is told before the legs end that did it', async () => {
    office.esl.play([rings(own), rings(other)]);
    await office.settled();
    when(/^uuid_bridge/, leaves(caller), leaves(own));
    const wish = { channel: caller, peer: callee, consult: own, to: '1003', target: other } as const;
    expect(await execute({ name: 'completeTransfer', ...wish })).toEqual({ outcome: 'accepted' });
    expect(jobs()).toEqual([`uuid_bridge ${callee} ${other}`]);
    expect(office.of('transfer.attended')).toMatchObject([{ first: caller, second: own, transferee: callee, target: other }]);
  });

  test('cancelling it ends the consultation and resumes', async () => {
    office.esl.play([rings(own)]);
    await office.settled();
    when(/^uuid_phone_event \S+ talk/, of('CHANNEL_UNHOLD', caller));
    expect(await execute({ name: 'cancelTransfer', channel: caller, peer: callee, consult: own })).toEqual({ outcome: 'accepted' });
    expect(jobs()).toEqual([`uuid_kill ${own} NORMAL_CLEARING`, `uuid_phone_event ${caller} talk`]);
  });

  test('a recording goes into FreeSWITCH’s own folder, and is masked while it is paused', async () => {
    const file = '/var/lib/freeswitch/recordings/call-1.wav';
    when(/^uuid_record \S+ start/, of('RECORD_START', caller, { 'Record-File-Path': file }));
    await execute({ name: 'record', channel: caller, recording: 'call-1' });
    await office.until('recording.started');
    for (const name of ['pauseRecording', 'resumeRecording', 'stopRecording'] as const) await execute({ name, channel: caller });
    expect(jobs()).toEqual([
      `uuid_setvar ${caller} switchhook_recording ${file}`,
      ...['start', 'mask', 'unmask', 'stop'].map((action) => `uuid_record ${caller} ${action} ${file}`),
    ]);
    await office.until('recording.resumed');
    expect(office.of('recording.started')).toMatchObject([{ name: 'call-1.wav', file: 'call-1.wav' }]);
    expect(await execute({ name: 'record', channel: caller, recording: '../etc/passwd' })).toMatchObject({ code: 'invalid-parameter' });
  });

  test('agents are people who serve queues by tiers', async () => {
    const agent = { queue: 'support@default', extension: extensionNumber('1002') } as const;
    await execute({ name: 'agentLogin', ...agent });
    await execute({ name: 'agentLogin', queue: 'support@default', extension: e1003 });
    await execute({ name: 'agentPause', ...agent });
    await execute({ name: 'agentLogout', ...agent });
    expect(jobs()).toEqual([
      'callcenter_config agent set status 1002@default Available',
      'callcenter_config tier add support@default 1002@default',
      'callcenter_config agent add 1003@pbx.local callback',
      'callcenter_config agent set contact 1003@pbx.local user/1003@pbx.local',
      'callcenter_config agent set status 1003@pbx.local Available',
      'callcenter_config tier add support@default 1003@pbx.local',
      "callcenter_config agent set status 1002@default 'On Break'",
      'callcenter_config tier del support@default 1002@default',
    ]);
    expect(await execute({ name: 'agentPause', queue: 'support@default', extension: e1003 })).toMatchObject({ code: 'wrong-state' });
  });

  test('do-not-disturb and a status text are kept where the dialplan finds them', async () => {
    await execute({ name: 'setDnd', extension: e1003, dnd: true });
    await execute({ name: 'setDnd', extension: e1003, dnd: false });
    await execute({ name: 'setStatus', extension: e1003, text: 'Lunch; back at 1/2 past' });
    expect(jobs()).toEqual([
      'db insert/switchhook_dnd/1003/true',
      'db delete/switchhook_dnd/1003',
      'db insert/switchhook_status/1003/Lunch%3B%20back%20at%201%2F2%20past',
    ]);
    await office.until('extension.status');
    expect(office.of('extension.dnd').map(({ dnd }) => dnd)).toEqual([true, false]);
  });
});

describe('parking', () => {
  const hold = (place: string): RecordedEvent =>
    of('CUSTOM', caller, {
      'Event-Subclass': 'valet_parking::info',
      'Valet-Lot-Name': 'park@pbx.local',
      'Valet-Extension': place,
      Action: 'hold',
    });
  const park = (): Promise<CommandOutcome> =>
    execute({ name: 'park', channel: callee, peer: caller, slot, extension: extensionNumber('1002'), timeoutSeconds: 180 });

  test('takes the slot or nothing, tells by whom, and comes back to who parked', async () => {
    when(/^uuid_transfer/, leaves(callee), hold('6'));
    expect(await park()).toEqual({ outcome: 'accepted' });
    expect(jobs()).toEqual([
      `uuid_setvar_multi ${caller} valet_parking_timeout=180;valet_parking_orbit_exten=1002;valet_parking_orbit_dialplan=XML;` +
        'valet_parking_orbit_context=default;valet_announce_slot=false;switchhook_parker=user/1002',
      `uuid_transfer ${caller} 'valet_park:park@pbx.local auto in 6 6' inline`,
    ]);
    await office.until('parking.entered');
    expect(office.of('parking.entered')).toMatchObject([{ lot: 'valet', slot: '6', parker: '1002' }]);
  });

  test('a slot with somebody in it is refused before anything happens', async () => {
    office.esl.play([hold('6')]);
    await office.settled();
    expect(await park()).toMatchObject({ outcome: 'failed', code: 'slot-occupied' });
    expect(jobs()).toEqual([]);
  });

  test('a slot that was left a moment ago is let cool down: FreeSWITCH would take it for occupied, and hang up', async () => {
    const exit = eventFrom({
      'Event-Name': 'CUSTOM',
      'Unique-ID': caller,
      'Event-Subclass': 'valet_parking::info',
      'Valet-Lot-Name': 'park@pbx.local',
      'Valet-Extension': '6',
      Action: 'exit',
    });
    office.esl.play([hold('6'), exit, of('CHANNEL_STATE', caller, { 'Channel-State': 'CS_ROUTING' })]);
    await office.until('parking.left');
    when(/^uuid_transfer/, leaves(callee), hold('6'));
    const parked = park();
    await office.time.untilDue(6_000);
    expect(jobs()).toEqual([]);
    office.time.advance(6_000);
    expect(await parked).toEqual({ outcome: 'accepted' });
  });

  test('who hangs up on the way was not parked', async () => {
    when(/^uuid_transfer/, leaves(callee), leaves(caller));
    expect(await park()).toMatchObject({ outcome: 'failed', code: 'leg-ended' });
  });

  test('fetching goes by the channel: who has left the slot is not mistaken for who is in it', async () => {
    office.esl.play([hold('6')]);
    await office.settled();
    when(/^originate/, rings(own));
    expect(await execute({ name: 'retrieve', slot, parked: caller, extension: e1003, channel: own })).toEqual({ outcome: 'accepted' });
    expect(jobs()).toEqual([expect.stringContaining(`user/1003@pbx.local '&intercept(${caller})'`)]);
    const gone = await execute({ name: 'retrieve', slot, parked: other, extension: e1003, channel: own });
    expect(gone).toMatchObject({ outcome: 'failed', code: 'slot-empty' });
  });

  test('a peer is joined with who is parked', async () => {
    office.esl.play([hold('6'), rings(own), rings(other)]);
    await office.settled();
    when(/^uuid_bridge/, leaves(own));
    expect(await execute({ name: 'bridgeSlot', channel: own, peer: other, slot, parked: caller })).toEqual({ outcome: 'accepted' });
    expect(jobs()).toEqual([`uuid_bridge ${caller} ${other}`]);
  });
});

describe('what FreeSWITCH must not get to see', () => {
  const wishes = (text: string): readonly Wish[] => [
    { name: 'transfer', channel: callee, peer: caller, to: text },
    { name: 'divert', channel: callee, caller, to: text },
    { name: 'dial', channel: own, extension: e1001, number: text, timeoutSeconds: 5 },
    { name: 'dial', channel: own, extension: extensionNumber(text), number: '1002', timeoutSeconds: 5 },
    { name: 'conference', channel: caller, peer: callee, conference: text },
    { name: 'hangup', channel: channelId(text) },
    { name: 'dtmf', channel: caller, digits: text },
    { name: 'record', channel: caller, recording: text },
    { name: 'agentLogin', queue: text, extension: extensionNumber('1002') },
    { name: 'setDnd', extension: extensionNumber(text), dnd: true },
    { name: 'park', channel: callee, peer: caller, slot: { lot: 'valet', slot: text }, timeoutSeconds: 5 },
  ];

  test('no value ends an argument, an application or a command, whatever it is made of', async () => {
    const nasty = fc.string({
      unit: fc.constantFrom('1', ' ', ';', ',', '|', '&', "'", '"', '\\', '{', '}', '(', ')', '$', '\n', '\r', '^', '<', '%', '\0'),
    });
    await fc.assert(
      fc.asyncProperty(nasty, fc.nat({ max: 10 }), async (text, index) => {
        const value = `1${text};`;
        const wish = wishes(value)[index];
        if (wish === undefined) return;
        office.esl.commands.length = 0;
        const outcome = await execute(wish);
        expect(outcome.outcome).toBe('failed');
        expect(office.esl.commands.filter((command) => command.includes(value))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test('a name that is shown loses what FreeSWITCH would read as something else', async () => {
    const shown = fc.string({ unit: 'binary', maxLength: 30 });
    when(/^originate/, rings(own));
    await fc.assert(
      fc.asyncProperty(shown, async (name) => {
        office.esl.commands.length = 0;
        await execute({ name: 'dial', channel: own, extension: e1001, number: '1002', timeoutSeconds: 5, callerId: { number: '1', name } });
        const [job = ''] = jobs();
        expect(job).toMatch(/^originate \{[^{}]*\}user\/1001@pbx\.local 1002 XML default$/);
        expect(job.match(/'/g)?.length ?? 0).toBeOneOf([0, 2]);
      }),
      { numRuns: 15 },
    );
  });
});

describe('a link that is not there', () => {
  test('is said, and nothing is sent', async () => {
    office.esl.cut();
    await office.until('pbx.disconnected');
    expect(await execute({ name: 'hangup', channel: caller })).toMatchObject({ outcome: 'failed', code: 'pbx-down' });
  });

  test('in the middle of a command leaves its fate unknown', async () => {
    office.esl.on(/^uuid_kill/, () => {
      office.esl.cut();
      return '+OK\n';
    });
    expect(await execute({ name: 'hangup', channel: caller })).toMatchObject({ outcome: 'unknown' });
  });
});
