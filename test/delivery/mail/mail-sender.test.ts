import { onTestFinished, expect, test } from 'vitest';
import { MailSender, mailtoUrl, type SmtpServer } from '../../../src/delivery/mail/mail-sender.ts';
import type { Sent } from '../../../src/delivery/webhooks/sender.ts';
import { Wheel } from '../../../src/delivery/wheel.ts';
import { endpointAt } from '../webhooks/world.ts';
import { startMailServer } from './mail-server.ts';

const refuse = (responseCode: number): Error => Object.assign(new Error('not here'), { responseCode });

const send = (server: Partial<SmtpServer>, wheel = new Wheel({ ticker: () => () => undefined })): Promise<Sent> => {
  const sender = new MailSender({
    server: { host: '127.0.0.1', port: 1, security: 'none', from: 'Switchhook <pbx@example.com>', ...server },
    clock: { now: () => 0 },
    wheel,
  });
  onTestFinished(() => sender.close());
  const request = { headers: { subject: 'Missed call from Jérôme', 'message-id': '<one@switchhook>' }, body: 'He called.\n' };
  return sender.send(endpointAt(mailtoUrl('Desk+one@example.com')), request);
};

test('an e-mail travels as text with its subject and its own id, and asks for no automatic answer', async () => {
  const { port, mails } = await startMailServer();
  expect(await send({ port })).toMatchObject({ status: 250 });
  expect(mails).toMatchObject([
    {
      from: 'pbx@example.com',
      to: ['Desk+one@example.com'],
      headers: {
        from: 'Switchhook <pbx@example.com>',
        'message-id': '<one@switchhook>',
        'auto-submitted': 'auto-generated',
        subject: expect.stringMatching(/^=\?UTF-8\?/) as string,
      },
      text: 'He called.\n',
    },
  ]);
});

test('a mailbox that there is not is final', async () => {
  const { port } = await startMailServer({ onRcptTo: (_address, _session, done) => done(refuse(550)) });
  expect(await send({ port })).toMatchObject({ status: 550, isFinal: true, failure: { kind: 'status' } });
});

test('a server that is busy is to be asked again', async () => {
  const { port } = await startMailServer({ onRcptTo: (_address, _session, done) => done(refuse(451)) });
  const sent = await send({ port });
  expect(sent).toMatchObject({ status: 451, failure: { kind: 'status' } });
  expect(sent.isFinal).toBeUndefined();
});

test('a password that the server does not know is not the e-mail’s fault', async () => {
  const { port } = await startMailServer({
    authOptional: false,
    allowInsecureAuth: true,
    onAuth: (_auth, _session, done) => done(refuse(535)),
  });
  const sent = await send({ port, user: 'pbx', password: 'wrong' });
  expect(sent).toMatchObject({ status: 535, failure: { kind: 'status' } });
  expect(sent.isFinal).toBeUndefined();
});

test('a server that offers no TLS gets nothing where TLS is wanted', async () => {
  const { port, mails } = await startMailServer();
  expect(await send({ port, security: 'starttls' })).toMatchObject({
    failure: { kind: expect.stringMatching(/^(tls|status)$/) as string },
  });
  expect(mails).toEqual([]);
});

test('a server that is not there is told of as such', async () => {
  const server = await startMailServer();
  await server.close();
  expect(await send({ port: server.port })).toMatchObject({ failure: { kind: 'connect' } });
});

test('a server that says nothing is left when its time is over', async () => {
  let tick = (): void => undefined;
  const wheel = new Wheel({
    ticker: (run) => {
      tick = run;
      return () => undefined;
    },
  });
  const connected = Promise.withResolvers<void>();
  const { port } = await startMailServer({ onConnect: () => connected.resolve() });
  const sent = send({ port }, wheel);
  await connected.promise;
  for (let passed = 0; passed <= 61_000; passed += wheel.tickMs) tick();
  expect(await sent).toMatchObject({ failure: { kind: 'timeout', detail: 'The server had not taken it after 60 s' } });
});
