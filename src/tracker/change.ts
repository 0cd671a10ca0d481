import type { Map } from 'immutable';
import type { Call, Leg, Party } from '../model/call.ts';
import { GatewayError } from '../model/errors.ts';
import type { EventData, EventSubject, EventType, NewEvent } from '../model/event.ts';
import type { BridgeId, CallId, ChannelId, ExtensionNumber, LegId } from '../model/ids.ts';
import type { Micros } from '../model/time.ts';
import { extendJournal } from './journal.ts';
import { callView } from './call-view.ts';
import type { Channel, CommandedDial, PbxLink, TrackedCall, TrackedExtension, TrackedQueue, TrackerState } from './state.ts';

/** A channel that is a leg. */
export type LegChannel = Channel & { readonly leg: Leg };

/**
 * One fact at work: the state as it is so far, and the events so far. The only thing in this room that is changed in place; it
 * lives for the length of one `track` and what leaves it is immutable.
 */
export class Change {
  readonly at: Micros;
  /** What is learnt now was not seen as it happened. */
  isReconciling = false;
  readonly events: NewEvent[] = [];
  readonly #before: TrackerState;
  readonly #touched = new Set<string>();
  readonly #presenceDue = new Set<ExtensionNumber>();
  #link: PbxLink;
  #channels: Map<ChannelId, Channel>;
  #calls: Map<CallId, TrackedCall>;
  #extensions: Map<ExtensionNumber, TrackedExtension>;
  #queues: Map<string, TrackedQueue>;
  #commanded: Map<ChannelId, CommandedDial>;
  #conferences: Map<string, readonly ChannelId[]>;
  #lastOrder: number;
  aliases: Map<CallId, CallId>;
  families: Map<ChannelId, CallId>;
  bridges: Map<BridgeId, readonly ChannelId[]>;
  legs: Map<LegId, ChannelId>;
  slots: Map<string, ChannelId>;

  constructor(state: TrackerState, at: Micros) {
    this.#before = state;
    this.at = at;
    this.#link = state.link;
    this.#channels = state.channels;
    this.#calls = state.calls;
    this.#extensions = state.extensions;
    this.#queues = state.queues;
    this.#commanded = state.commanded;
    this.#conferences = state.conferences;
    this.#lastOrder = state.lastOrder;
    this.aliases = state.aliases;
    this.families = state.families;
    this.bridges = state.bridges;
    this.legs = state.legs;
    this.slots = state.slots;
  }

  /** The state after the fact; the very same object if nothing changed. */
  finish(): TrackerState {
    if (this.#touched.size === 0) return this.#before;
    return {
      pbx: this.#before.pbx,
      link: this.#link,
      channels: this.#channels,
      calls: this.#calls,
      aliases: this.aliases,
      families: this.families,
      bridges: this.bridges,
      legs: this.legs,
      extensions: this.#extensions,
      queues: this.#queues,
      conferences: this.#conferences,
      slots: this.slots,
      commanded: this.#commanded,
      lastOrder: this.#lastOrder,
      journal: extendJournal(this.#before.journal, [...this.#touched]),
    };
  }

  get pbx(): TrackerState['pbx'] {
    return this.#before.pbx;
  }

  get link(): PbxLink {
    return this.#link;
  }

  setLink(link: PbxLink): void {
    this.#link = link;
    this.#touched.add('pbx');
  }

  nextOrder(): number {
    this.#lastOrder += 1;
    return this.#lastOrder;
  }

  get channels(): Map<ChannelId, Channel> {
    return this.#channels;
  }

  channel(id: ChannelId | undefined): Channel | undefined {
    return id === undefined ? undefined : this.#channels.get(id);
  }

  leg(id: ChannelId | undefined): LegChannel | undefined {
    const channel = this.channel(id);
    return channel !== undefined && isLeg(channel) ? channel : undefined;
  }

  setChannel(channel: Channel): void {
    this.#channels = this.#channels.set(channel.id, channel);
    this.#touched.add(`channel/${channel.id}`);
  }

  removeChannel(id: ChannelId): void {
    this.#channels = this.#channels.delete(id);
    this.#touched.add(`channel/${id}`);
  }

  get calls(): Map<CallId, TrackedCall> {
    return this.#calls;
  }

  call(id: CallId): TrackedCall {
    const call = this.#calls.get(id);
    // A channel's call exists as long as the channel does; anything else would be a broken invariant of this room.
    if (call === undefined) throw new GatewayError('internal', { call: id }, { note: 'A channel belongs to a call that is not there.' });
    return call;
  }

  setCall(call: TrackedCall): void {
    this.#calls = this.#calls.set(call.id, call);
    this.#touched.add(`call/${call.id}`);
  }

  removeCall(id: CallId): void {
    this.#calls = this.#calls.delete(id);
    this.#touched.add(`call/${id}`);
  }

  get extensions(): Map<ExtensionNumber, TrackedExtension> {
    return this.#extensions;
  }

  setExtension(extension: TrackedExtension): void {
    this.#extensions = this.#extensions.set(extension.number, extension);
    this.#touched.add(`extension/${extension.number}`);
  }

  removeExtension(number: ExtensionNumber): void {
    this.#extensions = this.#extensions.delete(number);
    this.#touched.add(`extension/${number}`);
  }

  get queues(): Map<string, TrackedQueue> {
    return this.#queues;
  }

  queue(name: string): TrackedQueue {
    return this.#queues.get(name) ?? { name, agents: [], waiting: [] };
  }

  setQueue(queue: TrackedQueue): void {
    this.#queues = this.#queues.set(queue.name, queue);
    this.#touched.add(`queue/${queue.name}`);
  }

  removeQueue(name: string): void {
    this.#queues = this.#queues.delete(name);
    this.#touched.add(`queue/${name}`);
  }

  conference(name: string): readonly ChannelId[] {
    return this.#conferences.get(name) ?? [];
  }

  setConference(name: string, members: readonly ChannelId[]): void {
    this.#conferences = members.length === 0 ? this.#conferences.delete(name) : this.#conferences.set(name, members);
    this.#touched.add(`conference/${name}`);
  }

  get commanded(): Map<ChannelId, CommandedDial> {
    return this.#commanded;
  }

  setCommanded(channel: ChannelId, dial: CommandedDial): void {
    this.#commanded = this.#commanded.set(channel, dial);
    this.#touched.add(`commanded/${channel}`);
  }

  removeCommanded(channel: ChannelId): void {
    if (!this.#commanded.has(channel)) return;
    this.#commanded = this.#commanded.delete(channel);
    this.#touched.add(`commanded/${channel}`);
  }

  /** A number as a party, with the extension that it is. */
  party(number: string, name = ''): Party {
    const extension = this.#extensions.get(number as ExtensionNumber);
    return extension === undefined ? { number, name } : { number, name: name === '' ? extension.name : name, extension: extension.number };
  }

  /** The legs of a call that live, in the order of their channels. */
  liveLegs(call: TrackedCall): readonly LegChannel[] {
    const legs: LegChannel[] = [];
    for (const id of call.channels) {
      const channel = this.leg(id);
      if (channel !== undefined) legs.push(channel);
    }
    return legs;
  }

  view(call: TrackedCall): Call {
    return callView(call, this.#channels);
  }

  /** Its presence is looked at again when the fact is done. */
  presenceIsDue(extension: ExtensionNumber | undefined): void {
    if (extension !== undefined) this.#presenceDue.add(extension);
  }

  get presenceDue(): ReadonlySet<ExtensionNumber> {
    return this.#presenceDue;
  }

  emit<Type extends EventType>(type: Type, data: EventData[Type], subject: EventSubject = {}): void {
    this.events.push({ type, at: this.at, pbx: this.pbx, reconciled: this.isReconciling, ...subject, data } as NewEvent);
  }

  emitCall<Type extends EventType>(type: Type, call: TrackedCall, data: EventData[Type]): void {
    this.emit(type, data, { callId: call.id, call: this.view(call) });
  }

  /** Of a leg as it is now, with its call and its extension. */
  emitLeg<Type extends EventType>(type: Type, channel: ChannelId, data: EventData[Type]): void {
    const leg = this.leg(channel)?.leg;
    if (leg === undefined) return;
    const { extension } = leg;
    this.emit(type, data, {
      callId: leg.callId,
      legId: leg.id,
      ...(extension === undefined ? undefined : { extension }),
      call: this.view(this.call(leg.callId)),
      leg,
    });
  }
}

export const isLeg = (channel: Channel): channel is LegChannel => channel.leg !== undefined;
