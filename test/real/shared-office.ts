import { afterAll, afterEach, beforeAll } from 'vitest';
import type { Office, OfficePbx } from './office.ts';

/** One office for all tests of the suite around it; after each test its calls are ended. */
export const shareOffice = <Pbx extends OfficePbx>(open: () => Promise<Office<Pbx>>): (() => Office<Pbx>) => {
  let office: Office<Pbx> | undefined;
  const current = (): Office<Pbx> => {
    if (office === undefined) throw new Error('the office opens in beforeAll');
    return office;
  };
  beforeAll(async () => {
    office = await open();
  });
  afterEach(() => current().quiet());
  afterAll(async () => {
    await office?.close();
    office = undefined;
  });
  return current;
};
