import { Map as ImmutableMap } from 'immutable';
import type { Call, Leg, LegDirection, Party } from '../model/call.ts';
import type { EventOf } from '../model/event.ts';
import type { CallId, ExtensionNumber, LegId } from '../model/ids.ts';
import type { LiveState } from '../model/live-state.ts';
import { microsOf, type Micros } from '../model/time.ts';
import { dialStatusOf, type DialStatus } from './dial-status.ts';

/**
 * The part that an extension takes in a call, from the moment at which it calls or is called until it is out of it: one part,
 * however many of its phones ring. `detail` is what a dialect tells of it; it stays as it was when the part began.
 */
export interface Participation<Detail> {
  readonly extension: ExtensionNumber;
  /** In which it began; the call may have been merged into another since. */
  readonly call: CallId;
  readonly direction: LegDirection;
  /** Those that live, one a device. */
  readonly legs: readonly LegId[];
  readonly answeredAt?: Micros;
  readonly detail: Detail;
}

/** Immutable: an old one stays true while newer ones are made of it. */
export type Participations<Detail> = ImmutableMap<ExtensionNumber, readonly Participation<Detail>[]>;

/** Makes the detail of a part that begins with this leg. */
export type Describe<Detail> = (call: Call, leg: Leg, extension: ExtensionNumber) => Detail;

/** What an event did to a part. Of one that ended `status` says how; `ANSWER` where it had been answered. */
export type ParticipationChange<Detail> =
  | { readonly what: 'began' | 'answered'; readonly part: Participation<Detail> }
  | { readonly what: 'ended'; readonly part: Participation<Detail>; readonly status: DialStatus };

export const participationTypes = ['leg.started', 'leg.connected', 'legs.linked', 'leg.ended'] as const;
type ParticipationEvent = { [Type in (typeof participationTypes)[number]]: EventOf<Type> }[(typeof participationTypes)[number]];

export interface Folded<Detail> {
  readonly parts: Participations<Detail>;
  readonly changes: readonly ParticipationChange<Detail>[];
}

/** Folds an event into the parts. `at` is its time, as exactly as it is known. */
export const foldParticipations = <Detail>(
  parts: Participations<Detail>,
  event: ParticipationEvent,
  at: Micros,
  describe: Describe<Detail>,
): Folded<Detail> => {
  const { call, leg } = event;
  switch (event.type) {
    case 'leg.started':
      return call === undefined || leg === undefined ? unchanged(parts) : begin(parts, call, leg, describe);
    case 'leg.connected':
      // The caller's own leg is connected by announcements too; it is answered when it is linked.
      return leg?.direction === 'inbound' ? answer(parts, [leg], at) : unchanged(parts);
    case 'legs.linked': {
      const callers = call?.legs.filter(({ id, direction }) => direction === 'outbound' && (id === event.legId || id === event.data.peer));
      return answer(parts, callers ?? [], at);
    }
    case 'leg.ended':
      return leg === undefined ? unchanged(parts) : end(parts, leg, event.data);
    default:
      return event satisfies never;
  }
};

const unchanged = <Detail>(parts: Participations<Detail>): Folded<Detail> => ({ parts, changes: [] });

/** A second device of the extension that is called is one more leg of the same part. */
const begin = <Detail>(parts: Participations<Detail>, call: Call, leg: Leg, describe: Describe<Detail>): Folded<Detail> => {
  const { extension, direction } = leg;
  if (extension === undefined || leg.supervising !== undefined) return unchanged(parts);
  const own = parts.get(extension) ?? [];
  const same = own.find((part) => part.call === call.id && part.direction === direction && part.answeredAt === undefined);
  if (same !== undefined) return unchanged(replace(parts, same, { ...same, legs: [...same.legs, leg.id] }));
  const part = { extension, call: call.id, direction, legs: [leg.id], detail: describe(call, leg, extension) };
  return { parts: parts.set(extension, [...own, part]), changes: [{ what: 'began', part }] };
};

const answer = <Detail>(parts: Participations<Detail>, legs: readonly Leg[], at: Micros): Folded<Detail> => {
  let now = parts;
  const changes: ParticipationChange<Detail>[] = [];
  for (const leg of legs) {
    const before = participationOf(now, leg);
    if (before === undefined || before.answeredAt !== undefined) continue;
    const part = { ...before, answeredAt: at };
    now = replace(now, before, part);
    changes.push({ what: 'answered', part });
  }
  return { parts: now, changes };
};

const end = <Detail>(parts: Participations<Detail>, leg: Leg, data: EventOf<'leg.ended'>['data']): Folded<Detail> => {
  const part = participationOf(parts, leg);
  if (part === undefined) return unchanged(parts);
  const legs = part.legs.filter((id) => id !== leg.id);
  if (legs.length > 0) return unchanged(replace(parts, part, { ...part, legs }));
  const status = part.answeredAt === undefined ? dialStatusOf(leg, data) : 'ANSWER';
  return { parts: replace(parts, part), changes: [{ what: 'ended', part, status }] };
};

/** The part to which a leg belongs. */
export const participationOf = <Detail>(parts: Participations<Detail>, { id, extension }: Leg): Participation<Detail> | undefined =>
  extension === undefined ? undefined : parts.get(extension)?.find(({ legs }) => legs.includes(id));

/** `by` in place of `part`; without it the part is gone. */
export const replace = <Detail>(
  parts: Participations<Detail>,
  part: Participation<Detail>,
  by?: Participation<Detail>,
): Participations<Detail> => {
  const others = (parts.get(part.extension) ?? []).flatMap((each) => (each !== part ? [each] : by === undefined ? [] : [by]));
  return others.length === 0 ? parts.delete(part.extension) : parts.set(part.extension, others);
};

/** The parts of what is live, after events that nobody can read any more: who is still there keeps the detail told before. */
export const participationsOf = <Detail>(
  before: Participations<Detail>,
  live: Pick<LiveState, 'calls'>,
  describe: Describe<Detail>,
): Participations<Detail> => {
  let parts: Participations<Detail> = ImmutableMap();
  for (const call of live.calls) {
    for (const leg of call.legs) {
      const { extension, direction, connectedAt } = leg;
      if (extension === undefined || leg.state === 'ended' || leg.supervising !== undefined) continue;
      const known = participationOf(before, leg);
      const isAnswered = connectedAt !== undefined && (direction === 'inbound' || call.answeredAt !== undefined);
      const part: Participation<Detail> = {
        extension,
        call: known?.call ?? call.id,
        direction,
        legs: [leg.id],
        ...(isAnswered ? { answeredAt: known?.answeredAt ?? microsOf(connectedAt) } : undefined),
        detail: known?.detail ?? describe(call, leg, extension),
      };
      parts = parts.set(extension, [...(parts.get(extension) ?? []), part]);
    }
  }
  return parts;
};

/** A party of a part as it is told of. */
export interface Side {
  readonly number: string;
  readonly name: string;
  readonly extension?: ExtensionNumber;
}

export const sideOf = ({ number, name, extension }: Party): Side => ({
  number,
  name,
  ...(extension === undefined ? undefined : { extension }),
});

/** Who calls and who is called, as the extension of the leg sees it. */
export const sidesOf = (call: Call, leg: Leg, extension: ExtensionNumber): { readonly caller: Side; readonly called: Side } => {
  const isCalled = leg.direction === 'inbound';
  const own = { ...sideOf(leg.party), extension };
  const other = sideOf(leg.peer.number === '' ? (isCalled ? call.from : call.to) : leg.peer);
  return isCalled ? { caller: other, called: own } : { caller: own, called: other };
};
