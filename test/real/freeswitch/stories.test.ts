import { describeStories } from '../stories.ts';
import { sharedGateway } from '../shared-gateway.ts';
import { habits, onFreeswitch, sharedOffice } from './office.ts';

onFreeswitch('stories', (install) => {
  const office = sharedOffice(install);
  describeStories(office, sharedGateway(office), habits);
});
