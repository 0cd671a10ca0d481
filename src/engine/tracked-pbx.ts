import type { StateChange } from '../log/event-log.ts';
import type { NewEvent } from '../model/event.ts';
import type { CallId, PbxId } from '../model/ids.ts';
import type { Driver, TracedFact } from '../pbx/driver.ts';
import { restoreState, saveChanges, track, type TrackerState } from '../tracker/tracker.ts';
import { callOfFact, type Traces } from './traces.ts';

/** What a batch of facts came to: to be committed as one. */
export interface Folded {
  readonly state: TrackerState;
  readonly events: readonly NewEvent[];
  readonly changes: readonly StateChange[];
}

/**
 * One PBX of a tenant: its driver and the state that its facts have led to. `folded` runs ahead of `committed` while the log
 * writes; readers see `committed`.
 */
export class TrackedPbx {
  readonly id: PbxId;
  readonly driver: Driver;
  committed: TrackerState;
  folded: TrackerState;
  readonly #traces: Traces;

  constructor(driver: Driver, rows: ReadonlyMap<string, string>, traces: Traces) {
    this.id = driver.pbx;
    this.driver = driver;
    const prefix = `${driver.pbx}/`;
    const own = new Map([...rows].filter(([key]) => key.startsWith(prefix)).map(([key, value]) => [key.slice(prefix.length), value]));
    this.committed = restoreState(driver.pbx, own);
    this.folded = this.committed;
    this.#traces = traces;
  }

  fold(batch: readonly TracedFact[]): Folded {
    const before = this.folded;
    const events: NewEvent[] = [];
    let state = before;
    for (const traced of batch) {
      const step = track(state, traced.fact);
      const call: CallId | undefined =
        step.events.find((event) => event.callId !== undefined)?.callId ?? callOfFact(step.state, traced.fact);
      if (call !== undefined) this.#traces.add(call, traced);
      state = step.state;
      for (const event of step.events) events.push(event);
    }
    this.folded = state;
    const changes = saveChanges(before, state).map(({ key, value }) => ({ key: `${this.id}/${key}`, value }));
    return { state, events, changes };
  }
}
