/** Parking on a real PBX: by command, by phones, through restarts, until somebody fetches the call or its time is over. */
import { expect, test } from 'vitest';
import type { CommandRecord } from '../../src/control/control.ts';
import type { SlotRef } from '../../src/model/call.ts';
import type { Event } from '../../src/model/event.ts';
import type { Slot } from '../../src/model/place.ts';
import type { EventTail } from './gateway/event-tail.ts';
import { Gateway } from './gateway/gateway.ts';
import type { Office, OfficeHabits } from './office.ts';
import type { PhoneCall } from './phone/phone-call.ts';
import type { ConnectedGateway } from './shared-gateway.ts';

type Extension = '101' | '102' | '103' | '104' | '200' | '341' | '400' | '410';

const all = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];
const valet = (slot: string): SlotRef => ({ lot: 'valet', slot });

/** A call and who is in it. */
interface Talk {
  readonly start: Event | undefined;
  readonly caller: PhoneCall;
  readonly callee: PhoneCall;
  readonly callId: string;
  /** Of the one who was called, who parks. */
  readonly leg: string;
}

interface ParkingTools {
  shown(): Promise<{ readonly slots: readonly Slot[]; readonly free: readonly SlotRef[] }>;
  /** As `talk`, seen by a gateway of the test's own. */
  talkOver(tail: EventTail, from: Extension, to: Extension): Promise<Talk>;
  talk(from: Extension, to: Extension): Promise<Talk>;
}

/** What a test of parking asks for: the slots as they are shown, and two who talk. */
export const parkingTools = (office: () => Office, connected: () => ConnectedGateway): ParkingTools => {
  const shown = async (): Promise<{ readonly slots: readonly Slot[]; readonly free: readonly SlotRef[] }> =>
    (await connected().gateway.get('/v1/slots')).body as { readonly slots: readonly Slot[]; readonly free: readonly SlotRef[] };

  const talkOver = async (tail: EventTail, from: Extension, to: Extension): Promise<Talk> => {
    const [calling, called] = await office().phones(from, to);
    const start = tail.events.at(-1);
    const caller = await calling.call(to);
    const callee = await called.incoming();
    const { legId: leg = '' } = await tail.until('leg.started', (event) => event.leg?.extension === to, start);
    callee.answer();
    const { callId = '' } = await tail.until('legs.linked', () => true, start);
    await Promise.all([caller.untilHears(to), callee.untilHears(from)]);
    return { start, caller, callee, callId, leg };
  };
  const talk = (from: Extension, to: Extension): Promise<Talk> => talkOver(connected().tail, from, to);
  return { shown, talkOver, talk };
};

export const describeParking = (office: () => Office, connected: () => ConnectedGateway, habits: OfficeHabits): void => {
  const command = (leg: string, name: string, body: unknown = {}): Promise<CommandRecord> =>
    connected().gateway.command(`/v1/legs/${leg}/${name}`, body);
  const refused = async (leg: string, name: string, body: unknown): Promise<unknown> =>
    (await connected().gateway.post(`/v1/legs/${leg}/${name}`, body)).body;
  const { shown, talkOver, talk } = parkingTools(office, connected);
  /** Where the PBX says the number of the slot to who parked, it was said. */
  const hearsNumber = async (parker: string, slot: string): Promise<void> => {
    if (habits.saidSlot !== undefined) expect(await office().pbx.messages()).toMatch(habits.saidSlot(parker, slot));
  };

  test('the story: parked in slot 6, the number heard, a second call refused, and the two connected', async () => {
    const { tail } = connected();
    const first = await talk('200', '341');
    expect(await command(first.leg, 'park', { slot: valet('6') })).toMatchObject({ state: 'done' });
    await first.caller.untilHears('music');
    await first.callee.until('ended');
    const { slots, free } = await shown();
    expect(slots).toMatchObject([{ ...valet('6'), callId: first.callId, parkedBy: '341' }]);
    expect(free.map(({ slot }) => slot)).toEqual(all.filter((slot) => slot !== '6'));
    const [slot] = slots;
    expect(Date.parse(slot?.until ?? '') - Date.parse(slot?.since ?? '')).toBe(180_000);
    await hearsNumber('341', '6');

    const second = await talk('400', '410');
    expect(await refused(second.leg, 'park', { slot: valet('6') })).toMatchObject({ id: 'slot-occupied', status: 409 });
    await Promise.all([second.caller.untilHears('410'), second.callee.untilHears('400')]);

    expect(await command(second.leg, 'bridgeSlot', { slot: valet('6') })).toMatchObject({ state: 'done' });
    await Promise.all([first.caller.untilHears('400'), second.caller.untilHears('200')]);
    await second.callee.until('ended');
    expect((await shown()).free).toHaveLength(9);
    await first.caller.hangup();
    await second.caller.until('ended');
    const ended = await tail.ended(first.callId);
    expect(ended).toMatchObject({ data: { disposition: 'answered' }, call: { aliases: [second.callId] } });
    const parties = ['200', '341', '400', ...(habits.joinsBeforeLeaving ? ['410'] : [])];
    expect(ended.call.legs.map(({ extension }) => extension).toSorted()).toEqual(parties);
  });

  test('without a slot the first free one is taken, and the call that has waited longest is fetched', async () => {
    const [one, two] = [await talk('101', '102'), await talk('200', '341')];
    expect(await command(one.leg, 'park')).toMatchObject({ state: 'done' });
    expect(await command(two.leg, 'park')).toMatchObject({ state: 'done' });
    expect((await shown()).slots).toMatchObject([
      { ...valet('1'), callId: one.callId },
      { ...valet('2'), callId: two.callId },
    ]);
    const three = await talk('400', '410');
    expect(await command(three.leg, 'bridgeSlot')).toMatchObject({ state: 'done' });
    await Promise.all([one.caller.untilHears('400'), three.caller.untilHears('101')]);
    const phone = await office().phone('103');
    expect(await connected().gateway.command('/v1/slots/retrieve', { extension: '103' })).toMatchObject({ state: 'done' });
    const fetching = await phone.incoming();
    await Promise.all([two.caller.untilHears('103'), fetching.untilHears('200')]);
    expect((await shown()).slots).toEqual([]);
  });

  test('a call is fetched from the slot that is named; then the slot is empty', async () => {
    const { caller, callId, leg } = await talk('101', '102');
    const { gateway, tail } = connected();
    expect(await command(leg, 'park', { slot: valet('9') })).toMatchObject({ state: 'done' });
    const phone = await office().phone('103');
    expect(await gateway.command('/v1/slots/valet/9/retrieve', { extension: '103' })).toMatchObject({ state: 'done' });
    const fetching = await phone.incoming();
    await Promise.all([caller.untilHears('103'), fetching.untilHears('101')]);
    expect((await gateway.post('/v1/slots/valet/9/retrieve', { extension: '104' })).body).toMatchObject({ id: 'slot-empty' });
    await caller.hangup();
    const ended = await tail.ended(callId);
    expect(ended.call.legs.map(({ extension }) => extension)).toEqual(['101', '102', '103']);
  });

  test('of two parks for one slot at the same moment exactly one wins, and the other call goes on', async () => {
    const talks = [await talk('101', '102'), await talk('103', '104')];
    const { gateway } = connected();
    const answers = await Promise.all(
      talks.map(({ leg }) => gateway.post(`/v1/legs/${leg}/park`, { slot: valet('5') }, { prefer: 'wait=20' })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    const lost = talks[answers.findIndex(({ status }) => status === 409)];
    const won = talks.find((each) => each !== lost);
    await lost?.caller.untilHears(lost.callee.phone.number);
    await won?.caller.untilHears('music');
    expect((await shown()).slots).toMatchObject([{ ...valet('5'), callId: won?.callId }]);
  });

  test('when its time is over the call rings at who parked it, and is the same call', async () => {
    const { caller, callee, callId, leg, start } = await talk('200', '341');
    expect(await command(leg, 'park', { slot: valet('6'), timeoutSeconds: 1 })).toMatchObject({ state: 'done' });
    await callee.until('ended');
    const back = await (await office().phone('341')).incoming();
    const { data } = await connected().tail.until('slot.released', () => true, start);
    expect(data).toEqual({ ...valet('6'), reason: 'timed-out' });
    back.answer();
    await Promise.all([caller.untilHears('341'), back.untilHears('200')]);
    expect((await shown()).slots).toEqual([]);
    await caller.hangup();
    const ended = await connected().tail.ended(callId);
    expect(ended.call.legs.map(({ extension }) => extension)).toEqual(['200', '341', '341']);
  });

  test('who gives up leaves the slot free', async () => {
    const { caller, callId, leg, start } = await talk('101', '102');
    expect(await command(leg, 'park', { slot: valet('3') })).toMatchObject({ state: 'done' });
    await caller.untilHears('music');
    await caller.hangup();
    await connected().tail.ended(callId);
    expect((await connected().tail.until('slot.released', () => true, start)).data).toEqual({ ...valet('3'), reason: 'gave-up' });
    expect((await shown()).free).toHaveLength(9);
  });

  test('a call that its phone holds is parked, and who waits is given to another', async () => {
    const { caller, callee, leg } = await talk('101', '102');
    expect(await command(leg, 'hold')).toMatchObject({ state: 'done' });
    expect(await command(leg, 'park', { slot: valet('4') })).toMatchObject({ state: 'done' });
    await callee.until('ended');
    const other = await talk('103', '104');
    expect(await command(other.leg, 'bridgeSlot', { slot: valet('4') })).toMatchObject({ state: 'done' });
    await Promise.all([caller.untilHears('103'), other.caller.untilHears('101')]);
  });

  test('through a pair of channels: the number is heard, and the call comes back to the same phone', async () => {
    const { tail } = connected();
    const [calling, called] = await office().phones('101', '103');
    const start = tail.events.at(-1);
    const caller = await calling.call('8203');
    const callee = await called.incoming();
    const { legId = '', callId } = await tail.until('leg.started', ({ leg }) => leg?.extension === '103', start);
    callee.answer();
    await Promise.all([caller.untilHears('103'), callee.untilHears('101')]);
    expect(await command(legId, 'park', { slot: valet('5'), timeoutSeconds: 2 })).toMatchObject({ state: 'done' });
    await Promise.all([caller.untilHears('music'), callee.until('ended')]);
    await hearsNumber('103', '5');
    expect((await tail.until('slot.occupied', () => true, start)).data).toMatchObject({ ...valet('5'), parkedBy: '103' });
    const back = await called.incoming();
    back.answer();
    await Promise.all([caller.untilHears('103'), back.untilHears('101')]);
    expect((await tail.leg('103', ({ state }) => state === 'connected')).callId).toBe(callId);
  });

  test('the caller parks the called one as well', async () => {
    const { caller, callee, start } = await talk('101', '102');
    const { legId = '' } = await connected().tail.until('leg.started', ({ leg }) => leg?.extension === '101', start);
    expect(await command(legId, 'park', { slot: valet('2'), timeoutSeconds: 1 })).toMatchObject({ state: 'done' });
    await caller.until('ended');
    await callee.untilHears('music');
    const back = await (await office().phone('101')).incoming();
    back.answer();
    await Promise.all([callee.untilHears('101'), back.untilHears('102')]);
  });

  test('slots that are not there are refused, and the call goes on', async () => {
    const { caller, callee, leg } = await talk('101', '102');
    for (const slot of [valet('0'), valet('10'), valet('x'), { lot: 'default', slot: '701' }]) {
      expect(await refused(leg, 'park', { slot })).toMatchObject({ id: 'invalid-parameter' });
      expect(await refused(leg, 'bridgeSlot', { slot })).toMatchObject({ id: 'invalid-parameter' });
    }
    expect(await refused(leg, 'bridgeSlot', { slot: valet('1') })).toMatchObject({ id: 'slot-empty' });
    expect(await refused(leg, 'bridgeSlot', {})).toMatchObject({ id: 'slot-empty' });
    await Promise.all([caller.untilHears('102'), callee.untilHears('101')]);
  });

  test('a call comes back while no gateway runs, and each slot is free when the PBX was killed', async () => {
    const gateway = await Gateway.start({ pbx: office().pbx.settingsAt(office().pbx.gatewayPort) });
    try {
      const tail = gateway.tail('oldest');
      await tail.until('pbx.resynced');
      const first = await talkOver(tail, '200', '341');
      expect(await gateway.command(`/v1/legs/${first.leg}/park`, { slot: valet('6'), timeoutSeconds: 1 })).toMatchObject({ state: 'done' });
      await gateway.kill();
      await first.callee.until('ended');
      const back = await (await office().phone('341')).incoming();
      back.answer();
      await Promise.all([first.caller.untilHears('341'), back.untilHears('200')]);
      const killed = tail.events.at(-1);
      await gateway.boot();
      await tail.until('pbx.resynced', () => true, killed);
      expect((await gateway.get('/v1/slots')).body).toMatchObject({ slots: [] });
      expect((await gateway.get(`/v1/calls/${first.callId}`)).body).toMatchObject({ id: first.callId, state: 'active' });

      const second = await talkOver(tail, '101', '102');
      expect(await gateway.command(`/v1/legs/${second.leg}/park`, { slot: valet('6') })).toMatchObject({ state: 'done' });
      await office().pbx.crash();
      await office().pbx.boot();
      expect(await tail.ended(second.callId)).toMatchObject({ reconciled: true });
      expect(((await gateway.get('/v1/slots')).body as { readonly free: readonly unknown[] }).free).toHaveLength(9);
    } finally {
      await gateway.close();
    }
  });
};
