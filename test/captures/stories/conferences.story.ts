import { hangsUp, merges, originated, talks, type Moment, type Story } from '../story.ts';

/** `extension` dials the conference 400. Conferences are places: each who comes in keeps a call of its own. */
const dialsIn = (call: string, extension: string): readonly Moment[] => [
  `call.started ${call} internal ${extension}>400`,
  `leg.started ${extension} ${call} outbound`,
  [`leg.connected ${extension}`, `conference.joined ${extension} 400`],
];

const leaves = (call: string, extension: string): readonly Moment[] => [
  [`conference.left ${extension} 400`, `leg.ended ${extension} 16 self`],
  `call.ended ${call} internal ${extension}>400 answered 16 ended=${extension}`,
];

export const conferences: readonly Story[] = [
  {
    capture: 'confbridge_three',
    what: '101, 102 and 103 dial the conference 400 one after the other; each hears the two others. 102, 101 and 103 hang up.',
    events: [
      ...dialsIn('A', '101'),
      ...dialsIn('B', '102'),
      ...dialsIn('C', '103'),
      ...leaves('B', '102'),
      ...leaves('A', '101'),
      ...leaves('C', '103'),
    ],
    presence: { 101: 'busy idle', 102: 'busy idle', 103: 'busy idle' },
  },
  {
    capture: 'conference_from_call',
    what:
      '101 talks with 102. An administrator sends both into the conference 400 and rings 103 into it: all three hear each other. 101 is muted there ' +
      '(the others no longer hear it), 103 is thrown out, 101 and 102 hang up.',
    events: [
      ...talks('A', '101', '102'),
      'legs.unlinked 101 102',
      [
        'conference.joined 101 400',
        'conference.joined 102 400',
        'call.started B internal ...',
        'leg.started 103 B outbound',
        'leg.ringing 103 ...',
      ],
      ['leg.connected 103', 'conference.joined 103 400'],
      'leg.muted 101',
      ['conference.left 103 400', 'leg.ended 103 16 pbx'],
      'call.ended B internal 103>400 answered 16',
      ['conference.left 101 400', 'leg.ended 101 16 self'],
      ['conference.left 102 400', 'leg.ended 102 16 self'],
      'call.ended A internal 101>102 answered 16 answered=102 ended=102',
    ],
    presence: { 101: 'busy idle', 102: 'ringing busy idle', 103: 'ringing busy idle' },
  },
  {
    capture: 'join_bridgeadd',
    what: '101 talks with 102. An administrator rings 105 and adds it to them: all three hear each other. 101 hangs up, 102 and 105 go on; 102 hangs up.',
    events: [
      ...talks('A', '101', '102'),
      ...originated('B', '105'),
      [...merges('B', 'A', '105'), 'legs.linked 101 105', 'legs.linked 102 105'],
      ['legs.unlinked 101 102', 'legs.unlinked 101 105', 'leg.ended 101 16 self'],
      hangsUp('102', ['102', '105']),
      'call.ended A internal 101>102 answered 16 answered=102 ended=102',
    ],
    presence: { 101: 'busy idle', 102: 'ringing busy idle', 105: 'ringing busy idle' },
  },
  {
    capture: 'bridge_two_calls',
    what: '101 and 104 each listen to the music of 601. An administrator bridges them: they hear each other. 101 hangs up.',
    events: [
      'call.started A internal 101>601',
      'leg.started 101 A outbound',
      'leg.connected 101',
      'call.started B internal 104>601',
      'leg.started 104 B outbound',
      'leg.connected 104',
      [...merges('B', 'A', '104'), 'legs.linked 101 104'],
      hangsUp('101', ['101', '104']),
      'call.ended A internal 101>601 answered 16 answered=104 ended=101',
    ],
    presence: { 101: 'busy idle', 104: 'busy idle' },
  },
  {
    capture: 'conference_mute_unmute',
    what: '101 and 102 dial the conference 400. An administrator mutes 101 there and unmutes it. 101 hangs up, then 102.',
    events: [
      ...dialsIn('A', '101'),
      ...dialsIn('B', '102'),
      'leg.muted 101',
      'leg.unmuted 101',
      ...leaves('A', '101'),
      ...leaves('B', '102'),
    ],
    presence: { 101: 'busy idle', 102: 'busy idle' },
  },
  {
    capture: 'originate_app_conference',
    what: 'An administrator rings 103 into the conference 400; 103 answers. 104 dials in. 103 hangs up, then 104.',
    events: [
      'call.started A internal ...',
      'leg.started 103 A outbound',
      'leg.ringing 103 ...',
      ['leg.connected 103', 'conference.joined 103 400'],
      ...dialsIn('B', '104'),
      ['conference.left 103 400', 'leg.ended 103 16 self'],
      'call.ended A internal ? answered 16 ended=103',
      ...leaves('B', '104'),
    ],
    presence: { 103: 'ringing busy idle', 104: 'busy idle' },
  },
];
