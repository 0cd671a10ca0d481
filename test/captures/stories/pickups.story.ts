import { answers, hangsUp, merges, originated, rings, type Story } from '../story.ts';

/** 104, in call B, takes over what rings at 102: 101 hears 104. */
const takesOver = (cause: number): readonly string[] => [
  ...merges('B', 'A', '104'),
  `leg.ended 102 ${cause} pbx`,
  'leg.connected 101',
  'legs.linked 101 104',
];

const pickedUp = { 101: 'busy idle', 102: 'ringing idle' } as const;
const ended = 'call.ended A internal 101>102 answered 16 answered=104 ended=101';

export const pickups: readonly Story[] = [
  {
    capture: 'pickup_feature_code',
    what: '102 rings; 104 dials *8102 and has the call. 101 and 104 hear each other; 101 hangs up.',
    events: [
      ...rings('A', '101', '102'),
      'call.started B internal 104>*8102',
      'leg.started 104 B outbound',
      ['leg.connected 104', ...takesOver(26)],
      hangsUp('101', ['101', '104']),
      ended,
    ],
    presence: { ...pickedUp, 104: 'busy idle' },
  },
  {
    capture: 'pickup_group_star8',
    what: '102 rings; 104, of the same pickup group, dials *8 and has the call. 101 hangs up.',
    events: [
      ...rings('A', '101', '102'),
      'call.started B internal 104>*8',
      'leg.started 104 B outbound',
      ['leg.connected 104', ...takesOver(16)],
      hangsUp('101', ['101', '104']),
      ended,
    ],
    presence: { ...pickedUp, 104: 'busy idle' },
  },
  {
    capture: 'pickup_originate_pickup_exten',
    what: '102 rings; an administrator rings 104, who answers and thereby picks up what rings at 102. 101 hangs up.',
    events: [...rings('A', '101', '102'), ...originated('B', '104'), takesOver(26), hangsUp('101', ['101', '104']), ended],
    presence: { ...pickedUp, 104: 'ringing busy idle' },
  },
  {
    capture: 'pickup_originate_pickupchan',
    what: 'The same, the channel that rings being named.',
    events: [...rings('A', '101', '102'), ...originated('B', '104'), takesOver(26), hangsUp('101', ['101', '104']), ended],
    presence: { ...pickedUp, 104: 'ringing busy idle' },
  },
  {
    capture: 'pickup_bridge_running_leg',
    what: '104 listens to music. 101 rings 102; an administrator bridges 104 with 101: 102 stops ringing, 101 and 104 hear each other. 101 hangs up.',
    events: [
      'call.started A internal 104>601',
      'leg.started 104 A outbound',
      'leg.connected 104',
      ...rings('B', '101', '102'),
      ['leg.ended 102 16 pbx', ...merges('B', 'A', '101'), 'leg.connected 101', 'legs.linked 104 101'],
      ['legs.unlinked 104 101', 'leg.ended 101 16 self', 'leg.ended 104 16 peer'],
      'call.ended A internal 104>601 answered 16 ...',
    ],
    presence: { ...pickedUp, 104: 'busy idle' },
  },
  {
    capture: 'answer_pickupchan_autoanswer',
    what: "102 rings; an administrator makes 102's phone answer by itself on a second leg that picks up the first. 101 hears 102 and hangs up.",
    events: [
      ...rings('A', '101', '102'),
      ...originated('B', '102', '102#2'),
      [...merges('B', 'A', '102#2'), 'leg.ended 102 26 pbx', 'leg.connected 101', 'legs.linked 101 102#2'],
      hangsUp('101', ['101', '102#2']),
      'call.ended A internal 101>102 answered 16 answered=102#2 ended=101',
    ],
    presence: { 101: 'busy idle', 102: 'ringing busy idle' },
  },
  {
    capture: 'answer_bridge_autoanswer',
    what: "102 rings; an administrator makes 102's phone answer by itself on a second leg that is bridged with 101; the first leg stops ringing. 101 hangs up.",
    events: [
      ...rings('A', '101', '102'),
      ...originated('B', '102', '102#2'),
      ['leg.ended 102 16 pbx', ...merges('B', 'A', '102#2'), 'leg.connected 101', 'legs.linked 101 102#2'],
      hangsUp('101', ['101', '102#2']),
      'call.ended A internal 101>102 answered 16 answered=102#2 ended=101',
    ],
    presence: { 101: 'busy idle', 102: 'ringing busy idle' },
  },
  {
    capture: 'originate_earlymedia_pickup_race',
    what: "102 rings; an administrator rings a second leg of 102 to pick the first up, but 101 gives up first. 102's phone answers, there is nothing to pick up, and the PBX drops it.",
    events: [
      ...rings('A', '101', '102'),
      'call.started B internal ...',
      'leg.started 102#2 B outbound',
      'leg.ringing 102#2 ...',
      ['leg.ended 101 127 self', 'leg.ended 102 127 peer'],
      'call.ended A internal 101>102 cancelled 127 ended=101',
      'leg.connected 102#2',
      'leg.ended 102#2 0 pbx',
      'call.ended B internal ...',
    ],
    presence: { 101: 'busy idle', 102: 'ringing busy idle' },
  },
  {
    capture: 'answer_notify_talk_channel',
    what: "102 rings; a NOTIFY in its dialog makes 102's phone answer. 101 hangs up.",
    events: [
      ...rings('A', '101', '102'),
      ...answers('101', '102'),
      hangsUp('101', ['101', '102']),
      'call.ended A internal 101>102 answered 16 answered=102 ended=101',
    ],
    presence: { 101: 'busy idle', 102: 'ringing busy idle' },
  },
  {
    capture: 'pickup_ringgroup',
    what: '101 calls the ring group 200: 103, 104 and 105 ring. 106 dials *8 and has the call; the others stop. 101 hangs up.',
    events: [
      'call.started A internal 101>200',
      'leg.started 101 A outbound',
      'leg.started 103 A inbound',
      'leg.started 104 A inbound',
      'leg.started 105 A inbound',
      ['leg.ringing 103 peer=101', 'leg.ringing 104 peer=101', 'leg.ringing 105 peer=101'],
      'call.started B internal 106>*8',
      'leg.started 106 B outbound',
      [
        'leg.connected 106',
        ...merges('B', 'A', '106'),
        'leg.ended 103 ? pbx',
        'leg.ended 104 ? pbx',
        'leg.ended 105 ? pbx',
        'leg.connected 101',
        'legs.linked 101 106',
      ],
      hangsUp('101', ['101', '106']),
      'call.ended A internal 101>200 answered 16 answered=106 ended=101',
    ],
    presence: { 101: 'busy idle', 103: 'ringing idle', 104: 'ringing idle', 105: 'ringing idle', 106: 'busy idle' },
    agents: { 'support PJSIP/106': 'busy idle' },
  },
];
