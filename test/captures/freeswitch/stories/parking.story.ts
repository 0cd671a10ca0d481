import { hangsUp, merges, originated, talks, type Moment, type Story } from '../../story.ts';

const lot = 'park@pbx.local';

/** 1002 sends `parkee`, whom it hears, to a slot, and is gone. */
const parks = (parkee: string, place: string, slot: string): readonly string[] => [
  `legs.unlinked ${parkee} 1002`,
  'leg.ended 1002 16 pbx',
  `leg.parked ${parkee} ${place}/${slot}`,
  `slot.occupied ${place}/${slot} ${parkee} by=1002`,
  `call.transferred A park by=1002 to=${slot} ok`,
];

const leaves = (parkee: string, place: string, slot: string, reason: string): readonly string[] => [
  `leg.unparked ${parkee} ${place}/${slot} ${reason}`,
  `slot.released ${place}/${slot} ${parkee} ${reason}`,
];

/** 1003, who dialled `dialled`, takes 1001 out of its slot. */
const retrieves = (place: string, slot: string, dialled = slot): readonly Moment[] => [
  `call.started B internal 1003>${dialled}`,
  'leg.started 1003 B outbound',
  ['leg.connected 1003', ...leaves('1001', place, slot, 'retrieved'), ...merges('B', 'A', '1003'), 'legs.linked 1001 1003'],
];

const presence = { 1001: 'busy parked busy idle', 1002: 'ringing busy idle', 1003: 'busy idle' } as const;
const endedBy = (leg: string): string => `call.ended A internal 1001>1002 answered 16 answered=1002 ended=${leg}`;

export const parking: readonly Story[] = [
  {
    capture: 'park_retrieve',
    what: '1001 calls 1002, who answers and sends 1001 to slot 6. 1003 dials 6; they hear each other. 1001 hangs up.',
    events: [
      ...talks('A', '1001', '1002'),
      parks('1001', lot, '6'),
      ...retrieves(lot, '6'),
      hangsUp('1001', ['1001', '1003']),
      endedBy('1001'),
    ],
    presence,
  },
  {
    capture: 'park_any_slot',
    what: '1002 sends 1001 to 5900, which finds the slot 5901 free. 1003 dials 5901; they hear each other. 1003 hangs up.',
    events: [
      ...talks('A', '1001', '1002'),
      parks('1001', 'valet_parking_lot', '5901'),
      ...retrieves('valet_parking_lot', '5901'),
      hangsUp('1003', ['1001', '1003']),
      endedBy('1003'),
    ],
    presence,
  },
  {
    capture: 'park_retrieve_by_bridge',
    what: '1002 sends 1001 to slot 6. 1003 listens to its own echo on 9196; a command joins it with 1001. 1003 hangs up.',
    events: [
      ...talks('A', '1001', '1002'),
      parks('1001', lot, '6'),
      ...retrieves(lot, '6', '9196'),
      hangsUp('1003', ['1001', '1003']),
      endedBy('1003'),
    ],
    presence,
  },
  {
    capture: 'park_timeout_comeback',
    what: '1003 calls 1002, who sends it to slot 6 for six seconds; then the PBX rings 1001 for it, who answers. 1003 hangs up.',
    events: [
      ...talks('A', '1003', '1002'),
      parks('1003', lot, '6'),
      leaves('1003', lot, '6', 'timed-out'),
      'leg.started 1001 A inbound',
      'leg.ringing 1001 peer=1003',
      ['leg.connected 1001', 'legs.linked 1003 1001'],
      hangsUp('1003', ['1003', '1001']),
      'call.ended A internal 1003>1002 answered 16 answered=1002 ended=1003',
    ],
    presence: { 1001: 'ringing busy idle', 1002: 'ringing busy idle', 1003: 'busy parked busy idle' },
  },
  {
    capture: 'park_timeout_end',
    what: '1002 sends 1001 to slot 6 for six seconds, with nobody to ring then: the PBX hangs 1001 up.',
    events: [
      ...talks('A', '1001', '1002'),
      parks('1001', lot, '6'),
      leaves('1001', lot, '6', 'timed-out'),
      'leg.ended 1001 16 pbx',
      'call.ended A internal 1001>1002 answered 16 answered=1002',
    ],
    presence: { 1001: 'busy parked busy idle', 1002: 'ringing busy idle' },
  },
  {
    capture: 'park_giveup',
    what: '1002 sends 1001 to slot 6, where 1001 hangs up. Then 1003 dials 6, which is empty: it is parked there itself, and hangs up.',
    events: [
      ...talks('A', '1001', '1002'),
      parks('1001', lot, '6'),
      leaves('1001', lot, '6', 'gave-up'),
      'leg.ended 1001 16 self',
      endedBy('1001'),
      'call.started B internal 1003>6',
      'leg.started 1003 B outbound',
      [`leg.parked 1003 ${lot}/6`, `slot.occupied ${lot}/6 1003`, 'leg.connected 1003'],
      leaves('1003', lot, '6', 'gave-up'),
      'leg.ended 1003 16 self',
      'call.ended B internal 1003>6 missed 16 ended=1003',
    ],
    presence: { 1001: 'busy parked idle', 1002: 'ringing busy idle', 1003: 'busy parked idle' },
  },
  {
    capture: 'hold_then_park',
    what: '1002 holds 1001 and sends it from there to slot 6. 1003 dials 6; they hear each other. 1003 holds, resumes and hangs up.',
    events: [
      ...talks('A', '1001', '1002'),
      'leg.held 1002',
      [...parks('1001', lot, '6'), 'leg.resumed 1002'],
      ...retrieves(lot, '6'),
      'leg.held 1003',
      'leg.resumed 1003',
      hangsUp('1003', ['1001', '1003']),
      endedBy('1003'),
    ],
    presence: { 1001: 'busy parked busy idle', 1002: 'ringing busy held busy idle', 1003: 'busy held busy idle' },
  },
  {
    capture: 'park_by_caller',
    what: '1001 calls 1002, who answers. 1001 sends 1002 to slot 6, is gone, and dials 6: they hear each other again. 1002 hangs up.',
    events: [
      ...talks('A', '1001', '1002'),
      [
        'legs.unlinked 1001 1002',
        'leg.ended 1001 16 pbx',
        `leg.parked 1002 ${lot}/6`,
        `slot.occupied ${lot}/6 1002 by=1001`,
        'call.transferred A park by=1001 to=6 ok',
      ],
      'call.started B internal 1001>6',
      'leg.started 1001#2 B outbound',
      ['leg.connected 1001#2', ...leaves('1002', lot, '6', 'retrieved'), ...merges('B', 'A', '1001#2'), 'legs.linked 1002 1001#2'],
      hangsUp('1002', ['1002', '1001#2']),
      endedBy('1002'),
    ],
    presence: { 1001: 'busy idle busy idle', 1002: 'ringing busy parked busy idle' },
  },
  {
    capture: 'park_by_command',
    what: 'A command sends 1002 from its call to slot 7 and with that ends 1001. Another rings 1003, who answers and has 1002. 1003 hangs up.',
    events: [
      ...talks('A', '1001', '1002'),
      ['legs.unlinked 1001 1002', 'leg.ended 1001 16 pbx', `leg.parked 1002 ${lot}/7`, `slot.occupied ${lot}/7 1002`],
      ...originated('B', '1003'),
      [...leaves('1002', lot, '7', 'retrieved'), ...merges('B', 'A', '1003'), 'legs.linked 1002 1003'],
      hangsUp('1003', ['1002', '1003']),
      endedBy('1003'),
    ],
    presence: { 1001: 'busy idle', 1002: 'ringing busy parked busy idle', 1003: 'ringing busy idle' },
  },
  {
    capture: 'park_by_redirect',
    what: 'A command sends 1001 from its call to slot 6, which ends 1002: no transfer, nobody transferred. Another rings 1003, who answers and has 1001. 1003 hangs up.',
    events: [
      ...talks('A', '1001', '1002'),
      ['legs.unlinked 1001 1002', 'leg.ended 1002 16 pbx', `leg.parked 1001 ${lot}/6`, `slot.occupied ${lot}/6 1001`],
      ...originated('B', '1003'),
      [...leaves('1001', lot, '6', 'retrieved'), ...merges('B', 'A', '1003'), 'legs.linked 1001 1003'],
      hangsUp('1003', ['1001', '1003']),
      endedBy('1003'),
    ],
    presence: { ...presence, 1003: 'ringing busy idle' },
  },
  {
    capture: 'park_occupied_slot',
    what: '1002 sends 1001 to slot 6. 1003 talks with 1004 and sends it to slot 6, too, which is taken: 1001 and 1004 hear each other. 1001 hangs up.',
    events: [
      ...talks('A', '1001', '1002'),
      parks('1001', lot, '6'),
      ...talks('B', '1004', '1003'),
      ['legs.unlinked 1004 1003', 'call.transferred B blind by=1003 to=6 ok', 'leg.ended 1003 16 pbx'],
      [
        ...leaves('1001', lot, '6', 'retrieved'),
        'leg.moved 1004 B>A',
        'call.merged B into A',
        'call.ended B internal 1004>1003 answered 16 answered=1003 into=A',
        'legs.linked 1001 1004',
      ],
      hangsUp('1001', ['1001', '1004']),
      endedBy('1001'),
    ],
    presence: { 1001: 'busy parked busy idle', 1002: 'ringing busy idle', 1003: 'ringing busy idle', 1004: 'busy idle' },
  },
  {
    capture: 'retrieve_unquoted',
    what: 'A command sends 1001 to slot 7. Another rings 1003 to fetch it, but is worded wrongly: 1003 answers and is dropped. 1001 hangs up in its slot.',
    events: [
      ...talks('A', '1001', '1002'),
      ['legs.unlinked 1001 1002', 'leg.ended 1002 16 pbx', `leg.parked 1001 ${lot}/7`, `slot.occupied ${lot}/7 1001`],
      ...originated('B', '1003'),
      'leg.ended 1003 16 pbx',
      'call.ended B internal 1003> failed 16',
      leaves('1001', lot, '7', 'gave-up'),
      'leg.ended 1001 16 self',
      endedBy('1001'),
    ],
    presence: { 1001: 'busy parked idle', 1002: 'ringing busy idle', 1003: 'ringing busy idle' },
  },
];
