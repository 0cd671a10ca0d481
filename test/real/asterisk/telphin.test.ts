/** The story that the vendor's page on valet parking tells, on a real PBX: told by webhooks, done through the API, heard at the phones. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Gateway } from '../gateway/gateway.ts';
import type { PhoneCall } from '../phone/phone-call.ts';
import { Changes } from '../phone/waiting.ts';
import { onEachAsterisk, sharedOffice } from './on-each-asterisk.ts';
import { amiAccounts } from './pbx.ts';
import { sharedGateway } from '../shared-gateway.ts';

type Told = Readonly<Record<string, string>>;

/** The program that webhooks go to. */
class Receiver {
  readonly told: Told[] = [];
  readonly #changes = new Changes();
  readonly #server: Server = createServer((request, response) => {
    this.told.push(Object.fromEntries(new URL(request.url ?? '/', 'http://receiver').searchParams));
    response.end();
    this.#changes.notify();
  });

  async open(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async until(fits: (told: Told) => boolean): Promise<Told> {
    return this.#changes.until(
      () => this.told.find(fits),
      'a webhook',
      () => JSON.stringify(this.told),
    );
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** What the vendor's page says of the server that it was written on. */
const settings = {
  dialects: {
    telphin: {
      prefix: '022',
      domain: 'siptest.ringme.ru',
      node: '192.168.20.220',
      extensionIds: { '341': 34_414, '200': 32_494 },
    },
  },
  clients: { crm: { secret: 'crm-secret', scopes: ['observe', 'control'] } },
};

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** A client of the vendor's, which knows nothing of ours. */
class TelphinClient {
  readonly #url: string;
  readonly #token: string;

  private constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  static async of({ url }: Gateway): Promise<TelphinClient> {
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'crm', client_secret: 'crm-secret' });
    const answer = await fetch(`${url}/oauth/token`, { method: 'POST', body: form });
    return new TelphinClient(url, ((await answer.json()) as { readonly access_token: string }).access_token);
  }

  async ask(method: string, path: string, body: object): Promise<Reply> {
    const answer = await fetch(`${this.#url}/api/ver1.0${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: await answer.json() };
  }

  subscribe(url: string, type: string, extension = 34_414): Promise<Reply> {
    return this.ask('POST', `/extension/${extension}/event/`, { url, event_type: type, method: 'GET' });
  }

  async unsubscribe(extension: number): Promise<void> {
    const headers = { authorization: `Bearer ${this.#token}` };
    await fetch(`${this.#url}/api/ver1.0/extension/${extension}/event/`, { method: 'DELETE', headers });
  }

  valetPark(apiId: string, body: object, extension = 34_414): Promise<Reply> {
    return this.ask('PUT', `/extension/${extension}/valet_park/${apiId}`, body);
  }
}

interface Answered {
  readonly caller: PhoneCall;
  readonly desk: PhoneCall;
  readonly told: Told;
}

const uuidOf = (told: Told): string => /^3232240860-(.{36})$/.exec(told['CallAPIID'] ?? '')?.[1] ?? 'none';

onEachAsterisk('the Telphin API', (_version, tree) => {
  const office = sharedOffice(tree);
  const connected = sharedGateway(office, settings);
  const receiver = new Receiver();
  beforeAll(() => receiver.open());
  afterEach(async () => {
    // The next test may have a gateway of its own, which shall be the only one that tells.
    const client = await TelphinClient.of(connected().gateway);
    await Promise.all([client.unsubscribe(34_414), client.unsubscribe(32_494)]);
    receiver.told.splice(0);
  });
  afterAll(() => receiver.close());

  /** Somebody outside calls 341 (or 200), who answers; and the webhook that told of it. */
  const answered = async (from: string, extension: '341' | '200' = '341'): Promise<Answered> => {
    const [provider, phone] = [await office().provider(), await office().phone(extension)];
    const caller = await provider.call(`+15550200${extension}`, { from });
    const desk = await phone.incoming();
    desk.answer();
    const told = await receiver.until(({ EventType, CallerIDNum }) => EventType === 'answer' && CallerIDNum === from);
    await Promise.all([caller.untilHears(extension), desk.untilHears('outside')]);
    return { caller, desk, told };
  };

  test('a call is parked in slot 6, seen there, and a second call connected with it', async () => {
    const client = await TelphinClient.of(connected().gateway);
    expect((await client.subscribe(receiver.url, 'answer')).status).toBe(201);

    const first = await answered('+15550100001');
    expect(first.told).toMatchObject({ CalledExtension: '022*341@siptest.ringme.ru', CalledExtensionID: '34414', CallStatus: 'ANSWER' });
    const one = first.told['CallAPIID'] ?? '';
    expect(await client.valetPark(one, { action: 'park', slot: '6' })).toEqual({
      status: 200,
      body: { slot: '6', UUID: uuidOf(first.told) },
    });
    await first.caller.untilHears('music');
    await first.desk.until('ended');
    expect(await office().pbx.messages()).toMatch(/<PJSIP\/341-\w+> Playing 'digits\/6\./);

    const second = await answered('+15550100002');
    const two = second.told['CallAPIID'] ?? '';
    expect((await client.valetPark(two, { action: 'slots', slot: '6' })).body).toEqual({ slot: '6', UUID: uuidOf(first.told) });
    expect((await client.valetPark(two, { action: 'slots' })).body).toEqual({ slots: ['1', '2', '3', '4', '5', '7', '8', '9'] });
    expect(await client.valetPark(two, { action: 'park', slot: 6 })).toMatchObject({
      status: 409,
      body: { message: 'slot already have parked member, slot is full' },
    });
    await Promise.all([second.caller.untilHears('341'), second.desk.untilHears('outside')]);

    expect(await client.valetPark(two, { action: 'bridge', slot: '6' })).toMatchObject({
      status: 200,
      body: { slot: '6', UUID: uuidOf(first.told) },
    });
    // Both are outside, and each hears the other.
    await Promise.all([first.caller.untilHears('outside'), second.caller.untilHears('outside'), second.desk.until('ended')]);
    await first.caller.hangup();
    await second.caller.until('ended');
  });

  test('without a slot: the first free one, and who has waited longest', async () => {
    const client = await TelphinClient.of(connected().gateway);
    await client.subscribe(receiver.url, 'answer');
    const waiting = [];
    for (const from of ['+15550100011', '+15550100012']) {
      const call = await answered(from);
      const { body } = await client.valetPark(call.told['CallAPIID'] ?? '', { action: 'park' });
      expect(body).toEqual({ slot: String(waiting.length + 1), UUID: uuidOf(call.told) });
      await call.desk.until('ended');
      waiting.push(call);
    }
    const third = await answered('+15550100013');
    const { body } = await client.valetPark(third.told['CallAPIID'] ?? '', { action: 'bridge' });
    expect(body).toMatchObject({ slot: '1' });
    await Promise.all([waiting[0]?.caller.untilHears('outside'), third.caller.untilHears('outside')]);
    await waiting[1]?.caller.untilHears('music');
  });

  test('when its time is over the call rings at 341 again, and the same ids are told', async () => {
    const pbx = { kind: 'asterisk', port: office().pbx.amiPort, ...amiAccounts.recommended, extensionPattern: '^[0-9]{3}$' };
    const gateway = await Gateway.start({ ...settings, pbx, parking: { timeoutSeconds: 2 } });
    try {
      await gateway.tail('oldest').until('pbx.resynced');
      const client = await TelphinClient.of(gateway);
      for (const type of ['answer', 'dial-in']) await client.subscribe(receiver.url, type);
      const { caller, desk, told } = await answered('+15550100021');
      const apiId = told['CallAPIID'] ?? '';
      const before = receiver.told.length;
      expect((await client.valetPark(apiId, { action: 'park', slot: '6' })).status).toBe(200);
      await desk.until('ended');
      const back = await (await office().phone('341')).incoming();
      const again = await receiver.until((each) => each['EventType'] === 'dial-in' && receiver.told.indexOf(each) >= before);
      expect(again).toMatchObject({ CallAPIID: apiId, CallID: told['CallID'], CallStatus: 'CALLING', CalledExtensionID: '34414' });
      back.answer();
      await Promise.all([caller.untilHears('341'), back.untilHears('outside')]);
      expect((await client.valetPark(apiId, { action: 'slots', slot: '6' })).body).toEqual({ slot: '6', UUID: null });
    } finally {
      await gateway.close();
    }
  });

  test('of two who park in one slot, and of two who fetch from it, at the same moment one does; the other call goes on', async () => {
    const client = await TelphinClient.of(connected().gateway);
    await client.subscribe(receiver.url, 'answer');
    await client.subscribe(receiver.url, 'answer', 32_494);
    const calls = [await answered('+15550100031'), await answered('+15550100032', '200')] as const;
    const both = (body: object): Promise<readonly Reply[]> =>
      Promise.all(
        calls.map(({ told }) => client.valetPark(told['CallAPIID'] ?? '', body, told['CalledExtensionID'] === '32494' ? 32_494 : 34_414)),
      );
    const parks = await both({ action: 'park', slot: '6' });
    expect(parks.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    const [parked, talking] = parks[0]?.status === 200 ? calls : calls.toReversed();
    if (parked === undefined || talking === undefined) throw new Error('one of the two is parked');
    await Promise.all([parked.caller.untilHears('music'), parked.desk.until('ended')]);
    await talking.desk.untilHears('outside');

    const idle = talking === calls[0] ? '200' : '341';
    const third = await answered('+15550100033', idle);
    const extensionOf = ({ told }: Answered): number => Number(told['CalledExtensionID']);
    const fetches = await Promise.all(
      [talking, third].map((call) => client.valetPark(call.told['CallAPIID'] ?? '', { action: 'bridge', slot: 6 }, extensionOf(call))),
    );
    expect(fetches.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    const [joined, left] = fetches[0]?.status === 200 ? [talking, third] : [third, talking];
    await Promise.all([parked.caller.untilHears('outside'), joined.caller.untilHears('outside'), joined.desk.until('ended')]);
    await left.desk.untilHears('outside');
    expect((await client.valetPark(left.told['CallAPIID'] ?? '', { action: 'slots', slot: '6' }, extensionOf(left))).body).toEqual({
      slot: '6',
      UUID: null,
    });
  });

  test('who gives up in the very moment in which it is fetched leaves the slot free', async () => {
    const client = await TelphinClient.of(connected().gateway);
    for (const extension of [34_414, 32_494]) await client.subscribe(receiver.url, 'answer', extension);
    const first = await answered('+15550100041');
    const parked = await client.valetPark(first.told['CallAPIID'] ?? '', { action: 'park', slot: '6' });
    expect(parked.status).toBe(200);
    await first.desk.until('ended');
    const second = await answered('+15550100042');
    const two = second.told['CallAPIID'] ?? '';
    const [, { status }] = await Promise.all([first.caller.hangup(), client.valetPark(two, { action: 'bridge', slot: '6' })]);
    expect([200, 404, 409, 500]).toContain(status);
    // Whichever came first: that each call of the two ends is seen to after every test.
    await first.caller.until('ended');
    const third = await answered('+15550100043', '200');
    const { body } = await client.valetPark(third.told['CallAPIID'] ?? '', { action: 'slots', slot: '6' }, 32_494);
    expect(body).toEqual({ slot: '6', UUID: null });
  });

  test('a transfer is told of as a call that the extension makes, and where it rings, who is outside', async () => {
    const client = await TelphinClient.of(connected().gateway);
    for (const type of ['dial-out', 'answer', 'hangup']) await client.subscribe(receiver.url, type);
    await client.subscribe(receiver.url, 'dial-in', 32_494);
    const { caller, desk, told } = await answered('+15550100051');
    const colleague = await office().phone('200');
    const path = `/extension/34414/current_calls/${told['CallAPIID']}`;
    expect((await client.ask('PUT', path, { action: 'transfer', send_dst: '022*200' })).status).toBe(200);
    const third = await colleague.incoming();
    await desk.until('ended');
    third.answer();
    await Promise.all([third.untilHears('outside'), caller.untilHears('200')]);
    const byTransfer = (type: string): Promise<Told> =>
      receiver.until((each) => each['Transfered'] === 'yes' && each['EventType'] === type);
    expect(await byTransfer('dial-out')).toMatchObject({ CallFlow: 'out', CalledExtensionID: '32494', CallAPIID: told['CallAPIID'] });
    const { SubCallID: part } = await byTransfer('answer');
    await third.hangup();
    expect(await byTransfer('hangup')).toMatchObject({ SubCallID: part, CallStatus: 'ANSWER' });
    const rang = await receiver.until((each) => each['EventType'] === 'dial-in' && each['CalledExtensionID'] === '32494');
    expect(rang['RemoteNumber']).toBe('+15550100051');
  });

  test('a callback for another extension presses its keys when the far end has answered', async () => {
    const client = await TelphinClient.of(connected().gateway);
    await client.subscribe(receiver.url, 'dial-out');
    const [source, destination, onward] = await office().phones('341', '110', '103');
    // The far end's keys are a feature code of this PBX: who pressed it sends the other party on to 103.
    const wish = { src_num: ['341'], dst_num: '110', dst_dtmf: '#1103' };
    expect((await client.ask('POST', '/extension/32494/callback/', wish)).status).toBe(201);
    (await source.incoming()).answer();
    const far = await destination.incoming();
    far.answer();
    const third = await onward.incoming();
    third.answer();
    await Promise.all([third.untilHears('110'), far.untilHears('103')]);
    expect(await receiver.until(({ EventType }) => EventType === 'dial-out')).toMatchObject({ CallBackID: '32494' });
  });
});
