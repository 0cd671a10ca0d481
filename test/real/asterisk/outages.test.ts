import { describeOutages } from '../outages.ts';
import { sharedGateway } from '../shared-gateway.ts';
import { onEachAsterisk, sharedOffice } from './on-each-asterisk.ts';

onEachAsterisk('outages', (_version, tree) => {
  const office = sharedOffice(tree);
  describeOutages(office, sharedGateway(office));
});
