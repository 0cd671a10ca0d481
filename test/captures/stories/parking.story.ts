import { callerAndCalled, hangsUp, merges, originated, talks, type Moment, type Story } from '../story.ts';

/** `parkee`, who heard `parker`, is parked by it. */
const parks = (call: string, parkee: string, parker: string, slot: string): Moment => [
  `legs.unlinked ${parkee} ${parker}`,
  `leg.parked ${parkee} default/${slot}`,
  `slot.occupied default/${slot} ${parkee} by=${parker}`,
  `call.transferred ${call} park by=${parker} to=${slot} ok`,
];

/** `parkee` is parked by nobody in particular; the leg of `other` falls out of the call. */
const parksForNobody = (parkee: string, other: string, slot: string): Moment => [
  `legs.unlinked ${parkee} ${other}`,
  `leg.parked ${parkee} default/${slot}`,
  `slot.occupied default/${slot} ${parkee}`,
  `leg.ended ${other} 16 pbx`,
];

const leaves = (parkee: string, slot: string, reason: string): readonly string[] => [
  `leg.unparked ${parkee} default/${slot} ${reason}`,
  `slot.released default/${slot} ${parkee} ${reason}`,
];

const givesUp = (parkee: string, slot: string): readonly string[] => [...leaves(parkee, slot, 'gave-up'), `leg.ended ${parkee} 16 self`];

export const parking: readonly Story[] = [
  {
    capture: 'park_blind_refer_retrieve',
    what: '102 sends 101 to the parking extension by REFER: slot 701. 104 dials 701; they hear each other. 101 hangs up; the idle leg of 102 is cleared away last.',
    events: [
      ...talks('A', '101', '102'),
      parks('A', '101', '102', '701'),
      'call.started B internal 104>701',
      'leg.started 104 B outbound',
      ['leg.connected 104', ...leaves('101', '701', 'retrieved'), ...merges('B', 'A', '104'), 'legs.linked 101 104'],
      hangsUp('101', ['101', '104']),
      'leg.ended 102 16 pbx',
      'call.ended A internal 101>102 answered 16 answered=102 ...',
    ],
    presence: { 101: 'busy parked busy idle', 102: 'ringing busy idle', 104: 'busy idle' },
  },
  {
    capture: 'park_dtmf_retrieve',
    what: '102 parks 101 with #72 in slot 701 and is told so. 103 dials 701; they hear each other; the leg of 102 ends. 103 hangs up.',
    events: [
      ...talks('A', '101', '102'),
      'dtmf.received 102 #',
      'dtmf.received 102 7',
      'dtmf.received 102 2',
      parks('A', '101', '102', '701'),
      'call.started B internal 103>701',
      'leg.started 103 B outbound',
      ['leg.connected 103', ...leaves('101', '701', 'retrieved'), ...merges('B', 'A', '103'), 'legs.linked 101 103'],
      'leg.ended 102 16 pbx',
      hangsUp('103', ['101', '103']),
      'call.ended A internal 101>102 answered 16 answered=102 ended=103',
    ],
    presence: { 101: 'busy parked busy idle', 102: 'ringing busy idle', 103: 'busy idle' },
  },
  {
    capture: 'park_giveup',
    what: '102 parks 101 by REFER; 101 hangs up in the slot. The idle leg of 102 is cleared away.',
    events: [
      ...talks('A', '101', '102'),
      parks('A', '101', '102', '701'),
      givesUp('101', '701'),
      'leg.ended 102 16 pbx',
      'call.ended A internal 101>102 answered 16 answered=102 ...',
    ],
    presence: { 101: 'busy parked idle', 102: 'ringing busy idle' },
  },
  {
    capture: 'park_timeout_comeback',
    what: '102 parks 101 by REFER and its leg ends. After ten seconds in slot 701 the PBX rings 102 for 101; 102 answers. 101 hangs up.',
    events: [
      ...talks('A', '101', '102'),
      parks('A', '101', '102', '701'),
      'leg.ended 102 16 pbx',
      [...leaves('101', '701', 'timed-out'), 'leg.started 102#2 A inbound'],
      'leg.ringing 102#2 peer=101',
      ['leg.connected 102#2', 'legs.linked 101 102#2'],
      hangsUp('101', ['101', '102#2']),
      'call.ended A internal 101>102 answered 16 answered=102 ended=101',
    ],
    presence: { 101: 'busy parked busy idle', 102: 'ringing busy idle ringing busy idle' },
  },
  {
    capture: 'park_timeout_short',
    what: 'An administrator parks 101 for 102 in slot 703 for four seconds; then the PBX rings 102 for 101; 102 answers. 101 hangs up.',
    events: [
      ...talks('A', '101', '102'),
      parks('A', '101', '102', '703'),
      'leg.ended 102 16 pbx',
      [...leaves('101', '703', 'timed-out'), 'leg.started 102#2 A inbound'],
      'leg.ringing 102#2 peer=101',
      ['leg.connected 102#2', 'legs.linked 101 102#2'],
      hangsUp('101', ['101', '102#2']),
      'call.ended A internal 101>102 answered 16 answered=102 ended=101',
    ],
    presence: { 101: 'busy parked busy idle', 102: 'ringing busy idle ringing busy idle' },
  },
  {
    capture: 'park_ami_space',
    what: 'An administrator parks 101 for 102 in slot 705; 102 is told the slot. 101 hangs up; then the leg of 102 ends.',
    events: [
      ...talks('A', '101', '102'),
      parks('A', '101', '102', '705'),
      givesUp('101', '705'),
      'leg.ended 102 16 pbx',
      'call.ended A internal 101>102 answered 16 answered=102 ...',
    ],
    presence: { 101: 'busy parked idle', 102: 'ringing busy idle' },
  },
  {
    capture: 'park_ami_space_var',
    what: 'The same with the slot 704 named by a channel variable; the leg of 102 is cleared away by the administrator.',
    events: [
      ...talks('A', '101', '102'),
      parks('A', '101', '102', '704'),
      givesUp('101', '704'),
      'leg.ended 102 16 pbx',
      'call.ended A internal 101>102 answered 16 answered=102 ...',
    ],
    presence: { 101: 'busy parked idle', 102: 'ringing busy idle' },
  },
  {
    capture: 'park_ami_noannounce',
    what: 'An administrator parks 101 in slot 706 without saying for whom: 102 is hung up. 101 hangs up in the slot.',
    events: [
      ...talks('A', '101', '102'),
      parksForNobody('101', '102', '706'),
      givesUp('101', '706'),
      'call.ended A internal 101>102 answered 16 answered=102 ended=101',
    ],
    presence: { 101: 'busy parked idle', 102: 'ringing busy idle' },
  },
  {
    capture: 'park_ami_space_var_noannounce',
    what: 'The same with the slot 704 named by a channel variable.',
    events: [
      ...talks('A', '101', '102'),
      parksForNobody('101', '102', '704'),
      givesUp('101', '704'),
      'call.ended A internal 101>102 answered 16 answered=102 ended=101',
    ],
    presence: { 101: 'busy parked idle', 102: 'ringing busy idle' },
  },
  {
    capture: 'park_ami_space_var_which',
    what:
      'Four calls, each parked by an administrator for the called one: 101 for 102 in 704; 103 for 104 in 701; 105 for 106 in 709; and while that is taken, ' +
      '107 for 108, who asked for 709 and gets 701. The parked and their parkers hang up or are cleared away.',
    events: [
      ...talks('A', '101', '102'),
      parks('A', '101', '102', '704'),
      [...givesUp('101', '704'), 'leg.ended 102 16 self'],
      'call.ended A internal 101>102 answered 16 answered=102 ...',
      ...talks('B', '103', '104'),
      parks('B', '103', '104', '701'),
      givesUp('103', '701'),
      'leg.ended 104 16 self',
      'call.ended B internal 103>104 answered 16 answered=104 ended=104',
      ...talks('C', '105', '106'),
      parks('C', '105', '106', '709'),
      ...talks('D', '107', '108'),
      parks('D', '107', '108', '701'),
      [...givesUp('105', '709'), ...givesUp('107', '701')],
      'leg.ended 108 16 pbx',
      'call.ended D internal 107>108 answered 16 answered=108 ...',
      'leg.ended 106 16 pbx',
      'call.ended C internal 105>106 answered 16 answered=106 ...',
    ],
    presence: {
      101: 'busy parked idle',
      102: 'ringing busy idle',
      103: 'busy parked idle',
      104: 'ringing busy idle',
      105: 'busy parked idle',
      106: 'ringing busy idle',
      107: 'busy parked idle',
      108: 'ringing busy idle',
    },
    agents: {
      'support PJSIP/106': 'ringing busy idle',
      'support PJSIP/107': 'busy idle',
      'sales Local/108@queuelocal/n': 'ringing busy idle',
    },
  },
  {
    capture: 'park_slot_full',
    what:
      'An administrator parks 101 for 102 in slot 705, and 103 for 104 in the same slot: the PBX says nothing and takes 706. ' +
      'Both parked hang up; the leg of 104 is cleared away.',
    events: [
      ...talks('A', '101', '102'),
      parks('A', '101', '102', '705'),
      ...talks('B', '103', '104'),
      parks('B', '103', '104', '706'),
      'leg.ended 102 16 pbx',
      [...givesUp('101', '705'), 'call.ended A internal 101>102 answered 16 answered=102 ended=101', ...givesUp('103', '706')],
      'leg.ended 104 16 pbx',
      'call.ended B internal 103>104 answered 16 answered=104 ...',
    ],
    presence: { 101: 'busy parked idle', 102: 'ringing busy idle', 103: 'busy parked idle', 104: 'ringing busy idle' },
  },
  {
    capture: 'pickup_parked_hint',
    what: 'An administrator parks 101 for 102 in slot 705, looks at hints, and 101 hangs up.',
    events: [
      ...talks('A', '101', '102'),
      parks('A', '101', '102', '705'),
      'leg.ended 102 16 pbx',
      givesUp('101', '705'),
      'call.ended A internal 101>102 answered 16 answered=102 ended=101',
    ],
    presence: { 101: 'busy parked idle', 102: 'ringing busy idle' },
  },
  {
    capture: 'retrieve_originate_parkedcall',
    what: '101 is parked for 102 in slot 705. An administrator rings 103 and lets it take the parked call. They hear each other; 103 hangs up.',
    events: [
      ...talks('A', '101', '102'),
      parks('A', '101', '102', '705'),
      'leg.ended 102 16 pbx',
      ...originated('B', '103'),
      [...leaves('101', '705', 'retrieved'), ...merges('B', 'A', '103'), 'legs.linked 101 103'],
      hangsUp('103', ['101', '103']),
      'call.ended A internal 101>102 answered 16 answered=102 ended=103',
    ],
    presence: { 101: 'busy parked busy idle', 102: 'ringing busy idle', 103: 'ringing busy idle' },
  },
  {
    capture: 'retrieve_redirect_caller_leg',
    what: '101 is parked for 102 in slot 705. 103 talks with 104; an administrator sends 103 to the slot: 104 falls out, 101 and 103 hear each other. 103 hangs up.',
    events: [
      ...talks('A', '101', '102'),
      parks('A', '101', '102', '705'),
      'leg.ended 102 16 pbx',
      ...talks('B', '103', '104'),
      [
        'legs.unlinked 103 104',
        ...leaves('101', '705', 'retrieved'),
        ...merges('B', 'A', '103', '104'),
        'legs.linked 101 103',
        'leg.ended 104 16 pbx',
      ],
      hangsUp('103', ['101', '103']),
      'call.ended A internal 101>102 answered 16 answered=102 ended=103',
    ],
    presence: { 101: 'busy parked busy idle', 102: 'ringing busy idle', 103: 'busy idle', 104: 'ringing busy idle' },
  },
  {
    capture: 'retrieve_bridge_action',
    what:
      '101 is parked for 102 in slot 705. 103 talks with 104; an administrator bridges 101 with 103, which the PBX reports as if 101 had given up. ' +
      '104 falls out. 103 hangs up.',
    events: [
      ...talks('A', '101', '102'),
      parks('A', '101', '102', '705'),
      'leg.ended 102 16 pbx',
      ...talks('B', '103', '104'),
      [
        ...leaves('101', '705', '?'),
        'legs.unlinked 103 104',
        ...merges('B', 'A', '103', '104'),
        'legs.linked 101 103',
        'leg.ended 104 16 pbx',
      ],
      ['legs.unlinked 101 103', 'leg.ended 103 16 self', 'leg.ended 101 16 ?'],
      'call.ended A internal 101>102 answered 16 answered=102 ended=103',
    ],
    presence: { 101: 'busy parked busy idle', 102: 'ringing busy idle', 103: 'busy idle', 104: 'ringing busy idle' },
  },
  {
    capture: 'retrieve_empty_slot',
    what: '103 talks with 104; an administrator sends 104 to a slot with nobody in it: 103 falls out, 104 is told that the number is not valid and is cleared away.',
    events: [
      ...talks('A', '103', '104'),
      ['legs.unlinked 103 104', 'leg.ended 103 16 pbx'],
      'leg.ended 104 16 pbx',
      'call.ended A internal 103>104 answered 16 answered=104',
    ],
    presence: callerAndCalled('103', '104'),
  },
  {
    capture: 'park_retrieve_by_parker',
    what: '102 parks 101 by REFER and hangs up; a second later 102 dials the slot and has 101 back. 102 hangs up.',
    events: [
      ...talks('A', '101', '102'),
      parks('A', '101', '102', '701'),
      'leg.ended 102 16 self',
      'call.started B internal 102>701',
      'leg.started 102#2 B outbound',
      ['leg.connected 102#2', ...leaves('101', '701', 'retrieved'), ...merges('B', 'A', '102#2'), 'legs.linked 101 102#2'],
      hangsUp('102#2', ['101', '102#2']),
      'call.ended A internal 101>102 answered 16 answered=102 ended=102#2',
    ],
    presence: { 101: 'busy parked busy idle', 102: 'ringing busy idle busy idle' },
  },
  {
    capture: 'park_comeback_unanswered',
    what: '102 parks 101 by REFER and hangs up. After ten seconds the PBX rings 102 for 101 for eight seconds; nobody answers, and the PBX ends the call.',
    events: [
      ...talks('A', '101', '102'),
      parks('A', '101', '102', '701'),
      'leg.ended 102 16 self',
      [...leaves('101', '701', 'timed-out'), 'leg.started 102#2 A inbound'],
      'leg.ringing 102#2 peer=101',
      ['leg.ended 102#2 0 pbx', 'leg.ended 101 16 pbx'],
      'call.ended A internal 101>102 answered ...',
    ],
    presence: { 101: 'busy parked busy idle', 102: 'ringing busy idle ringing idle' },
  },
];
