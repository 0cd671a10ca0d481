import type { Logger } from 'pino';
import type { LoggedEvent } from '../log/event-log.ts';
import type { Event, EventType } from '../model/event.ts';
import type { LiveState } from '../model/live-state.ts';
import type { Micros } from '../model/time.ts';

/** What a dialect tells of one thing (an extension, a session); `body` is made once for all who read it. */
export interface Message<Body> {
  readonly key: string;
  readonly body: Body;
}

export interface Projected<State, Body> {
  readonly state: State;
  readonly messages: readonly Message<Body>[];
}

/**
 * A dialect's view of a tenant's log as a pure fold: the same events give the same messages and the same state, so that what
 * it numbers or names survives a crash. `State` is immutable: an old one stays true while newer ones are made of it.
 */
export interface Projector<State, Body> {
  /** Under which its checkpoint is kept. */
  readonly name: string;
  /** A checkpoint of another version is of no use. */
  readonly version: number;
  /** Events of other types are never parsed. */
  readonly types: ReadonlySet<EventType>;
  readonly initial: State;
  /** `at` is the event's time as exactly as it is known. */
  project(state: State, event: Event, at: Micros): Projected<State, Body>;
  /** The state after `lostEvents` that nobody can read any more (0 at the first start): what was, corrected by what is live at `at`. */
  rebase(state: State, live: LiveState, lostEvents: number, at: Micros): State;
  /** To and from what JSON can hold. */
  save(state: State): unknown;
  load(saved: unknown): State;
}

/** One event that cannot be folded must not end what is told of all others. */
export const projectLogged = <State, Body>(
  { projector, logger }: { readonly projector: Projector<State, Body>; readonly logger: Logger },
  state: State,
  logged: LoggedEvent,
): Projected<State, Body> => {
  if (!projector.types.has(logged.type)) return { state, messages: [] };
  try {
    return projector.project(state, logged.event, logged.at);
  } catch (error) {
    logger.error({ event: 'projection.event-failed', projection: projector.name, seq: logged.cursor.seq, err: error });
    return { state, messages: [] };
  }
};
