import { describeCalls } from '../calls.ts';
import { sharedGateway } from '../shared-gateway.ts';
import { onEachAsterisk, sharedOffice } from './on-each-asterisk.ts';

onEachAsterisk('the gateway', (_version, tree) => {
  const office = sharedOffice(tree);
  describeCalls(office, sharedGateway(office));
});
