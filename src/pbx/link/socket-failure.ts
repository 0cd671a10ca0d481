/** Why a socket could not be had, by the codes of Node. */
const failures = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'unknown-host',
  EAI_AGAIN: 'unknown-host',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ETIMEDOUT: 'silent',
} as const;

export type SocketFailure = (typeof failures)[keyof typeof failures];

/** The code of a socket's error: `ECONNREFUSED`; `''` if it has none. */
export const socketCodeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : '');

/** What the code means; undefined of one that comes of a connection that was there. */
export const socketFailureFor = (code: string): SocketFailure | undefined => (failures as Readonly<Record<string, SocketFailure>>)[code];
