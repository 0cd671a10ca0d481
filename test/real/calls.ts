/** The gateway end to end on a real PBX: what phones do comes out as events, what clients ask for happens at the phones. */
import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Event } from '../../src/model/event.ts';
import type { Office } from './office.ts';
import type { ConnectedGateway } from './shared-gateway.ts';

export const describeCalls = (office: () => Office, connected: () => ConnectedGateway): void => {
  /** The last event so far: what a test asks for came after it. */
  const mark = (): Event | undefined => connected().tail.events.at(-1);
  /** What happened since, as far as it concerns calls: `leg.ringing 102`. */
  const since = (start: Event | undefined): readonly string[] =>
    connected()
      .tail.events.filter(({ seq, type }) => seq > (start?.seq ?? 0) && /^(call|legs?)\./.test(type))
      .map(({ type, leg }) => (leg?.extension === undefined ? type : `${type} ${leg.extension}`));

  test('a call that is answered is told from its start to its end', async () => {
    const { tail, gateway } = connected();
    const start = mark();
    const [tom, ann] = await office().phones('101', '102');
    const call = await tom.call('102');
    const rung = await ann.incoming();
    const { callId = '' } = await tail.until('leg.ringing', ({ leg }) => leg?.extension === '102', start);
    rung.answer();
    await tail.until('legs.linked', (event) => event.callId === callId);
    await call.untilHears('102');
    await call.hangup();
    const ended = await tail.ended(callId);
    expect(ended.data).toMatchObject({ disposition: 'answered', cause: { code: 16 } });
    expect(ended.call).toMatchObject({ direction: 'internal', from: { extension: '101' }, to: { extension: '102' }, dialled: '102' });
    expect(ended.call.legs.find(({ extension }) => extension === '101')).toMatchObject({ endedBy: 'self', direction: 'outbound' });
    expect(ended.call.legs.find(({ extension }) => extension === '102')).toMatchObject({ endedBy: 'peer', direction: 'inbound' });
    expect(since(start).slice(0, 4)).toEqual(['call.started', 'leg.started 101', 'leg.started 102', 'leg.ringing 102']);
    expect((await gateway.get(`/v1/calls/${callId}`)).body).toMatchObject({ id: callId, state: 'ended', disposition: 'answered' });
  });

  test('a phone that is busy, one that declines and a caller who gives up each end a call in their own way', async () => {
    const { tail } = connected();
    const [tom, ann] = await office().phones('101', '102');
    const dispositionOf = async (story: () => Promise<void>): Promise<unknown> => {
      const start = mark();
      await story();
      const ended = await tail.until('call.ended', () => true, start);
      return ended.data.disposition;
    };
    const busy = await dispositionOf(async () => {
      ann.policy = 'busy';
      await (await tom.call('102')).until('ended');
      ann.policy = 'ring';
      await ann.incoming();
    });
    const rejected = await dispositionOf(async () => {
      const call = await tom.call('102');
      const rung = await ann.incoming();
      await call.until('ringing');
      rung.reject(603);
      await call.until('ended');
    });
    const cancelled = await dispositionOf(async () => {
      const call = await tom.call('102');
      await ann.incoming();
      await call.until('ringing');
      await call.hangup();
    });
    expect([busy, rejected, cancelled]).toEqual(['busy', 'rejected', 'cancelled']);
  });

  test('a call from outside is inbound, one to outside is outbound', async () => {
    const { tail } = connected();
    const tom = await office().phone('101');
    const outside = await office().provider();
    let start = mark();
    const inbound = await outside.call('+15550200101', { from: '+15550100001' });
    (await tom.incoming()).answer();
    await inbound.untilHears('101');
    await inbound.hangup();
    const first = await tail.until('call.ended', () => true, start);
    expect(first.call).toMatchObject({
      direction: 'inbound',
      from: { number: '+15550100001' },
      to: { extension: '101' },
      did: '+15550200101',
    });
    start = mark();
    const outbound = await tom.call('+15550100007');
    (await outside.incoming()).answer();
    await outbound.untilHears('outside');
    await outbound.hangup();
    const second = await tail.until('call.ended', () => true, start);
    expect(second.call).toMatchObject({ direction: 'outbound', from: { extension: '101' }, to: { number: '+15550100007' } });
  });

  test('click-to-dial rings the own phone, then connects it: done when the far party answers', async () => {
    const { tail, gateway } = connected();
    const [tom, ann] = await office().phones('101', '102');
    const { status, body } = await gateway.post('/v1/calls', { extension: '101', number: '102' });
    expect(status).toBe(202);
    const { id, callId } = body as { readonly id: string; readonly callId: string };
    const own = await tom.incoming();
    own.answer();
    (await ann.incoming()).answer();
    await own.untilHears('102');
    await tail.until('command.done', ({ data }) => data.commandId === id);
    await own.hangup();
    const ended = await tail.ended(callId);
    expect(ended.call).toMatchObject({ clickToDial: true, from: { extension: '101' }, to: { extension: '102' }, disposition: 'answered' });
  });

  test('click-to-dial makes the own phone answer by itself when asked to', async () => {
    const { gateway } = connected();
    const [tom, ann] = await office().phones('101', '102');
    await gateway.post('/v1/calls', { extension: '101', number: '102', autoAnswer: {} });
    const own = await tom.incoming();
    await own.until('up');
    (await ann.incoming()).answer();
    await own.untilHears('102');
  });

  test('click-to-dial fails, saying how, when the far party is busy', async () => {
    const { gateway } = connected();
    const [tom, ann] = await office().phones('101', '102');
    ann.policy = 'busy';
    const asked = gateway.command('/v1/calls', { extension: '101', number: '102' });
    (await tom.incoming()).answer();
    expect(await asked).toMatchObject({ state: 'failed', error: 'busy' });
  });

  test('answering asks the phone itself, which keeps its leg', async () => {
    const { tail, gateway } = connected();
    const [tom, ann] = await office().phones('101', '102');
    const start = mark();
    const call = await tom.call('102');
    const rung = await ann.incoming();
    const { legId } = await tail.until('leg.ringing', ({ leg }) => leg?.extension === '102', start);
    expect(await gateway.command(`/v1/legs/${legId ?? ''}/answer`)).toMatchObject({ state: 'done' });
    expect(rung.notified).toContain('talk');
    await call.untilHears('102');
    await rung.untilHears('101');
    await tail.until('leg.connected', (event) => event.legId === legId);
  });

  test('answering takes the call over to the phone when the phone does not obey; the caller sees one call', async () => {
    const { tail, gateway } = connected();
    const [tom, ann] = await office().phones('101', '102');
    ann.obeysNotify = false;
    const start = mark();
    const call = await tom.call('102');
    const rung = await ann.incoming();
    const { legId, callId = '' } = await tail.until('leg.ringing', ({ leg }) => leg?.extension === '102', start);
    expect(await gateway.command(`/v1/legs/${legId ?? ''}/answer`)).toMatchObject({ state: 'done' });
    const taken = await ann.incoming();
    await rung.until('ended');
    await call.untilHears('102');
    await taken.untilHears('101');
    await call.hangup();
    const ended = await tail.ended(callId);
    expect(ended.call).toMatchObject({ disposition: 'answered', from: { extension: '101' }, to: { extension: '102' } });
    expect(
      new Set(
        tail
          .of('call.ended')
          .filter(({ seq }) => seq > (start?.seq ?? 0))
          .map((event) => event.data.mergedInto ?? event.callId),
      ),
    ).toEqual(new Set([callId]));
  });

  test('of two calls that ring, the one that is meant is answered, and the other rings on', async () => {
    const { tail, gateway } = connected();
    const [tom, ann, kim] = await office().phones('101', '102', '103');
    const start = mark();
    const first = await tom.call('102');
    const ofTom = await ann.incoming();
    const { legId: other } = await tail.until('leg.ringing', ({ leg }) => leg?.extension === '102', start);
    const second = await kim.call('102');
    const ofKim = await ann.incoming();
    const { legId } = await tail.until('leg.ringing', (event) => event.leg?.extension === '102' && event.legId !== other, start);
    expect(await gateway.command(`/v1/legs/${legId ?? ''}/answer`)).toMatchObject({ state: 'done' });
    await second.untilHears('102');
    expect([ofKim.state, ofTom.state, first.state]).toEqual(['up', 'ringing', 'ringing']);
  });

  test('rejecting one ringing phone of a group leaves the others ringing', async () => {
    const { tail, gateway } = connected();
    const [tom, one, two, three] = await office().phones('101', '103', '104', '105');
    const start = mark();
    const call = await tom.call('610');
    const rung = await Promise.all([one, two, three].map((phone) => phone.incoming()));
    const { legId, callId = '' } = await tail.until('leg.ringing', ({ leg }) => leg?.extension === '104', start);
    expect(await gateway.command(`/v1/legs/${legId ?? ''}/reject`)).toMatchObject({ state: 'done' });
    await rung[1]?.until('ended');
    expect([rung[0]?.state, rung[2]?.state]).toEqual(['ringing', 'ringing']);
    rung[2]?.answer();
    await call.untilHears('105');
    await call.hangup();
    const ended = await tail.ended(callId);
    expect(ended.call).toMatchObject({ disposition: 'answered', to: { number: '610' } });
    expect(ended.data.answeredBy).toBe(ended.call.legs.find(({ extension }) => extension === '105')?.id);
  });

  test('a hangup ends the call at both phones, and is known to be ours', async () => {
    const { tail, gateway } = connected();
    const [tom, ann] = await office().phones('101', '102');
    const start = mark();
    const call = await tom.call('102');
    const rung = await ann.incoming();
    rung.answer();
    await call.until('up');
    const { legId, callId = '' } = await tail.until('leg.connected', ({ leg }) => leg?.extension === '102', start);
    expect(await gateway.command(`/v1/legs/${legId ?? ''}/hangup`)).toMatchObject({ state: 'done' });
    await Promise.all([call.until('ended'), rung.until('ended')]);
    const ended = await tail.ended(callId);
    expect(ended.call.legs.find(({ extension }) => extension === '102')).toMatchObject({ endedBy: 'command' });
  });

  test('who is dialled for a phone that answers by itself rings, and answers by hand', async () => {
    const { gateway } = connected();
    const [tom, ann] = await office().phones('101', '102');
    const dialling = gateway.command('/v1/calls', { extension: '101', number: '102', autoAnswer: {} });
    const own = await tom.incoming();
    await own.until('up');
    const far = await ann.incoming();
    expect(far.state).toBe('ringing');
    far.answer();
    expect(await dialling).toMatchObject({ state: 'done' });
    await Promise.all([own.untilHears('102'), far.untilHears('101')]);
  });

  test('a call that is dialled to be recorded leaves a file', async () => {
    const { gateway, tail } = connected();
    const [tom, ann] = await office().phones('101', '102');
    const start = mark();
    const dialling = gateway.command('/v1/calls', { extension: '101', number: '102', autoAnswer: {}, record: true });
    const own = await tom.incoming();
    (await ann.incoming()).answer();
    expect(await dialling).toMatchObject({ state: 'done' });
    await own.untilHears('102');
    const { data } = await tail.until('recording.started', () => true, start);
    await own.hangup();
    await tail.until('recording.stopped', (event) => event.data.recordingId === data.recordingId, start);
  });

  test('a recording starts, pauses, goes on, stops and leaves a file', async () => {
    const { tail, gateway } = connected();
    const [tom, ann] = await office().phones('101', '102');
    const start = mark();
    const call = await tom.call('102');
    (await ann.incoming()).answer();
    await call.untilHears('102');
    const { legId = '' } = await tail.until('leg.connected', ({ leg }) => leg?.extension === '102', start);
    for (const command of ['record', 'pauseRecording', 'resumeRecording', 'stopRecording']) {
      expect(await gateway.command(`/v1/legs/${legId}/${command}`)).toMatchObject({ name: command, state: 'done' });
    }
    const { data } = await tail.until('recording.started', () => true, start);
    await tail.until('recording.stopped', (event) => event.data.recordingId === data.recordingId, start);
    expect(await readdir(office().pbx.recordings)).not.toEqual([]);
  });

  test('a command for what is gone, or cannot be, is refused with its reason', async () => {
    const { tail, gateway } = connected();
    const [tom, ann] = await office().phones('101', '102');
    const start = mark();
    const call = await tom.call('102');
    (await ann.incoming()).answer();
    await call.until('up');
    const { legId = '' } = await tail.until('leg.connected', ({ leg }) => leg?.extension === '102', start);
    expect(await gateway.post(`/v1/legs/${legId}/answer`)).toMatchObject({ status: 409, body: { id: 'wrong-state' } });
    await call.hangup();
    await tail.until('leg.ended', (event) => event.legId === legId);
    expect((await gateway.post(`/v1/legs/${legId}/hangup`)).status).toBeGreaterThanOrEqual(404);
    expect(await gateway.post('/v1/calls', { extension: '999', number: '102' })).toMatchObject({
      status: 404,
      body: { id: 'no-such-extension' },
    });
  });

  test('presence follows the phones', async () => {
    const { tail } = connected();
    const [tom, ann] = await office().phones('101', '102');
    const start = mark();
    const presences = (): readonly string[] =>
      tail
        .of('extension.presenceChanged')
        .filter(({ seq, extension }) => seq > (start?.seq ?? 0) && extension === '102')
        .map(({ data }) => data.presence);
    const call = await tom.call('102');
    const rung = await ann.incoming();
    await tail.until('extension.presenceChanged', ({ extension, data }) => extension === '102' && data.presence === 'ringing', start);
    rung.answer();
    await tail.until('extension.presenceChanged', ({ extension, data }) => extension === '102' && data.presence === 'busy', start);
    await call.hangup();
    await tail.until('extension.presenceChanged', ({ extension, data }) => extension === '102' && data.presence === 'idle', start);
    expect(presences()).toEqual(['ringing', 'busy', 'idle']);
  });

  test('a phone that goes away and stays away is offline, and back when it registers', async () => {
    const { tail } = connected();
    const ann = await office().phone('109');
    const start = mark();
    await ann.unregister();
    await tail.until('extension.presenceChanged', ({ extension, data }) => extension === '109' && data.presence === 'offline', start);
    await ann.register();
    await tail.until('extension.presenceChanged', ({ extension, data }) => extension === '109' && data.presence === 'idle', start);
    expect(tail.of('extension.unregistered').filter(({ seq, extension }) => seq > (start?.seq ?? 0) && extension === '109')).toHaveLength(
      1,
    );
  });
};
