/** Why a live connection is ended by us: the code of a WebSocket's close, and what it means for the reader. */
export const closings = {
  'shutting-down': { code: 1001, resume: true, message: 'The server is stopping; resume from the cursor.' },
  internal: { code: 1011, resume: true, message: 'Something went wrong inside the server; resume from the cursor.' },
  'bad-message': { code: 4000, resume: false, message: 'What the client sent is not understood.' },
  'key-revoked': { code: 4001, resume: false, message: 'The key is no longer valid.' },
  'slow-reader': { code: 4008, resume: true, message: 'Too much waits to be read; resume from the cursor.' },
  'too-old': { code: 4010, resume: false, message: 'The log no longer reaches back to the cursor; begin with a snapshot.' },
  'invalid-cursor': { code: 4011, resume: false, message: 'The cursor is not one that this server gave.' },
  'no-answer': { code: 4012, resume: true, message: 'The client answers no ping; resume from the cursor.' },
} as const;

export type Closing = keyof typeof closings;
