import { describeStories } from '../stories.ts';
import { sharedGateway } from '../shared-gateway.ts';
import { habits } from './office.ts';
import { onEachAsterisk, sharedOffice } from './on-each-asterisk.ts';

onEachAsterisk('stories', (_version, tree) => {
  const office = sharedOffice(tree);
  describeStories(office, sharedGateway(office), habits);
});
