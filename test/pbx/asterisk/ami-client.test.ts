import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GatewayError } from '../../../src/model/errors.ts';
import { createNewId } from '../../../src/model/ids.ts';
import { connectAmi, renderAction, type AmiOptions, type AmiSession } from '../../../src/pbx/asterisk/ami-client.ts';
import { ManualTime } from '../link/manual-time.ts';
import { certificate, ScriptedAmi } from './scripted-ami.ts';

let ami: ScriptedAmi;
let time: ManualTime;
const sessions: AmiSession[] = [];
const newId = createNewId(randomBytes);

beforeEach(async () => {
  ami = await ScriptedAmi.start();
  time = new ManualTime();
});

afterEach(async () => {
  for (const session of sessions.splice(0)) session.close();
  await ami.close();
});

const connect = async (options: Partial<AmiOptions> = {}, signal = new AbortController().signal): Promise<AmiSession> => {
  const session = await connectAmi(
    { host: '127.0.0.1', port: ami.port, tls: false, username: 'gateway', secret: 'secret', events: 'call', ...options },
    { clock: time, timers: time, token: () => newId.token() },
    signal,
  );
  sessions.push(session);
  return session;
};

/** What a promise is rejected with, in one line to compare. */
const refusal = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    return await work;
  } catch (error) {
    return error instanceof GatewayError ? { code: error.code, ...error.details } : error;
  }
};

describe('logging in', () => {
  test('the secret stays off the wire when Asterisk offers a challenge', async () => {
    const session = await connect();
    expect(session.version).toBe('9.0.0');
    expect(ami.actions('Login')[0]).toMatchObject({ Username: 'gateway', AuthType: 'MD5', Events: 'call' });
    expect(JSON.stringify(ami.received)).not.toContain('"secret"');
  });

  test('an Asterisk that has no challenge gets the secret itself', async () => {
    ami.answers.delete('Challenge');
    await connect();
    expect(ami.actions('Login')[0]).toMatchObject({ Secret: 'secret' });
  });

  test('a wrong secret is a failed login, and says what to look at', async () => {
    expect(await refusal(connect({ secret: 'wrong' }))).toEqual({ code: 'pbx-down', failure: 'login' });
  });

  test('an account that may be used once at a time is told apart', async () => {
    ami.answers.set('Login', () => ['Response: Error\nMessage: Login Already In Use']);
    expect(await refusal(connect())).toEqual({ code: 'pbx-down', failure: 'second-login' });
  });

  test('a port on which nobody listens is refused', async () => {
    const { port } = ami;
    await ami.close();
    expect(await refusal(connect({ port }))).toEqual({ code: 'pbx-down', failure: 'refused' });
    ami = await ScriptedAmi.start();
  });

  test('a greeting of another protocol is no Asterisk', async () => {
    ami.greeting = `SSH-2.0-OpenSSH_9.2\r\n${'x'.repeat(2_000)}`;
    expect(await refusal(connect())).toEqual({ code: 'pbx-down', failure: 'not-asterisk' });
  });

  test('who accepts and says nothing (or waits for TLS) is silent, after the deadline', async () => {
    ami.greeting = '';
    const connecting = refusal(connect());
    await ami.until(() => ami.connects === 1);
    time.advance(5_000);
    expect(await connecting).toEqual({ code: 'pbx-down', failure: 'silent' });
  });

  test('TLS to a plain port is a TLS failure', async () => {
    expect(await refusal(connect({ tls: true }))).toEqual({ code: 'pbx-down', failure: 'tls' });
  });

  test('speaks TLS to a server whose certificate it trusts, and to no other', async () => {
    await ami.close();
    ami = await ScriptedAmi.start({ tls: true });
    expect((await connect({ tls: { ca: certificate } })).version).toBe('9.0.0');
    expect(await refusal(connect({ tls: true }))).toEqual({ code: 'pbx-down', failure: 'tls' });
  });

  test('an abort ends it with its reason', async () => {
    ami.answers.set('Challenge', () => undefined);
    const abort = new AbortController();
    const connecting = refusal(connect({}, abort.signal));
    await ami.until(() => ami.actions('Challenge').length === 1);
    abort.abort('enough');
    expect(await connecting).toBe('enough');
    await ami.until(() => ami.sessions.size === 0);
  });
});

describe('actions', () => {
  test('answers find their actions in any order', async () => {
    const held: (() => void)[] = [];
    ami.answers.set('Getvar', (action, session) => {
      held.push(() => ami.send(session, [`Response: Success\nValue: ${action['Variable']}`], action['ActionID']));
      return undefined;
    });
    const session = await connect();
    const answers = ['a', 'b', 'c'].map(async (name) => (await session.request({ Action: 'Getvar', Variable: name })).get('Value'));
    await ami.until(() => held.length === 3);
    for (const answer of held.toReversed()) answer();
    expect(await Promise.all(answers)).toEqual(['a', 'b', 'c']);
  });

  test('a list is collected, whatever comes in between', async () => {
    ami.serveOffice();
    const seen: (string | undefined)[] = [];
    const session = await connect({ onEvent: ({ message }) => seen.push(message.event) });
    ami.pieceBytes = 7;
    const listing = session.list({ Action: 'Status' });
    ami.emit('Event: Hold\nUniqueid: 1');
    expect((await listing).map((item) => item.event)).toEqual(Array.from({ length: 11 }, () => 'Status'));
    await ami.until(() => true);
    expect(seen).toEqual(['Hold']);
  });

  test('a list that has nothing in it is empty, also where Asterisk calls that an error', async () => {
    const session = await connect();
    expect(await session.list({ Action: 'ConfbridgeListRooms' })).toEqual([]);
    expect(await session.list({ Action: 'ParkedCalls' })).toEqual([]);
  });

  test.each([
    ['No such channel', 'leg-ended'],
    ['Permission denied', 'pbx-forbidden'],
    ['Originate Access Forbidden: app or data blacklisted', 'pbx-forbidden'],
    ['Invalid/unknown command: Bogus. Use Action: ListCommands to show available commands.', 'not-supported'],
    ['Extension does not exist.', 'invalid-parameter'],
    ['Unable to retrieve endpoint 199', 'unreachable'],
    ['Something new', 'pbx-refused'],
  ])('"%s" is %s', async (said, code) => {
    ami.answers.set('Hangup', () => [`Response: Error\nMessage: ${said}`]);
    const session = await connect();
    expect(await refusal(session.request({ Action: 'Hangup', Channel: '1.1' }))).toEqual({ code, action: 'Hangup', said });
  });

  test('an answer that does not come in time is timed out, and ignored when it comes', async () => {
    ami.answers.set('Hangup', () => undefined);
    const session = await connect();
    const hangup = refusal(session.request({ Action: 'Hangup' }, { timeoutMs: 3_000 }));
    await ami.until(() => ami.actions('Hangup').length === 1);
    time.advance(3_000);
    expect(await hangup).toEqual({ code: 'timed-out', action: 'Hangup' });
    for (const client of ami.sessions) ami.send(client, ['Response: Success'], ami.actions('Hangup')[0]?.['ActionID']);
    expect((await session.request({ Action: 'Ping' })).get('Ping')).toBe('Pong');
  });

  test('an abort gives up on an answer', async () => {
    ami.answers.set('Hangup', () => undefined);
    const session = await connect();
    const abort = new AbortController();
    const hangup = refusal(session.request({ Action: 'Hangup' }, { signal: abort.signal }));
    abort.abort('enough');
    expect(await hangup).toBe('enough');
    expect(await refusal(session.request({ Action: 'Hangup' }, { signal: abort.signal }))).toBe('enough');
  });

  test('no more wait for an answer than are allowed', async () => {
    ami.answers.set('Hangup', () => undefined);
    const session = await connect({ maxPending: 2 });
    const waiting = [1, 2].map(() => refusal(session.request({ Action: 'Hangup' })));
    expect(await refusal(session.request({ Action: 'Hangup' }))).toEqual({ code: 'too-many-requests', action: 'Hangup' });
    session.close();
    expect(await Promise.all(waiting)).toEqual([1, 2].map(() => ({ code: 'pbx-down', failure: 'closing' })));
  });

  test('a broken link rejects what waits, and says so', async () => {
    ami.answers.set('Hangup', () => undefined);
    const session = await connect();
    const hangup = refusal(session.request({ Action: 'Hangup' }));
    await ami.until(() => ami.actions('Hangup').length === 1);
    ami.cut();
    expect(await hangup).toMatchObject({ code: 'pbx-down' });
    expect((await session.ended).code).toBe('pbx-down');
    expect(await refusal(session.request({ Action: 'Ping' }))).toMatchObject({ code: 'pbx-down' });
  });

  test('a list beyond its bound is refused, and the session goes on', async () => {
    ami.serveOffice();
    const session = await connect({ maxListBytes: 1_000 });
    expect(await refusal(session.list({ Action: 'Status' }))).toEqual({ code: 'too-large', action: 'Status', limit: 1_000 });
    expect((await session.request({ Action: 'Ping' })).get('Ping')).toBe('Pong');
  });

  test('closing twice is closing once', async () => {
    const session = await connect();
    session.close();
    session.close();
    expect((await session.ended).details).toEqual({ failure: 'closing' });
    await ami.until(() => ami.sessions.size === 0);
    expect(ami.actions('Logoff')).toHaveLength(1);
  });
});

describe('events', () => {
  test('come with the time of their arrival, those of no interest not at all', async () => {
    const seen: unknown[] = [];
    const session = await connect({
      interesting: (event) => event !== 'VarSet',
      onEvent: ({ message, at }) => seen.push([message.event, at]),
    });
    ami.pieceBytes = 1;
    ami.emit('Event: VarSet\nUniqueid: 1', 'Event: Newchannel\nUniqueid: 1', 'Event: Hangup\nUniqueid: 1');
    await session.request({ Action: 'Ping' });
    expect(seen).toEqual([
      ['Newchannel', time.now()],
      ['Hangup', time.now()],
    ]);
  });

  test("the outcome of somebody's Originate goes to everyone, like an event", async () => {
    const seen: unknown[] = [];
    const session = await connect({ onEvent: ({ message }) => seen.push(message.get('ActionID')) });
    const own = session.newActionId();
    ami.emit(`Event: OriginateResponse\nActionID: ${own}`, 'Event: OriginateResponse\nActionID: other-1');
    await session.request({ Action: 'Ping' });
    expect(seen).toEqual([own, 'other-1']);
  });

  test('what is not the protocol ends the session', async () => {
    const session = await connect();
    for (const { socket } of ami.sessions) socket.write('x'.repeat(1_000_000));
    expect((await session.ended).details).toEqual({ failure: 'malformed' });
  });
});

describe('what goes out', () => {
  test('a line break or NUL in any value is refused, before anything is sent', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('\r', '\n', '\0'), fc.string(), (before, bad, after) => {
        expect(() => renderAction({ Action: 'Hangup', Channel: `${before}${bad}${after}` }, '1')).toThrow(
          expect.objectContaining({ code: 'forbidden-character', details: { field: 'Channel' } }),
        );
      }),
    );
  });

  test('anything else is one header a value', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string().filter((value) => !/[\r\n\0]/.test(value)),
          { maxLength: 5 },
        ),
        (values) => {
          const lines = renderAction({ Action: 'Originate', Variable: values }, 'id-1').split('\r\n');
          expect(lines).toEqual(['Action: Originate', ...values.map((value) => `Variable: ${value}`), 'ActionID: id-1', '', '']);
        },
      ),
    );
  });

  test('a line that Asterisk would drop without a word is refused', () => {
    expect(() => renderAction({ Action: 'Setvar', Value: 'x'.repeat(1_024) }, '1')).toThrow(
      expect.objectContaining({ code: 'too-large', details: { field: 'Value', limit: 1_024 } }),
    );
  });
});
