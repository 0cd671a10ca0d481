/** Links break and processes die; each call that was announced has one end all the same, and nothing is told twice. */
import { expect, test } from 'vitest';
import type { Event } from '../../src/model/event.ts';
import type { PhoneCall } from './phone/phone-call.ts';
import type { Office } from './office.ts';
import type { ConnectedGateway } from './shared-gateway.ts';

export const describeOutages = (office: () => Office, connected: () => ConnectedGateway): void => {
  const mark = (): Event | undefined => connected().tail.events.at(-1);

  /** Two who talk, and the id of their call. */
  const talk = async (
    from: '101' | '103',
    to: '102' | '104',
  ): Promise<{ readonly call: PhoneCall; readonly rung: PhoneCall; readonly id: string }> => {
    const start = mark();
    const [caller, callee] = await office().phones(from, to);
    const call = await caller.call(to);
    const rung = await callee.incoming();
    rung.answer();
    const { callId = '' } = await connected().tail.until('legs.linked', ({ call: told }) => told?.from.extension === from, start);
    await call.untilHears(to);
    return { call, rung, id: callId };
  };
  const endsOf = (id: string): readonly Event[] =>
    connected().tail.events.filter(({ type, callId }) => type === 'call.ended' && callId === id);

  test('a call that outlasts a broken link goes on as if nothing had been', async () => {
    const { tail, link } = connected();
    const { call, id } = await talk('101', '102');
    const start = mark();
    link.cut();
    await tail.until('pbx.disconnected', () => true, start);
    link.mend();
    const { data } = await tail.until('pbx.resynced', () => true, start);
    expect(data).toEqual({ restarted: false, corrections: [] });
    await call.hangup();
    expect((await tail.ended(id)).reconciled).toBe(false);
  });

  test('what happened while the link was broken is told when it is back, and marked', async () => {
    const { tail, link, gateway } = connected();
    const before = await talk('101', '102');
    const start = mark();
    link.cut();
    await tail.until('pbx.disconnected', () => true, start);
    expect(await gateway.get('/v1/state')).toMatchObject({ body: { pbxStatus: 'down' } });
    expect(await gateway.post('/v1/calls', { extension: '105', number: '102' })).toMatchObject({ status: 503, body: { id: 'pbx-down' } });
    await before.call.hangup();
    const [kim, max] = await office().phones('103', '104');
    const unseen = await kim.call('104');
    (await max.incoming()).answer();
    await unseen.untilHears('104');
    link.mend();
    const { data } = await tail.until('pbx.resynced', () => true, start);
    const found = await tail.until('call.started', (event) => event.call?.from.extension === '103', start);
    expect(found.reconciled).toBe(true);
    expect(data.corrections).toEqual(
      expect.arrayContaining([
        { what: 'call-ended', callId: before.id },
        { what: 'call-found', callId: found.callId },
      ]),
    );
    expect(await tail.ended(before.id)).toMatchObject({ reconciled: true, data: { disposition: 'answered' } });
    const { body } = await gateway.get('/v1/state');
    expect(body).toMatchObject({ pbxStatus: 'live', calls: [{ id: found.callId, state: 'active' }] });
    await unseen.hangup();
    expect(await tail.ended(found.callId ?? '')).toMatchObject({ reconciled: false, data: { disposition: 'answered' } });
  });

  test('a PBX that freezes is degraded, and live again when it answers', async () => {
    const { tail } = connected();
    const { call, id } = await talk('101', '102');
    const start = mark();
    office().pbx.freeze();
    await tail.until('pbx.degraded', () => true, start);
    office().pbx.thaw();
    await tail.until('pbx.connected', () => true, start);
    await call.hangup();
    await tail.ended(id);
    expect(endsOf(id)).toHaveLength(1);
  });

  test('a PBX that is killed and started again has lost its calls, and each has its end', async () => {
    const { tail } = connected();
    const talking = await talk('101', '102');
    const start = mark();
    const [kim, max] = await office().phones('103', '104');
    const ringing = await kim.call('104');
    const rung = await max.incoming();
    const { callId = '' } = await tail.until('leg.ringing', ({ leg }) => leg?.extension === '104', start);
    await office().pbx.crash();
    for (const lost of [talking.call, talking.rung, ringing, rung]) lost.drop();
    await tail.until('pbx.disconnected', () => true, start);
    await office().pbx.boot();
    const { data } = await tail.until('pbx.resynced', () => true, start);
    expect(data.restarted).toBe(true);
    expect(await tail.ended(talking.id)).toMatchObject({ reconciled: true, data: { disposition: 'answered' } });
    expect(await tail.ended(callId)).toMatchObject({ reconciled: true });
    const again = await talk('101', '102');
    await again.call.hangup();
    await tail.ended(again.id);
    expect([talking.id, callId, again.id].map((id) => endsOf(id).length)).toEqual([1, 1, 1]);
  });

  test('a PBX that is stopped in order says how each call ended before it goes', async () => {
    const { tail } = connected();
    const { call, rung, id } = await talk('101', '102');
    const start = mark();
    await office().pbx.shutDown();
    for (const lost of [call, rung]) lost.drop();
    await tail.until('pbx.disconnected', () => true, start);
    await office().pbx.boot();
    await tail.until('pbx.resynced', () => true, start);
    expect(await tail.ended(id)).toMatchObject({ data: { disposition: 'answered' } });
    expect(endsOf(id)).toHaveLength(1);
  });

  test('a gateway that is killed ends what ended without it once, and goes on with what lives', async () => {
    const { tail, gateway } = connected();
    const ending = await talk('101', '102');
    const lasting = await talk('103', '104');
    const start = mark();
    await gateway.kill();
    await ending.call.hangup();
    await gateway.boot();
    expect(await tail.ended(ending.id)).toMatchObject({ reconciled: true, data: { disposition: 'answered' } });
    await tail.until('pbx.resynced', () => true, start);
    expect((await gateway.get('/v1/state')).body).toMatchObject({ calls: [{ id: lasting.id }] });
    await lasting.call.hangup();
    expect(await tail.ended(lasting.id)).toMatchObject({ reconciled: false, data: { disposition: 'answered' } });
    expect([ending.id, lasting.id].map((id) => endsOf(id).length)).toEqual([1, 1]);
  });

  test('gateway and PBX killed together leave no ghost', async () => {
    const { tail, gateway } = connected();
    const { call, rung, id } = await talk('101', '102');
    await gateway.kill();
    await office().pbx.crash();
    for (const lost of [call, rung]) lost.drop();
    await office().pbx.boot();
    await gateway.boot();
    expect(await tail.ended(id)).toMatchObject({ reconciled: true });
    expect((await gateway.get('/v1/state')).body).toMatchObject({ calls: [] });
    expect(endsOf(id)).toHaveLength(1);
  });

  test('a gateway that is asked to stop leaves with its data whole, in the middle of a call', async () => {
    const { tail, gateway } = connected();
    const { call, id } = await talk('101', '102');
    expect(await gateway.stop()).toBe(0);
    await gateway.boot();
    await call.hangup();
    await tail.ended(id);
    expect(endsOf(id)).toHaveLength(1);
  });
};
