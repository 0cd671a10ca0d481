import { answers, callerAndCalled, hangsUp, merges, originated, talks, type Moment, type Story } from '../../story.ts';

/** `from` dials the conference, which answers. */
const joins = (call: string, from: string): readonly Moment[] => [
  `call.started ${call} internal ${from}>3001`,
  `leg.started ${from} ${call} outbound`,
  [`leg.connected ${from}`, `conference.joined ${from} 3001-pbx.local`],
];

const leaves = (call: string, leg: string, by: string, rest = ''): readonly Moment[] => [
  [`conference.left ${leg} 3001-pbx.local`, `leg.ended ${leg} 16 ${by}`],
  `call.ended ${call} internal ${leg}>3001 answered 16${rest}`,
];

/** 1001, whom a command rang, is connected with 1002, who rings and answers. */
const connects: readonly Moment[] = [
  ...originated('A', '1001'),
  'leg.started 1002 A inbound',
  'leg.ringing 1002 peer=1001',
  ['leg.connected 1002', 'legs.linked 1001 1002'],
];

export const places: readonly Story[] = [
  {
    capture: 'conference',
    what: '1001, 1002 and 1003 dial the conference 3001. 1002 is muted and unmuted. The conference rings 1004, who answers. 1002 is thrown out, 1001 hangs up, and the conference is ended.',
    events: [
      ...joins('A', '1001'),
      ...joins('B', '1002'),
      ...joins('C', '1003'),
      'leg.muted 1002',
      'leg.unmuted 1002',
      ...originated('D', '1004'),
      'conference.joined 1004 3001-pbx.local',
      ...leaves('B', '1002', 'pbx'),
      ...leaves('A', '1001', 'self', ' ended=1001'),
      ['conference.left 1004 3001-pbx.local', 'leg.ended 1004 16 pbx'],
      'call.ended D internal ...',
      ...leaves('C', '1003', 'pbx'),
    ],
    presence: { 1001: 'busy idle', 1002: 'busy idle', 1003: 'busy idle', 1004: 'ringing busy idle' },
  },
  {
    capture: 'queue',
    what: '1001 dials the queue 2100, which rings its agent 1002, who answers. 1003 dials it too, waits and gives up. 1001 hangs up.',
    events: [
      'call.started A internal 1001>2100',
      'leg.started 1001 A outbound',
      ['queue.joined 1001 support@default 1', 'leg.queued 1001 support@default 1'],
      'leg.started 1002 A inbound',
      'leg.ringing 1002 peer=1001',
      ['queue.left 1001 support@default answered', ...answers('1001', '1002').flat()],
      'call.started B internal 1003>2100',
      'leg.started 1003 B outbound',
      ['queue.joined 1003 support@default 1', 'leg.queued 1003 support@default 1'],
      ['queue.left 1003 support@default abandoned', 'leg.ended 1003 16 self'],
      'call.ended B internal 1003>2100 abandoned 16 ended=1003 queue=support@default',
      hangsUp('1001', ['1001', '1002']),
      'call.ended A internal 1001>2100 answered 16 answered=1002 ended=1001 queue=support@default',
    ],
    presence: { 1001: 'busy idle', 1002: 'ringing busy idle', 1003: 'busy idle' },
  },
  {
    capture: 'originate_bridge',
    what: 'A command rings 1001, who answers, and bridges it to 1002, who rings and answers. 1001 hangs up.',
    events: [...connects, hangsUp('1001', ['1001', '1002']), 'call.ended A internal 1001>1002 answered 16 answered=1002 ended=1001'],
    presence: { 1001: 'ringing busy idle', 1002: 'ringing busy idle' },
  },
  {
    capture: 'originate_exten',
    what: 'A command rings 1001, who answers, and lets it dial 1002, who rings, answers and hangs up.',
    events: [...connects, hangsUp('1002', ['1001', '1002']), 'call.ended A internal 1001>1002 answered 16 answered=1002 ended=1002'],
    presence: { 1001: 'ringing busy idle', 1002: 'ringing busy idle' },
  },
  {
    capture: 'record',
    what: '1001 calls 1002, who answers. A command records 1001 and stops; others play tones to both. 1001 hangs up.',
    events: [
      ...talks('A', '1001', '1002'),
      'recording.started 1001',
      'recording.stopped 1001',
      hangsUp('1001', ['1001', '1002']),
      'call.ended A internal 1001>1002 answered 16 answered=1002 ended=1001',
    ],
    presence: callerAndCalled('1001', '1002'),
  },
  {
    capture: 'listen_whisper_barge',
    what: '1001 calls 1002, who answers. A command rings 1003 to listen to 1001. 1003 presses 1 and speaks to 1001, 2 to 1002, 3 to both, 0 to nobody, and hangs up. 1001 hangs up.',
    events: [
      ...talks('A', '1001', '1002'),
      ...originated('B', '1003'),
      [...merges('B', 'A', '1003'), 'supervision.started 1003 listen of=1001'],
      'dtmf.received 1003 1',
      'supervision.modeChanged 1003 whisper of=1001',
      'dtmf.received 1003 2',
      'dtmf.received 1003 3',
      'supervision.modeChanged 1003 barge of=1001',
      'dtmf.received 1003 0',
      'supervision.modeChanged 1003 listen of=1001',
      ['supervision.stopped 1003 of=1001', 'leg.ended 1003 16 self'],
      hangsUp('1001', ['1001', '1002']),
      'call.ended A internal 1001>1002 answered 16 answered=1002 ended=1001',
    ],
    presence: { 1001: 'busy idle', 1002: 'ringing busy idle', 1003: 'ringing busy idle' },
  },
  {
    capture: 'registrations',
    what: '1006 registers and again, 1007 registers and leaves, 1008 has a wrong password, 1006 registers for five seconds and is forgotten. That a phone is gone is told when it has been for a while.',
    events: ['extension.registered 1006 user/1006', 'extension.registered 1007 user/1007'],
  },
];
