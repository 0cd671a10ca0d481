import { afterEach, describe, expect, test } from 'vitest';
import { ScriptedAmi } from './scripted-ami.ts';
import { Driven, message, newchannel } from './driven.ts';

const running: Driven[] = [];
const create = async (options: Parameters<typeof Driven.create>[0] = {}): Promise<Driven> => {
  const driven = await Driven.create(options);
  running.push(driven);
  return driven;
};

afterEach(async () => {
  for (const driven of running.splice(0)) await driven.close();
});

const channelItem = (uniqueid: string, number: string, more = ''): string =>
  `Event: Status\nChannel: PJSIP/${number}-00000001\nChannelState: 6\nCallerIDNum: ${number}\nUniqueid: ${uniqueid}\nLinkedid: ${uniqueid}\nSeconds: 3${more}`;
const statusOf = (...items: readonly string[]): readonly string[] => [
  'Response: Success\nEventList: start',
  ...items,
  'Event: StatusComplete\nEventList: Complete',
];

describe('connecting', () => {
  test('a pattern that is no regular expression is refused before anything is tried', async () => {
    const ami = await ScriptedAmi.start();
    await expect(Driven.create({ ami, config: { extensionPattern: '(' } })).rejects.toMatchObject({
      code: 'config-invalid',
      details: { pbx: 'office', field: 'extensionPattern' },
    });
    await ami.close();
  });

  test('pbx.connected comes first, then the resync, both with the start and the version', async () => {
    const driven = await (await create()).start();
    // The scripted PBX lies two hours east of Greenwich.
    const startedAt = Date.parse('2026-11-21T08:00:00Z') * 1_000;
    expect(driven.facts.slice(0, 2)).toMatchObject([
      { type: 'pbx.connected', startedAt, version: '22.10.1' },
      { type: 'resync', startedAt, version: '22.10.1', channels: [], queues: [] },
    ]);
  });

  test('the event connection asks for the classes that calls are made of, without VarSet', async () => {
    const driven = await (await create()).start();
    expect(driven.ami.actions('Login').map((login) => login['Events'])).toEqual(['call,agent,system,user,dialplan']);
    expect(driven.ami.actions('Filter')[0]).toMatchObject({ Operation: 'Add', Filter: '!Event: VarSet' });
  });

  test('an account without the right to filter does without', async () => {
    const driven = await create();
    driven.ami.answers.set('Filter', () => ['Response: Error\nMessage: Permission denied']);
    await driven.start();
    expect(driven.types).toEqual(['pbx.connected', 'resync']);
  });

  test('a list that is refused counts as empty; of registrations then nothing is told', async () => {
    const driven = await create();
    driven.ami.serveOffice();
    driven.ami.answers.set('PJSIPShowContacts', () => ['Response: Error\nMessage: Permission denied']);
    driven.ami.answers.set('ParkedCalls', () => ['Response: Error\nMessage: Invalid/unknown command: ParkedCalls.']);
    await driven.start();
    const [resync] = driven.of('resync');
    expect(resync?.extensions.some(({ registered }) => registered !== undefined)).toBe(false);
    expect(driven.driver.supports.tellsRegistrations).toBe(false);
  });

  test('an account that may not ask for start and version does without', async () => {
    const driven = await create();
    for (const action of ['CoreStatus', 'CoreSettings'])
      driven.ami.answers.set(action, () => ['Response: Error\nMessage: Permission denied']);
    await driven.start();
    expect(driven.of('resync')[0]).not.toHaveProperty('startedAt');
    expect(driven.types).toEqual(['pbx.connected', 'resync']);
  });

  test('without the channels there is no connection, and why is told once', async () => {
    const driven = await create();
    driven.ami.answers.set('Status', () => ['Response: Error\nMessage: Permission denied']);
    driven.read();
    await driven.time.untilDue(250);
    driven.time.advance(250);
    await driven.time.untilDue(500);
    await driven.until('pbx.disconnected');
    expect(driven.facts).toMatchObject([{ type: 'pbx.disconnected', reason: expect.stringContaining('Permission denied') }]);
  });

  test('a PBX that is not there is told as such, then tried ever less often, up to every 5 s', async () => {
    const ami = await ScriptedAmi.start();
    await ami.close();
    const driven = await Driven.create({ ami });
    driven.read();
    for (const pause of [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]) {
      await driven.time.untilDue(pause);
      driven.time.advance(pause);
    }
    expect(driven.facts).toMatchObject([{ type: 'pbx.disconnected', reason: expect.stringContaining('Nothing listens') }]);
    await driven.driver.close();
  });

  test('a refused login is tried again seldom enough for fail2ban', async () => {
    const driven = await create({ config: { secret: 'wrong' } });
    driven.read();
    await driven.until('pbx.disconnected');
    await driven.time.untilDue(30_000);
    expect(driven.facts).toMatchObject([{ type: 'pbx.disconnected', reason: expect.stringContaining('refused the login') }]);
  });
});

describe('events and the resync', () => {
  test('what comes in while the lists are read follows them', async () => {
    const driven = await create();
    driven.ami.answers.set('CoreSettings', (_action, session) => {
      driven.ami.send(session, [newchannel('2.1', '101')]);
      return ['Response: Success\nAsteriskVersion: 22.10.1'];
    });
    driven.read();
    await driven.until('channel.created');
    expect(driven.types).toEqual(['pbx.connected', 'resync', 'channel.created']);
  });

  test('events tell nothing twice that the lists told', async () => {
    const driven = await create();
    const bridge = { BridgeUniqueid: 'b1', BridgeType: 'basic', Uniqueid: '1.1' };
    driven.ami.answers.set('Status', () => statusOf(channelItem('1.1', '101', '\nBridgeID: b1')));
    driven.ami.answers.set('CoreSettings', (_action, session) => {
      const stale = { Uniqueid: '1.1', ChannelState: '5' };
      driven.ami.send(session, [newchannel('1.1', '101'), message('Newstate', stale), message('BridgeEnter', bridge)]);
      return ['Response: Success'];
    });
    driven.read();
    await driven.until('resync');
    driven.ami.emit(message('BridgeLeave', bridge), message('Hangup', { Uniqueid: '1.1', Cause: '16' }));
    await driven.until('channel.ended');
    expect(driven.types).toEqual(['pbx.connected', 'resync', 'bridge.left', 'channel.ended']);
  });

  test('an event about a channel that is gone makes no new one', async () => {
    const driven = await (await create()).start();
    driven.ami.emit(
      newchannel('1.1', '101'),
      message('Hangup', { Uniqueid: '1.1', Cause: '16' }),
      message('NewConnectedLine', { Uniqueid: '1.1', ConnectedLineNum: '102' }),
      newchannel('1.2', '102'),
    );
    await driven.until('channel.created', 2);
    expect(driven.types.slice(2)).toEqual(['channel.created', 'channel.ended', 'channel.created']);
  });

  test('a channel is gone only if it is in neither of two lists', async () => {
    const driven = await create();
    let asked = 0;
    driven.ami.answers.set('Status', () => {
      asked += 1;
      return asked === 1 ? statusOf(channelItem('1.1', '101')) : statusOf(channelItem('1.2', '102'));
    });
    await driven.start();
    expect(driven.of('resync')[0]?.channels.map(({ channel }) => channel)).toEqual(['1.1', '1.2']);
  });

  test('a reload leads to one more resync, however many modules tell of it', async () => {
    const driven = await (await create()).start();
    driven.ami.emit(...Array.from({ length: 20 }, () => 'Event: Reload\nModule: x'));
    await driven.time.untilDue(1_000);
    driven.ami.answers.set('ExtensionStateList', () => [
      'Response: Success\nEventList: start',
      'Event: ExtensionStatus\nExten: 150\nContext: internal\nHint: PJSIP/150\nStatus: 0',
      'Event: ExtensionStateListComplete\nEventList: Complete',
    ]);
    driven.time.advance(1_000);
    await driven.until('resync', 2);
    expect(driven.types).toEqual(['pbx.connected', 'resync', 'resync']);
    expect(driven.of('resync')[1]?.extensions).toMatchObject([{ extension: '150', devices: ['PJSIP/150'] }]);
  });

  test('an Asterisk that was still booting is read again when it has booted', async () => {
    const driven = await create();
    driven.ami.answers.set('BridgeList', (_action, session) => {
      driven.ami.send(session, ['Event: FullyBooted\nUptime: 1']);
      return ['Response: Error\nMessage: No such thing yet'];
    });
    await driven.start();
    await driven.time.untilDue(1_000);
    driven.ami.answers.delete('BridgeList');
    driven.time.advance(1_000);
    await driven.until('resync', 2);
    expect(driven.types).toEqual(['pbx.connected', 'resync', 'resync']);
  });

  test('names are asked for once, of phones alone, and again after a reload', async () => {
    const driven = await create({ config: { extensions: { '101': { name: 'Anna' } } } });
    const list = (...items: readonly string[]): readonly string[] => [
      'Response: Success\nEventList: start',
      ...items,
      'Event: Done\nEventList: Complete',
    ];
    const endpoints = ['101', '102', 'tom', 'trunk', 'gone'].map((name) => `Event: EndpointList\nObjectName: ${name}`);
    driven.ami.answers.set('PJSIPShowEndpoints', () => list(...endpoints));
    driven.ami.answers.set('ExtensionStateList', () =>
      list(...['tom', 'gone'].map((name, index) => `Event: ExtensionStatus\nExten: 11${index}\nHint: PJSIP/${name}`)),
    );
    const details = driven.ami.answers.get('PJSIPShowEndpoint');
    driven.ami.answers.set('PJSIPShowEndpoint', (action, session) =>
      action['Endpoint'] === 'gone' ? ['Response: Error\nMessage: Unable to retrieve endpoint gone'] : details?.(action, session),
    );
    await driven.start();
    const asked = (): readonly unknown[] => driven.ami.actions('PJSIPShowEndpoint').map((action) => action['Endpoint']);
    expect(asked()).toEqual(['102', 'tom', 'gone']);
    expect(new Map(driven.of('resync')[0]?.extensions.map(({ extension, name }) => [extension as string, name]))).toEqual(
      new Map([
        ['110', 'User tom'],
        ['111', ''],
        ['101', 'Anna'],
        ['102', 'User 102'],
      ]),
    );
    driven.ami.emit('Event: Reload\nModule: x');
    await driven.time.untilDue(1_000);
    driven.time.advance(1_000);
    await driven.until('resync', 2);
    expect(asked().slice(3)).toEqual(['102', 'tom', 'gone']);
  });

  test('facts keep the bytes that they come from', async () => {
    const driven = await (await create()).start();
    driven.ami.emit(newchannel('1.1', '101'));
    await driven.until('channel.created');
    expect(driven.traced.at(-1)?.source).toEqual({ at: driven.time.now(), text: newchannel('1.1', '101').replaceAll('\n', '\r\n') });
  });

  test('a code that the dialplan asks callers for is kept nowhere', async () => {
    const driven = await (await create()).start();
    const about = { Uniqueid: '1.1', Extension: '900', Application: 'Authenticate', AppData: '4711,j' };
    driven.ami.emit(newchannel('1.1', '101'), message('Newexten', about));
    await driven.until('channel.entered');
    expect(driven.traced.at(-1)?.source?.text).toContain('AppData: [redacted]');
    expect(JSON.stringify(driven.traced)).not.toContain('4711');
  });

  test('the time of a fact is that of the PBX where it tells it, else that of arrival', async () => {
    const driven = await (await create()).start();
    expect(driven.driver.supports.stampsTime).toBe(false);
    driven.ami.emit(newchannel('1.1', '101'));
    await driven.until('channel.created');
    driven.ami.emit(newchannel('1.2', '102', { Timestamp: '1795242428.187654' }));
    await driven.until('channel.created', 2);
    expect(driven.of('channel.created').map(({ at }) => at)).toEqual([driven.time.now(), 1_795_242_428_187_654]);
    expect(driven.driver.supports.stampsTime).toBe(true);
  });
});

describe('losing the link', () => {
  test('it is told at once, tried again at once, and made good by a resync', async () => {
    const driven = await (await create()).start();
    driven.time.advance(6_000);
    driven.ami.cut();
    await driven.until('resync', 2);
    expect(driven.types).toEqual(['pbx.connected', 'resync', 'pbx.disconnected', 'pbx.connected', 'resync']);
  });

  test('a link that breaks as soon as it is made is not made again in a tight loop', async () => {
    const driven = await (await create()).start();
    driven.ami.cut();
    await driven.time.untilDue(250);
    expect(driven.ami.connects).toBe(1);
  });

  test('a PBX that was restarted has another start', async () => {
    const driven = await (await create()).start();
    driven.time.advance(6_000);
    driven.ami.startedAt = '2026-11-21 10:30:00';
    driven.ami.cut();
    await driven.until('resync', 2);
    const [before, after] = driven.of('resync').map(({ startedAt }) => startedAt ?? 0);
    expect(Number(after) - Number(before)).toBe(30 * 60 * 1_000_000);
  });

  test('a cut in the middle of an event loses that event alone', async () => {
    const driven = await (await create()).start();
    driven.time.advance(6_000);
    driven.ami.emit(newchannel('1.1', '101'));
    await driven.until('channel.created');
    for (const { socket } of driven.ami.of('events')) socket.end('Event: Newchannel\r\nUniqueid: 1.2\r\n');
    await driven.until('resync', 2);
    expect(driven.types.slice(2)).toEqual(['channel.created', 'pbx.disconnected', 'pbx.connected', 'resync']);
  });

  test('bytes that wait are bounded: beyond, the link is dropped and all is read again', async () => {
    const driven = await (await create({ maxWaitingBytes: 10_000 })).start();
    driven.time.advance(6_000);
    const opened = Promise.withResolvers<void>();
    driven.gate = opened.promise;
    driven.ami.emit(newchannel('1.0', '100'));
    await driven.until('channel.created');
    driven.ami.emit(...Array.from({ length: 200 }, (_, index) => newchannel(`2.${index}`, '101')));
    await driven.ami.until(() => driven.ami.connects === 2);
    opened.resolve();
    await driven.until('resync', 2);
    expect(driven.of('pbx.disconnected')).toMatchObject([{ reason: 'More came in than could be processed in time.' }]);
    expect(driven.of('channel.created').length).toBeLessThan(200);
  });

  test('closing ends the facts, safe to call twice', async () => {
    const driven = await (await create()).start();
    await driven.driver.close();
    await driven.driver.close();
    await driven.ami.until(() => driven.ami.sessions.size === 0);
    expect(driven.types).toEqual(['pbx.connected', 'resync']);
  });
});

describe('the watchdog', () => {
  const silence = (driven: Driven): (() => void) => {
    const held: (() => void)[] = [];
    driven.ami.answers.set('Ping', (action, session) => {
      held.push(() => driven.ami.send(session, ['Response: Success\nPing: Pong'], action['ActionID']));
      return undefined;
    });
    return () => {
      for (const answer of held.splice(0)) answer();
    };
  };

  test('how long a ping took is known until the link is lost', async () => {
    const driven = await (await create()).start();
    const answer = silence(driven);
    expect(driven.driver.ping).toBeUndefined();
    await driven.time.untilDue(5_000);
    driven.time.advance(5_000);
    await driven.ami.until(() => driven.ami.actions('Ping').length === 1);
    const at = driven.time.now();
    driven.time.advance(40);
    answer();
    // The next question is waited for as soon as this one is answered.
    await driven.time.untilDue(5_000);
    expect(driven.driver.ping).toEqual({ at, took: 40_000 });
    driven.ami.cut();
    await driven.until('pbx.disconnected');
    expect(driven.driver.ping).toBeUndefined();
  });

  test('an unanswered ping is degraded, its late answer is recovered', async () => {
    const driven = await (await create()).start();
    const answer = silence(driven);
    await driven.time.untilDue(5_000);
    driven.time.advance(5_000);
    await driven.ami.until(() => driven.ami.actions('Ping').length === 1);
    driven.time.advance(3_000);
    await driven.until('pbx.degraded');
    answer();
    await driven.until('pbx.recovered');
    expect(driven.types.slice(2)).toEqual(['pbx.degraded', 'pbx.recovered']);
  });

  test('a link on which pings stay unanswered is dropped, and made anew', async () => {
    const driven = await (await create()).start();
    silence(driven);
    await driven.time.untilDue(5_000);
    driven.time.advance(5_000);
    await driven.ami.until(() => driven.ami.actions('Ping').length === 1);
    driven.time.advance(15_000);
    await driven.until('resync', 2);
    expect(driven.facts.slice(2, 4)).toMatchObject([
      { type: 'pbx.degraded' },
      { type: 'pbx.disconnected', reason: 'Asterisk stopped answering.' },
    ]);
  });
});
