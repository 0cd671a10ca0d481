import type { FactOf } from '../model/fact.ts';
import { isoTime, type Micros } from '../model/time.ts';
import type { Change } from './change.ts';
import type { PbxLink } from './state.ts';

/** The link to the PBX: whether what is known is live, doubtful or old. */

export const connectPbx = (change: Change, fact: FactOf<'pbx.connected'>): void => {
  const { startedAt: _startedAt, reason: _reason, ...link } = change.link;
  const version = fact.version ?? link.version;
  // The PBX's start is taken over with the resync that follows, which also settles what a new start means.
  change.setLink({
    ...link,
    startedAt: change.link.startedAt,
    status: 'degraded',
    since: fact.at,
    reason: 'The state is being compared with the PBX.',
    ...(version === undefined ? undefined : { version }),
  });
  change.emit('pbx.connected', {
    ...(version === undefined ? undefined : { version }),
    ...(fact.startedAt === undefined ? undefined : { startedAt: isoTime(fact.startedAt) }),
  });
};

export const degradePbx = (change: Change, fact: FactOf<'pbx.degraded'>): void => {
  if (change.link.status === 'degraded' && change.link.reason === fact.reason) return;
  change.setLink({ ...change.link, status: 'degraded', since: fact.at, reason: fact.reason });
  change.emit('pbx.degraded', { reason: fact.reason });
};

export const recoverPbx = (change: Change, fact: FactOf<'pbx.recovered'>): void => {
  if (change.link.status === 'live') return;
  goLive(change, change.link, fact.at);
  const { version, startedAt } = change.link;
  change.emit('pbx.connected', {
    ...(version === undefined ? undefined : { version }),
    ...(startedAt === 0 ? undefined : { startedAt: isoTime(startedAt) }),
  });
};

export const disconnectPbx = (change: Change, fact: FactOf<'pbx.disconnected'>): void => {
  const isFirstWord = change.link.since === 0;
  if (change.link.status === 'down' && !isFirstWord) return;
  change.setLink({ ...change.link, status: 'down', since: fact.at, reason: fact.reason });
  // It was never connected, so nobody is told that it no longer is.
  if (isFirstWord) return;
  change.emit('pbx.disconnected', { reason: fact.reason });
};

export const goLive = (change: Change, link: PbxLink, at: Micros): void => {
  const { reason: _reason, ...rest } = link;
  change.setLink({ ...rest, status: 'live', since: at });
};
