/** The equipment itself: if these fail, what the other suites say means nothing. */
import { expect, test } from 'vitest';
import { onEachAsterisk, sharedOffice } from './on-each-asterisk.ts';

onEachAsterisk('phones and PBX', (version, tree) => {
  const office = sharedOffice(tree);

  test('is the version that it is taken for', async () => {
    expect(await office().pbx.cli('core show version')).toContain(`Asterisk ${version}.`);
  });

  test('two phones hear each other, and music on hold while one holds', async () => {
    const [tom, ann] = await office().phones('101', '102');
    const call = await tom.call('102');
    const rung = await ann.incoming();
    await call.until('ringing');
    rung.answer();
    await call.until('up');
    await call.untilHears('102');
    await rung.untilHears('101');
    await rung.hold();
    await call.untilHears('music');
    await rung.resume();
    await call.untilHears('102');
    await call.hangup();
    await rung.until('ended');
  });

  test('a caller who gives up takes the call back', async () => {
    const [tom, ann] = await office().phones('101', '102');
    const call = await tom.call('102');
    const rung = await ann.incoming();
    await call.until('ringing');
    await call.hangup();
    await rung.until('ended');
    expect(call.status).toBe(487);
  });

  test('a busy phone and one that declines end the call', async () => {
    const [tom, ann] = await office().phones('101', '102');
    ann.policy = 'busy';
    const first = await tom.call('102');
    await first.until('ended');
    expect(first.status).toBe(486);
    ann.policy = 'decline';
    const second = await tom.call('102');
    await second.until('ended');
    expect(second.status).toBeGreaterThanOrEqual(400);
  });

  test('blind transfer: the far party goes on to the new one, the transferer is out', async () => {
    const [tom, ann, kim] = await office().phones('101', '102', '103');
    const call = await tom.call('102');
    const rung = await ann.incoming();
    rung.answer();
    await rung.untilHears('101'); // A transfer before the PBX has joined the two would be refused.
    await rung.transfer('103');
    const target = await kim.incoming();
    target.answer();
    await call.untilHears('103');
    await target.untilHears('101');
    await rung.until('ended');
    expect(rung.transferReports.at(-1)).toBe('SIP/2.0 200 OK');
  });

  test('attended transfer joins the two parties of the one who consulted', async () => {
    const [tom, ann, kim] = await office().phones('101', '102', '103');
    const call = await tom.call('102');
    const rung = await ann.incoming();
    rung.answer();
    await rung.untilHears('101');
    await rung.hold();
    const consultation = await ann.call('103');
    const target = await kim.incoming();
    target.answer();
    await consultation.untilHears('103');
    await rung.transferTo(consultation);
    await call.untilHears('103');
    await target.untilHears('101');
    await rung.until('ended');
    await consultation.until('ended');
  });

  test('keys pressed during a call reach the PBX', async () => {
    const [tom, ann, kim] = await office().phones('101', '102', '103');
    const call = await tom.call('102');
    const rung = await ann.incoming();
    rung.answer();
    await rung.untilHears('101');
    rung.press('#1');
    await call.untilHears('music');
    rung.press('103');
    (await kim.incoming()).answer();
    await call.untilHears('103');
  });

  test('three in a conference each hear the two others', async () => {
    const phones = await office().phones('101', '102', '103');
    const [one, two, three] = await Promise.all(phones.map((phone) => phone.call('650')));
    await one?.untilHears('102', '103');
    await two?.untilHears('101', '103');
    await three?.untilHears('101', '102');
  });

  test('a call from outside shows its number and reaches the extension; a call to outside rings there', async () => {
    const tom = await office().phone('101');
    const outside = await office().provider();
    const inbound = await outside.call('+15550200101', { from: '+15550100001' });
    const rung = await tom.incoming();
    expect(rung.callerNumber).toBe('+15550100001');
    rung.answer();
    await inbound.untilHears('101');
    await inbound.hangup();
    await rung.until('ended');
    const outbound = await tom.call('+15550100007');
    (await outside.incoming()).answer();
    await outbound.untilHears('outside');
  });

  test('a phone with call waiting has two calls at once, one without says that it is busy', async () => {
    const [tom, ann, kim] = await office().phones('101', '102', '103');
    const first = await tom.call('102');
    (await ann.incoming()).answer();
    await first.until('up');
    const second = await kim.call('102');
    await ann.incoming();
    await second.until('ringing');
    await second.hangup();
    ann.callWaiting = false;
    const third = await kim.call('102');
    await third.until('ended');
    expect(third.status).toBe(486);
  });

  test('after a crash the PBX comes back on the same ports and still knows the phones', async () => {
    const [tom, ann] = await office().phones('101', '102');
    const call = await tom.call('102');
    (await ann.incoming()).answer();
    await call.until('up');
    await office().pbx.crash();
    for (const lost of [...tom.calls, ...ann.calls]) lost.drop();
    await office().pbx.boot();
    const again = await tom.call('102');
    (await ann.incoming()).answer();
    await again.untilHears('102');
  });
});
