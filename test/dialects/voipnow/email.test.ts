import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  defaultEmailTemplates,
  parseEmailTemplates,
  renderEmail,
  type EmailValues,
} from '../../../src/dialects/voipnow/email-templates.ts';
import type { EmailNotice } from '../../../src/dialects/voipnow/email.ts';
import { startMailServer } from '../../delivery/mail/mail-server.ts';
import { serveVoipNow, type VoipNowWorld } from './serve-voipnow.ts';

const desk = 'desk@example.com';

const serveWithMail = (port: number, notices: readonly EmailNotice[], templates?: string): Promise<VoipNowWorld> => {
  const mail = { host: '127.0.0.1', port, security: 'none', from: 'pbx@example.com' } as const;
  return serveVoipNow({ email: { notices, timeZone: 'UTC', ...(templates === undefined ? undefined : { templates }) } }, mail);
};

/** The caller from outside gives up while 101 rings. */
const missCall = async ({ sandbox, event }: VoipNowWorld): Promise<void> => {
  sandbox.phones.call('+15550100001', '+15550200101');
  await event(({ type, extension }) => type === 'leg.ringing' && extension === '101');
  sandbox.phones.hangUpOutside('+15550100001');
  await event(({ type }) => type === 'call.ended');
};

test('a missed call is told to each who wants to hear of it', async () => {
  const server = await startMailServer();
  const world = await serveWithMail(server.port, [{ to: [desk, 'boss@example.com'], events: ['missed'] }]);
  await missCall(world);
  const mails = await server.count(2);
  expect(mails.map(({ to }) => to).toSorted()).toEqual([['boss@example.com'], [desk]]);
  expect(mails[0]?.headers['subject']).toBe('Missed call from +15550100001');
  expect(mails[0]?.text).toContain('+15550100001 called');
  expect(mails[0]?.text).toContain('(cancelled)');
});

test('of one call one e-mail goes to an address: the most telling of those it wants', async () => {
  const server = await startMailServer();
  const notices: EmailNotice[] = [
    { to: [desk], events: ['hangup'] },
    { to: ['Desk@example.com'], events: ['missed'], extensions: ['101'] },
  ];
  const world = await serveWithMail(server.port, notices);
  world.sandbox.phones.call('102', '111');
  world.clock.advance(10);
  await world.event(({ type }) => type === 'legs.linked');
  world.sandbox.phones.hangUp('102');
  await server.count(1);
  await missCall(world);
  const mails = await server.count(2);
  expect(mails.map(({ headers }) => headers['subject'])).toEqual([
    expect.stringMatching(/^Call from Tom Sawyer \(102\) to .*111\)?: answered$/),
    'Missed call from +15550100001',
  ]);
});

test('a call that voicemail took is told as such', async () => {
  const server = await startMailServer();
  const world = await serveWithMail(server.port, [{ to: [desk], events: ['voicemail', 'missed'], extensions: ['101'] }]);
  world.sandbox.phones.call('102', '101');
  world.clock.advance(600);
  const [mail] = await server.count(1);
  expect(mail?.headers['subject']).toBe('Voicemail from Tom Sawyer (102)');
});

test('a call that concerns none of the extensions is told to nobody', async () => {
  const server = await startMailServer();
  const world = await serveWithMail(server.port, [
    { to: ['other@example.com'], events: ['missed'], extensions: ['102'] },
    { to: [desk], events: ['missed'] },
  ]);
  await missCall(world);
  const mails = await server.count(1);
  await world.webhooks.close();
  expect(mails.map(({ to }) => to)).toEqual([[desk]]);
});

test('a mail server that is down is waited for; its attempts are kept, and the e-mail is the same', async () => {
  const gone = await startMailServer();
  await gone.close();
  const world = await serveWithMail(gone.port, [{ to: [desk], events: ['missed'] }]);
  const failed = new Promise((resolve) => world.webhooks.onAttempt(resolve));
  await missCall(world);
  expect(await failed).toMatchObject({ outcome: 'retried', failure: { kind: 'connect' } });
  const server = await startMailServer({}, gone.port);
  world.clock.advance(30);
  const [mail] = await server.count(1);
  const ended = await world.event(({ type }) => type === 'call.ended');
  expect(mail?.headers['message-id']).toBe(`<demo.${ended.id}.desk.at.example.com@switchhook>`);
});

test('the file of examples holds the defaults', () => {
  expect(parseEmailTemplates(readFileSync('examples/voipnow-emails.yaml', 'utf8'))).toEqual(defaultEmailTemplates);
});

test('a template of one’s own takes the place of the default, and the others stay', () => {
  const templates = parseEmailTemplates('missed: {subject: "{{ callerNumber }}", text: "{{caller}}"}');
  expect(templates).toEqual({ ...defaultEmailTemplates, missed: { subject: '{{ callerNumber }}', text: '{{caller}}' } });
});

test.each([
  ['what it does not know', 'missed: {subject: "{{nobody}}", text: x}', /nobody/],
  ['another kind', 'busy: {subject: a, text: b}', /busy/],
  ['no text', 'missed: {subject: a}', /text/],
  ['no YAML', 'missed: {', /YAML/],
])('a file of templates with %s is refused', (_what, text, reason) => {
  expect(() => parseEmailTemplates(text)).toThrow(reason);
});

test('a subject is one line, whatever the caller calls himself', () => {
  const values = new Proxy({} as EmailValues, { get: () => 'Eve\r\nBcc: all@example.com' });
  expect(renderEmail({ subject: '{{caller}}', text: '{{caller}}' }, values).subject).toBe('Eve Bcc: all@example.com');
});
