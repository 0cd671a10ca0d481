import { describeParking } from '../parking.ts';
import { sharedGateway } from '../shared-gateway.ts';
import { habits, onFreeswitch, sharedOffice } from './office.ts';

onFreeswitch('parking', (install) => {
  const office = sharedOffice(install);
  describeParking(office, sharedGateway(office), habits);
});
