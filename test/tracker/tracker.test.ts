import { describe, expect, test } from 'vitest';
import type { Disposition } from '../../src/model/call.ts';
import type { NewEvent } from '../../src/model/event.ts';
import { callIdOf, commandIdFrom, legIdOf, type ChannelId } from '../../src/model/ids.ts';
import {
  callOf,
  createTrackerState,
  extensionOf,
  legByChannel,
  legOf,
  legsOf,
  liveState,
  pbxState,
  track,
} from '../../src/tracker/tracker.ts';
import {
  answers,
  bridge,
  calls,
  ends,
  extension,
  hangsUp,
  id,
  isRung,
  pbx,
  phone,
  play,
  presencesOf,
  told,
  trunk,
  type Played,
} from './facts.ts';

const rung = play([...calls('a', phone('101'), '102'), ...isRung('b', phone('102'), 'a')]);
const talk = play(answers('b', 'a'), rung);

const endOf = ({ events }: Played): Extract<NewEvent, { type: 'call.ended' }> | undefined =>
  events.findLast((event): event is Extract<NewEvent, { type: 'call.ended' }> => event.type === 'call.ended');

const dispositionOf = (played: Played): Disposition | undefined => endOf(played)?.data.disposition;

describe('a call', () => {
  test('carries whole snapshots, the call begins with its first leg', () => {
    const [started, legStarted] = rung.events;
    expect(started).toMatchObject({ type: 'call.started', call: { state: 'ringing', legs: [{ ordinal: 1, state: 'initiated' }] } });
    expect(legStarted).toMatchObject({ type: 'leg.started', extension: '101', leg: { direction: 'outbound', peer: { number: '102' } } });
  });

  test('is named after its first channel, and so are its legs', () => {
    expect(liveState(rung.state).calls[0]?.id).toBe(callIdOf(pbx, 0, id('a')));
    expect(legByChannel(rung.state, id('b'))?.id).toBe(legIdOf(pbx, 0, id('b')));
  });

  test('is active from the moment when two legs hear each other', () => {
    const linked = talk.events.find(({ type }) => type === 'legs.linked');
    expect(linked).toMatchObject({ call: { state: 'active' }, data: { peer: legIdOf(pbx, 0, id('b')) } });
    expect(liveState(talk.state).calls[0]).toMatchObject({ state: 'active', legs: [{ state: 'connected' }, { state: 'connected' }] });
  });

  test('ends with who answered, who hung up, and how long it rang and was talked', () => {
    const end = endOf(play([...hangsUp('a'), ...ends('b')], talk));
    expect(end?.data).toMatchObject({
      disposition: 'answered',
      answeredBy: legIdOf(pbx, 0, id('b')),
      endedBy: legIdOf(pbx, 0, id('a')),
      cause: { code: 16, name: 'normal-clearing' },
    });
    expect(end?.data.totalMs).toBe((end?.data.ringMs ?? 0) + (end?.data.talkMs ?? 0));
    expect(end?.call?.legs.map(({ endedBy }) => endedBy)).toEqual(['self', 'peer']);
  });

  test('is found by its id, its legs, its channels and its extensions while it lives, and not after', () => {
    const callId = callIdOf(pbx, 0, id('a'));
    const legId = legIdOf(pbx, 0, id('b'));
    expect([callOf(talk.state, callId)?.id, legOf(talk.state, legId)?.id]).toEqual([callId, legId]);
    expect(legsOf(talk.state, extension('102')).map((leg) => leg.id)).toEqual([legId]);
    const { state } = play([...hangsUp('a'), ...ends('b')], talk);
    expect([callOf(state, callId), legOf(state, legId), legsOf(state, extension('102'))]).toEqual([undefined, undefined, []]);
  });

  test('over the trunk is inbound or outbound, and the number of the house gives way to who is called', () => {
    const inbound = play([
      ...calls('t', trunk, '+15550200101'),
      { type: 'channel.entered', channel: id('t'), application: 'dial', detail: '', dialled: '101' },
    ]);
    expect(liveState(inbound.state).calls[0]).toMatchObject({ direction: 'inbound', did: '+15550200101', to: { number: '101' } });
    const outbound = play([...calls('a', phone('101'), '00155501'), ...isRung('t', trunk, 'a')]);
    expect(liveState(outbound.state).calls[0]).toMatchObject({ direction: 'outbound', to: { number: '00155501' } });
  });

  test('keeps of its ended legs the newest 32', () => {
    let played = play(calls('a', phone('101'), '200'));
    for (let n = 0; n < 40; n += 1) played = play([...isRung(`x${n}`, phone('102'), 'a'), ...ends(`x${n}`, 17)], played);
    const call = liveState(played.state).calls[0];
    expect(call?.legs).toHaveLength(33);
    expect(call?.legs.at(-1)?.ordinal).toBe(41);
  });
});

describe('how a call that nobody answered ends', () => {
  const cases: readonly { readonly what: string; readonly played: Played; readonly is: Disposition }[] = [
    {
      what: 'the caller leaves while it rings',
      played: play(
        [
          { type: 'channel.hangupRequested', channel: id('a'), by: 'far-end' },
          { type: 'dial.ended', caller: id('a'), callee: id('b'), result: 'cancelled' },
          ...ends('a', 127),
          ...ends('b', 127),
        ],
        rung,
      ),
      is: 'cancelled',
    },
    {
      what: 'it rings out',
      played: play([{ type: 'dial.ended', caller: id('a'), callee: id('b'), result: 'no-answer' }, ...ends('b', 0), ...ends('a', 0)], rung),
      is: 'missed',
    },
    {
      what: 'the phone says busy without ringing',
      played: play([
        ...calls('a', phone('101'), '102'),
        ...isRung('b', phone('102'), 'a').slice(0, 2),
        { type: 'dial.ended', caller: id('a'), callee: id('b'), result: 'busy' },
        ...ends('b', 17),
        ...ends('a', 17),
      ]),
      is: 'busy',
    },
    {
      what: 'the phone rings and is declined as busy',
      played: play([{ type: 'dial.ended', caller: id('a'), callee: id('b'), result: 'busy' }, ...ends('b', 17), ...ends('a', 17)], rung),
      is: 'rejected',
    },
    {
      what: 'a command declines it without a cause',
      played: play(
        [
          { type: 'channel.hangupRequested', channel: id('b'), by: 'command' },
          { type: 'dial.ended', caller: id('a'), callee: id('b'), result: 'no-answer' },
          ...ends('b', 0),
          ...ends('a', 0),
        ],
        rung,
      ),
      is: 'rejected',
    },
    {
      what: 'it rings out and voicemail answers',
      played: play(
        [
          { type: 'dial.ended', caller: id('a'), callee: id('b'), result: 'no-answer' },
          ...ends('b', 0),
          { type: 'channel.entered', channel: id('a'), application: 'voicemail', detail: '102' },
          { type: 'channel.state', channel: id('a'), state: 'up' },
          ...hangsUp('a'),
        ],
        rung,
      ),
      is: 'missed',
    },
    { what: 'nobody is there to be rung', played: play([...calls('a', phone('101'), '110'), ...ends('a', 20)]), is: 'failed' },
    {
      what: 'one of a group rings out, the others are busy',
      played: play(
        [
          ...isRung('c', phone('103'), 'a'),
          { type: 'dial.ended', caller: id('a'), callee: id('c'), result: 'busy' },
          ...ends('c', 17),
          { type: 'dial.ended', caller: id('a'), callee: id('b'), result: 'no-answer' },
          ...ends('b', 0),
          ...ends('a', 0),
        ],
        rung,
      ),
      is: 'missed',
    },
    {
      what: 'the dialplan dials a second phone, which is busy, after the first rang out',
      played: play(
        [
          { type: 'dial.ended', caller: id('a'), callee: id('b'), result: 'no-answer' },
          ...ends('b', 0),
          { type: 'channel.entered', channel: id('a'), application: 'dial', detail: '', dialled: '103' },
          ...isRung('c', phone('103'), 'a').slice(0, 2),
          { type: 'dial.ended', caller: id('a'), callee: id('c'), result: 'busy' },
          ...ends('c', 17),
          ...ends('a', 17),
        ],
        rung,
      ),
      is: 'busy',
    },
    {
      what: 'the caller hangs up in a queue',
      played: play([
        ...calls('a', phone('101'), '300'),
        { type: 'channel.state', channel: id('a'), state: 'up' },
        { type: 'queue.joined', channel: id('a'), queue: 'support', position: 1 },
        { type: 'channel.hangupRequested', channel: id('a'), by: 'far-end' },
        { type: 'queue.left', channel: id('a'), queue: 'support', reason: 'abandoned' },
        ...ends('a'),
      ]),
      is: 'abandoned',
    },
  ];
  test.each(cases)('$what: $is', ({ played, is }) => {
    expect(dispositionOf(played)).toBe(is);
  });
});

describe('click-to-dial', () => {
  const commanded = play([
    { type: 'dial.commanded', channel: id('own'), command: commandIdFrom('cmd_1'), extension: extension('101'), number: '102' },
    { type: 'channel.created', channel: id('own'), endpoint: phone('101'), number: '102', name: '', family: id('own'), state: 'down' },
    { type: 'dial.began', callee: id('own') },
    { type: 'channel.state', channel: id('own'), state: 'ringing' },
  ]);
  const ownUp = play(
    [
      { type: 'channel.state', channel: id('own'), state: 'up' },
      { type: 'channel.entered', channel: id('own'), application: 'dial', detail: '', dialled: '102' },
    ],
    commanded,
  );

  test('goes from the extension to the number, before its channel knows', () => {
    expect(liveState(commanded.state).calls[0]).toMatchObject({
      clickToDial: true,
      from: { number: '101' },
      to: { number: '102' },
      state: 'ringing',
    });
    expect(legByChannel(commanded.state, id('own'))).toMatchObject({ direction: 'outbound', state: 'ringing', peer: { number: '102' } });
  });

  test('is not answered by its own phone, but by the far party', () => {
    expect(liveState(ownUp.state).calls[0]).toMatchObject({ state: 'ringing', legs: [{ state: 'connected' }] });
    const far = play([...isRung('far', phone('102'), 'own'), ...answers('far', 'own')], ownUp);
    expect(liveState(far.state).calls[0]).toMatchObject({ state: 'active' });
    expect(endOf(play([...hangsUp('far'), ...ends('own')], far))?.data).toMatchObject({
      disposition: 'answered',
      answeredBy: legIdOf(pbx, 0, id('far')),
    });
  });

  test('that the own phone never answers is a missed one', () => {
    expect(dispositionOf(play(ends('own', 19), commanded))).toBe('missed');
  });
});

describe('calls that meet', () => {
  const two = play([...calls('c', phone('103'), '104'), ...isRung('d', phone('104'), 'c'), ...answers('d', 'c')], talk);
  const joined = play(
    [
      { type: 'bridge.left', channel: id('a'), bridge: bridge('of a') },
      { type: 'bridge.left', channel: id('c'), bridge: bridge('of c') },
      { type: 'bridge.entered', channel: id('a'), bridge: bridge('new'), kind: 'mixing' },
      { type: 'bridge.entered', channel: id('c'), bridge: bridge('new'), kind: 'mixing' },
    ],
    two,
  );

  test('become the one that began first; the other is told to have merged and ends', () => {
    expect(told(joined.events.slice(two.events.length))).toEqual([
      'legs.unlinked',
      'legs.unlinked',
      'leg.moved',
      'leg.moved',
      'call.merged',
      'call.ended merged',
      'legs.linked',
    ]);
    expect(liveState(joined.state).calls.map((call) => [call.id, call.aliases])).toEqual([
      [callIdOf(pbx, 0, id('a')), [callIdOf(pbx, 0, id('c'))]],
    ]);
  });

  test('are found by the absorbed id until the call has ended', () => {
    expect(callOf(joined.state, callIdOf(pbx, 0, id('c')))?.id).toBe(callIdOf(pbx, 0, id('a')));
    const { state } = play([...ends('b'), ...ends('d'), ...hangsUp('a'), ...ends('c')], joined);
    expect(callOf(state, callIdOf(pbx, 0, id('c')))).toBeUndefined();
    expect(liveState(state).calls).toEqual([]);
  });

  test('in a conference stay calls of their own, and answer each other without links', () => {
    const confer = (channel: string, number: string): Parameters<typeof play>[0] => [
      {
        type: 'channel.created',
        channel: id(channel),
        endpoint: phone(number),
        number,
        name: '',
        dialled: '400',
        family: id(channel),
        state: 'dialling',
      },
      { type: 'channel.state', channel: id(channel), state: 'up' },
      { type: 'conference.joined', channel: id(channel), conference: '400' },
    ];
    const alone = play(confer('a', '101'));
    expect(alone.events.findLast(({ type }) => type === 'conference.joined')?.call?.state).toBe('active');
    const both = play(confer('b', '102'), alone);
    // No event is about the first call: what was shown of it is still so.
    expect(liveState(both.state).calls[0]).toEqual(liveState(alone.state).calls[0]);
    expect(liveState(both.state).calls.map(({ state }) => state)).toEqual(['active', 'active']);
    expect(endOf(play(hangsUp('a'), alone))?.data).not.toMatchObject({ disposition: 'answered' });
    expect(endOf(play(hangsUp('a'), both))?.data).toMatchObject({ disposition: 'answered' });
    expect(both.events.some(({ type }) => type === 'legs.linked')).toBe(false);
    expect(liveState(both.state).conferences[0]?.members).toHaveLength(2);
  });
});

test('a supervisor joins the call without being linked, and how it leaves is not how the call ends', () => {
  const watched = play(
    [
      ...calls('s', phone('105'), '*55'),
      { type: 'channel.state', channel: id('s'), state: 'up' },
      { type: 'supervision.started', channel: id('s'), target: id('b'), mode: 'listen' },
    ],
    talk,
  );
  expect(liveState(watched.state).calls).toMatchObject([
    { legs: [{}, {}, { extension: '105', supervising: { mode: 'listen', legId: legIdOf(pbx, 0, id('b')) } }] },
  ]);
  const over = play([...hangsUp('a'), ...ends('b'), { type: 'supervision.stopped', channel: id('s') }, ...hangsUp('s')], watched);
  expect(endOf(over)?.data).toMatchObject({ disposition: 'answered', endedBy: legIdOf(pbx, 0, id('a')) });
});

describe('holding', () => {
  test('is the state of the holder alone, and an unhold without a hold says nothing', () => {
    const held = play([{ type: 'channel.held', channel: id('b') }], talk);
    expect(liveState(held.state).calls[0]?.legs.map(({ state }) => state)).toEqual(['connected', 'held']);
    const resumed = play(
      [
        { type: 'channel.unheld', channel: id('b') },
        { type: 'channel.unheld', channel: id('a') },
      ],
      held,
    );
    expect(told(resumed.events.slice(held.events.length))).toEqual(['leg.resumed']);
  });
});

describe('presence', () => {
  test('follows the legs of an extension, and a phone that does not ring yet is idle', () => {
    const { events } = play([...hangsUp('a'), ...ends('b')], talk);
    expect([presencesOf('101', events), presencesOf('102', events)]).toEqual([
      ['busy', 'idle'],
      ['ringing', 'busy', 'idle'],
    ]);
  });

  test('is offline without a registered device, where the PBX tells of registrations at all', () => {
    const found = (registered?: readonly never[]): Played =>
      play([
        {
          type: 'extension.found',
          extension: extension('101'),
          name: 'Ann',
          devices: ['PJSIP/101'],
          dnd: false,
          ...(registered === undefined ? undefined : { registered }),
        },
      ]);
    expect([extensionOf(found().state, extension('101'))?.presence, extensionOf(found([]).state, extension('101'))?.presence]).toEqual([
      'idle',
      'offline',
    ]);
  });

  const registered = play([
    { type: 'extension.registered', extension: extension('101'), device: 'PJSIP/101', contact: 'sip:101@192.0.2.7' },
  ]);

  test('outlives a registration that comes back within five seconds', () => {
    const { events } = play(
      [
        { type: 'extension.unregistered', extension: extension('101'), device: 'PJSIP/101', contact: 'sip:101@192.0.2.7', at: 10_000_000 },
        { type: 'tick', at: 14_000_000 },
        {
          type: 'extension.registered',
          extension: extension('101'),
          device: 'PJSIP/101',
          contact: 'sip:101@192.0.2.7:5062',
          at: 14_500_000,
        },
        { type: 'tick', at: 20_000_000 },
      ],
      registered,
    );
    expect(told(events)).toEqual(['extension.registered']);
  });

  test('is offline when the registration stays away', () => {
    const gone = play(
      [
        { type: 'extension.unregistered', extension: extension('101'), device: 'PJSIP/101', contact: 'sip:101@192.0.2.7', at: 10_000_000 },
        { type: 'tick', at: 15_000_000 },
      ],
      registered,
    );
    expect(told(gone.events)).toEqual(['extension.registered', 'extension.unregistered']);
    expect(presencesOf('101', gone.events)).toEqual(['offline']);
  });

  test('tells of do-not-disturb and of the status text, once each', () => {
    const { events, state } = play([
      { type: 'extension.status', extension: extension('101'), text: 'At lunch', dnd: true },
      { type: 'extension.status', extension: extension('101'), text: 'At lunch' },
      { type: 'extension.dnd', extension: extension('101'), dnd: true },
    ]);
    expect(events).toHaveLength(1);
    expect(extensionOf(state, extension('101'))).toMatchObject({ dnd: true, statusText: 'At lunch' });
  });
});

describe('the link to the PBX', () => {
  test('is down, then compared, then live; and what is known is never thrown away for it', () => {
    const broken = play(
      [{ type: 'pbx.disconnected', reason: 'the link broke' }],
      play([{ type: 'resync', channels: [], extensions: [], queues: [] }], talk),
    );
    const lost = play([{ type: 'pbx.disconnected', reason: 'the link broke' }], talk);
    expect([pbxState(talk.state).status, pbxState(broken.state)]).toMatchObject(['down', { status: 'down', reason: 'the link broke' }]);
    expect(liveState(lost.state).calls).toHaveLength(1);
    const back = play([{ type: 'pbx.connected', version: '22.10.1' }], lost);
    expect(pbxState(back.state)).toMatchObject({ status: 'degraded', version: '22.10.1' });
  });

  test('a resync says what it mended, and marks it', () => {
    const { events } = play([{ type: 'resync', channels: [], extensions: [], queues: [] }], talk);
    const mended = events.slice(talk.events.length);
    expect(mended[0]).toMatchObject({
      type: 'pbx.resynced',
      reconciled: false,
      data: { restarted: false, corrections: [{ what: 'leg-ended' }, { what: 'leg-ended' }, { what: 'call-ended' }] },
    });
    expect(mended.slice(1).every(({ reconciled }) => reconciled)).toBe(true);
    expect(endOf({ ...talk, events })?.data.disposition).toBe('answered');
  });

  test('an unanswered call that ended unseen has an unknown end', () => {
    expect(dispositionOf(play([{ type: 'resync', channels: [], extensions: [], queues: [] }], rung))).toBe('unknown');
  });

  test('ids of calls differ from one start of the PBX to the next, though its channels are named alike', () => {
    const started = (startedAt: number): ReturnType<typeof liveState> =>
      liveState(play([{ type: 'resync', startedAt, channels: [], extensions: [], queues: [] }, ...calls('a', phone('101'), '102')]).state);
    expect(started(5_000_000).calls[0]?.id).not.toBe(started(90_000_000).calls[0]?.id);
  });

  test('a start that is told a second differently is the same start', () => {
    const first = play([{ type: 'resync', startedAt: 5_000_000, channels: [], extensions: [], queues: [] }]);
    const { events } = play([{ type: 'resync', startedAt: 6_000_000, channels: [], extensions: [], queues: [] }], first);
    expect(events.at(-1)).toMatchObject({ type: 'pbx.resynced', data: { restarted: false } });
  });
});

describe('what says nothing', () => {
  test('facts of channels that are not known, or no more, change nothing at all', () => {
    const gone = id('gone');
    const about = (channel: ChannelId): Parameters<typeof play>[0] => [
      { type: 'channel.state', channel, state: 'up' },
      { type: 'channel.peerIdentified', channel, number: '102', name: '' },
      { type: 'channel.held', channel },
      { type: 'channel.ended', channel, causeCode: 16 },
      { type: 'dial.ended', callee: channel, result: 'busy' },
      { type: 'bridge.entered', channel, bridge: bridge('of a'), kind: 'mixing' },
      { type: 'queue.left', channel, queue: 'support', reason: 'left' },
      { type: 'parking.left', channel, lot: 'lot', slot: '1', reason: 'retrieved' },
    ];
    const after = play(about(gone), talk);
    expect(after.state).toBe(talk.state);
    expect(after.events).toEqual(talk.events);
  });

  test('announcers, recorders and local pairs are nobody', () => {
    const { events, state } = play([
      {
        type: 'channel.created',
        channel: id('x'),
        endpoint: { kind: 'internal', device: 'Announcer/ARI' },
        number: '',
        name: '',
        family: id('x'),
        state: 'up',
      },
      {
        type: 'channel.created',
        channel: id('l1'),
        endpoint: { kind: 'local', pair: 'p', half: 1, device: 'Local/1' },
        number: '',
        name: '',
        family: id('l1'),
        state: 'down',
      },
      {
        type: 'channel.created',
        channel: id('l2'),
        endpoint: { kind: 'local', pair: 'p', half: 2, device: 'Local/1' },
        number: '',
        name: '',
        family: id('l1'),
        state: 'dialling',
      },
      ...ends('l1'),
      ...ends('l2'),
    ]);
    expect(events).toEqual([]);
    expect(liveState(state)).toEqual(liveState(createTrackerState(pbx)));
  });

  test('a tick with nothing due gives back the same state', () => {
    expect(track(talk.state, { type: 'tick', at: 99_000_000 }).state).toBe(talk.state);
  });
});
