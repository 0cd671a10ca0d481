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

  subscribe(url: string, type: string): Promise<Reply> {
    return this.ask('POST', '/extension/34414/event/', { url, event_type: type, method: 'GET' });
  }

  valetPark(apiId: string, body: object): Promise<Reply> {
    return this.ask('PUT', `/extension/34414/valet_park/${apiId}`, body);
  }
}

const uuidOf = (told: Told): string => /^3232240860-(.{36})$/.exec(told['CallAPIID'] ?? '')?.[1] ?? 'none';

onEachAsterisk('the Telphin API', (_version, tree) => {
  const office = sharedOffice(tree);
  const connected = sharedGateway(office, settings);
  const receiver = new Receiver();
  beforeAll(() => receiver.open());
  afterEach(() => void receiver.told.splice(0));
  afterAll(() => receiver.close());

  /** Somebody outside calls 341, who answers; and the webhook that told of it. */
  const answered = async (from: string): Promise<{ readonly caller: PhoneCall; readonly desk: PhoneCall; readonly told: Told }> => {
    const [provider, phone] = [await office().provider(), await office().phone('341')];
    const caller = await provider.call('+15550200341', { from });
    const desk = await phone.incoming();
    desk.answer();
    const told = await receiver.until(({ EventType, CallerIDNum }) => EventType === 'answer' && CallerIDNum === from);
    await Promise.all([caller.untilHears('341'), desk.untilHears('outside')]);
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
});
