import { describeOutages } from '../outages.ts';
import { sharedGateway } from '../shared-gateway.ts';
import { onFreeswitch, sharedOffice } from './office.ts';

onFreeswitch('outages', (install) => {
  const office = sharedOffice(install);
  describeOutages(office, sharedGateway(office));
});
