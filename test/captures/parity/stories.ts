import type { Deed } from './deeds.ts';
import type { DifferenceName } from './differences.ts';

export const pbxs = ['asterisk-22', 'asterisk-16', 'freeswitch', 'sandbox'] as const;
export type ParityPbx = (typeof pbxs)[number];

/** Something that was done alike on several PBXs. */
export interface ParityStory {
  /** What it is; the name of Asterisk's recordings, with `_` for blanks. */
  readonly story: string;
  /** FreeSWITCH's recording of it, where that is older than the story. */
  readonly freeswitch?: string;
  readonly deeds: readonly Deed[];
  /** Why what is told of it differs: each is needed, on the PBX that it names. */
  readonly differs?: readonly DifferenceName[];
  /** Why there is nothing of it on the sandbox. */
  readonly notOnSandbox?: string;
}

const talk = ['101 calls 102', '102 answers'] as const;

export const stories: readonly ParityStory[] = [
  { story: 'answered, the caller leaves', freeswitch: 'caller_hangs_up', deeds: [...talk, '101 leaves'] },
  { story: 'answered, the callee leaves', freeswitch: 'callee_hangs_up', deeds: [...talk, '102 leaves'] },
  { story: 'sound before the answer', freeswitch: 'early_media', deeds: ['102 is sounding', ...talk, '101 leaves'] },
  { story: 'cancelled', freeswitch: 'caller_cancel', deeds: ['101 calls 102', '101 leaves'], differs: ['causes'] },
  { story: 'rejected', freeswitch: 'reject_after_ringing', deeds: ['101 calls 102', '102 rejects'], differs: ['causes'] },
  {
    story: 'declined at once',
    freeswitch: 'reject_603',
    deeds: ['102 is unwilling', '101 calls 102'],
    notOnSandbox: 'its phones ring before they decline',
  },
  { story: 'busy', freeswitch: 'busy_486', deeds: ['102 is busy', '101 calls 102'] },
  {
    story: 'not to be disturbed',
    freeswitch: 'dnd_480',
    deeds: ['102 is undisturbed', '101 calls 102'],
    differs: ['causes', 'refusedAsBusy'],
  },
  { story: 'no answer', freeswitch: 'no_answer', deeds: ['101 calls 102', '9 seconds pass'], differs: ['causes'] },
  {
    story: 'a phone that is silent',
    freeswitch: 'silent_phone',
    deeds: ['102 is silent', '101 calls 102', '9 seconds pass'],
    differs: ['causes'],
    notOnSandbox: 'its phones answer or ring',
  },
  { story: 'not registered', freeswitch: 'unregistered_callee', deeds: ['101 calls 109'], differs: ['causes'] },
  {
    story: 'voicemail',
    freeswitch: 'no_answer_to_voicemail',
    deeds: ['101 calls {voicemail}', '9 seconds pass', '101 leaves'],
    differs: ['causes'],
  },
  {
    story: 'the caller holds',
    freeswitch: 'hold_by_caller',
    deeds: [...talk, '101 holds', '101 resumes', '101 holds', '101 resumes', '101 leaves'],
  },
  {
    story: 'the callee holds and leaves',
    freeswitch: 'hold_by_callee',
    deeds: [...talk, '102 holds', '102 resumes', '102 holds', '102 leaves'],
    differs: ['resumedAtItsEnd'],
  },
  { story: 'both hold', freeswitch: 'hold_both', deeds: [...talk, '101 holds', '102 holds', '101 resumes', '102 resumes', '101 leaves'] },
  {
    story: 'held by the gateway',
    freeswitch: 'hold_by_command',
    deeds: [
      ...talk,
      ...[
        'gateway holds 101',
        'gateway resumes 101',
        'gateway holds 102',
        'gateway resumes 102',
        'gateway holds 101',
        'gateway resumes 101',
      ],
      '101 leaves',
    ],
  },
  {
    story: 'answered by the gateway',
    freeswitch: 'phone_events',
    deeds: [
      '101 calls 102',
      'gateway answers 102',
      ...['gateway holds 102', 'gateway resumes 102', 'gateway holds 101', 'gateway resumes 101'],
      '101 leaves',
    ],
  },
  { story: 'keys', freeswitch: 'keys', deeds: [...talk, '101 presses 12#', '102 presses 5', '101 leaves'] },
  { story: 'recorded', freeswitch: 'record', deeds: [...talk, 'gateway records 101', 'gateway stops 101', '101 leaves'] },
  {
    story: 'call waiting',
    freeswitch: 'call_waiting',
    deeds: [...talk, '103 calls 101', '101 holds', '101 answers', '101 holds', '101 resumes', '101 drops', '101 leaves'],
    differs: ['resumedAtItsEnd'],
  },
  { story: 'a ring group', freeswitch: 'ring_group', deeds: ['101 calls {group}', '103 answers', '101 leaves'] },
  {
    story: 'a queue',
    freeswitch: 'queue',
    deeds: ['101 calls {queue}', '102 answers', '103 calls {queue}', '103 leaves', '101 leaves'],
    differs: ['causes'],
  },
  { story: 'a pickup', freeswitch: 'pickup', deeds: ['101 calls {picked}', '103 calls {pickup}', '101 leaves'] },
  {
    story: 'a blind transfer by the callee',
    freeswitch: 'blind_by_callee',
    deeds: [...talk, '102 sends 103', '103 answers', '101 leaves'],
  },
  {
    story: 'a blind transfer by the caller',
    freeswitch: 'blind_by_caller',
    deeds: [...talk, '101 sends 103', '103 answers', '103 leaves'],
  },
  { story: 'a blind transfer to a busy phone', freeswitch: 'blind_to_busy', deeds: ['103 is busy', ...talk, '102 sends 103'] },
  {
    story: 'an attended transfer by the caller',
    freeswitch: 'attended_by_caller',
    deeds: [...talk, '101 holds', '101 calls 103', '103 answers', '101 joins', '102 leaves'],
  },
  {
    story: 'an attended transfer by the callee',
    freeswitch: 'attended_by_callee',
    deeds: [...talk, '102 holds', '102 calls 103', '103 answers', '102 joins', '103 leaves'],
  },
  {
    story: 'parked and retrieved',
    freeswitch: 'park_retrieve',
    deeds: [...talk, '102 sends {park}', '103 calls {slot}', '101 leaves'],
  },
  {
    story: 'parked in any slot',
    freeswitch: 'park_any_slot',
    deeds: [...talk, '102 sends {park}', '103 calls {slot}', '103 leaves'],
  },
  {
    story: 'parked by the caller, who takes the call back',
    freeswitch: 'park_by_caller',
    deeds: [...talk, '101 sends {park}', '101 calls {slot}', '102 leaves'],
    differs: ['parkersLeg'],
  },
  { story: 'parked and given up', freeswitch: 'lamps', deeds: [...talk, '102 sends {park}', '101 leaves'] },
  {
    story: 'held, then parked',
    freeswitch: 'hold_then_park',
    deeds: [...talk, '102 holds', '102 sends {park}', '103 calls {slot}', '103 holds', '103 resumes', '103 leaves'],
  },
  {
    story: 'parked too long, for the reception',
    freeswitch: 'park_timeout_comeback',
    deeds: ['103 calls 102', '102 answers', '102 sends {park-for-reception}', '7 seconds pass', '101 answers', '103 leaves'],
  },
  {
    story: 'parked too long, for nobody',
    freeswitch: 'park_timeout_end',
    deeds: [...talk, '102 sends {park-for-nobody}', '7 seconds pass'],
  },
  {
    story: 'a conference',
    freeswitch: 'conference',
    deeds: [
      ...['101 calls {conference}', '102 calls {conference}', '103 calls {conference}'],
      ...['gateway mutes 102', 'gateway unmutes 102', 'gateway invites 104', 'gateway kicks 102'],
      ...['101 leaves', 'gateway kicks 104', 'gateway kicks 103'],
    ],
    differs: ['shownWhileItRings'],
  },
  {
    story: 'a conference of a call',
    freeswitch: 'conference_from_call',
    deeds: [...talk, 'gateway confers 101 102', '103 calls {conference}', '101 leaves', '102 leaves', '103 leaves'],
  },
  {
    story: 'click-to-dial',
    freeswitch: 'originate_exten',
    deeds: ['gateway dials 101 102', '101 answers', '102 answers', '102 leaves'],
    differs: ['shownWhileItRings'],
  },
  {
    story: 'click-to-dial, and the caller leaves',
    freeswitch: 'originate_bridge',
    deeds: ['gateway dials 101 102', '101 answers', '102 answers', '101 leaves'],
    differs: ['shownWhileItRings'],
  },
  {
    story: 'click-to-dial, hands-free',
    freeswitch: 'originate_auto_answer',
    deeds: ['gateway dials 101 102 hands-free', '102 answers', '101 leaves'],
    differs: ['shownWhileItRings'],
  },
  {
    story: 'click-to-dial to a busy phone',
    freeswitch: 'originate_callee_busy',
    deeds: ['102 is busy', 'gateway dials 101 102', '101 answers'],
    differs: ['shownWhileItRings'],
  },
  {
    story: 'a supervisor speaks with both',
    freeswitch: 'three_way',
    deeds: [...talk, 'gateway lets 103 barge 101', '103 leaves', '101 leaves'],
    differs: ['causes', 'shownWhileItRings'],
  },
  { story: 'forwarded by the phone', deeds: ['101 calls 102', '102 forwards 103', '103 answers', '101 leaves'] },
  {
    story: 'forwarded into a queue',
    deeds: ['101 calls 103', '103 forwards {queue}', '102 answers', '101 leaves'],
    differs: ['answeredBeforeQueued'],
  },
  {
    story: 'forwarded into a queue, and abandoned',
    deeds: ['101 calls 103', '103 forwards {queue}', '101 leaves'],
    differs: ['causes', 'answeredBeforeQueued'],
  },
  {
    story: 'an attended transfer while it rings',
    deeds: [...talk, '102 holds', '102 calls 103', '102 joins', '103 answers', '101 leaves'],
    differs: ['consultingLeg'],
    notOnSandbox: 'its phones join conversations alone',
  },
  { story: 'picked up by the gateway', deeds: ['101 calls 102', 'gateway picks 103 102', '101 leaves'], differs: ['shownWhileItRings'] },
  {
    story: 'sent on by the gateway',
    deeds: [...talk, 'gateway sends 102 101 103', '103 answers', '101 leaves'],
    differs: ['sentByTheGateway'],
  },
  {
    story: 'listened to',
    deeds: [...talk, 'gateway lets 103 listen 101', '103 leaves', '101 leaves'],
    differs: ['causes', 'shownWhileItRings'],
  },
  {
    story: 'listened to until the end',
    deeds: [...talk, 'gateway lets 103 listen 101', '101 leaves'],
    differs: ['causes', 'shownWhileItRings'],
  },
  {
    story: 'listened to, whispered to, spoken with',
    deeds: [...talk, 'gateway lets 103 listen 101', 'gateway turns 103 whisper', 'gateway turns 103 barge', '103 leaves', '101 leaves'],
    differs: ['causes', 'shownWhileItRings', 'keysOfTheGateway', 'modesUntold'],
  },
];
