import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/model/event.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { paste, runSwitchhook } from './process.ts';

const startDemo = async (): Promise<{ readonly url: string; readonly lines: readonly string[] }> => {
  const demo = runSwitchhook(['demo', '--port', '0', '--quiet']);
  const [, url = ''] = await demo.prints(/on (http:\S+)/);
  await demo.prints(/Metrics: /);
  return {
    url,
    lines: demo
      .output()
      .split('\n')
      .map((line) => line.trim()),
  };
};

describe('the demo', () => {
  test('prints lines that work as they are printed', async () => {
    const { lines } = await startDemo();
    const line = (part: string): string => lines.find((each) => each.includes(part)) ?? `no line has ${part}`;

    const listening = [line('events/stream'), line('/v1/ws'), line('switchhook -- tail'), line('/ws/event')].map(paste);
    const answerTo = async (part: string): Promise<unknown> => JSON.parse((await paste(line(part)).ended).output);
    // Those who listen begin when they are ready to; a call is made until each has heard of one.
    await expect
      .poll(async () => {
        expect(await answerTo('/v1/sandbox/calls')).toMatchObject({ to: { extension: '101' }, state: 'ringing' });
        expect(await answerTo('phones/101/answer')).toMatchObject({ extension: '101', state: 'talking' });
        expect(await answerTo('phones/101/hangup')).toMatchObject({ extension: '101', state: 'idle' });
        return listening.map((each) => /"call\.started"|"type":"dial"/.test(each.output()));
      })
      .toEqual([true, true, true, true]);
    for (const each of listening) each.interrupt();
    await Promise.all(listening.map((each) => each.ended));

    expect(await answerTo('/v1/state')).toMatchObject({ calls: [], pbxStatus: 'live' });
    expect(await answerTo('"to": "103"')).toMatchObject({ to: { extension: '103' } });
    expect(await answerTo('phones/103/answer')).toMatchObject({ state: 'talking' });
    expect(await answerTo('-- park 103')).toMatchObject({ name: 'park', state: 'done' });
    expect(await answerTo('/v1/slots')).toMatchObject({ slots: [{ slot: '6', parkedBy: '103' }] });
    expect(await answerTo('valet/6/retrieve')).toMatchObject({ name: 'retrieve' });
    expect(await answerTo('/v1/calls -d')).toMatchObject({ name: 'dial', state: 'accepted' });
    expect(await answerTo('/v1/users/mikey')).toMatchObject({ name: 'mikey', extension: '110', status: { label: 'Lunch' } });
    expect(await answerTo('agents/105/pause')).toMatchObject({ name: 'agentPause' });
    expect(await answerTo('/v1/users')).toMatchObject({ users: expect.arrayContaining([expect.objectContaining({ name: '101' })]) });
    expect(await answerTo('subscribe?')).toMatchObject({ Data: { '101': expect.any(Array) }, Code: 0 });
    expect(await answerTo('/dial?')).toEqual({ SessionID: expect.any(Number), Message: 'Dialing', Code: 0 });
    expect((await paste(line('/callapi/')).ended).output).toMatch(/<Status>200<\/Status>.*<APIID>[0-9a-f]{20}<\/APIID>/);
    expect(await answerTo('/oauth/token.php')).toMatchObject({ token_type: 'Bearer', expires_in: 3600 });
    expect(await answerTo('/rest/live/')).toMatchObject({ extensionNumber: '101', displayName: 'Alice Archer' });
    expect(await answerTo('/client/@me/extension/')).toContainEqual(expect.objectContaining({ id: 34_414, name: '022*341' }));
    expect(await answerTo('/callback/')).toMatchObject({ call_api_id: expect.stringMatching(/^3232240860-/) });
    const page = await fetch(line('/callapi-events'), { headers: { authorization: `Basic ${btoa('demo:demo')}` } });
    expect(await page.text()).toContain('<h1>CallAPI Published Events for Extension 101</h1>');
  });

  test('is ready within the time that a newcomer waits, and leaves nothing behind', async () => {
    const demo = runSwitchhook(['demo', '--port', '0']);
    await demo.prints(/Metrics: /);
    demo.kill('SIGTERM');
    expect(await demo.exited).toBe(0);
    expect(demo.errors()).toBe('');
  });

  test('says in one line that its port is taken', async () => {
    const { url } = await startDemo();
    const second = runSwitchhook(['demo', '--port', new URL(url).port]);
    expect(await second.exited).not.toBe(0);
    expect(second.errors().trim().split('\n')).toHaveLength(1);
    expect(second.errors()).toContain('Another program listens there.');
  });
});

describe('each call that was announced', () => {
  test('ends exactly once when the gateway is killed in the middle of it', async () => {
    const data = temporaryFolder();
    const first = runSwitchhook(['demo', '--port', '0', '--quiet', '--data', data]);
    const [, url = ''] = await first.prints(/on (http:\S+)/);
    await first.prints(/Metrics: /);
    const bearer = { authorization: 'Bearer demo-key', 'content-type': 'application/json' };
    const body = JSON.stringify({ from: '101', to: '102' });
    const call = (await (await fetch(`${url}/v1/sandbox/calls`, { method: 'POST', headers: bearer, body })).json()) as { id: string };
    first.kill('SIGKILL');
    await first.exited;

    const second = runSwitchhook(['demo', '--port', '0', '--quiet', '--data', data]);
    const [, again = ''] = await second.prints(/on (http:\S+)/);
    await second.prints(/Metrics: /);
    const page = (await (await fetch(`${again}/v1/events?limit=1000`, { headers: bearer })).json()) as { events: readonly Event[] };
    const ofCall = page.events.filter(({ callId }) => callId === call.id).map(({ type, reconciled }) => ({ type, reconciled }));
    expect(ofCall.filter(({ type }) => type === 'call.started')).toHaveLength(1);
    expect(ofCall.filter(({ type }) => type === 'call.ended')).toEqual([{ type: 'call.ended', reconciled: true }]);
    expect(page.events.map(({ seq }) => seq)).toEqual(page.events.map((_, index) => index + 1));
  });
});
