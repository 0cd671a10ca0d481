import { callerAndCalled, hangsUp, rings, talks, type Story } from '../story.ts';

const ended = 'call.ended A internal 101>102 answered 16 answered=102 ended=101';

/** 101 talks with 102 and hangs up; whatever is tried in between changes nothing that the PBX tells. */
const untouched = (capture: string, what: string): Story => ({
  capture,
  what,
  events: [...talks('A', '101', '102'), hangsUp('101', ['101', '102']), ended],
  presence: callerAndCalled('101', '102'),
});

/** 102 rings until 101 gives up; what is tried in between is refused or has no effect. */
const stillRinging = (capture: string, what: string): Story => ({
  capture,
  what,
  events: [
    ...rings('A', '101', '102'),
    ['leg.ended 101 127 self', 'leg.ended 102 127 peer'],
    'call.ended A internal 101>102 cancelled 127 ended=101',
  ],
  presence: { 101: 'busy idle', 102: 'ringing idle' },
});

/** 101's phone is rung first; when it answers it dials 102, who answers. 101 hangs up. */
const clickToDial = (capture: string, what: string): Story => ({
  capture,
  what,
  events: [
    'call.started A internal ...',
    'leg.started 101 A outbound',
    'leg.ringing 101 ...',
    'leg.connected 101',
    'leg.started 102 A inbound',
    'leg.ringing 102 peer=101',
    ['leg.connected 102', 'legs.linked 101 102'],
    hangsUp('101', ['101', '102']),
    ended,
  ],
  presence: { 101: 'ringing busy idle', 102: 'ringing busy idle' },
});

/** 102 rings; an administrator declines it with a cause; 101 hears an announcement and hangs up. */
const declined = (capture: string, cause: number, disposition: string): Story => ({
  capture,
  what: `102 rings; an administrator hangs its leg up with cause ${cause}. 101 is played an announcement and hangs up.`,
  events: [
    ...rings('A', '101', '102'),
    [`leg.ended 102 ${cause} pbx`, 'leg.connected 101'],
    `leg.ended 101 ${cause} self`,
    `call.ended A internal 101>102 ${disposition} ${cause} ended=101`,
  ],
  presence: { 101: 'busy idle', 102: 'ringing idle' },
});

export const commands: readonly Story[] = [
  stillRinging('answer_ari_answer', 'A program asks the PBX to answer either leg, and is refused. 102 rings until 101 gives up.'),
  stillRinging('answer_notify_talk_endpoint', 'A NOTIFY outside of the dialog does not make 102 answer. 101 gives up.'),
  stillRinging('answer_notify_talk_option', 'A NOTIFY without its header does not make 102 answer. 101 gives up.'),
  {
    capture: 'answer_redirect_callee_leg',
    what:
      'An administrator redirects the ringing leg of 102 to an extension: its phone rings on, tied to nobody. 101 is played that nobody is available and hangs up; ' +
      'the leg of 102 is cleared away.',
    events: [
      ...rings('A', '101', '102'),
      'leg.connected 101',
      'leg.ended 101 0 self',
      'leg.ended 102 0 ?',
      'call.ended A internal 101>102 cancelled 0 ended=101',
    ],
    presence: { 101: 'busy idle', 102: 'ringing idle' },
  },
  clickToDial('dial_originate_exten', '101 is rung, answers, and is connected with 102, who answers. 101 hangs up.'),
  clickToDial('dial_originate_autoanswer', 'The same, the phone of 101 answering by itself.'),
  clickToDial('dial_originate_autoanswer_caret', 'The same with the header written in another way.'),
  clickToDial('dial_ari_channels', 'The same, dialled through the REST interface.'),
  {
    capture: 'dial_originate_busy',
    what: '101 is to be rung, but says busy (486). 102 never hears of it.',
    events: ['call.started A internal ...', 'leg.started 101 A outbound', 'leg.ended 101 17 self', 'call.ended A internal ? busy 17 ...'],
  },
  {
    capture: 'dial_originate_reject603',
    what: '101 is to be rung, but declines (603).',
    events: [
      'call.started A internal ...',
      'leg.started 101 A outbound',
      'leg.ended 101 21 self',
      'call.ended A internal ? rejected 21 ...',
    ],
  },
  {
    capture: 'dial_originate_noanswer',
    what: '101 rings for two seconds and does not answer.',
    events: [
      'call.started A internal ...',
      'leg.started 101 A outbound',
      'leg.ringing 101 ...',
      'leg.ended 101 19 pbx',
      'call.ended A internal ? missed 19',
    ],
    presence: { 101: 'ringing idle' },
  },
  {
    capture: 'dial_originate_unregistered',
    what: '110 unregisters; ringing it and ringing 199, which does not exist, fail without any channel. 110 registers again, too soon to have been gone.',
    events: ['extension.registered 110 PJSIP/110'],
  },
  {
    capture: 'hangup_ari',
    what: 'A program deletes the channel of 101: both legs end.',
    events: [
      ...talks('A', '101', '102'),
      ['legs.unlinked 101 102', 'leg.ended 101 16 pbx', 'leg.ended 102 16 pbx'],
      'call.ended A internal 101>102 answered 16 answered=102 ...',
    ],
    presence: callerAndCalled('101', '102'),
  },
  {
    capture: 'hangup_by_uniqueid',
    what: 'An administrator hangs up the leg of 102: both end.',
    events: [
      ...talks('A', '101', '102'),
      ['legs.unlinked 101 102', 'leg.ended 102 16 pbx', 'leg.ended 101 16 pbx'],
      'call.ended A internal 101>102 answered 16 answered=102 ...',
    ],
    presence: callerAndCalled('101', '102'),
  },
  {
    capture: 'hangup_one_leg',
    what: 'An administrator hangs up the leg of 102, giving the cause: both end.',
    events: [
      ...talks('A', '101', '102'),
      ['legs.unlinked 101 102', 'leg.ended 102 16 pbx', 'leg.ended 101 16 pbx'],
      'call.ended A internal 101>102 answered 16 answered=102 ...',
    ],
    presence: callerAndCalled('101', '102'),
  },
  declined('reject_hangup_cause17', 17, 'rejected'),
  declined('reject_hangup_cause21', 21, 'rejected'),
  declined('reject_ari_delete_busy', 17, 'rejected'),
  {
    capture: 'reject_hangup_nocause',
    what:
      '102 rings; an administrator hangs its leg up without a cause, which the PBX reports in the very words of a ring time-out. 101 is played an announcement ' +
      'and hangs up.',
    events: [
      ...rings('A', '101', '102'),
      ['leg.ended 102 0 pbx', 'leg.connected 101'],
      'leg.ended 101 0 self',
      'call.ended A internal 101>102 missed 0 ended=101',
    ],
    presence: { 101: 'busy idle', 102: 'ringing idle' },
  },
  untouched(
    'hold_ari_nonstasis',
    "A program tries to hold, mute, play, record ... and is refused; a channel of its own that listens in is nobody's leg.",
  ),
  untouched(
    'hold_soft_mute_snoop_moh',
    "An administrator mutes the leg of 102 for a while, of which the PBX tells nothing; a channel of its own is nobody's leg.",
  ),
  untouched('mute_ami', 'An administrator mutes and unmutes the leg of 101, of which the PBX tells nothing.'),
  untouched('mute_gap', 'An administrator mutes the leg of 101, of which the PBX tells nothing; 101 hangs up muted.'),
  {
    capture: 'hold_notify',
    what: "A NOTIFY makes 102's phone hold (101 hears music), another makes it resume. 101 hangs up.",
    events: [...talks('A', '101', '102'), 'leg.held 102', 'leg.resumed 102', hangsUp('101', ['101', '102']), ended],
    presence: { 101: 'busy idle', 102: 'ringing busy held busy idle' },
  },
  {
    capture: 'hold_redirect_pair_bridge_back',
    what: 'An administrator sends both legs to music, and a second later bridges them again. Nobody holds. 101 hangs up.',
    events: [...talks('A', '101', '102'), 'legs.unlinked 101 102', 'legs.linked 101 102', hangsUp('101', ['101', '102']), ended],
    presence: callerAndCalled('101', '102'),
  },
  {
    capture: 'hold_dynamic_context',
    what: 'An administrator sends 101 to music and lets 102 wait, and a second later bridges them again. 101 hangs up.',
    events: [...talks('A', '101', '102'), 'legs.unlinked 101 102', 'legs.linked 101 102', hangsUp('101', ['101', '102']), ended],
    presence: callerAndCalled('101', '102'),
  },
  {
    capture: 'hangup_nosuch',
    what: 'Every command on a channel that does not exist is refused.',
    events: [],
  },
  {
    capture: 'originate_local',
    what: 'Click-to-dial through a channel of the PBX itself: 101 is rung and answers, 102 is rung and answers; that channel takes itself out. 101 hangs up.',
    events: [
      'call.started A internal ...',
      'leg.started 101 A ?',
      'leg.ringing 101 ...',
      'leg.connected 101',
      'leg.started 102 A inbound',
      'leg.ringing 102 peer=101',
      ['leg.connected 102', 'legs.linked 101 102'],
      hangsUp('101', ['101', '102']),
      ended,
    ],
    presence: { 101: 'ringing busy idle', 102: 'ringing busy idle' },
  },
];
