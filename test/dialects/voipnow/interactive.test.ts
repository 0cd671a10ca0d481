import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { serveVoipNow, type VoipNowWorld } from './serve-voipnow.ts';

interface Led extends VoipNowWorld {
  /** The parameters with which the program was asked. */
  asked(): Promise<Readonly<Record<string, string>>>;
}

/** 700 is led by a program that answers with these verbs. */
const serveMenu = async (verbs: string, method: 'GET' | 'POST' = 'GET'): Promise<Led> => {
  const asked = Promise.withResolvers<Readonly<Record<string, string>>>();
  const program = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const query = new URLSearchParams(request.url?.split('?')[1]);
      const form = new URLSearchParams(Buffer.concat(chunks).toString());
      asked.resolve(Object.fromEntries([...query, ...form]));
      response.end(`<?xml version="1.0" encoding="UTF-8"?><Response>${verbs}</Response>`);
    });
  });
  program.listen(0, '127.0.0.1');
  await once(program, 'listening');
  onTestFinished(() => {
    program.closeAllConnections();
    program.close();
  });
  const url = `http://127.0.0.1:${(program.address() as AddressInfo).port}/menu?shop=7`;
  const world = await serveVoipNow({ interactive: { 700: { url, method, choiceSeconds: 5, contexts: {} } } });
  return { ...world, asked: () => asked.promise };
};

test.each(['GET', 'POST'] as const)("a program is asked by %s with a call event's parameters", async (method) => {
  const world = await serveMenu('<Hangup/>', method);
  world.sandbox.phones.call('+15550100001', '+15550200700');
  expect(await world.asked()).toMatchObject({
    shop: '7',
    CallerIDNum: '+15550100001',
    CallerExtension: '',
    CalledDID: '+15550200700',
    CalledExtension: '12340700',
    CalledNumber: '+15550200700',
    CallStatus: 'ANSWER',
    CallFlow: 'IN',
  });
});

test("MakeCall's APIID comes back where the call meets a program", async () => {
  const world = await serveMenu('<Transfer>102</Transfer>');
  const answer = await world.callApi('251/Call/MakeCall', { FromNumber: '12340103', PhoneNumberToCall: '700' });
  const apiId = /<APIID>([a-z0-9]{20})<\/APIID>/.exec(answer)?.[1];
  world.sandbox.phones.answer('103');
  expect(await world.asked()).toMatchObject({ CallAPIID: apiId, CallerExtension: '12340103', CalledExtension: '12340700' });
  expect((await world.leg('102')).state).toBe('ringing');
});
