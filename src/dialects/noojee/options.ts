/** What can be set for the Noojee API of one tenant. */
export interface NoojeeOptions {
  /** Zone of `callStartTime`, as in the tz database; empty is the server's own. */
  readonly timeZone: string;
  /** Legs that ended within so long are part of a first poll, as `Hungup`; 0 leaves them out. */
  readonly endedWindowSeconds: number;
  /** Send the members of CallData that newer servers have, too. */
  readonly extended: boolean;
  /** Send a space every so often while a poll waits, for clients whose read time-out is shorter than their poll; 0 is off. */
  readonly keepAliveMs: number;
  /** Polls that one key may have waiting at once. */
  readonly maxPolls: number;
  /** How long a poll waits for more after something happened, so that what happens together leaves together. The shortest poll takes as long. */
  readonly coalesceMs: number;
}

export const defaultNoojeeOptions: NoojeeOptions = {
  timeZone: '',
  endedWindowSeconds: 60,
  extended: false,
  keepAliveMs: 0,
  maxPolls: 200,
  coalesceMs: 100,
};
