import { answers, hangsUp, merges, originated, type Moment, type Story } from '../story.ts';

/** `caller` enters the queue 300, whose name is support, as the first in line. */
const enters = (caller: string, dialled: string, direction = 'internal'): readonly Moment[] => [
  `call.started A ${direction} ${caller}>${dialled}`,
  `leg.started ${caller} A outbound`,
  [`leg.queued ${caller} support 1`, `queue.joined ${caller} support 1`],
];

const ringsAgent = (caller: string, agent: string): readonly Moment[] => [
  `leg.started ${agent} A inbound`,
  `leg.ringing ${agent} peer=${caller}`,
];

const agentAnswers = (caller: string, agent: string): Moment => [
  `queue.left ${caller} support answered`,
  `leg.connected ${caller}`,
  `leg.connected ${agent}`,
  `legs.linked ${caller} ${agent}`,
];

export const queues: readonly Story[] = [
  {
    capture: 'queue_answer',
    what: '101 calls the queue 300; the agent 106 rings and answers after a second. They hear each other. 106 hangs up.',
    events: [
      ...enters('101', '300'),
      ...ringsAgent('101', '106'),
      agentAnswers('101', '106'),
      hangsUp('106', ['101', '106']),
      'call.ended A internal 101>300 answered 16 answered=106 ended=106 queue=support',
    ],
    presence: { 101: 'busy idle', 106: 'ringing busy idle' },
    agents: { 'support PJSIP/106': 'ringing busy idle' },
  },
  {
    capture: 'queue_from_trunk',
    what: 'A call comes in over trunk1 for the queue; the agent 106 answers it and hangs up.',
    events: [
      ...enters('trunk1', '5553000', 'inbound'),
      ...ringsAgent('trunk1', '106'),
      agentAnswers('trunk1', '106'),
      hangsUp('106', ['trunk1', '106']),
      'call.ended A inbound trunk1>300 answered 16 answered=106 ended=106 queue=support',
    ],
    presence: { 106: 'ringing busy idle' },
    agents: { 'support PJSIP/106': 'ringing busy idle' },
  },
  {
    capture: 'answer_queue_call_notify',
    what: "101 calls the queue; the agent 106 rings, and a NOTIFY makes 106's phone answer. 101 hangs up.",
    events: [
      ...enters('101', '300'),
      ...ringsAgent('101', '106'),
      agentAnswers('101', '106'),
      hangsUp('101', ['101', '106']),
      'call.ended A internal 101>300 answered 16 answered=106 ended=101 queue=support',
    ],
    presence: { 101: 'busy idle', 106: 'ringing busy idle' },
    agents: { 'support PJSIP/106': 'ringing busy idle' },
  },
  {
    capture: 'answer_queue_call_pickupchan',
    what: "101 calls the queue; the agent 107 rings. An administrator makes 107's phone answer by itself on a second leg that picks up the first. 101 hangs up.",
    events: [
      ...enters('101', '300'),
      ...ringsAgent('101', '107'),
      ...originated('B', '107', '107#2'),
      [
        ...merges('B', 'A', '107#2'),
        'queue.left 101 support answered',
        'leg.ended 107 26 pbx',
        'leg.connected 101',
        'legs.linked 101 107#2',
      ],
      hangsUp('101', ['101', '107#2']),
      'call.ended A internal 101>300 answered 16 answered=107#2 ended=101 queue=support',
    ],
    presence: { 101: 'busy idle', 107: 'ringing busy idle' },
    agents: { 'support PJSIP/107': 'ringing busy idle' },
  },
  {
    capture: 'reject_queue_leg',
    what: '101 calls the queue; the agent 106 rings, and an administrator declines its leg. 107 rings and answers. 101 hangs up.',
    events: [
      ...enters('101', '300'),
      ...ringsAgent('101', '106'),
      ['leg.ended 106 21 pbx', 'leg.started 107 A inbound'],
      'leg.ringing 107 peer=101',
      agentAnswers('101', '107'),
      hangsUp('101', ['101', '107']),
      'call.ended A internal 101>300 answered 16 answered=107 ended=101 queue=support',
    ],
    presence: { 101: 'busy idle', 106: 'ringing idle', 107: 'ringing busy idle' },
    agents: { 'support PJSIP/106': 'ringing idle', 'support PJSIP/107': 'ringing busy idle' },
  },
  {
    capture: 'queue_waiting_redirect',
    what: '101 calls the queue; both agents say busy (486). An administrator takes 101 out of the queue to 105, who answers. 101 hangs up.',
    events: [
      ...enters('101', '300'),
      'leg.started 106 A inbound',
      'leg.ended 106 17 self',
      'leg.started 107 A inbound',
      'leg.ended 107 17 self',
      'queue.left 101 support left',
      'leg.started 105 A inbound',
      'leg.ringing 105 peer=101',
      ...answers('101', '105'),
      hangsUp('101', ['101', '105']),
      'call.ended A internal 101>300 answered 16 answered=105 ended=101 ...',
    ],
    presence: { 101: 'busy idle', 105: 'ringing busy idle' },
  },
];
