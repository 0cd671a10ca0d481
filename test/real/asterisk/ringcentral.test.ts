/** RingCentral's API on a real PBX: the story of the vendor's guide, told to a WebHook, and call control with phones that ring. */
import { expect, test } from 'vitest';
import { startSink } from '../../delivery/webhooks/sink.ts';
import type { PhoneCall } from '../phone/phone-call.ts';
import { onEachAsterisk, sharedOffice } from './on-each-asterisk.ts';
import { sharedGateway } from '../shared-gateway.ts';

const account = '400144452008';
const tom = '400144455008';
const jerry = '400144457008';

const users = Object.fromEntries(
  ['101', '102', '103', '105'].map((number) => [
    number,
    { password: 'demo', extension: number, scopes: ['observe', 'control', 'supervise', 'record'] },
  ]),
);
const settings = {
  dialects: {
    ringcentral: {
      accountId: Number(account),
      extensionIds: { 102: Number(tom), 103: Number(jerry) },
      assertions: Object.fromEntries(Object.keys(users).map((number) => [`assertion-${number}`, number])),
    },
  },
  clients: { app: { secret: 'app-secret', scopes: ['observe', 'control', 'supervise', 'record'] } },
  users,
};

interface Party {
  readonly id: string;
  readonly extensionId: string;
  readonly direction: string;
  readonly status: { readonly code: string; readonly reason?: string };
}

interface Notification {
  readonly uuid: string;
  readonly event: string;
  readonly timestamp: string;
  readonly ownerId: string;
  readonly body: {
    readonly sequence: number;
    readonly eventTime: string;
    readonly telephonySessionId: string;
    readonly parties: readonly [Party];
    readonly telephonyStatus: string;
  };
}

const isPresence = ({ event }: Notification): boolean => event.includes('/presence');

/** Whose party, and what it came to: `102 Inbound Proceeding`. */
const lineOf = ({ event, body }: Notification): string => {
  if (isPresence({ event } as Notification)) return `presence ${body.telephonyStatus}`;
  const [{ direction, extensionId, status }] = body.parties;
  const name = extensionId === tom ? '102' : extensionId === jerry ? '103' : extensionId.slice(-3);
  return [name, direction, status.code, status.reason ?? ''].join(' ').trim();
};

onEachAsterisk('the RingCentral API', (_version, tree) => {
  const office = sharedOffice(tree);
  const connected = sharedGateway(office, settings);

  const tokenOf = async (extension: string): Promise<string> => {
    const form = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: `assertion-${extension}` });
    const headers = { authorization: `Basic ${Buffer.from('app:app-secret').toString('base64')}` };
    const reply = await fetch(`${connected().gateway.url}/restapi/oauth/token`, { method: 'POST', headers, body: form });
    return ((await reply.json()) as { readonly access_token: string }).access_token;
  };

  const rest = async (
    extension: string,
    method: string,
    path: string,
    body?: object,
  ): Promise<{ readonly status: number; readonly body: unknown }> => {
    const headers = { authorization: `Bearer ${await tokenOf(extension)}`, 'content-type': 'application/json' };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const reply = await fetch(`${connected().gateway.url}/restapi/v1.0${path}`, init);
    const text = await reply.text();
    return { status: reply.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
  };

  /** The subscription of the guide, told to a WebHook: what has been told, in order, once it is enough. */
  const listen = async (): Promise<(isEnough: (told: readonly Notification[]) => boolean) => Promise<readonly Notification[]>> => {
    const sink = await startSink(({ headers }, response) => {
      const token = headers['validation-token'];
      response.writeHead(200, typeof token === 'string' ? { 'Validation-Token': token } : {}).end();
    });
    const made = await rest('102', 'POST', '/subscription', {
      eventFilters: [
        '/restapi/v1.0/account/~/telephony/sessions',
        '/restapi/v1.0/account/~/extension/~/presence?detailedTelephonyState=true&sipData=true',
      ],
      deliveryMode: { transportType: 'WebHook', address: sink.url },
    });
    expect(made).toMatchObject({ status: 200, body: { status: 'Active' } });
    return async (isEnough) => {
      for (;;) {
        const told = sink.received.slice(1).map(({ body }) => JSON.parse(body) as Notification);
        if (isEnough(told)) return told;
        await sink.count(sink.received.length + 1);
      }
    };
  };

  const deviceOf = async (extension: string): Promise<string> => {
    const { body } = await rest(extension, 'GET', '/account/~/extension/~/device');
    const [device] = (body as { readonly records: readonly { readonly id: string; readonly status: string }[] }).records;
    expect(device).toMatchObject({ status: 'Online' });
    return device?.id ?? '';
  };

  interface Active {
    readonly session: string;
    readonly party: string;
  }

  /** The path of the extension's party, once there is one of that status. */
  const partyOf = async (extension: string, status: string): Promise<Active> => {
    const active = async (): Promise<Active | undefined> => {
      const { body } = await rest(extension, 'GET', '/account/~/extension/~/presence?detailedTelephonyState=true');
      const { activeCalls = [] } = body as {
        readonly activeCalls?: readonly {
          readonly telephonyStatus: string;
          readonly telephonySessionId: string;
          readonly partyId: string;
        }[];
      };
      const call = activeCalls.find(({ telephonyStatus }) => telephonyStatus === status);
      if (call === undefined) return undefined;
      const session = `/account/~/telephony/sessions/${call.telephonySessionId}`;
      return { session, party: `${session}/parties/${call.partyId}` };
    };
    await expect.poll(active).toBeDefined();
    const found = await active();
    if (found === undefined) throw new Error('It was there a moment ago.');
    return found;
  };

  interface Talk extends Active {
    readonly caller: PhoneCall;
    readonly callee: PhoneCall;
  }

  /** 103 has called 102, and they talk; the path is that of 102's party. */
  const talk = async (): Promise<Talk> => {
    const [cat, sawyer] = await office().phones('103', '102', '101', '105');
    const caller = await cat.call('102');
    const callee = await sawyer.incoming();
    callee.answer();
    await Promise.all([caller.untilHears('102'), callee.untilHears('103')]);
    return { caller, callee, ...(await partyOf('102', 'CallConnected')) };
  };

  test('the story of the guide: 103 calls 102, which rings, answers and is hung up', async () => {
    const [cat, sawyer] = await office().phones('103', '102');
    const told = await listen();
    const caller = await cat.call('102');
    const rung = await sawyer.incoming();
    await partyOf('102', 'Ringing');
    const ringing = await told((some) => {
      const lines = some.map(lineOf);
      return lines.includes('102 Inbound Proceeding') && lines.includes('presence Ringing');
    });
    rung.answer();
    await Promise.all([caller.untilHears('102'), rung.untilHears('103')]);
    await partyOf('102', 'CallConnected');
    await caller.hangup();
    await rung.until('ended');
    const all = await told((some) => {
      const lines = some.map(lineOf);
      return (
        lines.filter((line) => line.endsWith('Disconnected')).length === 2 &&
        lines.lastIndexOf('presence NoCall') > lines.indexOf('102 Inbound Answered')
      );
    });
    const sessions = all.filter((each) => !isPresence(each));
    expect(sessions.slice(0, 5).map(lineOf)).toEqual([
      '103 Outbound Setup',
      '102 Inbound Setup',
      '103 Outbound Answered',
      '102 Inbound Proceeding',
      '102 Inbound Answered',
    ]);
    // Whose channel Asterisk ends first is its own affair.
    expect(sessions.slice(5).map(lineOf).toSorted()).toEqual(['102 Inbound Disconnected', '103 Outbound Disconnected']);
    expect(sessions.map(({ body }) => body.sequence)).toEqual([2, 3, 4, 5, 6, 7, 8]);
    // Before, its phone may just have come; after, it is told again when the call is gone.
    const lines = all.filter(isPresence).map(lineOf);
    const presences = lines.slice(lines.indexOf('presence Ringing'));
    const changes = presences.filter((line, at) => line !== presences[at - 1]);
    expect(changes).toEqual(['presence Ringing', 'presence CallConnected', 'presence NoCall']);
    expect(new Set(all.map(({ uuid }) => uuid)).size).toBe(all.length);
    const proceeding = ringing.find((each) => lineOf(each) === '102 Inbound Proceeding');
    const session = proceeding?.body.telephonySessionId ?? '';
    expect(proceeding).toEqual({
      uuid: expect.stringMatching(/^\d+$/) as string,
      event: `/restapi/v1.0/account/${account}/extension/${tom}/telephony/sessions`,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      subscriptionId: expect.any(String) as string,
      ownerId: tom,
      body: {
        sequence: 5,
        sessionId: expect.stringMatching(/^\d+$/) as string,
        telephonySessionId: expect.stringMatching(/^s-[0-9a-fz]+$/) as string,
        serverId: expect.any(String) as string,
        eventTime: expect.any(String) as string,
        accountId: account,
        extensionId: tom,
        origin: { type: 'Call' },
        parties: [
          {
            accountId: account,
            extensionId: tom,
            id: `p-${session.slice(2)}-2`,
            direction: 'Inbound',
            to: { phoneNumber: '102', name: expect.any(String) as string, extensionId: tom },
            from: { phoneNumber: '103', name: expect.any(String) as string, extensionId: jerry },
            status: { code: 'Proceeding', mobilePickupData: expect.objectContaining({ ccMailboxes: [tom] }) as object, rcc: false },
            park: {},
            missedCall: false,
            standAlone: false,
            muted: false,
          },
        ],
      },
    });
    expect(ringing.find((each) => lineOf(each) === 'presence Ringing')).toMatchObject({
      event: `/restapi/v1.0/account/${account}/extension/${tom}/presence?detailedTelephonyState=true&sipData=true`,
      body: {
        extensionId: Number(tom),
        telephonyStatus: 'Ringing',
        presenceStatus: 'Available',
        activeCalls: [
          {
            direction: 'Inbound',
            from: '103',
            to: '102',
            telephonyStatus: 'Ringing',
            sipData: { toTag: 'blf' },
            telephonySessionId: session,
            partyId: `p-${session.slice(2)}-2`,
          },
        ],
      },
    });
  });

  test('answered on its device, held, resumed, muted, and hung up', async () => {
    const [cat, sawyer] = await office().phones('103', '102');
    const caller = await cat.call('102');
    const rung = await sawyer.incoming();
    const { party } = await partyOf('102', 'Ringing');
    const answered = await rest('102', 'POST', `${party}/answer`, { deviceId: await deviceOf('102') });
    expect(answered).toMatchObject({ status: 200, body: { extensionId: tom, status: { code: 'Answered' } } });
    await caller.untilHears('102');
    expect(await rest('102', 'POST', `${party}/hold`)).toMatchObject({ status: 200, body: { status: { code: 'Hold' } } });
    await caller.untilHears('music');
    expect(await rest('102', 'POST', `${party}/hold`)).toMatchObject({ status: 409, body: { errorCode: 'TAS-102' } });
    expect(await rest('102', 'POST', `${party}/unhold`)).toMatchObject({ status: 200, body: { status: { code: 'Answered' } } });
    await caller.untilHears('102');
    expect(await rest('102', 'PATCH', party, { muted: true })).toMatchObject({ status: 200, body: { muted: true } });
    await caller.untilHears();
    expect(await rest('102', 'PATCH', party, { muted: false })).toMatchObject({ status: 200, body: { muted: false } });
    await caller.untilHears('102');
    expect(await rest('102', 'DELETE', party)).toMatchObject({ status: 204 });
    await Promise.all([caller.until('ended'), rung.until('ended')]);
  });

  test('rejected, and forwarded to somebody else', async () => {
    const [cat, sawyer, dora] = await office().phones('103', '102', '105');
    const declined = await cat.call('102');
    await sawyer.incoming();
    expect(await rest('102', 'POST', `${(await partyOf('102', 'Ringing')).party}/reject`)).toMatchObject({ status: 204 });
    await declined.until('ended');
    const forwarded = await cat.call('102');
    await sawyer.incoming();
    const { party } = await partyOf('102', 'Ringing');
    const sent = rest('102', 'POST', `${party}/forward`, { extensionNumber: '105' });
    const third = await dora.incoming();
    expect(await sent).toMatchObject({ status: 200, body: { status: { code: 'Disconnected', reason: 'BlindTransfer' } } });
    third.answer();
    await forwarded.untilHears('105');
  });

  test('what rings is forwarded to a mailbox', async () => {
    const [cat, sawyer] = await office().phones('103', '102');
    const caller = await cat.call('102');
    const rung = await sawyer.incoming();
    const { party } = await partyOf('102', 'Ringing');
    expect(await rest('102', 'POST', `${party}/forward`, { voicemail: tom })).toMatchObject({ status: 200 });
    await Promise.all([rung.until('ended'), caller.until('up')]);
  });

  test('transferred blind: the caller hears whom it was sent to', async () => {
    const { caller, callee, party } = await talk();
    const transferring = rest('102', 'POST', `${party}/transfer`, { extensionNumber: '105' });
    const third = await (await office().phone('105')).incoming();
    third.answer();
    expect(await transferring).toMatchObject({ status: 200, body: { status: { code: 'Disconnected', reason: 'BlindTransfer' } } });
    await Promise.all([callee.until('ended'), caller.untilHears('105')]);
  });

  test('a warm transfer: 102 consults 105, and connects 103 with it', async () => {
    const { caller, callee, party } = await talk();
    expect(await rest('102', 'POST', `${party}/hold`)).toMatchObject({ status: 200 });
    await caller.untilHears('music');
    const [sawyer, dora] = await office().phones('102', '105');
    const consulting = await sawyer.call('105');
    const consulted = await dora.incoming();
    consulted.answer();
    await consulting.untilHears('105');
    const other = await partyOf('102', 'CallConnected');
    const [, telephonySessionId = '', partyId = ''] = /sessions\/([^/]+)\/parties\/(.+)$/.exec(other.party) ?? [];
    const bridged = await rest('102', 'POST', `${party}/bridge`, { telephonySessionId, partyId });
    expect(bridged).toMatchObject({
      status: 200,
      body: { status: { code: 'Gone', reason: 'AttendedTransfer', peerId: { telephonySessionId, partyId } } },
    });
    await Promise.all([callee.until('ended'), consulting.until('ended')]);
    await Promise.all([caller.untilHears('105'), consulted.untilHears('103')]);
  });

  test('parked in slot 1 as *801, and picked up at another desk', async () => {
    const { caller, callee, party } = await talk();
    expect(await rest('102', 'POST', `${party}/park`)).toMatchObject({
      status: 201,
      body: { status: { code: 'Parked' }, park: { id: '*801' } },
    });
    await callee.until('ended');
    const dora = await office().phone('105');
    dora.obeysAutoAnswer = false;
    const fetching = rest('105', 'POST', `${party}/pickup`, { deviceId: await deviceOf('105') });
    const rung = await dora.incoming();
    rung.answer();
    expect(await fetching).toMatchObject({ status: 201, body: { status: { code: 'Answered', reason: 'Pickup' } } });
    await caller.untilHears('105');
  });

  test('recorded, paused and resumed', async () => {
    const { party } = await talk();
    const started = await rest('102', 'POST', `${party}/recordings`);
    expect(started).toMatchObject({ status: 201, body: { active: true } });
    const { id } = started.body as { readonly id: string };
    expect(await rest('102', 'POST', `${party}/recordings`)).toMatchObject({ status: 403, body: { errorCode: 'TAS-101' } });
    for (const active of [false, true]) {
      expect(await rest('102', 'PATCH', `${party}/recordings/${id}`, { active })).toMatchObject({ status: 200, body: { id, active } });
    }
  });

  test('a supervisor listens', async () => {
    const { session } = await talk();
    const supervisor = await office().phone('101');
    const supervising = rest('101', 'POST', `${session}/supervise`, {
      mode: 'Listen',
      supervisorDeviceId: await deviceOf('101'),
      agentExtensionId: tom,
    });
    const ear = await supervisor.incoming();
    if (ear.state === 'ringing') ear.answer();
    expect(await supervising).toMatchObject({ status: 201, body: { status: { code: 'Answered', reason: 'Supervising' } } });
    await ear.untilHears('102', '103');
  });

  test('called out from a device, and brought into a conference', async () => {
    const [sawyer, cat] = await office().phones('102', '103');
    const placing = rest('102', 'POST', '/account/~/telephony/call-out', {
      from: { deviceId: await deviceOf('102') },
      to: { extensionNumber: '103' },
    });
    const own = await sawyer.incoming();
    const placed = await placing;
    expect(placed).toMatchObject({ status: 201, body: { session: { parties: [{ direction: 'Outbound', status: { code: 'Setup' } }] } } });
    if (own.state === 'ringing') own.answer();
    const called = await cat.incoming();
    called.answer();
    await Promise.all([own.untilHears('103'), called.untilHears('102')]);
    const { party } = await partyOf('102', 'CallConnected');
    const [, sessionId = '', partyId = ''] = /sessions\/([^/]+)\/parties\/(.+)$/.exec(party) ?? [];
    const made = await rest('102', 'POST', '/account/~/telephony/conference');
    const { session } = made.body as { readonly session: { readonly id: string } };
    const path = `/account/~/telephony/sessions/${session.id}`;
    expect(await rest('102', 'POST', `${path}/parties/bring-in`, { sessionId, partyId })).toMatchObject({
      status: 201,
      body: { conferenceRole: 'Participant' },
    });
    await Promise.all([own.untilHears('103'), called.untilHears('102')]);
    expect(await rest('102', 'DELETE', path)).toMatchObject({ status: 204 });
    await Promise.all([own.until('ended'), called.until('ended')]);
  });
});
