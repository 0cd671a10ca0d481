import { describeEventLog } from '../contract/event-log.ts';
import { openTestLog } from './open-log.ts';

describeEventLog('SQLite, all of it in memory as well', () => openTestLog());
describeEventLog('SQLite, followers fed from disk', () => openTestLog({ recentEvents: 8 }));
