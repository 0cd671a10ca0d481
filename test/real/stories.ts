/** A call is a call: through groups, queues, transfers, slots and pick-ups it stays one, and says who took part. */
import { expect, test } from 'vitest';
import type { Event, EventOf } from '../../src/model/event.ts';
import type { Office, OfficeHabits } from './office.ts';
import type { ConnectedGateway } from './shared-gateway.ts';

export const describeStories = (office: () => Office, connected: () => ConnectedGateway, habits: OfficeHabits): void => {
  const mark = (): Event | undefined => connected().tail.events.at(-1);

  /** The calls that have ended since, but for those that another absorbed: what a person would count. */
  const callsSince = async (start: Event | undefined, count: number): Promise<readonly NonNullable<EventOf<'call.ended'>['call']>[]> => {
    const { tail } = connected();
    await office().quiet();
    const whole = (): readonly EventOf<'call.ended'>[] =>
      tail.of('call.ended').filter(({ seq, data }) => seq > (start?.seq ?? 0) && data.mergedInto === undefined);
    await tail.until('call.ended', () => whole().length === count, start);
    return whole().flatMap(({ call }) => call ?? []);
  };
  const partiesOf = (call: NonNullable<Event['call']>): readonly string[] =>
    call.legs.flatMap(({ extension }) => extension ?? []).toSorted();

  test('a ring group: one answers, the others were answered elsewhere', async () => {
    const [tom, one, two, three] = await office().phones('101', '103', '104', '105');
    const start = mark();
    for (const group of ['610', '611']) {
      const call = await tom.call(group);
      const [, rung] = await Promise.all([one, two, three].map((phone) => phone.incoming()));
      rung?.answer();
      await call.untilHears('104');
      await call.hangup();
    }
    const [direct, local] = await callsSince(start, 2);
    for (const call of [direct, local]) {
      expect(call).toMatchObject({ disposition: 'answered', dialled: expect.stringMatching(/^61[01]$/) as string });
      expect(call === undefined ? [] : partiesOf(call)).toEqual(['101', '103', '104', '105']);
      const lost = call?.legs.filter(({ extension }) => extension === '103' || extension === '105') ?? [];
      expect(lost.map(({ cause }) => cause?.name)).toEqual(['answered-elsewhere', 'answered-elsewhere']);
    }
  });

  test('a queue: the caller waits, an agent answers', async () => {
    const { tail } = connected();
    const [tom, one, two] = await office().phones('101', '106', '107');
    const start = mark();
    const call = await tom.call('600');
    await call.until('up');
    await tail.until('queue.joined', ({ data }) => data.queue === habits.queue, start);
    const rung = await Promise.race([one.incoming(), two.incoming()]);
    const ringing = await tail.until('leg.ringing', ({ leg }) => leg?.extension === rung.phone.number, start);
    // The phone may ring before the PBX tells which queue rings it; the call is known to be the queue's from the start.
    expect(ringing).toMatchObject({ call: { queue: habits.queue }, leg: { peer: { extension: '101' } } });
    rung.answer();
    await rung.untilHears('101');
    await tail.until('queue.left', ({ data }) => data.reason === 'answered', start);
    await rung.hangup();
    const [ended] = await callsSince(start, 1);
    expect(ended).toMatchObject({ disposition: 'answered', queue: habits.queue });
  });

  test('a caller who leaves the queue has abandoned it', async () => {
    const { tail } = connected();
    const [tom] = await office().phones('101', '106', '107');
    const start = mark();
    const call = await tom.call('600');
    await tail.until('queue.joined', () => true, start);
    await call.hangup();
    expect(await callsSince(start, 1)).toMatchObject([{ disposition: 'abandoned' }]);
  });

  test('a blind transfer keeps the call and tells who did it', async () => {
    const { tail } = connected();
    const [tom, ann, kim] = await office().phones('101', '102', '103');
    const start = mark();
    const call = await tom.call('102');
    const rung = await ann.incoming();
    rung.answer();
    await rung.untilHears('101');
    await rung.transfer('103');
    (await kim.incoming()).answer();
    await call.untilHears('103');
    const transferred = await tail.until('call.transferred', () => true, start);
    expect(transferred.data).toMatchObject({ kind: 'blind', by: { extension: '102' }, to: { number: '103' }, succeeded: true });
    const [ended] = await callsSince(start, 1);
    expect(ended).toMatchObject({ disposition: 'answered', from: { extension: '101' } });
    expect(ended === undefined ? [] : partiesOf(ended)).toEqual(['101', '102', '103']);
  });

  test('an attended transfer makes one call of two', async () => {
    const { tail } = connected();
    const [tom, ann, kim] = await office().phones('101', '102', '103');
    const start = mark();
    const call = await tom.call('102');
    const rung = await ann.incoming();
    rung.answer();
    await rung.untilHears('101');
    await rung.hold();
    await tail.until('leg.held', ({ leg }) => leg?.extension === '102', start);
    const consultation = await ann.call('103');
    const target = await kim.incoming();
    target.answer();
    await consultation.untilHears('103');
    await rung.transferTo(consultation);
    await call.untilHears('103');
    const transferred = await tail.until('call.transferred', () => true, start);
    expect(transferred.data).toMatchObject({ kind: 'attended', by: { extension: '102' }, to: { extension: '103' }, succeeded: true });
    await tail.until('call.merged', () => true, start);
    const [ended] = await callsSince(start, 1);
    expect(ended?.id).toBe(
      transferred.data === undefined ? '' : tail.of('call.started').find(({ seq }) => seq > (start?.seq ?? 0))?.callId,
    );
    expect(new Set(ended === undefined ? [] : partiesOf(ended))).toEqual(new Set(['101', '102', '103']));
  });

  test('a hold is told at the one who holds, and ends', async () => {
    const { tail } = connected();
    const [tom, ann] = await office().phones('101', '102');
    const start = mark();
    const call = await tom.call('102');
    const rung = await ann.incoming();
    rung.answer();
    await rung.untilHears('101');
    await rung.hold();
    const held = await tail.until('leg.held', () => true, start);
    expect(held.leg).toMatchObject({ extension: '102', state: 'held', held: true });
    expect(held.call?.legs.find(({ extension }) => extension === '101')).toMatchObject({ state: 'connected', held: false });
    await call.untilHears('music');
    await rung.resume();
    await tail.until('leg.resumed', ({ leg }) => leg?.extension === '102', start);
    await call.untilHears('102');
  });

  test('a parked call is in its slot, and the same call when another takes it', async () => {
    const { tail, gateway } = connected();
    const [tom, ann, kim] = await office().phones('101', '102', '103');
    const start = mark();
    const call = await tom.call('102');
    const rung = await ann.incoming();
    rung.answer();
    await rung.untilHears('101');
    await rung.transfer('700');
    const parked = await tail.until('leg.parked', ({ leg }) => leg?.extension === '101', start);
    expect((await gateway.get('/v1/slots')).body).toMatchObject({ slots: [{ ...parked.data, callId: parked.callId }] });
    await rung.hangup();
    const taking = await kim.call(parked.data.slot);
    await taking.untilHears('101');
    await call.untilHears('103');
    await tail.until('leg.unparked', ({ data }) => data.reason === 'retrieved', start);
    const [ended] = await callsSince(start, 1);
    expect(ended?.id).toBe(parked.callId);
    expect(new Set(ended === undefined ? [] : partiesOf(ended))).toEqual(new Set(['101', '102', '103']));
  });

  test('a parked call that nobody takes comes back to who parked it', async () => {
    const { tail } = connected();
    const [tom, ann] = await office().phones('101', '102');
    const start = mark();
    const call = await tom.call('102');
    const rung = await ann.incoming();
    rung.answer();
    await rung.untilHears('101');
    await rung.transfer('700');
    const parked = await tail.until('leg.parked', ({ leg }) => leg?.extension === '101', start);
    await rung.hangup();
    const back = await ann.incoming(20_000);
    back.answer();
    await call.untilHears('102');
    await tail.until('slot.released', ({ data }) => data.slot === parked.data.slot && data.reason === 'timed-out', start);
    const [ended] = await callsSince(start, 1);
    expect(ended?.id).toBe(parked.callId);
  });

  test('a call that is forwarded by the phone is answered where it went, and still one call', async () => {
    const [tom, ann, kim] = await office().phones('101', '102', '103');
    const start = mark();
    const call = await tom.call('102');
    (await ann.incoming()).forward('103');
    (await kim.incoming()).answer();
    await call.untilHears('103');
    await call.hangup();
    const [ended] = await callsSince(start, 1);
    expect(ended).toMatchObject({ disposition: 'answered', from: { extension: '101' }, dialled: '102' });
    expect(ended?.legs.find(({ extension }) => extension === '102')).toMatchObject({ cause: { name: 'redirected' } });
    expect(ended?.legs.find(({ extension }) => extension === '103')?.connectedAt).toBeDefined();
  });

  test('a transfer that is completed while the target rings joins the two once it answers', async () => {
    const { tail } = connected();
    const [tom, ann, kim] = await office().phones('101', '102', '103');
    const start = mark();
    const call = await tom.call('102');
    const rung = await ann.incoming();
    rung.answer();
    await rung.untilHears('101');
    await rung.hold();
    const consultation = await ann.call('103');
    const target = await kim.incoming();
    await consultation.until('ringing');
    // Told, it is a while ago: in the very moment of the first ringing FreeSWITCH loses a call that is transferred.
    await tail.until('leg.ringing', ({ leg }) => leg?.extension === '103', start);
    await rung.transferTo(consultation);
    await tail.until('call.transferred', ({ data }) => data.kind === 'attended', start);
    target.answer();
    await call.untilHears('103');
    await target.untilHears('101');
    const [ended] = await callsSince(start, 1);
    expect(ended).toMatchObject({ disposition: 'answered', from: { extension: '101' } });
  });

  test('a call that another phone picks up is the call that was ringing', async () => {
    const { tail } = connected();
    const [tom, ann, kim] = await office().phones('101', '102', '103');
    const start = mark();
    const call = await tom.call('102');
    const rung = await ann.incoming();
    const { callId } = await tail.until('leg.ringing', ({ leg }) => leg?.extension === '102', start);
    const picking = await kim.call('*8102');
    await picking.untilHears('101');
    await call.untilHears('103');
    await rung.until('ended');
    const [ended] = await callsSince(start, 1);
    expect(ended).toMatchObject({ id: callId, disposition: 'answered' });
    expect(ended?.legs.find(({ extension }) => extension === '102')).toMatchObject({ cause: { name: 'answered-elsewhere' } });
  });

  test('voicemail is no answer', async () => {
    const [tom, ann] = await office().phones('101', '102');
    const start = mark();
    const call = await tom.call('8102');
    const rung = await ann.incoming();
    await rung.until('ended');
    await connected().tail.leg('101', ({ voicemail }) => voicemail === true);
    await call.hangup();
    expect(await callsSince(start, 1)).toMatchObject([{ disposition: 'missed', reachedVoicemail: true }]);
  });

  test('each who joins a conference is told of, and each who leaves', async () => {
    const { tail, gateway } = connected();
    const phones = await office().phones('101', '102', '103');
    const start = mark();
    const [one] = await Promise.all(phones.map((phone) => phone.call('650')));
    await one?.untilHears('102', '103');
    await tail.until(
      'conference.joined',
      () => tail.of('conference.joined').filter(({ seq }) => seq > (start?.seq ?? 0)).length === 3,
      start,
    );
    expect((await gateway.get('/v1/conferences')).body).toMatchObject({ conferences: [{ name: '650', members: [{}, {}, {}] }] });
    await one?.hangup();
    await tail.until('conference.left', ({ leg }) => leg?.extension === '101', start);
  });

  test('a call through a Local channel shows phones alone', async () => {
    const [tom, ann] = await office().phones('101', '102');
    const start = mark();
    const call = await tom.call('8202');
    (await ann.incoming()).answer();
    await call.untilHears('102');
    const [ended] = await callsSince(start, 1);
    expect(ended?.legs.map(({ device }) => device).toSorted()).toEqual([habits.deviceOf('101'), habits.deviceOf('102')]);
  });

  test('call waiting: the second call rings while the first goes on, and each is a call of its own', async () => {
    const [tom, ann, kim] = await office().phones('101', '102', '103');
    const start = mark();
    const first = await tom.call('102');
    const firstRung = await ann.incoming();
    firstRung.answer();
    await first.untilHears('102');
    const second = await kim.call('102');
    const secondRung = await ann.incoming();
    await second.until('ringing');
    await firstRung.hold();
    secondRung.answer();
    await second.untilHears('102');
    await first.untilHears('music');
    const [one, two] = await callsSince(start, 2);
    expect([one?.disposition, two?.disposition]).toEqual(['answered', 'answered']);
    expect(one?.id).not.toBe(two?.id);
  });
};
