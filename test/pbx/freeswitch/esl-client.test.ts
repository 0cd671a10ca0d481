import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectEsl, type EslOptions, type EslSession } from '../../../src/pbx/freeswitch/esl-client.ts';
import { ManualTime } from '../link/manual-time.ts';
import { never, ReplayingSocket } from './replaying-socket.ts';

let esl: ReplayingSocket;
let time: ManualTime;
const sessions: EslSession[] = [];
beforeEach(async () => {
  esl = await ReplayingSocket.start();
  time = new ManualTime();
});
afterEach(async () => {
  for (const session of sessions.splice(0)) session.close();
  await esl.close();
});

const connect = async (more: Partial<EslOptions> = {}): Promise<EslSession> => {
  const options: EslOptions = { host: '127.0.0.1', port: esl.port, password: 'secret', ...more };
  const session = await connectEsl(
    options,
    { clock: time, timers: time, token: () => `${time.now()}-${sessions.length}` },
    new AbortController().signal,
  );
  sessions.push(session);
  return session;
};

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

test('answers belong to their questions, however they are cut', async () => {
  esl.pieceBytes = 1;
  const session = await connect();
  esl.on(/^echo /, (api) => api.slice('echo '.length));
  const texts = ['a', 'b: c\n\nd', '', 'ä'.repeat(100)].map((text) => text.replaceAll('\n', ' '));
  expect(await Promise.all(texts.map((text) => session.api(`echo ${text}`)))).toEqual(texts);
});

test('a question that nobody waits for any more keeps its place', async () => {
  const session = await connect();
  esl.on(/^echo /, (api) => api.slice('echo '.length));
  const given = new AbortController();
  const first = session.api('echo 1', { signal: given.signal });
  const second = session.api('echo 2');
  given.abort(new Error('given up'));
  await expect(first).rejects.toThrow('given up');
  expect(await second).toBe('2');
});

test('a job’s result is what it was, and its failure an error of ours', async () => {
  const session = await connect();
  await session.command('event plain BACKGROUND_JOB');
  esl.on(/^fine/, '+OK done\n');
  esl.on(/^bad/, '-ERR USER_BUSY\n');
  expect(await session.job('fine')).toBe('+OK done\n');
  await expect(session.job('bad')).rejects.toEqual(code('busy'));
});

test('a job that does not end holds up nothing, and is given up in time', async () => {
  const session = await connect();
  await session.command('event plain BACKGROUND_JOB');
  esl.on(/^slow/, never);
  const slow = session.job('slow');
  expect(await session.api('uptime')).toBe('560');
  time.advance(10_000);
  await expect(slow).rejects.toEqual(code('timed-out'));
});

test('what waits when the link breaks is rejected with why', async () => {
  const session = await connect();
  esl.isSilent = true;
  const asked = session.api('status');
  await esl.untilAsked(/status/);
  esl.cut();
  await expect(asked).rejects.toEqual(code('pbx-down'));
  expect(await session.ended).toEqual(code('pbx-down'));
  await expect(session.api('status')).rejects.toEqual(code('pbx-down'));
});

test('more than may wait is refused', async () => {
  const session = await connect({ maxPending: 2 });
  esl.isSilent = true;
  const waiting = [session.api('status'), session.api('status')];
  await expect(session.api('status')).rejects.toEqual(code('too-many-requests'));
  session.close();
  await expect(Promise.all(waiting)).rejects.toEqual(code('pbx-down'));
});

test.each(['status\n\nexit', 'status\r', 'status\0', 'status\n'])('a command that would be two is refused: %j', async (text) => {
  const session = await connect();
  await expect(session.api(text)).rejects.toEqual(code('forbidden-character'));
});

test('closing twice is closing once', async () => {
  const session = await connect();
  session.close();
  session.close();
  expect(await session.ended).toMatchObject({ details: { failure: 'closing' } });
});
