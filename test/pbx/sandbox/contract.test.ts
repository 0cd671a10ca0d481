import { extensionNumber, pbxId } from '../../../src/model/ids.ts';
import { createManualClock, createSandboxDriver } from '../../../src/pbx/sandbox/index.ts';
import { describeDriver } from '../../contract/driver.ts';

describeDriver('the sandbox', async () => {
  const clock = createManualClock(1_800_000_000_000_000);
  const driver = createSandboxDriver({ pbx: pbxId('office'), clock });
  const { phones, faults } = driver;
  return {
    driver,
    world: {
      caller: extensionNumber('101'),
      callee: extensionNumber('102'),
      busy: extensionNumber('116'),
      call: async (from, to) => void phones.call(from, to),
      answer: async (extension) => phones.answer(extension),
      reject: async (extension) => phones.reject(extension),
      hangUp: async (extension) => phones.hangUp(extension),
      breakLink: async () => {
        faults.disconnect();
        faults.reconnect();
      },
    },
    close: async () => clock.close(),
  };
});
