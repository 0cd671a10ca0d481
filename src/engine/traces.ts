import type { Fact } from '../model/fact.ts';
import type { CallId, ChannelId } from '../model/ids.ts';
import type { PbxMessage, TracedFact } from '../pbx/driver.ts';
import { legByChannel, type TrackerState } from '../tracker/tracker.ts';
import type { WhyEntry } from './engine.ts';

/** A call keeps at most this many facts for `why`; the first and the latest say most, so the middle goes. */
const maxFactsOfCall = 400;
const headFacts = 100;

/** All live calls together keep at most about this much of the PBX's words. */
const maxBytes = 64 * 1024 * 1024;

/** What the PBX said of the calls that live, in memory; the engine stores a call's trace when the call has ended. */
export class Traces {
  readonly #calls = new Map<CallId, TracedFact[]>();
  #bytes = 0;

  add(call: CallId, traced: TracedFact): void {
    const size = sizeOf(traced);
    if (this.#bytes + size > maxBytes) return;
    let trace = this.#calls.get(call);
    if (trace === undefined) {
      trace = [];
      this.#calls.set(call, trace);
    }
    if (trace.length === maxFactsOfCall) {
      const [dropped] = trace.splice(headFacts, 1);
      if (dropped !== undefined) this.#bytes -= sizeOf(dropped);
    }
    trace.push(traced);
    this.#bytes += size;
  }

  /** The absorbed call's trace goes to the call that absorbed it. */
  merge(from: CallId, into: CallId): void {
    const trace = this.#calls.get(from);
    if (trace === undefined) return;
    this.#calls.delete(from);
    const joined = [...(this.#calls.get(into) ?? []), ...trace].sort((a, b) => a.fact.at - b.fact.at);
    for (const dropped of joined.splice(headFacts, Math.max(0, joined.length - maxFactsOfCall))) this.#bytes -= sizeOf(dropped);
    this.#calls.set(into, joined);
  }

  entries(call: CallId): readonly WhyEntry[] {
    return toEntries(this.#calls.get(call) ?? []);
  }

  take(call: CallId): readonly WhyEntry[] {
    const trace = this.#calls.get(call) ?? [];
    this.#calls.delete(call);
    for (const traced of trace) this.#bytes -= sizeOf(traced);
    return toEntries(trace);
  }
}

const sizeOf = (traced: TracedFact): number => 200 + (traced.source?.text.length ?? 0);

const toEntries = (trace: readonly TracedFact[]): readonly WhyEntry[] => {
  const entries: WhyEntry[] = [];
  let last: PbxMessage | undefined;
  for (const { fact, source } of trace) {
    if (source !== undefined && source !== last) entries.push({ kind: 'pbx', at: source.at, text: source.text });
    last = source;
    entries.push({ kind: 'fact', at: fact.at, fact });
  }
  return entries;
};

/** The call that a fact belongs to by the channels it names, if one of them is a leg. */
export const callOfFact = (state: TrackerState, fact: Fact): CallId | undefined => {
  for (const channel of channelsOf(fact)) {
    const leg = legByChannel(state, channel);
    if (leg !== undefined) return leg.callId;
  }
  return undefined;
};

const channelMembers = [
  'channel',
  'callee',
  'caller',
  'one',
  'two',
  'transferee',
  'transferer',
  'first',
  'second',
  'picker',
  'ringing',
] as const;

const channelsOf = (fact: Fact): readonly ChannelId[] => {
  const members = fact as Readonly<Partial<Record<(typeof channelMembers)[number], ChannelId>>>;
  return channelMembers.map((member) => members[member]).filter((channel) => channel !== undefined);
};
