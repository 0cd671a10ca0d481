import { expect, test } from 'vitest';
import { redact } from '../../../src/pbx/asterisk/redact.ts';

const newexten = (application: string): string =>
  `Event: Newexten\r\nUniqueid: 1.1\r\nApplication: ${application}\r\nAppData: 4711,internal\r\nPriority: 2`;

test.each(['Authenticate', 'DISA', 'VMAuthenticate'])('what is passed to %s is not kept', (application) => {
  expect(redact('Newexten', newexten(application))).toBe(newexten(application).replace('4711,internal', '[redacted]'));
});

test('what is passed to other applications is', () => {
  expect(redact('Newexten', newexten('Dial'))).toBe(newexten('Dial'));
});

test('headers that are named after a secret lose their value, others keep theirs', () => {
  const text = 'Event: UserEvent\r\nAccountPassword: 4711\r\nSecret: x y\r\nUser: 101';
  expect(redact('UserEvent', text)).toBe('Event: UserEvent\r\nAccountPassword: [redacted]\r\nSecret: [redacted]\r\nUser: 101');
});
