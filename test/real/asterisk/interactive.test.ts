/** Callers led by a program, on a real PBX: by one line of the dialplan, FastAGI, and sounds that are Asterisk's own. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Changes } from '../phone/waiting.ts';
import { freeTcpPort } from '../ports.ts';
import { onEachAsterisk, sharedOffice } from './on-each-asterisk.ts';
import { sharedGateway } from '../shared-gateway.ts';

/** The program: what it answers with, by path, and what it was asked. */
const program = {
  answers: {} as Readonly<Record<string, string>>,
  asked: [] as URL[],
  changes: new Changes(),
  async askedOften(count: number): Promise<readonly URL[]> {
    const look = (): readonly URL[] | undefined => (this.asked.length >= count ? this.asked : undefined);
    return this.changes.until(look, `${count} questions`, () => `${this.asked.length} came`);
  },
};

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '', 'http://program');
  program.asked.push(url);
  program.changes.notify();
  const verbs = program.answers[url.pathname];
  response.writeHead(verbs === undefined ? 500 : 200).end(`<?xml version="1.0" encoding="UTF-8"?><Response>${verbs}</Response>`);
});

onEachAsterisk('interactive calls', (_version, tree) => {
  const asterisk = { interactive: { port: 0 } };
  const menu = { url: '', otherwise: '104', contexts: { next: { start: [{ kind: 'ask', url: '' }] } } };
  beforeAll(async () => {
    if (!server.listening) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
    const { port } = server.address() as AddressInfo;
    menu.url = `http://127.0.0.1:${port}/start`;
    menu.contexts.next.start[0] = { kind: 'ask', url: `http://127.0.0.1:${port}/next?choice=$Choice` };
    asterisk.interactive.port = await freeTcpPort();
  });
  const office = sharedOffice(tree);
  const connected = sharedGateway(office, { pbx: asterisk, dialects: { voipnow: { prefix: '12340', interactive: { 700: menu } } } });
  beforeAll(async () => {
    const { port } = asterisk.interactive;
    await office().pbx.cli(`dialplan add extension 700,1,AGI,agi://127.0.0.1:${port}/700 into internal`);
    await office().pbx.cli('dialplan add extension 700,2,Hangup into internal');
    await office().pbx.cli(`dialplan add extension 702,1,AGI,agi://127.0.0.1:${port}/702 into internal`);
    await office().pbx.cli('dialplan add extension 702,2,Dial,PJSIP/105 into internal');
  });
  beforeEach(() => {
    program.asked.length = 0;
  });
  afterAll(() => void server.close());

  test('a caller hears a sound, chooses by a key, and is put through under another name', async () => {
    program.answers = {
      '/start': '<PlaySound digitvar="Choice">demo-congrats</PlaySound><Jump context="next"/>',
      '/next': '<SetCaller name="Gold" number="4711"/><SimpleTransfer timeout="20">102</SimpleTransfer>',
    };
    const [tom, desk] = await office().phones('101', '102');
    const calling = await tom.call('700');
    const [question] = await program.askedOften(1);
    expect(Object.fromEntries(question?.searchParams ?? [])).toMatchObject({
      CallerIDNum: '12340101',
      CallerExtension: '12340101',
      CalledExtension: '12340700',
      CallStatus: 'ANSWER',
      CallID: expect.stringMatching(/^\d+\.\d+$/) as string,
    });
    await calling.until('up');
    await expect.poll(() => office().pbx.messages()).toContain("Playing 'demo-congrats");
    calling.press('5');
    const [, second] = await program.askedOften(2);
    expect(second?.searchParams.get('choice')).toBe('5');
    expect(second?.searchParams.get('CallAPIID')).toBe(question?.searchParams.get('CallAPIID'));
    const rung = await desk.incoming();
    expect(rung.callerNumber).toBe('4711');
    rung.answer();
    await Promise.all([calling.untilHears('102'), rung.untilHears('101')]);
    await rung.hangup();
    await calling.until('ended');
    const { callId = '' } = await connected().tail.until('call.started');
    const ended = await connected().tail.ended(callId);
    expect(ended.data.disposition).toBe('answered');
    expect(ended.call.legs.map(({ extension }) => extension)).toEqual(['101', '102']);
  });

  test('a program that fails: the caller goes on to who is there otherwise', async () => {
    program.answers = {};
    const [tom, desk] = await office().phones('101', '104');
    const calling = await tom.call('700');
    const rung = await desk.incoming();
    rung.answer();
    await calling.untilHears('104');
  });

  test('what Asterisk cannot do is passed over, and where nobody answers the next verb is done', async () => {
    program.answers = {
      '/start':
        '<PlaySound>no-such-sound</PlaySound><PlayTTS>hello</PlayTTS><SetVar name="A">"x" \\ $</SetVar>' +
        '<SimpleTransfer timeout="5">999</SimpleTransfer><SimpleTransfer timeout="1">103</SimpleTransfer><Transfer>102</Transfer>',
    };
    const [tom, unheard, desk] = await office().phones('101', '103', '102');
    const calling = await tom.call('700');
    await (await unheard.incoming()).until('ended');
    const rung = await desk.incoming();
    rung.answer();
    await calling.untilHears('102');
  });

  test('a caller who leaves ends it', async () => {
    program.answers = { '/start': '<Pause length="60"/>' };
    const tom = await office().phone('101');
    const calling = await tom.call('700');
    await calling.until('up');
    const { tail } = connected();
    const leg = await tail.leg('101', ({ state }) => state === 'connected');
    await calling.hangup();
    expect((await tail.ended(leg.callId)).data.disposition).toBe('missed');
  });

  test('a call is hung up when the program says so', async () => {
    program.answers = { '/start': '<PlaySound>beep</PlaySound><Hangup/>' };
    const tom = await office().phone('101');
    const calling = await tom.call('700');
    await calling.until('ended');
    expect(program.asked).toHaveLength(1);
  });

  test('a number for which there is no menu goes on in the dialplan', async () => {
    const [tom, desk] = await office().phones('101', '105');
    await tom.call('702');
    await desk.incoming();
    expect(program.asked).toEqual([]);
  });

  test('doctor prints the line for the dialplan', async () => {
    const { output } = await connected().gateway.cli('doctor');
    expect(output).toContain(`exten => NUMBER,1,AGI(agi://127.0.0.1:${asterisk.interactive.port}/NUMBER)`);
  });
});
