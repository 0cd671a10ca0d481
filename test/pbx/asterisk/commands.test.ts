import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Command, CommandOutcome } from '../../../src/model/command.ts';
import { commandNames } from '../../../src/model/command.ts';
import { channelId, commandIdFrom, extensionNumber } from '../../../src/model/ids.ts';
import type { AsteriskConfig } from '../../../src/pbx/asterisk/index.ts';
import { Driven, message, newchannel } from './driven.ts';

let driven: Driven;

const start = async (config: Partial<AsteriskConfig> = {}): Promise<void> => {
  driven = await Driven.create({ config });
  driven.ami.serveOffice();
  await driven.start();
  driven.forget();
};

beforeEach(() => start());
afterEach(() => driven.close());

/** A command without its id, whatever its name. */
type Wish = Command extends infer Each ? (Each extends Command ? Omit<Each, 'id'> : never) : never;

const execute = (wish: Wish, signal = new AbortController().signal): Promise<CommandOutcome> =>
  driven.driver.execute({ ...wish, id: commandIdFrom('cmd_1') }, signal);

const dial: Wish = {
  name: 'dial',
  channel: channelId('own-1'),
  extension: extensionNumber('101'),
  number: '102',
  timeoutSeconds: 20,
};
const answer: Wish = { name: 'answer', channel: channelId('1.2'), extension: extensionNumber('102'), caller: channelId('1.1') };

/** Answers an action with success, then lets events follow. */
const obey = (action: string, ...events: readonly string[]): void => {
  driven.ami.answers.set(action, ({ ActionID: id = '' }) => {
    setImmediate(() => driven.ami.emit(...events.map((event) => event.replace('ACTION-ID', id))));
    return ['Response: Success'];
  });
};
const originateFailed = 'Event: OriginateResponse\nActionID: ACTION-ID\nResponse: Failure\nReason: 0\nUniqueid: <unknown>';

describe('dial', () => {
  test('originates the own phone under the id that was chosen, and is accepted once the channel is there', async () => {
    obey('Originate', newchannel('own-1', '101'));
    expect(await execute(dial)).toEqual({ outcome: 'accepted' });
    expect(driven.ami.actions('Originate')).toEqual([
      {
        Action: 'Originate',
        Async: 'true',
        Channel: 'PJSIP/101',
        ChannelId: 'own-1',
        Context: 'internal',
        Exten: '102',
        Priority: '1',
        CallerID: '"User 101" <101>',
        Timeout: '20000',
        Variable: '__SWITCHHOOK_DIAL=cmd_1',
        ActionID: expect.any(String),
      },
    ]);
  });

  test('says what it is about to do before the PBX acts', async () => {
    obey('Originate', newchannel('own-1', '101'));
    await execute(dial);
    await driven.until('channel.created');
    expect(driven.facts).toMatchObject([
      { type: 'dial.commanded', channel: 'own-1', command: 'cmd_1', extension: '101', number: '102' },
      { type: 'channel.created', channel: 'own-1' },
    ]);
  });

  test('shows the caller id that was asked for, without what would end its quotes', async () => {
    obey('Originate', newchannel('own-1', '101'));
    await execute({ ...dial, callerId: { number: '+15550200101', name: 'Front "Desk" <x>' } });
    expect(driven.ami.actions('Originate')[0]?.['CallerID']).toBe('"Front Desk x" <+15550200101>');
  });

  test('lets the phone answer by itself, by the headers that phones know or by the one given', async () => {
    obey('Originate', newchannel('own-1', '101'));
    await execute({ ...dial, autoAnswer: {} });
    await execute({ ...dial, autoAnswer: { header: 'Alert-Info: <http://x>;info=a,b' } });
    expect(driven.ami.actions('Originate').map((action) => action['Variable']?.split('\n'))).toEqual([
      [
        '__SWITCHHOOK_DIAL=cmd_1',
        String.raw`PJSIP_HEADER(add,Alert-Info)=<http://127.0.0.1>\;info=alert-autoanswer`,
        String.raw`PJSIP_HEADER(add,Call-Info)=<sip:127.0.0.1>\;answer-after=0`,
      ],
      ['__SWITCHHOOK_DIAL=cmd_1', String.raw`PJSIP_HEADER(add,Alert-Info)=<http://x>\;info=a\,b`],
    ]);
  });

  test('rings several together: phones by their devices, other numbers through the dialplan', async () => {
    obey('Originate', newchannel('own-1', '101'));
    const targets = [{ number: '102', extension: extensionNumber('102') }, { number: '+4930123' }];
    expect(await execute({ ...dial, targets })).toEqual({ outcome: 'accepted' });
    const [originated] = driven.ami.actions('Originate');
    expect(originated).toMatchObject({ Application: 'Dial', Data: 'PJSIP/102&Local/+4930123@internal,60' });
    expect(originated).not.toHaveProperty('Exten');
  });

  test('a header that is none is refused', async () => {
    expect(await execute({ ...dial, autoAnswer: { header: 'no header' } })).toMatchObject({ outcome: 'failed', code: 'invalid-parameter' });
  });

  test('a phone that is not registered is unreachable', async () => {
    obey('Originate', originateFailed);
    const dialling = execute(dial);
    await driven.time.untilDue(250);
    driven.time.advance(250);
    expect(await dialling).toMatchObject({ outcome: 'failed', code: 'unreachable' });
  });

  test('a phone that is busy at once was called: Asterisk may tell the failure before the channel', async () => {
    obey('Originate', originateFailed, newchannel('own-1', '101'));
    expect(await execute(dial)).toEqual({ outcome: 'accepted' });
  });

  test('a number that the dialplan does not know is refused with its words', async () => {
    driven.ami.answers.set('Originate', () => ['Response: Error\nMessage: Extension does not exist.']);
    expect(await execute(dial)).toEqual({ outcome: 'failed', code: 'invalid-parameter', detail: 'Extension does not exist.' });
  });

  test('records from the answer on when asked to', async () => {
    obey('Originate', newchannel('own-1', '101'));
    obey('MixMonitor');
    await execute({ ...dial, record: { name: 'call-1' } });
    expect(driven.ami.actions('MixMonitor')[0]).toMatchObject({
      Channel: 'own-1',
      File: 'call-1.wav',
      Options: 'bi(SWITCHHOOK_RECORDING)',
    });
  });
});

describe('answer', () => {
  const up = message('Newstate', { Uniqueid: '1.2', ChannelState: '6' });
  const pickup = message('Pickup', { Uniqueid: '1.3', TargetUniqueid: '1.2' });

  test('asks the phone in its own dialog, and is accepted when the phone has answered', async () => {
    obey('PJSIPNotify', up);
    expect(await execute(answer)).toEqual({ outcome: 'accepted' });
    expect(driven.ami.actions('PJSIPNotify')[0]).toMatchObject({ Channel: '1.2', Variable: 'Event=talk' });
    expect(driven.ami.actions('Originate')).toEqual([]);
  });

  test('that the NOTIFY was sent is no answer: after 2 s the same phone is called again to pick the first call up', async () => {
    obey('PJSIPNotify');
    obey('Originate', pickup);
    driven.ami.answers.set('Getvar', () => ['Response: Success\nValue: PJSIP/102-0000000a']);
    const answering = execute(answer);
    await driven.time.untilDue(2_000);
    await driven.ami.until(() => driven.ami.actions('PJSIPNotify').length === 1);
    driven.time.advance(2_000);
    expect(await answering).toEqual({ outcome: 'accepted' });
    expect(driven.ami.actions('Originate')[0]).toMatchObject({
      Channel: 'PJSIP/102',
      Application: 'PickupChan',
      Data: 'PJSIP/102-0000000a',
      CallerID: '"User 102" <102>',
    });
  });

  test('where NOTIFY is not to be had it is picked up at once', async () => {
    driven.ami.answers.set('PJSIPNotify', () => ['Response: Error\nMessage: Permission denied']);
    obey('Originate', pickup);
    expect(await execute(answer)).toEqual({ outcome: 'accepted' });
  });

  test('only the ways that the configuration allows are tried', async () => {
    await driven.close();
    await start({ answer: 'pickup' });
    obey('Originate', pickup);
    expect(await execute(answer)).toEqual({ outcome: 'accepted' });
    expect(driven.ami.actions('PJSIPNotify')).toEqual([]);
  });

  test('a phone that obeys neither has not answered', async () => {
    await driven.close();
    await start({ answer: 'notify' });
    obey('PJSIPNotify');
    const answering = execute(answer);
    await driven.time.untilDue(2_000);
    await driven.ami.until(() => driven.ami.actions('PJSIPNotify').length === 1);
    driven.time.advance(2_000);
    expect(await answering).toMatchObject({ outcome: 'failed', code: 'no-answer' });
  });

  test('a phone that is answered by hand meanwhile is not rung a second time any longer', async () => {
    await driven.close();
    await start({ answer: 'pickup' });
    obey('Originate', up);
    expect(await execute(answer)).toEqual({ outcome: 'accepted' });
    const picker = driven.ami.actions('Originate')[0]?.['ChannelId'];
    expect(picker).toMatch(/^switchhook-/);
    expect(driven.ami.actions('Hangup')).toMatchObject([{ Channel: picker }]);
  });

  test('a link that breaks while it is waited for leaves its outcome unknown', async () => {
    obey('PJSIPNotify');
    const answering = execute(answer);
    await driven.ami.until(() => driven.ami.actions('PJSIPNotify').length === 1);
    for (const { socket } of driven.ami.of('events')) socket.destroy();
    expect(await answering).toMatchObject({ outcome: 'unknown' });
  });

  test('a caller who gives up meanwhile ends it', async () => {
    obey('PJSIPNotify', message('Hangup', { Uniqueid: '1.2', Cause: '127' }));
    expect(await execute(answer)).toMatchObject({ outcome: 'failed', code: 'leg-ended' });
  });
});

describe('hanging up', () => {
  test.each([
    ['reject', '17'],
    ['hangup', '16'],
  ] as const)('%s ends the channel with cause %s, and says who asked for it', async (name, cause) => {
    driven.ami.emit(newchannel('1.2', '102'));
    await driven.until('channel.created');
    obey('Hangup', message('Hangup', { Uniqueid: '1.2', Cause: cause }));
    expect(await execute({ name, channel: channelId('1.2') })).toEqual({ outcome: 'accepted' });
    await driven.until('channel.ended');
    expect(driven.ami.actions('Hangup')[0]).toMatchObject({ Channel: '1.2', Cause: cause });
    expect(driven.facts.slice(1)).toMatchObject([
      { type: 'channel.hangupRequested', channel: '1.2', by: 'command' },
      { type: 'channel.ended', channel: '1.2' },
    ]);
  });

  test('what is gone already is gone', async () => {
    driven.ami.answers.set('Hangup', () => ['Response: Error\nMessage: No such channel']);
    const outcome = await execute({ name: 'hangup', channel: channelId('1.2') });
    expect(outcome).toEqual({ outcome: 'failed', code: 'leg-ended', detail: 'No such channel' });
  });
});

describe('recording', () => {
  const wish = { channel: channelId('1.2'), recording: 'rec-1' } as const;

  test('is started under its name, paused, resumed and stopped by its handle', async () => {
    for (const action of ['MixMonitor', 'MixMonitorMute', 'StopMixMonitor', 'Setvar']) obey(action);
    driven.ami.answers.set('Getvar', () => ['Response: Success\nValue: 0x7f00']);
    for (const name of ['record', 'pauseRecording', 'resumeRecording', 'stopRecording'] as const) {
      expect(await execute({ name, ...wish })).toEqual({ outcome: 'accepted' });
    }
    expect(driven.ami.actions('MixMonitor')[0]).toMatchObject({ Channel: '1.2', File: 'rec-1.wav', Options: 'i(SWITCHHOOK_RECORDING)' });
    expect(driven.ami.actions('MixMonitorMute').map((action) => action['State'])).toEqual(['1', '0']);
    expect(driven.ami.actions('StopMixMonitor')[0]).toMatchObject({ Channel: '1.2', MixMonitorID: '0x7f00' });
  });

  test('is written as small as it was wished for', async () => {
    obey('MixMonitor');
    await execute({ name: 'record', ...wish, format: 'wav49' });
    await execute({ name: 'record', ...wish, format: 'wav' });
    expect(driven.ami.actions('MixMonitor').map(({ File }) => File)).toEqual(['rec-1.WAV', 'rec-1.wav']);
  });

  test('tells the file, which Asterisk does not: each of two one after the other its own', async () => {
    const told = (event: string): string => message(event, { Channel: 'PJSIP/102-0000000a', Uniqueid: '1.2' });
    driven.ami.emit(newchannel('1.2', '102'));
    obey('MixMonitor', told('MixMonitorStart'));
    obey('StopMixMonitor', told('MixMonitorStop'));
    obey('Setvar');
    driven.ami.answers.set('Getvar', () => ['Response: Success\nValue: 0x7f00']);
    for (const recording of ['rec-1', 'rec-2']) {
      const count = driven.of('recording.stopped').length + 1;
      await execute({ name: 'record', ...wish, recording });
      await driven.until('recording.started', count);
      await execute({ name: 'stopRecording', ...wish });
      await driven.until('recording.stopped', count);
    }
    for (const type of ['recording.started', 'recording.stopped'] as const) {
      expect(driven.of(type).map(({ name, file }) => [name, file])).toEqual([
        ['rec-1.wav', 'rec-1.wav'],
        ['rec-2.wav', 'rec-2.wav'],
      ]);
    }
  });

  test('a recording that somebody else begins has no file that we know, also where ours was refused', async () => {
    driven.ami.emit(newchannel('1.2', '102'));
    driven.ami.answers.set('MixMonitor', () => ['Response: Error\nMessage: Could not start monitoring channel']);
    expect(await execute({ name: 'record', ...wish })).toMatchObject({ outcome: 'failed' });
    driven.ami.emit(message('MixMonitorStart', { Channel: 'PJSIP/102-0000000a', Uniqueid: '1.2' }));
    await driven.until('recording.started');
    expect(driven.of('recording.started')[0]).not.toHaveProperty('file');
  });

  test('a name that leaves the folder is refused', async () => {
    const outcome = await execute({ name: 'record', ...wish, recording: '../etc/passwd' });
    expect(outcome).toMatchObject({ outcome: 'failed', code: 'invalid-parameter' });
  });

  test('what is not recorded cannot be stopped', async () => {
    driven.ami.answers.set('Getvar', () => ['Response: Success\nValue: ']);
    expect(await execute({ name: 'stopRecording', ...wish })).toMatchObject({ outcome: 'failed', code: 'wrong-state' });
  });
});

describe('each command is these actions', () => {
  const own = channelId('1.1');
  const peer = channelId('1.2');
  const third = channelId('own-1');
  const boss = extensionNumber('105');
  const phone105 = { Action: 'Originate', Channel: 'PJSIP/105', ChannelId: 'own-1' };
  const table: readonly (readonly [Wish, readonly Record<string, unknown>[]])[] = [
    [{ name: 'mute', channel: own }, [{ Action: 'MuteAudio', Channel: '1.1', Direction: 'in', State: 'on' }]],
    [{ name: 'unmute', channel: own }, [{ Action: 'MuteAudio', Channel: '1.1', Direction: 'in', State: 'off' }]],
    [{ name: 'mute', channel: own, conference: '650' }, [{ Action: 'ConfbridgeMute', Conference: '650', Channel: 'PJSIP/102-0000000a' }]],
    [{ name: 'dtmf', channel: own, digits: '5' }, [{ Action: 'PlayDTMF', Channel: '1.1', Digit: '5', Receive: 'true' }]],
    [{ name: 'transfer', channel: own, peer, to: '103' }, [{ Action: 'BlindTransfer', Channel: '1.1', Context: 'internal', Exten: '103' }]],
    [
      { name: 'divert', channel: own, caller: peer, to: '103' },
      [{ Action: 'Redirect', Channel: '1.2', Context: 'internal', Exten: '103', Priority: '1' }],
    ],
    [
      { name: 'voicemail', channel: own, peer, mailbox: extensionNumber('103') },
      [
        { Action: 'DialplanExtensionAdd', Context: 'switchhook-voicemail', Extension: '103', Priority: '1', Application: 'NoOp' },
        { Action: 'DialplanExtensionAdd', Priority: '2', Application: 'VoiceMail', ApplicationData: '103@default,u' },
        { Action: 'BlindTransfer', Channel: '1.1', Context: 'switchhook-voicemail', Exten: '103' },
      ],
    ],
    [{ name: 'bridge', channel: own, other: peer }, [{ Action: 'Bridge', Channel1: '1.1', Channel2: '1.2', Tone: 'no' }]],
    [
      { name: 'join', channel: own, extension: boss, joiner: third },
      [{ ...phone105, Application: 'BridgeAdd', Data: 'PJSIP/102-0000000a' }],
    ],
    [
      { name: 'supervise', channel: own, extension: boss, mode: 'whisper', supervisor: third },
      [{ ...phone105, Application: 'ChanSpy', Data: 'PJSIP/102-0000000a,qwdE' }],
    ],
    [
      { name: 'supervise', channel: own, extension: boss, mode: 'whisper', isPrivate: true, supervisor: third },
      [{ ...phone105, Application: 'ChanSpy', Data: 'PJSIP/102-0000000a,qWdE' }],
    ],
    [{ name: 'superviseMode', channel: own, mode: 'barge' }, [{ Action: 'PlayDTMF', Channel: '1.1', Digit: '6' }]],
    [
      { name: 'conference', channel: own, peer, conference: '650' },
      [
        { Action: 'DialplanExtensionAdd', Priority: '1' },
        { Action: 'DialplanExtensionAdd', Priority: '2', Application: 'ConfBridge', ApplicationData: '650' },
        { Action: 'Redirect', Channel: '1.1', ExtraChannel: '1.2', Context: 'switchhook-conference', ExtraExten: '650' },
      ],
    ],
    [{ name: 'invite', conference: '650', extension: boss, channel: third }, [{ ...phone105, Application: 'ConfBridge', Data: '650' }]],
    [{ name: 'kick', channel: own, conference: '650' }, [{ Action: 'ConfbridgeKick', Conference: '650', Channel: 'PJSIP/102-0000000a' }]],
    [
      { name: 'completeTransfer', channel: own, peer, consult: third, to: '103', target: channelId('1.4') },
      [{ Action: 'Bridge', Channel1: '1.2', Channel2: '1.4' }],
    ],
    [
      { name: 'completeTransfer', channel: own, peer, consult: third, to: '103' },
      [
        { Action: 'Hangup', Channel: 'own-1' },
        { Action: 'BlindTransfer', Channel: '1.1', Exten: '103' },
      ],
    ],
    [
      { name: 'park', channel: own, peer, slot: { lot: 'default', slot: '705' }, timeoutSeconds: 45 },
      [
        { Action: 'Setvar', Channel: '1.2', Variable: 'PARKINGEXTEN', Value: '705' },
        { Action: 'Park', TimeoutChannel: 'PJSIP/102-0000000a', Timeout: '45000', Parkinglot: 'default' },
        { Action: 'Setvar', Channel: '1.2', Variable: 'PARKINGEXTEN', Value: '' },
      ],
    ],
    [
      { name: 'agentLogin', queue: 'support', extension: boss },
      [{ Action: 'QueueAdd', Queue: 'support', Interface: 'PJSIP/105', MemberName: 'User 105' }],
    ],
    [
      { name: 'agentPause', queue: 'support', extension: boss, device: 'Local/105@agents/n', reason: 'lunch' },
      [{ Action: 'QueuePause', Interface: 'Local/105@agents/n', Paused: 'true', Reason: 'lunch' }],
    ],
    [
      { name: 'setStatus', extension: boss, text: 'Out, till ten' },
      [{ Action: 'Setvar', Variable: 'PRESENCE_STATE(CustomPresence:105)', Value: 'available,,T3V0LCB0aWxsIHRlbg==,e' }],
    ],
    [
      { name: 'setDnd', extension: boss, dnd: true },
      [
        { Action: 'Setvar', Variable: 'PRESENCE_STATE(CustomPresence:105)', Value: 'dnd,,' },
        { Action: 'Setvar', Variable: 'DEVICE_STATE(Custom:DND105)', Value: 'BUSY' },
      ],
    ],
  ];

  /** Everything is there, every wish is granted. */
  const grantAll = (): void => {
    driven.ami.answers.set('Getvar', ({ Variable: variable = '' }) => {
      const exists = variable.startsWith('DIALPLAN_EXISTS') || variable.startsWith('VM_INFO') ? '1' : '';
      const isName = variable === 'CHANNEL(name)' || variable === 'BRIDGEPEER';
      return [`Response: Success\nValue: ${isName ? 'PJSIP/102-0000000a' : exists}`];
    });
    driven.ami.answers.set('Parkinglots', () => [
      'Response: Success\nEventList: start',
      'Event: Parkinglot\nName: default\nStartSpace: 701\nStopSpace: 709',
      'Event: ParkinglotsComplete\nEventList: Complete',
    ]);
    for (const action of new Set(table.flatMap(([, actions]) => actions.map(({ Action }) => String(Action))))) obey(action);
    obey('Originate', newchannel('own-1', '105'));
    obey('Park', message('ParkedCall', { ParkeeUniqueid: '1.2', Parkinglot: 'default', ParkingSpace: '705' }));
  };
  /** Asking is no acting. */
  const questions: ReadonlySet<string | undefined> = new Set(['Getvar', 'ParkedCalls', 'Parkinglots', 'Challenge', 'Login']);

  test.each(table.map(([wish, actions]) => [wish.name, wish, actions] as const))('%s', async (_name, wish, actions) => {
    grantAll();
    const before = driven.ami.received.length;
    expect(await execute(wish)).toEqual({ outcome: 'accepted' });
    const acted = driven.ami.received.slice(before).filter(({ Action }) => !questions.has(Action));
    expect(acted).toMatchObject(actions);
  });

  test('a phone that is called to take part is asked to answer by itself', async () => {
    grantAll();
    await execute({ name: 'invite', conference: '650', extension: boss, channel: third });
    expect(driven.ami.actions('Originate')[0]?.['Variable']).toContain('PJSIP_HEADER(add,Alert-Info)');
  });

  test.each([
    { name: 'transfer', channel: own, peer, to: '777' },
    { name: 'divert', channel: own, caller: peer, to: '777' },
    { name: 'voicemail', channel: own, peer, mailbox: extensionNumber('777') },
    { name: 'startTransfer', channel: own, peer, extension: boss, to: '777', consult: third, timeoutSeconds: 20 },
  ] as const)('$name to nobody touches no call', async (wish) => {
    grantAll();
    driven.ami.answers.set('Getvar', () => ['Response: Success\nValue: 0']);
    const before = driven.ami.received.length;
    expect(await execute(wish)).toMatchObject({ outcome: 'failed', code: 'invalid-parameter' });
    expect(driven.ami.received.slice(before).filter(({ Action }) => !questions.has(Action))).toEqual([]);
  });

  test('where Asterisk cannot tell whether there is somebody, nobody is sent there', async () => {
    grantAll();
    driven.ami.answers.set('Getvar', () => ['Response: Success\nValue: ']);
    expect(await execute({ name: 'transfer', channel: own, peer, to: '103' })).toMatchObject({ code: 'not-supported' });
    expect(driven.ami.actions('BlindTransfer')).toEqual([]);
  });

  test('a slot that somebody took a moment before is given up, and the call given back', async () => {
    grantAll();
    obey('Park', message('ParkedCall', { ParkeeUniqueid: '1.2', Parkinglot: 'default', ParkingSpace: '706' }));
    const wish = { name: 'park', channel: own, peer, slot: { lot: 'default', slot: '705' }, timeoutSeconds: 45 } as const;
    expect(await execute(wish)).toMatchObject({ outcome: 'failed', code: 'slot-occupied' });
    expect(driven.ami.actions('Bridge')).toHaveLength(1);
  });

  test('one whose call goes through a pair of channels is told the number by an extension of ours, and nobody ends with the other', async () => {
    grantAll();
    const grant = driven.ami.answers.get('Getvar');
    driven.ami.answers.set('Getvar', (action, session) =>
      action['Variable'] === 'BRIDGEPEER' ? ['Response: Success\nValue: Local/102@phones-00000001;2'] : grant?.(action, session),
    );
    obey('DialplanExtensionAdd');
    obey('Redirect', message('BridgeEnter', { Uniqueid: '1.2', BridgeUniqueid: 'b', BridgeTechnology: 'holding_bridge' }));
    const wish = { name: 'park', channel: own, peer, slot: { lot: 'default', slot: '705' }, timeoutSeconds: 45 } as const;
    expect(await execute(wish)).toEqual({ outcome: 'accepted' });
    expect(driven.ami.actions('Redirect')).toMatchObject([
      { Channel: '1.2', Exten: 'parkee', ExtraChannel: '1.1', ExtraExten: '705', ExtraContext: 'switchhook-parked' },
    ]);
    obey('Park', message('ParkedCall', { ParkeeUniqueid: '1.2', Parkinglot: 'default', ParkingSpace: '706' }));
    expect(await execute(wish)).toMatchObject({ code: 'slot-occupied' });
    driven.ami.answers.set('Park', () => ['Response: Error\nMessage: Park action failed']);
    expect(await execute(wish)).toMatchObject({ outcome: 'failed', code: 'pbx-refused' });
    expect(driven.ami.actions('Bridge')).toHaveLength(2);
  });

  test('digits follow each other at a pace that every detector hears', async () => {
    grantAll();
    const pressed = (): readonly (string | undefined)[] => driven.ami.actions('PlayDTMF').map(({ Digit }) => Digit);
    const pressing = execute({ name: 'dtmf', channel: own, digits: '12' });
    await driven.ami.until(() => pressed().length === 1);
    await driven.time.untilDue(180);
    expect(pressed()).toEqual(['1']);
    driven.time.advance(180);
    expect(await pressing).toEqual({ outcome: 'accepted' });
    expect(pressed()).toEqual(['1', '2']);
  });

  test.each(['a|b', 'a,b', 'a&b', 'a;b', 'a)b', 'a\rb', 'a\nb', 'a\0b', '${b}'])('%j splits no argument', async (evil) => {
    grantAll();
    const extension = extensionNumber(evil);
    const wishes: readonly Wish[] = [
      { name: 'transfer', channel: own, peer, to: evil },
      { name: 'divert', channel: own, caller: peer, to: evil },
      { name: 'voicemail', channel: own, peer, mailbox: extension },
      { name: 'startTransfer', channel: own, peer, extension: boss, to: evil, consult: third, timeoutSeconds: 20 },
      { name: 'conference', channel: own, peer, conference: evil },
      { name: 'invite', conference: evil, extension: boss, channel: third },
      { name: 'setDnd', extension, dnd: true },
      { name: 'setStatus', extension, text: 'x' },
      { name: 'park', channel: own, peer, slot: { lot: 'default', slot: evil }, timeoutSeconds: 9 },
      { name: 'retrieve', slot: { lot: evil, slot: '701' }, parked: peer, extension: boss, channel: third },
    ];
    const before = driven.ami.received.length;
    for (const wish of wishes) {
      expect(await execute(wish)).toMatchObject({
        outcome: 'failed',
        code: expect.stringMatching(/^(?:forbidden-character|invalid-parameter|slot-empty)$/),
      });
    }
    expect(driven.ami.received.slice(before).filter(({ Action }) => !questions.has(Action))).toEqual([]);
  });
});

describe('holding by the phone', () => {
  const wish = { name: 'hold', channel: channelId('1.2') } as const;

  test('is accepted when the phone has done it', async () => {
    obey('PJSIPNotify', message('Hold', { Uniqueid: '1.2' }));
    expect(await execute(wish)).toEqual({ outcome: 'accepted' });
    expect(driven.ami.actions('PJSIPNotify')[0]).toMatchObject({ Channel: '1.2', Variable: 'Event=hold' });
    obey('PJSIPNotify', message('Unhold', { Uniqueid: '1.2' }));
    expect(await execute({ ...wish, name: 'resume' })).toEqual({ outcome: 'accepted' });
    expect(driven.ami.actions('PJSIPNotify')[1]).toMatchObject({ Channel: '1.2', Variable: 'Event=talk' });
  });

  test('a phone that does not obey within two seconds cannot', async () => {
    obey('PJSIPNotify');
    const holding = execute(wish);
    await driven.time.untilDue(2_000);
    await driven.ami.until(() => driven.ami.actions('PJSIPNotify').length === 1);
    driven.time.advance(2_000);
    expect(await holding).toMatchObject({ outcome: 'failed', code: 'not-supported' });
  });
});

describe('holding by the PBX', () => {
  const wish = { name: 'hold', channel: channelId('1.2'), peer: channelId('1.1') } as const;

  test('moves both parties, and says who holds, since Asterisk does not', async () => {
    await driven.close();
    await start({ hold: 'redirect' });
    for (const action of ['DialplanExtensionAdd', 'Setvar']) obey(action);
    driven.ami.emit(newchannel('1.2', '102'));
    await driven.until('channel.created');
    obey(
      'Redirect',
      message('BridgeEnter', { Uniqueid: '1.2', BridgeUniqueid: 'b1', BridgeType: 'base', BridgeTechnology: 'holding_bridge' }),
    );
    expect(await execute(wish)).toEqual({ outcome: 'accepted' });
    await driven.until('channel.held');
    expect(driven.types.slice(-2)).toEqual(['bridge.entered', 'channel.held']);
    expect(driven.ami.actions('Redirect')).toMatchObject([{ Channel: '1.2', Exten: 'holder', ExtraChannel: '1.1', ExtraExten: 'held' }]);
    expect(driven.ami.actions('Setvar')).toMatchObject([{ Channel: '1.2', Variable: 'SWITCHHOOK_HELD', Value: '1.1' }]);
  });

  test('is ended by joining the two, and a transfer takes the held one alone', async () => {
    driven.ami.answers.set('Getvar', ({ Variable: variable }) => [
      `Response: Success\nValue: ${variable === 'SWITCHHOOK_HELD' ? '1.1' : '1'}`,
    ]);
    for (const action of ['Bridge', 'Setvar', 'Redirect', 'Hangup']) obey(action);
    expect(await execute({ ...wish, name: 'resume' })).toEqual({ outcome: 'accepted' });
    expect(driven.ami.actions('Bridge')).toMatchObject([{ Channel1: '1.2', Channel2: '1.1' }]);
    expect(await execute({ ...wish, name: 'transfer', to: '103' })).toEqual({ outcome: 'accepted' });
    expect(driven.ami.actions('Redirect')).toMatchObject([{ Channel: '1.1', Exten: '103' }]);
    expect(driven.ami.actions('Hangup')).toMatchObject([{ Channel: '1.2' }]);
  });
});

describe('any command', () => {
  test('is built, and announced so', () => {
    expect(commandNames.filter((name) => !driven.driver.supports.commands[name])).toEqual([]);
  });

  test('a line break in a value never reaches the PBX', async () => {
    const outcome = await execute({ name: 'hangup', channel: channelId('1.2\r\nAction: Originate') });
    expect(outcome).toMatchObject({ outcome: 'failed', code: 'forbidden-character' });
    expect(driven.ami.actions('Originate')).toEqual([]);
  });

  test('goes over a connection of its own that gets no events, made anew when it is lost', async () => {
    await execute({ name: 'hangup', channel: channelId('1.2') });
    expect(driven.ami.of('control')).toHaveLength(1);
    for (const { socket } of driven.ami.of('control')) socket.resetAndDestroy();
    await driven.ami.until(() => driven.ami.of('control').length === 0);
    driven.ami.answers.set('Hangup', () => ['Response: Success']);
    await expect.poll(() => execute({ name: 'hangup', channel: channelId('1.2') })).toEqual({ outcome: 'accepted' });
    expect(driven.types.filter((type) => type === 'pbx.disconnected')).toEqual([]);
  });

  test('a link that breaks under way leaves its outcome unknown', async () => {
    driven.ami.answers.set('Hangup', () => {
      driven.ami.cut();
      return undefined;
    });
    expect(await execute({ name: 'hangup', channel: channelId('1.2') })).toMatchObject({ outcome: 'unknown' });
  });

  test('an answer that does not come is timed out', async () => {
    driven.ami.answers.set('Hangup', () => undefined);
    const hangup = execute({ name: 'hangup', channel: channelId('1.2') });
    await driven.ami.until(() => driven.ami.actions('Hangup').length === 1);
    driven.time.advance(10_000);
    expect(await hangup).toMatchObject({ outcome: 'failed', code: 'timed-out' });
  });

  test('an abort ends it with its reason', async () => {
    driven.ami.answers.set('Hangup', () => undefined);
    const abort = new AbortController();
    const hangup = execute({ name: 'hangup', channel: channelId('1.2') }, abort.signal);
    await driven.ami.until(() => driven.ami.actions('Hangup').length === 1);
    abort.abort('enough');
    await expect(hangup).rejects.toBe('enough');
  });

  test('an abort does not wait for the connection either', async () => {
    driven.ami.answers.set('Challenge', () => undefined);
    const abort = new AbortController();
    const hangup = execute({ name: 'hangup', channel: channelId('1.2') }, abort.signal);
    await driven.ami.until(() => driven.ami.actions('Challenge').length === 2);
    abort.abort('enough');
    await expect(hangup).rejects.toBe('enough');
  });

  test('while the PBX is away it fails at once', async () => {
    driven.ami.cut();
    await driven.until('pbx.disconnected');
    expect(await execute({ name: 'hangup', channel: channelId('1.2') })).toMatchObject({ outcome: 'failed', code: 'pbx-down' });
  });

  test('closing the driver settles what is under way', async () => {
    driven.ami.answers.set('Hangup', () => undefined);
    const hangup = execute({ name: 'hangup', channel: channelId('1.2') });
    await driven.ami.until(() => driven.ami.actions('Hangup').length === 1);
    await driven.driver.close();
    expect(await hangup).toMatchObject({ outcome: 'unknown' });
  });
});
