import type { ActiveCall, Party, PresenceState } from './schema.ts';

/** What a call makes of a phone, in the vendor's words; a later one goes before an earlier where a phone has several calls. */
export const telephonyStatuses = ['NoCall', 'Ringing', 'CallConnected', 'OnHold', 'ParkedCall'] as const;
export type TelephonyStatus = (typeof telephonyStatuses)[number];

export const presenceStatuses = ['Offline', 'Busy', 'Available'] as const;
export type PresenceStatus = (typeof presenceStatuses)[number];

/** A caller's phone is Ringing for as long as nobody has answered. */
export const callStatusOf = ({ status: { code }, isTalking }: Party): TelephonyStatus => {
  switch (code) {
    case 'Setup':
    case 'Proceeding':
      return 'Ringing';
    case 'Answered':
      return isTalking ? 'CallConnected' : 'Ringing';
    case 'Hold':
      return 'OnHold';
    case 'Parked':
      return 'ParkedCall';
    case 'VoiceMail':
      return 'CallConnected';
    case 'Disconnected':
    case 'Gone':
      return 'NoCall';
    default:
      return code satisfies never;
  }
};

export const telephonyStatusOf = (calls: readonly ActiveCall[]): TelephonyStatus => {
  const ranks = calls.map(({ party }) => telephonyStatuses.indexOf(callStatusOf(party)));
  return telephonyStatuses[Math.max(0, ...ranks)] ?? 'NoCall';
};

/** Busy in a conversation, on hold, or by the user's own wish; one that only rings is Available. */
export const presenceStatusOf = (
  { calls, presence }: PresenceState,
  { userStatus, isDnd }: { readonly userStatus: PresenceStatus; readonly isDnd: boolean },
): PresenceStatus => {
  const status = telephonyStatusOf(calls);
  if (status === 'CallConnected' || status === 'OnHold') return 'Busy';
  if (presence === 'offline' || userStatus === 'Offline') return 'Offline';
  return isDnd || userStatus === 'Busy' ? 'Busy' : 'Available';
};
