/** Parking on a real PBX: by command, by phones, through restarts, until somebody fetches the call or its time is over. */
import { describe, expect, test } from 'vitest';
import type { SlotRef } from '../../../src/model/call.ts';
import type { Slot } from '../../../src/model/place.ts';
import { Gateway } from '../gateway/gateway.ts';
import { describeParking, parkingTools } from '../parking.ts';
import { habits } from './office.ts';
import { onEachAsterisk, sharedOffice } from './on-each-asterisk.ts';
import { amiAccounts } from './pbx.ts';
import { sharedGateway } from '../shared-gateway.ts';

const valet = (slot: string): SlotRef => ({ lot: 'valet', slot });

onEachAsterisk('parking', (_version, tree) => {
  const office = sharedOffice(tree);
  const connected = sharedGateway(office);
  describeParking(office, connected, habits);

  const { shown, talkOver, talk } = parkingTools(office, connected);

  const pbx = (more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
    kind: 'asterisk',
    port: office().pbx.amiPort,
    ...amiAccounts.recommended,
    extensionPattern: '^[0-9]{3}$',
    ...more,
  });

  test('where another was quicker by a moment, the PBX parks elsewhere, and the two talk on', async () => {
    // Another gateway on the same PBX knows nothing of what this one claims.
    const rival = await Gateway.start({ pbx: pbx() });
    try {
      await rival.tail('oldest').until('pbx.resynced');
      const [one, two] = [await talk('101', '102'), await talk('103', '104')];
      const parking = (gateway: Gateway, leg: string): ReturnType<Gateway['post']> =>
        gateway.post(`/v1/legs/${leg}/park`, { slot: valet('8') }, { prefer: 'wait=20' });
      const [first, second] = await Promise.all([parking(connected().gateway, one.leg), parking(rival, two.leg)]);
      expect([first.status, second.status].toSorted()).toEqual([200, 409]);
      const [lost, won] = first.status === 409 ? [one, two] : [two, one];
      await lost.caller.untilHears(lost.callee.phone.number);
      await lost.callee.untilHears(lost.caller.phone.number);
      await won.caller.untilHears('music');
      await expect.poll(async () => (await shown()).slots).toMatchObject([valet('8')]);
    } finally {
      await rival.close();
    }
  });

  test('a call that the PBX holds is parked, and its phone hears the number all the same', async () => {
    const gateway = await Gateway.start({ pbx: pbx({ hold: 'redirect' }) });
    try {
      const tail = gateway.tail('oldest');
      await tail.until('pbx.resynced');
      const { caller, callee, leg } = await talkOver(tail, '101', '102');
      expect(await gateway.command(`/v1/legs/${leg}/hold`)).toMatchObject({ state: 'done' });
      expect(await gateway.command(`/v1/legs/${leg}/park`, { slot: valet('7') })).toMatchObject({ state: 'done' });
      await callee.until('ended');
      expect(await office().pbx.messages()).toMatch(/<PJSIP\/102-\w+> Playing 'digits\/7\./);
      const other = await talkOver(tail, '103', '104');
      expect(await gateway.command(`/v1/legs/${other.leg}/hold`)).toMatchObject({ state: 'done' });
      expect(await gateway.command(`/v1/legs/${other.leg}/bridgeSlot`, { slot: valet('7') })).toMatchObject({ state: 'done' });
      await Promise.all([caller.untilHears('103'), other.caller.untilHears('101'), other.callee.until('ended')]);
    } finally {
      await gateway.close();
    }
  });

  describe('a gateway whose slots have no lot of their own', () => {
    const desk = (slot: string): SlotRef => ({ lot: 'desk', slot });

    test('uses the first spaces of the lot that Asterisk has, takes those of phones for what they are, and keeps them over a kill', async () => {
      const gateway = await Gateway.start({ pbx: pbx(), parking: { lot: 'desk', slots: ['1', '2', '3'] } });
      try {
        const tail = gateway.tail('oldest');
        await tail.until('pbx.resynced');
        // A phone parks by its own means: nobody asked the gateway.
        const byPhone = await talkOver(tail, '101', '102');
        await byPhone.callee.transfer('700');
        const { data } = await tail.until('slot.occupied', () => true, byPhone.start);
        expect(data).toMatchObject(desk('1'));
        await byPhone.callee.hangup();

        const parked = await talkOver(tail, '200', '341');
        expect((await gateway.post(`/v1/legs/${parked.leg}/park`, { slot: desk('1') })).body).toMatchObject({ id: 'slot-occupied' });
        expect(await gateway.command(`/v1/legs/${parked.leg}/park`, { timeoutSeconds: 90 })).toMatchObject({ state: 'done' });
        expect(await office().pbx.cli('parking show default')).toContain('702');
        const before = (await gateway.get('/v1/slots')).body as { readonly slots: readonly Slot[] };
        expect(before.slots).toMatchObject([desk('1'), { ...desk('2'), callId: parked.callId, parkedBy: '341' }]);

        await gateway.kill();
        await byPhone.caller.hangup();
        const resynced = tail.events.at(-1);
        await gateway.boot();
        await tail.until('pbx.resynced', () => true, resynced);
        const after = (await gateway.get('/v1/slots')).body as { readonly slots: readonly Slot[]; readonly free: readonly SlotRef[] };
        expect(after.slots).toEqual(before.slots.filter(({ slot }) => slot === '2'));
        expect(after.free).toEqual([desk('1'), desk('3')]);

        const other = await talkOver(tail, '400', '410');
        expect(await gateway.command(`/v1/legs/${other.leg}/bridgeSlot`, { slot: desk('2') })).toMatchObject({ state: 'done' });
        await Promise.all([parked.caller.untilHears('400'), other.caller.untilHears('200')]);
      } finally {
        await gateway.close();
      }
    });
  });
});
