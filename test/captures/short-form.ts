import type { Call } from '../../src/model/call.ts';
import type { NewEvent } from '../../src/model/event.ts';
import type { CallId, LegId } from '../../src/model/ids.ts';
import type { Moment } from './story.ts';

/** Events as a story tells them. */
export interface Told {
  readonly events: readonly string[];
  readonly presence: Readonly<Record<string, string>>;
  readonly agents: Readonly<Record<string, string>>;
}

/**
 * Events in short form. Legs go by their extension or trunk, with `#2` for the second of the same; calls by letters as they start.
 *
 *     call.started CALL DIRECTION FROM>TO            call.ended CALL DIRECTION FROM>TO DISPOSITION CAUSE [answered=LEG] [ended=LEG] [...]
 *     leg.started LEG CALL DIRECTION                 leg.ringing LEG peer=NUMBER            leg.ended LEG CAUSE BY
 *     leg.connected LEG, held, resumed, muted ...    leg.moved LEG FROM>TO                  legs.linked LEG LEG
 *     call.merged CALL into CALL                     call.transferred CALL KIND by=WHO to=NUMBER ok|failed
 *     leg.parked LEG LOT/SLOT                        leg.unparked LEG LOT/SLOT REASON       slot.occupied LOT/SLOT LEG [by=WHO]
 *     queue.joined LEG QUEUE POSITION                queue.left LEG QUEUE REASON            conference.joined LEG NAME
 *     supervision.started LEG MODE of=LEG            recording.started LEG                  dtmf.received LEG DIGIT
 */
export const tell = (events: readonly NewEvent[]): Told => {
  const names = createNames();
  const told: string[] = [];
  const presence: Record<string, string[]> = {};
  const agents: Record<string, string[]> = {};
  for (const event of events) {
    if (event.type === 'extension.presenceChanged') {
      const { presence: now, dnd, statusText } = event.data;
      const extra = `${dnd ? '+dnd' : ''}${statusText === undefined || statusText === '' ? '' : `(${statusText})`}`;
      (presence[event.extension ?? '-'] ??= []).push(`${now}${extra}`);
    } else if (event.type === 'agent.stateChanged') {
      (agents[`${event.data.queue} ${event.data.device}`] ??= []).push(event.data.state);
    } else {
      told.push(`${event.type} ${wordsOf(event, names)}`.trimEnd());
    }
  }
  return { events: told, presence: joined(presence), agents: joined(agents) };
};

const joined = (lists: Readonly<Record<string, readonly string[]>>): Record<string, string> =>
  Object.fromEntries(Object.entries(lists).map(([key, words]) => [key, words.join(' ')]));

interface Names {
  call(id: CallId | undefined): string;
  leg(id: LegId | undefined): string;
  /** Gives a leg its name at its start. */
  begin(event: NewEvent): void;
}

const createNames = (): Names => {
  const calls = new Map<CallId, string>();
  const legs = new Map<LegId, string>();
  const counts = new Map<string, number>();
  return {
    call(id) {
      if (id === undefined) return '-';
      const known = calls.get(id) ?? String.fromCharCode('A'.charCodeAt(0) + calls.size);
      calls.set(id, known);
      return known;
    },
    leg: (id) => (id === undefined ? '-' : (legs.get(id) ?? 'nobody')),
    begin({ leg }) {
      if (leg === undefined) return;
      const base = leg.extension ?? leg.trunk ?? leg.device;
      const count = (counts.get(base) ?? 0) + 1;
      counts.set(base, count);
      legs.set(leg.id, count === 1 ? base : `${base}#${count}`);
    },
  };
};

const routeOf = (call: Call | undefined): string => `${call?.direction ?? '-'} ${call?.from.number ?? ''}>${call?.to.number ?? ''}`;

const named = (name: string, value: string): string => (value === '-' ? '' : ` ${name}=${value}`);

const wordsOf = (event: NewEvent, names: Names): string => {
  const leg = (): string => names.leg(event.legId);
  switch (event.type) {
    case 'call.started':
      return `${names.call(event.callId)} ${routeOf(event.call)}`;
    case 'call.ended': {
      const { disposition, cause, answeredBy, endedBy, mergedInto } = event.data;
      const { reachedVoicemail, clickToDial, queue } = event.call ?? {};
      return (
        `${names.call(event.callId)} ${routeOf(event.call)} ${disposition} ${cause.code}` +
        named('answered', names.leg(answeredBy)) +
        named('ended', names.leg(endedBy)) +
        (reachedVoicemail === true ? ' voicemail' : '') +
        (clickToDial === true ? ' clickToDial' : '') +
        named('queue', queue ?? '-') +
        named('into', names.call(mergedInto))
      );
    }
    case 'call.merged':
      return `${names.call(event.callId)} into ${names.call(event.data.into)}`;
    case 'call.transferred': {
      const { kind, by, to, succeeded } = event.data;
      return `${names.call(event.callId)} ${kind} by=${by.extension ?? names.leg(by.legId)} to=${to.number} ${succeeded ? 'ok' : 'failed'}`;
    }
    case 'leg.started':
      names.begin(event);
      return `${leg()} ${names.call(event.callId)} ${event.leg?.direction ?? '-'}`;
    case 'leg.ringing':
      return `${leg()} peer=${event.leg?.peer.number ?? ''}`;
    case 'leg.ended':
      return `${leg()} ${event.data.cause.code} ${event.data.endedBy}`;
    case 'leg.moved':
      return `${leg()} ${names.call(event.data.from)}>${names.call(event.data.to)}`;
    case 'leg.queued':
    case 'queue.joined':
      return `${leg()} ${event.data.queue} ${event.data.position}`;
    case 'queue.left':
      return `${leg()} ${event.data.queue} ${event.data.reason}`;
    case 'leg.parked':
      return `${leg()} ${event.data.lot}/${event.data.slot}`;
    case 'leg.unparked':
      return `${leg()} ${event.data.lot}/${event.data.slot} ${event.data.reason}`;
    case 'slot.occupied':
      return `${event.data.lot}/${event.data.slot} ${leg()}${named('by', event.data.parkedBy ?? '-')}`;
    case 'slot.released':
      return `${event.data.lot}/${event.data.slot} ${leg()} ${event.data.reason}`;
    case 'legs.linked':
    case 'legs.unlinked':
      return `${leg()} ${names.leg(event.data.peer)}`;
    case 'conference.joined':
    case 'conference.left':
      return `${leg()} ${event.data.conference}`;
    case 'supervision.started':
    case 'supervision.modeChanged':
      return `${leg()} ${event.data.mode}${named('of', names.leg(event.data.target))}`;
    case 'supervision.stopped':
      return `${leg()}${named('of', names.leg(event.data.target))}`;
    case 'dtmf.received':
      return `${leg()} ${event.data.digit}`;
    case 'leg.connected':
    case 'leg.held':
    case 'leg.resumed':
    case 'leg.muted':
    case 'leg.unmuted':
    case 'recording.started':
    case 'recording.paused':
    case 'recording.resumed':
    case 'recording.stopped':
      return leg();
    case 'agent.loggedIn':
    case 'agent.loggedOut':
    case 'agent.paused':
    case 'agent.unpaused':
      return `${event.data.queue} ${event.data.device}`;
    case 'extension.registered':
    case 'extension.unregistered':
      return `${event.extension ?? '-'} ${event.data.device}`;
    default:
      return '';
  }
};

/**
 * What was told, in the words of the story as far as they agree: two that agree to the end are equal. From the first moment on that
 * does not agree it is left as it was told.
 */
export const inWordsOf = (moments: readonly Moment[], told: readonly string[]): readonly string[] => {
  const agreed: string[] = [];
  for (const moment of moments) {
    const lines = typeof moment === 'string' ? [moment] : moment;
    if (!pairUp(lines, told.slice(agreed.length, agreed.length + lines.length))) break;
    agreed.push(...lines);
  }
  return [...agreed, ...told.slice(agreed.length)];
};

/** Whether each line has one of its own among `told`, in any order; exact lines choose first. */
const pairUp = (lines: readonly string[], told: readonly string[]): boolean => {
  const left = [...told];
  for (const line of lines.toSorted((a, b) => Number(isOpen(a)) - Number(isOpen(b)))) {
    const at = left.findIndex((other) => agrees(line, other));
    if (at === -1) return false;
    left.splice(at, 1);
  }
  return left.length === 0;
};

const isOpen = (line: string): boolean => / (\?|\.\.\.)( |$)/.test(line);

/** `?` is any one word, ` ...` at the end any rest. */
const agrees = (line: string, told: string): boolean => {
  const wanted = line.split(' ');
  const words = told.split(' ');
  const isOpenEnded = wanted.at(-1) === '...';
  if (isOpenEnded) wanted.pop();
  if (isOpenEnded ? words.length < wanted.length : words.length !== wanted.length) return false;
  return wanted.every((word, index) => word === '?' || word === words[index]);
};
