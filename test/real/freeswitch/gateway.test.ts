import { describeCalls } from '../calls.ts';
import { sharedGateway } from '../shared-gateway.ts';
import { onFreeswitch, sharedOffice } from './office.ts';

onFreeswitch('the gateway', (install) => {
  const office = sharedOffice(install);
  describeCalls(office, sharedGateway(office));
});
