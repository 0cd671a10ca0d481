import { callerAndCalled, hangsUp, merges, originated, talks, type Story } from '../story.ts';

/** 105 is rung by an administrator and supervises 102, until 101 hangs up and the supervisor's leg ends with the call. */
const supervises = (mode: string, ...pressed: readonly string[]): Story['events'] => [
  ...talks('A', '101', '102'),
  ...originated('B', '105'),
  [`supervision.started 105 ${mode} of=102`, ...merges('B', 'A', '105')],
  ...pressed.map((digit) => `dtmf.received 105 ${digit}`),
  [...hangsUp('101', ['101', '102']), 'supervision.stopped 105 of=102', 'leg.ended 105 0 pbx'],
  'call.ended A internal 101>102 answered 16 answered=102 ended=101',
];

const presence = { 101: 'busy idle', 102: 'ringing busy idle', 105: 'ringing busy idle' } as const;

export const supervision: readonly Story[] = [
  {
    capture: 'spy_listen',
    what: '105 listens to 102: it hears both, neither hears it. 101 hangs up; the supervisor is out too.',
    events: supervises('listen'),
    presence,
  },
  {
    capture: 'spy_whisper',
    what: '105 whispers to 102: it hears both, 102 hears it. 101 hangs up.',
    events: supervises('whisper'),
    presence,
  },
  {
    capture: 'spy_barge',
    what: '105 barges in: all three hear each other. 101 hangs up.',
    events: supervises('barge'),
    presence,
  },
  {
    capture: 'spy_dtmf_modes',
    what:
      '105 listens to 102 with keys to change the mode; an administrator presses 5 (whisper), 6 (barge) and 4 (listen) on its leg. The PBX tells nothing of the ' +
      'modes, and a stream without keys must give the same, so the mode stays what it began as. 101 hangs up.',
    events: supervises('listen', '5', '6', '4'),
    presence,
  },
  {
    capture: 'chanspy_dialed',
    what: '105 dials *55101 and listens to 101, hangs up and dials *56101 to whisper, then *57101 to barge in. 105 and 101 hang up at once.',
    events: [
      ...talks('A', '101', '102'),
      'call.started B internal 105>*55101',
      'leg.started 105 B outbound',
      ['leg.connected 105', 'supervision.started 105 listen of=101', ...merges('B', 'A', '105')],
      'call.started C internal 105>*56101',
      'leg.started 105#2 C outbound',
      ['leg.connected 105#2', 'supervision.stopped 105 of=101', 'leg.ended 105 0 self'],
      ['supervision.started 105#2 whisper of=101', ...merges('C', 'A', '105#2')],
      'call.started D internal 105>*57101',
      'leg.started 105#3 D outbound',
      ['leg.connected 105#3', 'supervision.stopped 105#2 of=101', 'leg.ended 105#2 0 self'],
      ['supervision.started 105#3 barge of=101', ...merges('D', 'A', '105#3')],
      [...hangsUp('101', ['101', '102']), 'supervision.stopped 105#3 of=101', 'leg.ended 105#3 0 self'],
      'call.ended A internal 101>102 answered 16 answered=102 ended=101',
    ],
    presence: { ...callerAndCalled('101', '102'), 105: 'busy idle' },
  },
  {
    capture: 'spy_ari_snoop',
    what: "101 talks with 102. A program records 102 through a channel of the PBX's own: nobody's leg. 101 hangs up.",
    events: [
      ...talks('A', '101', '102'),
      hangsUp('101', ['101', '102']),
      'call.ended A internal 101>102 answered 16 answered=102 ended=101',
    ],
    presence: callerAndCalled('101', '102'),
  },
  {
    capture: 'record_mixmonitor',
    what: 'An administrator records the leg of 102, pauses, goes on and stops. 101 hangs up.',
    events: [
      ...talks('A', '101', '102'),
      'recording.started 102',
      'recording.paused 102',
      'recording.resumed 102',
      'recording.stopped 102',
      hangsUp('101', ['101', '102']),
      'call.ended A internal 101>102 answered 16 answered=102 ended=101',
    ],
    presence: callerAndCalled('101', '102'),
  },
  {
    capture: 'spy_leaves_first',
    what: '105 dials *56102 and whispers to 102, and hangs up; 101 and 102 go on. 102 hangs up.',
    events: [
      ...talks('A', '101', '102'),
      'call.started B internal 105>*56102',
      'leg.started 105 B outbound',
      ['leg.connected 105', 'supervision.started 105 whisper of=102', ...merges('B', 'A', '105')],
      ['supervision.stopped 105 of=102', 'leg.ended 105 ? self'],
      hangsUp('102', ['101', '102']),
      'call.ended A internal 101>102 answered 16 answered=102 ended=102',
    ],
    presence: { ...callerAndCalled('101', '102'), 105: 'busy idle' },
  },
  {
    capture: 'record_whole_call',
    what: 'An administrator records the leg of 101 until 101 hangs up; the PBX does not say that the recording ends, but it does.',
    events: [
      ...talks('A', '101', '102'),
      'recording.started 101',
      [...hangsUp('101', ['101', '102']), 'recording.stopped 101'],
      'call.ended A internal 101>102 answered 16 answered=102 ended=101',
    ],
    presence: callerAndCalled('101', '102'),
  },
];
