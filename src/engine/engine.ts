import type { EventLog, LoggedEvent } from '../log/event-log.ts';
import type { Call, Leg } from '../model/call.ts';
import type { Cursor } from '../model/cursor.ts';
import type { Event, NewEvent } from '../model/event.ts';
import type { Extension } from '../model/extension.ts';
import type { CallId, ChannelId, ExtensionNumber, LegId, PbxId, TenantId } from '../model/ids.ts';
import type { Fact, TenantFact } from '../model/fact.ts';
import type { LiveState, PbxState } from '../model/live-state.ts';
import type { Conference, Queue, Slot } from '../model/place.ts';
import type { Micros } from '../model/time.ts';
import type { UserState } from '../model/user.ts';
import type { Driver } from '../pbx/driver.ts';

/** A snapshot and the cursor at which it is true: the log's tail after it joins without a gap. */
export interface Snapshot extends LiveState {
  readonly cursor: Cursor;
  readonly pbxs: readonly PbxState[];
}

/** One step of how an event came to be: what the PBX said, what was made of it, what followed. In order of `at`. */
export type WhyEntry =
  | { readonly kind: 'pbx'; readonly at: Micros; readonly text: string }
  | { readonly kind: 'fact'; readonly at: Micros; readonly fact: Fact }
  | { readonly kind: 'event'; readonly at: Micros; readonly event: Event };

/**
 * One tenant, running: its drivers feed its trackers, whose events go to its log. All reads are of committed state, so that
 * whatever is seen here is at or before `cursor`.
 */
export interface TenantEngine {
  readonly tenant: TenantId;
  readonly log: EventLog;
  readonly pbxs: readonly PbxId[];
  snapshot(): Snapshot;
  cursor(): Cursor;
  pbxState(pbx: PbxId): PbxState | undefined;
  /** The worst of the tenant's PBXs: what an answer that carries state says of itself. */
  status(): PbxState;
  /** A live call by its id or an alias of it. */
  call(id: CallId): Call | undefined;
  leg(id: LegId): Leg | undefined;
  legByChannel(channel: ChannelId): Leg | undefined;
  /** The live legs of an extension, oldest first. */
  legsOf(extension: ExtensionNumber): readonly Leg[];
  extension(number: ExtensionNumber): Extension | undefined;
  /** By its name. Of several PBXs that have such a queue or room, the first one's. */
  queue(name: string): Queue | undefined;
  conference(name: string): Conference | undefined;
  /** Every occupied slot. */
  slots(): readonly Slot[];
  /** A user by its name, as it is now. */
  user(name: string): UserState | undefined;
  pbxOfCall(id: CallId): PbxId | undefined;
  /** Of several that know the extension, or have such a queue, the first. */
  pbxOfExtension(number: ExtensionNumber): PbxId | undefined;
  pbxOfQueue(name: string): PbxId | undefined;
  driver(pbx: PbxId): Driver;
  /**
   * Takes in what the gateway itself knows of the people. Resolves when what came of it is in the log; throws `log-full` when it
   * cannot be written.
   */
  tell(fact: TenantFact): Promise<void>;
  /** Appends events that no fact led to (a command's progress), in order with the others; `patient` ones wait a moment to share a commit. */
  publish(
    events: readonly NewEvent[],
    options?: { readonly urgent?: boolean; readonly patient?: boolean },
  ): Promise<readonly LoggedEvent[]>;
  /**
   * How a call came to be what it is: PBX messages (secrets redacted), facts and events. The PBX's own words are kept for a
   * shorter time than events; of an old call the events alone are left. Undefined if the call is unknown.
   */
  why(id: CallId): Promise<readonly WhyEntry[] | undefined>;
  /** Called after each commit, in order, with what was committed; a listener's failure is its own. Returns how to stop. */
  onCommitted(listener: (events: readonly LoggedEvent[]) => void): () => void;
}
