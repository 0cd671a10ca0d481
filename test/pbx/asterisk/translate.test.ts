import { describe, expect, test } from 'vitest';
import type { Fact } from '../../../src/model/fact.ts';
import { createAmiParser } from '../../../src/pbx/asterisk/ami-parser.ts';
import { createDirectory } from '../../../src/pbx/asterisk/directory.ts';
import { createTranslator, isInteresting } from '../../../src/pbx/asterisk/translate.ts';

/** Messages as `Name` and headers to facts, all at the same moment. */
const factsOf = (...messages: readonly (readonly [string, Readonly<Record<string, string>>])[]): readonly Fact[] => {
  const parser = createAmiParser();
  const translator = createTranslator({ directory: createDirectory() });
  const text = messages
    .map(([event, headers]) =>
      [`Event: ${event}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n'),
    )
    .join('');
  return parser.push(Buffer.from(text)).flatMap((message) => translator.translate(message, 7));
};

const told = (facts: readonly Fact[]): readonly unknown[] => facts.map(({ at: _at, ...fact }) => fact);

describe('who is at a channel', () => {
  const directory = createDirectory();
  directory.learnHint('105', 'PJSIP/front-desk&Custom:DND105,CustomPresence:105');
  test.each([
    ['PJSIP/102-0000001a', { kind: 'extension', extension: '102', device: 'PJSIP/102' }],
    ['SIP/102-0000001a', { kind: 'extension', extension: '102', device: 'SIP/102' }],
    ['PJSIP/front-desk-0000001b', { kind: 'extension', extension: '105', device: 'PJSIP/front-desk' }],
    ['PJSIP/provider-0000001c', { kind: 'trunk', trunk: 'provider', device: 'PJSIP/provider' }],
    ['DAHDI/10-1', { kind: 'trunk', trunk: '10', device: 'DAHDI/10' }],
    ['Local/103@internal-00000003;2', { kind: 'local', pair: 'Local/103@internal-00000003', half: 2, device: 'Local/103@internal' }],
    ['CBAnn/400-00000001;2', { kind: 'internal', device: 'CBAnn/400' }],
    ['Snoop/1795243204.219-00000001', { kind: 'internal', device: 'Snoop/1795243204.219' }],
  ])('%s', (name, endpoint) => {
    expect(directory.endpointOf(name)).toEqual(endpoint);
  });

  test('a hint on a slot or a conference is no extension', () => {
    expect([directory.learnHint('701', 'park:701@parkedcalls').isNew, directory.learnHint('400', 'confbridge:400').isNew]).toEqual([
      false,
      false,
    ]);
  });

  test('a member of a queue that is reached through a local channel is its extension', () => {
    expect([directory.extensionOf('Local/108@agents/n'), directory.extensionOf('Local/menu@agents/n')]).toEqual(['108', undefined]);
  });
});

test('a time that Asterisk stamps is taken before that of the arrival', () => {
  const [stamped, plain] = factsOf(['Hold', { Uniqueid: 'pbx1-1.1', Timestamp: '1795242430.234455' }], ['Hold', { Uniqueid: 'pbx1-1.1' }]);
  expect([stamped?.at, plain?.at]).toEqual([1_795_242_430_234_455, 7]);
});

test('what dialled has a number, what is called has a label of the dialplan', () => {
  const channel = {
    Channel: 'PJSIP/102-1',
    Uniqueid: '1.1',
    Linkedid: '1.0',
    CallerIDNum: '102',
    CallerIDName: '<unknown>',
    Context: 'internal',
  };
  const [caller, callee] = factsOf(
    ['Newchannel', { ...channel, ChannelState: '4', Exten: '*8102' }],
    ['Newchannel', { ...channel, ChannelState: '0', Exten: 's' }],
  );
  expect(caller).toMatchObject({ type: 'channel.created', state: 'dialling', dialled: '*8102', family: '1.0', name: '' });
  expect(callee).not.toHaveProperty('dialled');
});

describe('why a caller left its queue', () => {
  const caller = { Uniqueid: '1.1', Queue: 'support' };
  const left = (reason: string): unknown => ({ type: 'queue.left', channel: '1.1', queue: 'support', reason });

  test('abandoned: it asked to be hung up before', () => {
    const facts = factsOf(
      ['HangupRequest', caller],
      ['QueueCallerAbandon', caller],
      ['QueueCallerLeave', caller],
      ['AgentConnect', { Uniqueid: 'other' }],
    );
    expect(told(facts)).toEqual([{ type: 'channel.hangupRequested', channel: '1.1', by: 'far-end' }, left('abandoned')]);
  });

  test('abandoned: it was hung up by somebody, and the dialplan does no more than clean up', () => {
    const facts = factsOf(
      ['QueueCallerAbandon', caller],
      ['QueueCallerLeave', caller],
      ['Newexten', { ...caller, Extension: 'h', Application: 'NoOp' }],
      ['Hangup', { ...caller, Cause: '16' }],
    );
    expect(told(facts)).toEqual([left('abandoned'), { type: 'channel.ended', channel: '1.1', causeCode: 16 }]);
  });

  test('left: the queue gave it up, or a redirect took it out, and the dialplan goes on', () => {
    const facts = factsOf(
      ['QueueCallerAbandon', caller],
      ['QueueCallerLeave', caller],
      ['Newexten', { ...caller, Extension: '300', Application: 'Goto' }],
    );
    expect(told(facts)).toEqual([left('left')]);
  });

  test('answered: an agent was connected', () => {
    expect(told(factsOf(['QueueCallerLeave', caller], ['AgentConnect', { ...caller, DestUniqueid: '1.2' }]))).toEqual([left('answered')]);
  });
});

test('a parked call that is bridged away was retrieved, whatever Asterisk calls it', () => {
  const parkee = { ParkeeUniqueid: '1.1', Parkinglot: 'default', ParkingSpace: '701' };
  const facts = factsOf(['ParkedCallGiveUp', parkee], ['BridgeEnter', { Uniqueid: '1.1', BridgeUniqueid: 'b', BridgeType: 'basic' }]);
  expect(told(facts)).toMatchObject([
    { type: 'parking.left', reason: 'retrieved' },
    { type: 'bridge.entered', kind: 'mixing' },
  ]);
});

test('and so it was if the bridge is told first, as happens on 16', () => {
  const bridge = { Uniqueid: '1.1', BridgeUniqueid: 'b', BridgeType: 'basic' };
  const parkee = { ParkeeUniqueid: '1.1', Parkinglot: 'default', ParkingSpace: '701' };
  const facts = factsOf(['BridgeEnter', bridge], ['ParkedCallGiveUp', parkee], ['BridgeLeave', bridge], ['Hangup', { Uniqueid: '1.1' }]);
  expect(told(facts)).toMatchObject([
    { type: 'bridge.entered', kind: 'mixing' },
    { type: 'parking.left', reason: 'retrieved' },
    { type: 'bridge.left' },
    { type: 'channel.ended' },
  ]);
});

test('a parked call in a list is no news', () => {
  expect(factsOf(['ParkedCall', { ActionID: 'r1', ParkeeUniqueid: '1.1', Parkinglot: 'default', ParkingSpace: '701' }])).toEqual([]);
});

test('how an originated channel supervises is learnt before it starts, or after', () => {
  const spy = { SpyerUniqueid: 's', SpyeeUniqueid: '1.1' };
  const originated = { Uniqueid: 's', Response: 'Success', Application: 'ChanSpy', Data: 'PJSIP/102-1,qwE' };
  expect(factsOf(['OriginateResponse', originated], ['ChanSpyStart', spy])).toMatchObject([
    { type: 'supervision.started', mode: 'whisper' },
  ]);
  expect(factsOf(['ChanSpyStart', spy], ['OriginateResponse', originated])).toMatchObject([
    { type: 'supervision.started', mode: 'listen' },
    { type: 'supervision.modeChanged', mode: 'whisper' },
  ]);
});

test('a channel that has ended is not named again', () => {
  const named = ['NewConnectedLine', { Uniqueid: '1.1', ConnectedLineNum: '101' }] as const;
  expect(told(factsOf(named, ['Hangup', { Uniqueid: '1.1', Cause: '17' }], named)).map((fact) => (fact as Fact).type)).toEqual([
    'channel.peerIdentified',
    'channel.ended',
  ]);
});

test('most of what Asterisk says need not be read', () => {
  expect(['VarSet', 'TestEvent', 'RTCPSent', 'BridgeCreate', 'ChallengeSent'].filter(isInteresting)).toEqual([]);
});

test('the text of a presence is what was set, without the backslashes that Asterisk puts into it', () => {
  const message = String.raw`O\'Neil \"out\" C:\\temp\nBack at 10`;
  expect(told(factsOf(['PresenceStateChange', { Presentity: 'CustomPresence:104', Status: 'dnd', Message: message }]))).toEqual([
    { type: 'extension.status', extension: '104', text: 'O\'Neil "out" C:\\temp\nBack at 10', dnd: true },
  ]);
});
