import { expect, test } from 'vitest';
import type { PhoneCall } from '../phone/phone-call.ts';
import { Gateway } from '../gateway/gateway.ts';
import { describeCommands } from '../commands.ts';
import { sharedGateway } from '../shared-gateway.ts';
import { habits } from './office.ts';
import { onEachAsterisk, sharedOffice } from './on-each-asterisk.ts';

onEachAsterisk('commands', (_version, tree) => {
  const office = sharedOffice(tree);
  const connected = sharedGateway(office);
  describeCommands(office, connected, habits);

  /** 101 and 102 talk. */
  const talk = async (): Promise<{
    readonly caller: PhoneCall;
    readonly callee: PhoneCall;
    readonly callerLeg: string;
    readonly calleeLeg: string;
  }> => {
    const { tail } = connected();
    const start = tail.events.at(-1);
    const legOf = async (extension: string): Promise<string> =>
      (await tail.until('leg.connected', ({ leg }) => leg?.extension === extension, start)).legId ?? '';
    const [tom, ann] = await office().phones('101', '102', '103');
    const caller = await tom.call('102');
    const callee = await ann.incoming();
    callee.answer();
    await Promise.all([caller.untilHears('102'), callee.untilHears('101')]);
    return { caller, callee, callerLeg: await legOf('101'), calleeLeg: await legOf('102') };
  };

  test('where the configuration allows it, the PBX holds for a phone that does not obey', async () => {
    const { pbx } = office();
    const gateway = await Gateway.start({ pbx: { ...pbx.settingsAt(pbx.gatewayPort), hold: 'notify-then-redirect' } });
    try {
      const tail = gateway.tail('oldest');
      await tail.until('pbx.resynced');
      const { caller, callee, calleeLeg } = await talk();
      callee.phone.obeysNotify = false;
      const leg = (await tail.leg('102', ({ state }) => state === 'connected')).id;
      expect(leg).toBe(calleeLeg);
      expect(await gateway.command(`/v1/legs/${leg}/hold`)).toMatchObject({ state: 'done' });
      await Promise.all([caller.untilHears('music'), callee.untilHears()]);
      expect(await gateway.command(`/v1/legs/${leg}/resume`)).toMatchObject({ state: 'done' });
      await Promise.all([caller.untilHears('102'), callee.untilHears('101')]);
      expect(await gateway.command(`/v1/legs/${leg}/hold`)).toMatchObject({ state: 'done' });
      await caller.untilHears('music');
      const transferring = gateway.command(`/v1/legs/${leg}/transfer`, { to: '103' });
      const third = await (await office().phone('103')).incoming();
      third.answer();
      expect(await transferring).toMatchObject({ state: 'done' });
      await Promise.all([caller.untilHears('103'), callee.until('ended')]);
      await caller.hangup();
      expect(await tail.until('call.ended')).toMatchObject({ data: { disposition: 'answered' }, call: { legs: [{}, {}, {}] } });
    } finally {
      await gateway.close();
    }
  });

  test('digits are pressed at the leg: a feature code of the dialplan takes them', async () => {
    const { callerLeg, callee } = await talk();
    const start = connected().tail.events.at(-1);
    expect(await connected().gateway.command(`/v1/legs/${callerLeg}/dtmf`, { digits: '#1' })).toMatchObject({ state: 'done' });
    await callee.untilHears('music');
    expect(await connected().gateway.command(`/v1/legs/${callerLeg}/dtmf`, { digits: '103' })).toMatchObject({ state: 'done' });
    const third = await (await office().phone('103')).incoming();
    third.answer();
    await third.untilHears('102');
    await callee.untilHears('103');
    expect((await connected().tail.until('call.transferred', () => true, start)).data).toMatchObject({ to: { extension: '103' } });
  });
});
