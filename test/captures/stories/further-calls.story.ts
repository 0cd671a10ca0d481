import { answers, callerAndCalled, hangsUp, merges, rings, talks, type Moment, type Story } from '../story.ts';

/** `caller` calls a ring group of 103, 104 and 105, which all ring. */
const ringsGroup = (caller: string, dialled: string, direction = 'internal'): readonly Moment[] => [
  `call.started A ${direction} ${caller}>${dialled}`,
  `leg.started ${caller} A outbound`,
  ['leg.started 103 A inbound', 'leg.started 104 A inbound', 'leg.started 105 A inbound'],
  [`leg.ringing 103 peer=${caller}`, `leg.ringing 104 peer=${caller}`, `leg.ringing 105 peer=${caller}`],
];

const groupRang = { 101: 'busy idle', 103: 'ringing idle', 104: 'ringing idle', 105: 'ringing idle' } as const;

const groupCancelled: readonly string[] = ['leg.ended 101 127 self', ...['103', '104', '105'].map((leg) => `leg.ended ${leg} 127 peer`)];

/** 101 is rung by an administrator to dial 102, and answers. */
const clicksToDial: readonly Moment[] = [
  'call.started A internal ...',
  'leg.started 101 A outbound',
  'leg.ringing 101 ...',
  'leg.connected 101',
  'leg.started 102 A inbound',
];

const parked = (parkee: string, parker: string, link: string): Moment => [
  `legs.unlinked ${link}`,
  `leg.parked ${parkee} default/701`,
  `slot.occupied default/701 ${parkee} by=${parker}`,
  `call.transferred A park by=${parker} to=701 ok`,
];

const unparked = (parkee: string, reason: string): readonly string[] => [
  `leg.unparked ${parkee} default/701 ${reason}`,
  `slot.released default/701 ${parkee} ${reason}`,
];

/** The first two tries of a queue, then as many as it takes: an agent is rung and is busy. */
const busyAgents = (...legs: readonly string[]): readonly Moment[] =>
  legs.flatMap((leg) => [`leg.started ${leg} A inbound`, `leg.ended ${leg} 17 self`]);

/** 101 dials 622, which rings both phones of 102. */
const ringsBothPhones: readonly Moment[] = [
  'call.started A internal 101>622',
  'leg.started 101 A outbound',
  'leg.started 102 A inbound',
  'leg.started 102#2 A inbound',
  ['leg.ringing 102 peer=101', 'leg.ringing 102#2 peer=101'],
];

export const furtherCalls: readonly Story[] = [
  {
    capture: 'forward_302_to_trunk',
    what: '102 rings and forwards to an outside number (302), which rings and answers. 101 hangs up.',
    events: [
      ...rings('A', '101', '102'),
      'leg.ended 102 ? self',
      'leg.started trunk1 A inbound',
      'leg.ringing trunk1 peer=101',
      ...answers('101', 'trunk1'),
      hangsUp('101', ['101', 'trunk1']),
      'call.ended A ? 101>102 answered 16 answered=trunk1 ended=101',
    ],
    presence: { 101: 'busy idle', 102: 'ringing idle' },
  },
  {
    capture: 'forward_302_unanswered',
    what: '102 rings and forwards to 103 (302), who rings; 101 gives up.',
    events: [
      ...rings('A', '101', '102'),
      'leg.ended 102 ? self',
      'leg.started 103 A inbound',
      'leg.ringing 103 peer=101',
      ['leg.ended 101 127 self', 'leg.ended 103 127 peer'],
      'call.ended A internal 101>102 cancelled 127 ended=101',
    ],
    presence: { 101: 'busy idle', 102: 'ringing idle', 103: 'ringing idle' },
  },
  {
    capture: 'dnd_480',
    what: '102 does not want to be disturbed (480) and does not ring. The PBX takes 101 to voicemail, where it hangs up.',
    events: [
      'call.started A internal 101>102',
      'leg.started 101 A outbound',
      'leg.started 102 A inbound',
      ['leg.ended 102 19 self', 'leg.connected 101'],
      'leg.ended 101 19 self',
      'call.ended A internal 101>102 missed 19 ended=101 voicemail',
    ],
    presence: { 101: 'busy idle' },
  },
  {
    capture: 'reject_after_ringing',
    what: '102 rings and declines as busy (486). 101 is played that 102 is on the phone, and hangs up.',
    events: [
      ...rings('A', '101', '102'),
      ['leg.ended 102 17 self', 'leg.connected 101'],
      'leg.ended 101 17 self',
      'call.ended A internal 101>102 rejected 17 ended=101',
    ],
    presence: { 101: 'busy idle', 102: 'ringing idle' },
  },
  {
    capture: 'ringgroup_all_reject',
    what: '101 calls the ring group 200, where all three are busy (486); the PBX ends the call.',
    events: [
      'call.started A internal 101>200',
      'leg.started 101 A outbound',
      ['leg.started 103 A inbound', 'leg.started 104 A inbound', 'leg.started 105 A inbound'],
      ['leg.ended 103 17 self', 'leg.ended 104 17 self', 'leg.ended 105 17 self', 'leg.ended 101 17 pbx'],
      'call.ended A internal 101>200 busy 17',
    ],
    presence: { 101: 'busy idle' },
  },
  {
    capture: 'ringgroup_cancel',
    what: '101 calls the ring group 200: all three ring; 101 gives up.',
    events: [...ringsGroup('101', '200'), groupCancelled, 'call.ended A internal 101>200 cancelled 127 ended=101'],
    presence: groupRang,
  },
  {
    capture: 'ringgroup_local_cancel',
    what: 'The same in the ring group 201, whose members are reached through channels of the PBX itself.',
    events: [...ringsGroup('101', '201'), groupCancelled, 'call.ended A internal 101>201 cancelled 127 ended=101'],
    presence: groupRang,
  },
  {
    capture: 'ringgroup_timeout',
    what: '101 calls the ring group 200: all three ring for 15 s, nobody answers, and the PBX ends the call.',
    events: [
      ...ringsGroup('101', '200'),
      ['leg.ended 103 0 pbx', 'leg.ended 104 0 pbx', 'leg.ended 105 0 pbx', 'leg.ended 101 16 pbx'],
      'call.ended A internal 101>200 missed ?',
    ],
    presence: groupRang,
  },
  {
    capture: 'trunk_to_ringgroup',
    what: 'A call comes in for the ring group 200: all three ring, 103 answers, and hangs up.',
    events: [
      ...ringsGroup('trunk1', '5552000', 'inbound'),
      ['leg.connected trunk1', 'leg.connected 103', 'legs.linked trunk1 103', 'leg.ended 104 26 pbx', 'leg.ended 105 26 pbx'],
      hangsUp('103', ['trunk1', '103']),
      'call.ended A inbound trunk1>200 answered 16 answered=103 ended=103',
    ],
    presence: { 103: 'ringing busy idle', 104: 'ringing idle', 105: 'ringing idle' },
  },
  {
    capture: 'hold_then_park',
    what: '102 holds 101, parks it by REFER and hangs up. 103 dials the slot and has 101; 103 hangs up.',
    events: [
      ...talks('A', '101', '102'),
      'leg.held 102',
      'leg.resumed 102',
      parked('101', '102', '101 102'),
      'leg.ended 102 16 self',
      'call.started B internal 103>701',
      'leg.started 103 B outbound',
      ['leg.connected 103', ...unparked('101', 'retrieved'), ...merges('B', 'A', '103'), 'legs.linked 101 103'],
      hangsUp('103', ['101', '103']),
      'call.ended A internal 101>102 answered 16 answered=102 ended=103',
    ],
    presence: { 101: 'busy parked busy idle', 102: 'ringing busy held busy idle', 103: 'busy idle' },
  },
  {
    capture: 'park_by_caller',
    what: '101 calls 102, parks it by REFER and hangs up. 102 hangs up in the slot.',
    events: [
      ...talks('A', '101', '102'),
      parked('102', '101', '101 102'),
      'leg.ended 101 16 self',
      [...unparked('102', 'gave-up'), 'leg.ended 102 16 self'],
      'call.ended A internal 101>102 answered 16 answered=102 ended=102',
    ],
    presence: { 101: 'busy idle', 102: 'ringing busy parked idle' },
  },
  {
    capture: 'park_trunk_call',
    what: 'A call comes in for 101, who parks it by REFER and hangs up. 103 dials the slot and has the outside caller, who hangs up.',
    events: [
      'call.started A inbound trunk1>5551001',
      'leg.started trunk1 A outbound',
      'leg.started 101 A inbound',
      'leg.ringing 101 peer=trunk1',
      ...answers('trunk1', '101'),
      parked('trunk1', '101', 'trunk1 101'),
      'leg.ended 101 16 self',
      'call.started B internal 103>701',
      'leg.started 103 B outbound',
      ['leg.connected 103', ...unparked('trunk1', 'retrieved'), ...merges('B', 'A', '103'), 'legs.linked trunk1 103'],
      hangsUp('trunk1', ['trunk1', '103']),
      'call.ended A inbound trunk1>101 answered 16 answered=101 ended=trunk1',
    ],
    presence: { 101: 'ringing busy idle', 103: 'busy idle' },
  },
  {
    capture: 'queue_timeout',
    what: '101 waits in the queue for 30 s, while both agents say busy (486) again and again; then the PBX ends the call.',
    events: [
      'call.started A internal 101>300',
      'leg.started 101 A outbound',
      ['leg.queued 101 support 1', 'queue.joined 101 support 1'],
      ...busyAgents('107', '106'),
      ...busyAgents(...Array.from({ length: 14 }, (_, round) => [`106#${round + 2}`, `107#${round + 2}`]).flat()),
      ['queue.left 101 support ?', 'leg.ended 101 16 pbx'],
      'call.ended A internal 101>300 ? ...',
    ],
    presence: { 101: 'busy idle' },
  },
  {
    capture: 'queue_pickup_star8',
    what: '101 calls the queue; the agent 106 rings; 104, no agent, dials *8 and has the call. 101 hangs up.',
    events: [
      'call.started A internal 101>300',
      'leg.started 101 A outbound',
      ['leg.queued 101 support 1', 'queue.joined 101 support 1'],
      'leg.started 106 A inbound',
      'leg.ringing 106 peer=101',
      'call.started B internal 104>*8',
      'leg.started 104 B outbound',
      [
        'leg.connected 104',
        ...merges('B', 'A', '104'),
        'queue.left 101 support answered',
        'leg.ended 106 16 pbx',
        'leg.connected 101',
        'legs.linked 101 104',
      ],
      hangsUp('101', ['101', '104']),
      'call.ended A internal 101>300 answered 16 answered=104 ended=101 queue=support',
    ],
    presence: { 101: 'busy idle', 104: 'busy idle', 106: 'ringing idle' },
    agents: { 'support PJSIP/106': 'ringing idle' },
  },
  {
    capture: 'pickup_nothing',
    what: '104 dials *8 when nothing rings; the PBX refuses (403).',
    events: [
      'call.started A internal 104>*8',
      'leg.started 104 A outbound',
      'leg.ended 104 21 pbx',
      'call.ended A internal 104>*8 failed 21',
    ],
    presence: { 104: 'busy idle' },
  },
  {
    capture: 'originate_callee_busy',
    what: 'Click-to-dial: 101 is rung and answers; 102 is busy (486). 101 is played an announcement and hangs up.',
    events: [...clicksToDial, 'leg.ended 102 17 self', 'leg.ended 101 17 self', 'call.ended A internal 101>102 busy 17 ended=101'],
    presence: { 101: 'ringing busy idle' },
  },
  {
    capture: 'originate_caller_leaves',
    what: 'Click-to-dial: 101 is rung and answers; 102 rings; 101 hangs up.',
    events: [
      ...clicksToDial,
      'leg.ringing 102 peer=101',
      ['leg.ended 101 ? self', 'leg.ended 102 16 peer'],
      'call.ended A internal 101>102 cancelled ? ended=101',
    ],
    presence: { 101: 'ringing busy idle', 102: 'ringing idle' },
  },
  {
    capture: 'originate_hung_up_ringing',
    what: 'Click-to-dial: 101 is rung, and an administrator hangs its leg up.',
    events: [
      'call.started A internal ...',
      'leg.started 101 A outbound',
      'leg.ringing 101 ...',
      'leg.ended 101 0 pbx',
      'call.ended A internal ? missed 0',
    ],
    presence: { 101: 'ringing idle' },
  },
  {
    capture: 'conference_kick_all',
    what: '101 and 102 dial the conference 400; an administrator throws all out.',
    events: [
      ...['101', '102'].flatMap((extension, index): readonly Moment[] => [
        `call.started ${'AB'.charAt(index)} internal ${extension}>400`,
        `leg.started ${extension} ${'AB'.charAt(index)} outbound`,
        [`leg.connected ${extension}`, `conference.joined ${extension} 400`],
      ]),
      [
        'conference.left 101 400',
        'leg.ended 101 16 pbx',
        'call.ended A internal 101>400 answered 16',
        'conference.left 102 400',
        'leg.ended 102 16 pbx',
        'call.ended B internal 102>400 answered 16',
      ],
    ],
    presence: { 101: 'busy idle', 102: 'busy idle' },
  },
  {
    capture: 'spy_private_whisper',
    what: '105 is rung by an administrator and whispers to 102 without hearing anything. 101 hangs up; the supervisor is out too.',
    events: [
      ...talks('A', '101', '102'),
      'call.started B internal ...',
      'leg.started 105 B outbound',
      'leg.ringing 105 ...',
      'leg.connected 105',
      ['supervision.started 105 whisper of=102', ...merges('B', 'A', '105')],
      [...hangsUp('101', ['101', '102']), 'supervision.stopped 105 of=102', 'leg.ended 105 ? pbx'],
      'call.ended A internal 101>102 answered 16 answered=102 ended=101',
    ],
    presence: { ...callerAndCalled('101', '102'), 105: 'ringing busy idle' },
  },
  {
    capture: 'house_one_after_the_other',
    what: '101 dials a number whose dialplan rings 102 for three seconds and then 103, who answers. 101 hangs up.',
    events: [
      ...rings('A', '101', '102', '5351'),
      ['leg.ended 102 0 pbx', 'leg.started 103 A inbound'],
      'leg.ringing 103 peer=101',
      ...answers('101', '103'),
      hangsUp('101', ['101', '103']),
      'call.ended A internal 101>5351 answered 16 answered=103 ended=101',
    ],
    presence: { 101: 'busy idle', 102: 'ringing idle', 103: 'ringing busy idle' },
  },
  {
    capture: 'house_follow_me',
    what: '101 dials a number that rings 102 and 103, each behind two channels of the PBX itself, one behind the other. 103 answers; 101 hangs up.',
    events: [
      'call.started A internal 101>5352',
      'leg.started 101 A outbound',
      ['leg.started 102 A inbound', 'leg.started 103 A inbound'],
      ['leg.ringing 102 peer=101', 'leg.ringing 103 peer=101'],
      ['leg.connected 101', 'leg.connected 103', 'legs.linked 101 103', 'leg.ended 102 26 pbx'],
      hangsUp('101', ['101', '103']),
      'call.ended A internal 101>5352 answered 16 answered=103 ended=101',
    ],
    presence: { 101: 'busy idle', 102: 'ringing idle', 103: 'ringing busy idle' },
  },
  {
    capture: 'house_announce_then_dial',
    what: '101 dials a number that plays an announcement first and then rings 102, who answers. 101 hangs up.',
    events: [
      'call.started A internal 101>5353',
      'leg.started 101 A outbound',
      'leg.connected 101',
      'leg.started 102 A inbound',
      'leg.ringing 102 peer=101',
      ['leg.connected 102', 'legs.linked 101 102'],
      hangsUp('101', ['101', '102']),
      'call.ended A internal 101>5353 answered 16 answered=102 ended=101',
    ],
    presence: callerAndCalled('101', '102'),
  },
  {
    capture: 'house_announce_then_cancel',
    what: 'The same, where 101 gives up while 102 rings.',
    events: [
      'call.started A internal 101>5353',
      'leg.started 101 A outbound',
      'leg.connected 101',
      'leg.started 102 A inbound',
      'leg.ringing 102 peer=101',
      ['leg.ended 101 0 self', 'leg.ended 102 16 peer'],
      'call.ended A internal 101>5353 cancelled 0 ended=101',
    ],
    presence: { 101: 'busy idle', 102: 'ringing idle' },
  },
  {
    capture: 'house_menu_to_extension',
    what: '101 dials a number that answers, keeps silent for a second and goes on to 102, who answers and hangs up.',
    events: [
      'call.started A internal 101>5354',
      'leg.started 101 A outbound',
      'leg.connected 101',
      'leg.started 102 A inbound',
      'leg.ringing 102 peer=101',
      ['leg.connected 102', 'legs.linked 101 102'],
      hangsUp('102', ['101', '102']),
      'call.ended A internal 101>5354 answered 16 answered=102 ended=102',
    ],
    presence: callerAndCalled('101', '102'),
  },
  {
    capture: 'two_contacts_answer',
    what: '101 dials a number that rings both phones at which 102 is registered. The second answers, the first stops. 101 hangs up.',
    events: [
      ...ringsBothPhones,
      ['leg.connected ?', 'leg.ended ? 26 pbx', 'leg.connected 101'],
      'legs.linked 101 ?',
      ['legs.unlinked 101 ?', 'leg.ended 101 16 self', 'leg.ended ? 16 peer'],
      'call.ended A internal 101>622 answered 16 ? ended=101',
    ],
    presence: { 101: 'busy idle', 102: 'ringing busy idle' },
    agents: { 'support PJSIP/102': 'ringing busy idle' },
  },
  {
    capture: 'two_contacts_one_rejects',
    what: 'The same; one phone declines (486), the other rings on and answers, and hangs up.',
    events: [
      ...ringsBothPhones,
      'leg.ended ? 17 self',
      ['leg.connected ?', 'leg.connected 101'],
      'legs.linked 101 ?',
      ['legs.unlinked 101 ?', 'leg.ended ? 16 self', 'leg.ended 101 16 peer'],
      'call.ended A internal 101>622 answered 16 ? ?',
    ],
    presence: { 101: 'busy idle', 102: 'ringing busy idle' },
    agents: { 'support PJSIP/102': 'ringing busy idle' },
  },
  {
    capture: 'two_contacts_cancel',
    what: 'The same; 101 gives up while both ring.',
    events: [
      ...ringsBothPhones,
      ['leg.ended 101 127 self', 'leg.ended 102 127 peer', 'leg.ended 102#2 127 peer'],
      'call.ended A internal 101>622 cancelled 127 ended=101',
    ],
    presence: { 101: 'busy idle', 102: 'ringing idle' },
    agents: { 'support PJSIP/102': 'ringing idle' },
  },
];
