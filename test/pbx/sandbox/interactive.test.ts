import { interactiveContract } from '../../contract/interactive.ts';
import type { InteractiveCall } from '../../../src/pbx/interactive.ts';
import { openOffice } from './harness.ts';

const caller = '+15550100001';

interactiveContract('the sandbox', async () => {
  const office = await openOffice();
  const handed = Promise.withResolvers<InteractiveCall>();
  await office.driver.interactive?.take((call) => {
    handed.resolve(call);
    return true;
  });
  office.phones.call(caller, '700');
  return {
    call: await handed.promise,
    press: (key) => office.phones.pressKeysOutside(caller, key),
    leave: () => office.phones.hangUpOutside(caller),
    passTime: () => office.driver.clock.advance(10),
    [Symbol.asyncDispose]: () => office[Symbol.asyncDispose](),
  };
});
