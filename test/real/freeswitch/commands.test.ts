import { describeCommands } from '../commands.ts';
import { sharedGateway } from '../shared-gateway.ts';
import { habits, onFreeswitch, sharedOffice } from './office.ts';

onFreeswitch('commands', (install) => {
  const office = sharedOffice(install);
  describeCommands(office, sharedGateway(office), habits);
});
