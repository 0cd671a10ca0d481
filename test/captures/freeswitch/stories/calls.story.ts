import { answers, callerAndCalled, hangsUp, merges, rings, talks, type Moment, type Story } from '../../story.ts';

/** 1001 dials 1002, whose phone refuses without ringing. */
const refused = (cause: number, callersCause: number, disposition: string): readonly Moment[] => [
  'call.started A internal 1001>1002',
  'leg.started 1001 A outbound',
  'leg.started 1002 A inbound',
  `leg.ended 1002 ${cause} self`,
  `leg.ended 1001 ${callersCause} pbx`,
  `call.ended A internal 1001>1002 ${disposition} ${cause}`,
];

export const calls: readonly Story[] = [
  {
    capture: 'caller_hangs_up',
    what: '1001 calls 1002, who rings and answers. 1001 hangs up.',
    events: [
      ...talks('A', '1001', '1002'),
      hangsUp('1001', ['1001', '1002']),
      'call.ended A internal 1001>1002 answered 16 answered=1002 ended=1001',
    ],
    presence: callerAndCalled('1001', '1002'),
  },
  {
    capture: 'callee_hangs_up',
    what: '1001 calls 1002, who rings and answers. 1002 hangs up.',
    events: [
      ...talks('A', '1001', '1002'),
      hangsUp('1002', ['1001', '1002']),
      'call.ended A internal 1001>1002 answered 16 answered=1002 ended=1002',
    ],
    presence: callerAndCalled('1001', '1002'),
  },
  {
    capture: 'names',
    what: '1004, whose phone shows a name of quotes, signs and an umlaut, calls 1005, who answers. 1004 hangs up.',
    events: [
      ...talks('A', '1004', '1005'),
      hangsUp('1004', ['1004', '1005']),
      'call.ended A internal 1004>1005 answered 16 answered=1005 ended=1004',
    ],
    presence: callerAndCalled('1004', '1005'),
  },
  {
    capture: 'hold_by_caller',
    what: '1001 calls 1002, who answers. 1001 holds and resumes, twice, and hangs up.',
    events: [
      ...talks('A', '1001', '1002'),
      'leg.held 1001',
      'leg.resumed 1001',
      'leg.held 1001',
      'leg.resumed 1001',
      hangsUp('1001', ['1001', '1002']),
      'call.ended A internal 1001>1002 answered 16 answered=1002 ended=1001',
    ],
    presence: { 1001: 'busy held busy held busy idle', 1002: 'ringing busy idle' },
  },
  {
    capture: 'hold_by_callee',
    what: '1001 calls 1002, who answers. 1002 holds and resumes; holds again, and hangs up while it holds: it is told to resume just before.',
    events: [
      ...talks('A', '1001', '1002'),
      'leg.held 1002',
      'leg.resumed 1002',
      'leg.held 1002',
      'leg.resumed 1002',
      hangsUp('1002', ['1001', '1002']),
      'call.ended A internal 1001>1002 answered 16 answered=1002 ended=1002',
    ],
    presence: { 1001: 'busy idle', 1002: 'ringing busy held busy held busy idle' },
  },
  {
    capture: 'busy_486',
    what: '1001 calls 1002, whose phone says busy (486) without ringing; 1001 hears busy.',
    events: refused(17, 17, 'busy'),
    presence: { 1001: 'busy idle' },
  },
  {
    capture: 'reject_603',
    what: '1001 calls 1002, whose phone declines (603) without ringing; so does the PBX to 1001.',
    events: refused(21, 21, 'rejected'),
    presence: { 1001: 'busy idle' },
  },
  {
    capture: 'dnd_480',
    what: '1001 calls 1002, who does not want to be disturbed (480) and does not ring. 1001 is turned away with a cause of its own.',
    events: refused(18, 16, 'missed'),
    presence: { 1001: 'busy idle' },
  },
  {
    capture: 'reject_after_ringing',
    what: '1001 calls 1002, who rings for a second and declines (486).',
    events: [
      ...rings('A', '1001', '1002'),
      'leg.ended 1002 17 self',
      'leg.ended 1001 17 pbx',
      'call.ended A internal 1001>1002 rejected 17',
    ],
    presence: { 1001: 'busy idle', 1002: 'ringing idle' },
  },
  {
    capture: 'no_answer',
    what: '1001 calls 1002, who rings until the PBX gives up.',
    events: [
      ...rings('A', '1001', '1002'),
      ['leg.ended 1001 16 pbx', 'leg.ended 1002 19 pbx'],
      'call.ended A internal 1001>1002 missed 19',
    ],
    presence: { 1001: 'busy idle', 1002: 'ringing idle' },
  },
  {
    capture: 'caller_cancel',
    what: '1001 calls 1002, who rings. 1001 hangs up.',
    events: [
      ...rings('A', '1001', '1002'),
      ['leg.ended 1001 16 self', 'leg.ended 1002 16 peer'],
      'call.ended A internal 1001>1002 cancelled 16 ended=1001',
    ],
    presence: { 1001: 'busy idle', 1002: 'ringing idle' },
  },
  {
    capture: 'unregistered_callee',
    what: '1001 calls 1009, which has no phone: nothing rings, and the PBX turns 1001 away.',
    events: [
      'call.started A internal 1001>1009',
      'leg.started 1001 A outbound',
      'leg.ended 1001 ? pbx',
      'call.ended A internal 1001>1009 failed ?',
    ],
    presence: { 1001: 'busy idle' },
  },
  {
    capture: 'unknown_number',
    what: '1001 dials 4242, which leads nowhere; the PBX turns it away.',
    events: [
      'call.started A internal 1001>4242',
      'leg.started 1001 A outbound',
      'leg.ended 1001 ? pbx',
      'call.ended A internal 1001>4242 failed ?',
    ],
    presence: { 1001: 'busy idle' },
  },
  {
    capture: 'keys',
    what: '1001 calls 1002, who answers. 1001 presses 1, 2 and #; 1002 presses 5. 1001 hangs up.',
    events: [
      ...talks('A', '1001', '1002'),
      'dtmf.received 1001 1',
      'dtmf.received 1001 2',
      'dtmf.received 1001 #',
      'dtmf.received 1002 5',
      hangsUp('1001', ['1001', '1002']),
      'call.ended A internal 1001>1002 answered 16 answered=1002 ended=1001',
    ],
    presence: callerAndCalled('1001', '1002'),
  },
  {
    capture: 'no_answer_to_voicemail',
    what: '1001 dials 81002: 1002 rings for four seconds, then voicemail answers. 1001 leaves a message and hangs up.',
    events: [
      ...rings('A', '1001', '1002', '81002'),
      'leg.ended 1002 19 pbx',
      'leg.connected 1001',
      'leg.ended 1001 16 self',
      'call.ended A internal 1001>81002 missed 19 ended=1001 voicemail',
    ],
    presence: { 1001: 'busy idle', 1002: 'ringing idle' },
  },
  {
    capture: 'ring_group',
    what: '1001 calls the group 2000: 1002, 1003 and 1004 ring at once. 1003 answers, the others stop. 1001 hangs up.',
    events: [
      'call.started A internal 1001>2000',
      'leg.started 1001 A outbound',
      ['leg.started 1002 A inbound', 'leg.started 1003 A inbound', 'leg.started 1004 A inbound'],
      ['leg.ringing 1002 peer=1001', 'leg.ringing 1003 peer=1001', 'leg.ringing 1004 peer=1001'],
      ['leg.ended 1002 26 pbx', 'leg.ended 1004 26 pbx', ...answers('1001', '1003').flat()],
      hangsUp('1001', ['1001', '1003']),
      'call.ended A internal 1001>2000 answered 16 answered=1003 ended=1001',
    ],
    presence: { 1001: 'busy idle', 1002: 'ringing idle', 1003: 'ringing busy idle', 1004: 'ringing idle' },
  },
  {
    capture: 'pickup',
    what: '1001 dials 71002: 1002 rings. 1003 dials **1002 and has the call; 1002 stops. 1001 hangs up.',
    events: [
      ...rings('A', '1001', '1002', '71002'),
      'call.started B internal 1003>**1002',
      'leg.started 1003 B outbound',
      [...merges('B', 'A', '1003'), 'leg.ended 1002 26 pbx', ...answers('1001', '1003').flat()],
      hangsUp('1001', ['1001', '1003']),
      'call.ended A internal 1001>71002 answered 16 answered=1003 ended=1001',
    ],
    presence: { 1001: 'busy idle', 1002: 'ringing idle', 1003: 'busy idle' },
  },
];
