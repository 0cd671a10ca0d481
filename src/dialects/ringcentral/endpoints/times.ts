/** The time at which a session was created has no milliseconds; all other times have. */
export const withoutMilliseconds = (time: string): string => time.replace(/\.\d{3}Z$/, 'Z');
