import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Finding } from '../../../src/pbx/driver.ts';
import type { FreeswitchConfig } from '../../../src/pbx/freeswitch/index.ts';
import { diagnoseFreeswitch, renderStanza } from '../../../src/pbx/freeswitch/diagnose.ts';
import { ManualTime } from '../link/manual-time.ts';
import { configFor } from './driven.ts';
import { ReplayingSocket } from './replaying-socket.ts';

let esl: ReplayingSocket;
beforeEach(async () => {
  esl = await ReplayingSocket.start();
});
afterEach(() => esl.close());

const diagnose = (more: Partial<FreeswitchConfig> = {}): Promise<readonly Finding[]> => {
  const time = new ManualTime();
  return diagnoseFreeswitch(configFor(esl.port, more), { clock: time, timers: time, token: () => 'token' }, new AbortController().signal);
};

const amiss = async (more: Partial<FreeswitchConfig> = {}): Promise<readonly Finding[]> => (await diagnose(more)).filter(({ ok }) => !ok);

test('a FreeSWITCH that is well has nothing amiss', async () => {
  expect(await amiss()).toEqual([]);
  expect((await diagnose()).map(({ check }) => check)).toEqual(
    expect.arrayContaining(['login', 'password', 'version', 'module mod_valet_parking', 'domain', 'loopback codec', 'recordings']),
  );
});

test('the password that everybody knows is told, with the lines to paste', async () => {
  esl.password = 'ClueCon';
  const [finding] = await amiss({ password: 'ClueCon' });
  expect(finding).toMatchObject({ check: 'password', mend: expect.stringContaining('event_socket.conf.xml') });
});

test.each([
  ['another password', { password: 'other' }, 'login', 'refused the password'],
  ['a port where nobody listens', { port: 1 }, 'connection', 'Nothing listens'],
])('with %s it says so, and how to mend it', async (_what, more, check, detail) => {
  expect(await amiss(more)).toMatchObject([
    { check, detail: expect.stringContaining(detail), mend: expect.stringContaining('<param name="password"') },
  ]);
});

test('an address that the access list does not name is shown the list that would', async () => {
  esl.refusesByAcl = true;
  expect(await amiss()).toMatchObject([
    { check: 'login', detail: expect.stringContaining('apply-inbound-acl'), mend: expect.stringContaining('acl.conf.xml') },
  ]);
});

test('a module that is needed and not loaded is told, with the line that loads it; one that may be wanted is mentioned', async () => {
  esl.on(/^module_exists mod_(?:valet_parking|callcenter)$/, 'false');
  expect(await amiss()).toMatchObject([
    { check: 'module mod_valet_parking', mend: expect.stringContaining('<load module="mod_valet_parking"/>') },
  ]);
  expect((await diagnose()).find(({ check }) => check === 'module mod_callcenter')).toMatchObject({ ok: true, mend: expect.any(String) });
});

test.each([
  ['an old version', /^version/, 'FreeSWITCH Version 1.8.7-release~64bit', 'version'],
  ['no folder for recordings', /^global_getvar recordings_dir/, '', 'recordings'],
  ['no users', /^list_users/, '+OK\n', 'domain'],
])('%s is amiss', async (_what, question, answer, check) => {
  esl.on(question, answer);
  expect((await amiss()).map((finding) => finding.check)).toEqual([check]);
});

test('users of whom none looks like an extension are amiss', async () => {
  expect(await amiss({ extensionPattern: '^9' })).toMatchObject([{ check: 'domain', mend: expect.stringContaining('extensionPattern') }]);
});

test('the stanza holds any password', () => {
  expect(renderStanza({ password: 'a"b<c&d' })).toContain('value="a&quot;b&lt;c&amp;d"');
});
