import type { Disposition, Leg } from '../model/call.ts';
import { hangupCause, type HangupCause } from '../model/cause.ts';
import type { Attempt, Channel, TrackedCall } from './state.ts';

/** How a call ended, of all that happened in it. */
export const dispositionOf = (call: TrackedCall): Disposition => {
  const { progress } = call;
  if (call.answeredAt !== undefined) return 'answered';
  if (progress.isAbandoned) return 'abandoned';
  if (call.reachedVoicemail) return 'missed';
  // Of a ring group the kindest outcome is the call's: one phone that rang out is a missed call, though others were busy.
  for (const attempt of attemptsByWeight) if (progress.attempts.includes(attempt)) return attempt;
  if (progress.wasTaken) return 'answered';
  // Sent on by the phone to what only announces or plays music.
  if (progress.wasAnnounced && progress.attempts.includes('forwarded')) return 'missed';
  // Dialled, and nobody was there to be rung: not registered, or no such number.
  if (progress.hasDialled) return 'failed';
  // The dialplan itself may turn a caller away: then the cause says so, whoever hung up in the end.
  const { code = 0 } = progress.lastCause ?? {};
  if (code === userBusy) return 'busy';
  if (progress.wasAnnounced) return 'missed';
  return progress.leaver !== undefined && leavingCauses.has(code) ? 'cancelled' : 'failed';
};

const attemptsByWeight = ['cancelled', 'missed', 'rejected', 'busy', 'failed'] as const satisfies readonly Attempt[];

/** The cause that explains the disposition: of who hung up when it was answered or cancelled, else of the callee. */
export const callCauseOf = (call: TrackedCall, disposition: Disposition): HangupCause => {
  const { leaver, calleeCause, lastCause } = call.progress;
  const ofCallee = disposition === 'busy' || disposition === 'rejected' || disposition === 'failed' || disposition === 'missed';
  return (ofCallee ? calleeCause : undefined) ?? leaver?.cause ?? lastCause ?? hangupCause(0);
};

/** How a leg that was rung fared, if it ended without being spoken to; undefined when that says nothing of the call. */
export const attemptOf = (channel: Channel, leg: Leg, causeCode: number): Attempt | undefined => {
  if (channel.isPickedUp === true || causeCode === answeredElsewhere) return undefined;
  // Who is left alone before anybody was heard has answered too late: the caller is gone.
  if (leg.connectedAt !== undefined) return channel.isLeftAlone === true && channel.result !== 'answered' ? 'cancelled' : undefined;
  const hasRung = leg.ringingAt !== undefined;
  // Who rang and then said "busy" has declined: busy phones do not ring. Of a phone outside one hears only what its network plays.
  const whenBusy = hasRung && leg.trunk === undefined ? 'rejected' : 'busy';
  switch (channel.result) {
    case 'answered':
      return undefined;
    case 'forwarded':
      return 'forwarded';
    case 'busy':
      return whenBusy;
    case 'cancelled':
      return 'cancelled';
    case 'no-answer':
    case 'unavailable':
    case 'congested':
    case 'unknown':
    case undefined:
      break;
  }
  if (causeCode === callRejected || channel.asked === 'command') return 'rejected';
  if (causeCode === userBusy) return whenBusy;
  if (channel.result === 'unavailable' || channel.result === 'congested') return 'failed';
  if (channel.isLeftAlone === true) return 'cancelled';
  return hasRung || channel.result === 'no-answer' ? 'missed' : 'failed';
};

/** Q.850. */
const userBusy = 17;
const callRejected = 21;
const answeredElsewhere = 26;

/** Causes of a caller that has simply hung up: unknown, normal clearing, unspecified, and what a CANCEL becomes. */
const leavingCauses: ReadonlySet<number> = new Set([0, 16, 31, 127]);
