import { createRingCentralProjector } from '../../../src/dialects/ringcentral/project.ts';
import type { Notice, RingCentralState } from '../../../src/dialects/ringcentral/schema.ts';
import type { Event } from '../../../src/model/event.ts';
import { microsOf } from '../../../src/model/time.ts';

export interface Folded {
  readonly notices: readonly Notice[];
  readonly state: RingCentralState;
}

/** All that is told of events, once each. With `restart` the state goes through its checkpoint after every event. */
export const fold = (events: readonly Event[], restart = false): Folded => {
  const { types, initial, project, save, load } = createRingCentralProjector();
  const notices = new Set<Notice>();
  let state = initial;
  for (const event of events) {
    if (!types.has(event.type)) continue;
    const projected = project(state, event, microsOf(event.time));
    state = restart ? load(JSON.parse(JSON.stringify(save(projected.state)))) : projected.state;
    for (const { body } of projected.messages) notices.add(body);
  }
  return { notices: [...notices], state };
};

/** `2 -1 Outbound Setup 103`: the form of the vendor's recorded streams. */
export const line = ({ session, party }: Extract<Notice, { kind: 'session' }>): string => {
  const { code, reason = '' } = party.status;
  const marks = [reason, ...(party.missedCall ? ['missed'] : []), ...(party.muted ? ['muted'] : [])].filter((mark) => mark !== '');
  return [session.sequence, `-${party.number}`, party.direction, code, party.extension ?? '(none)', ...marks].join(' ');
};

/** Lines by session, in the order in which the sessions began. */
export const flowsOf = (events: readonly Event[]): readonly (readonly string[])[] => {
  const flows = new Map<string, string[]>();
  for (const notice of fold(events).notices) {
    if (notice.kind !== 'session') continue;
    const flow = flows.get(notice.session.call) ?? [];
    flows.set(notice.session.call, flow);
    flow.push(line(notice));
  }
  return [...flows.values()];
};
