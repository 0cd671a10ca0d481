import type { Map as PersistentMap } from 'immutable';
import type { Call, Leg, Party } from '../model/call.ts';
import { GatewayError } from '../model/errors.ts';
import type { EventData, EventSubject, EventType, NewEvent } from '../model/event.ts';
import type { BridgeId, CallId, ChannelId, ExtensionNumber, LegId, PbxId } from '../model/ids.ts';
import type { Micros } from '../model/time.ts';
import { callView, type CallEnd } from './call-view.ts';
import { Draft } from './draft.ts';
import { extendJournal } from './journal.ts';
import type {
  Channel,
  CommandedDial,
  PbxLink,
  TrackedCall,
  TrackedConference,
  TrackedExtension,
  TrackedQueue,
  TrackedUser,
  TrackerState,
} from './state.ts';

/** A channel that is a leg. */
export type LegChannel = Channel & { readonly leg: Leg };

export const isLeg = (channel: Channel): channel is LegChannel => channel.leg !== undefined;

/**
 * One fact at work: the state as it is so far, and the events so far. The only thing in this room that is changed in place; it
 * lives for the length of one `track` and what leaves it is immutable.
 */
export class Change {
  readonly at: Micros;
  /** What is learnt now was not seen as it happened. */
  isReconciling = false;
  readonly events: NewEvent[] = [];
  /** Extensions whose presence is looked at again when the fact is done. */
  readonly presenceDue = new Set<ExtensionNumber>();
  /** What follows from other parts of the state, and is not saved. */
  aliases: PersistentMap<CallId, CallId>;
  families: PersistentMap<ChannelId, CallId>;
  bridges: PersistentMap<BridgeId, readonly ChannelId[]>;
  legs: PersistentMap<LegId, ChannelId>;
  slots: PersistentMap<string, ChannelId>;
  owners: ReadonlyMap<ExtensionNumber, string>;
  readonly #before: TrackerState;
  readonly #channels: Draft<ChannelId, Channel>;
  readonly #calls: Draft<CallId, TrackedCall>;
  readonly #extensions: Draft<ExtensionNumber, TrackedExtension>;
  readonly #queues: Draft<string, TrackedQueue>;
  readonly #conferences: Draft<string, TrackedConference>;
  readonly #users: Draft<string, TrackedUser>;
  readonly #commanded: Draft<ChannelId, CommandedDial>;
  #link: PbxLink;
  #lastOrder: number;

  constructor(state: TrackerState, at: Micros) {
    this.#before = state;
    this.at = at;
    this.aliases = state.aliases;
    this.families = state.families;
    this.bridges = state.bridges;
    this.legs = state.legs;
    this.slots = state.slots;
    this.owners = state.owners;
    this.#channels = new Draft('channel', state.channels);
    this.#calls = new Draft('call', state.calls);
    this.#extensions = new Draft('extension', state.extensions);
    this.#queues = new Draft('queue', state.queues);
    this.#conferences = new Draft('conference', state.conferences);
    this.#users = new Draft('user', state.users);
    this.#commanded = new Draft('commanded', state.commanded);
    this.#link = state.link;
    this.#lastOrder = state.lastOrder;
  }

  /** The state after the fact; the very same object if nothing changed. */
  finish(): TrackerState {
    const { pbx, journal, link } = this.#before;
    const drafts = [this.#channels, this.#calls, this.#extensions, this.#queues, this.#conferences, this.#users, this.#commanded] as const;
    const channels = this.#channels.finish();
    const calls = this.#calls.finish();
    const extensions = this.#extensions.finish();
    const queues = this.#queues.finish();
    const conferences = this.#conferences.finish();
    const users = this.#users.finish();
    const commanded = this.#commanded.finish();
    const rows: string[] = this.#link === link ? [] : ['pbx'];
    for (const draft of drafts) draft.addRows(rows);
    if (rows.length === 0) return this.#before;
    return {
      pbx,
      link: this.#link,
      channels,
      calls,
      aliases: this.aliases,
      families: this.families,
      bridges: this.bridges,
      legs: this.legs,
      extensions,
      queues,
      conferences,
      slots: this.slots,
      users,
      owners: this.owners,
      commanded,
      lastOrder: this.#lastOrder,
      journal: extendJournal(journal, rows),
    };
  }

  get pbx(): PbxId {
    return this.#before.pbx;
  }

  get link(): PbxLink {
    return this.#link;
  }

  setLink(link: PbxLink): void {
    this.#link = link;
  }

  nextOrder(): number {
    this.#lastOrder += 1;
    return this.#lastOrder;
  }

  channel(id: ChannelId | undefined): Channel | undefined {
    return id === undefined ? undefined : this.#channels.get(id);
  }

  channels(): Iterable<Channel> {
    return this.#channels.finish().values();
  }

  leg(id: ChannelId | undefined): LegChannel | undefined {
    const channel = this.channel(id);
    return channel !== undefined && isLeg(channel) ? channel : undefined;
  }

  setChannel(channel: Channel): void {
    this.#channels.set(channel.id, channel);
  }

  removeChannel(id: ChannelId): void {
    this.#channels.delete(id);
  }

  /** All calls, announced or not, the oldest first. */
  calls(): readonly TrackedCall[] {
    return [...this.#calls.finish().values()].toSorted((one, two) => one.order - two.order);
  }

  call(id: CallId): TrackedCall {
    const call = this.#calls.get(id);
    if (call === undefined) throw new GatewayError('internal', { call: id }, { note: 'A channel belongs to a call that is not there.' });
    return call;
  }

  setCall(call: TrackedCall): void {
    this.#calls.set(call.id, call);
  }

  removeCall(id: CallId): void {
    this.#calls.delete(id);
  }

  extensions(): readonly TrackedExtension[] {
    return [...this.#extensions.finish().values()];
  }

  extension(number: ExtensionNumber): TrackedExtension | undefined {
    return this.#extensions.get(number);
  }

  setExtension(extension: TrackedExtension): void {
    this.#extensions.set(extension.number, extension);
  }

  removeExtension(number: ExtensionNumber): void {
    this.#extensions.delete(number);
  }

  queues(): readonly TrackedQueue[] {
    return [...this.#queues.finish().values()];
  }

  /** An unknown queue is an empty one. */
  queue(name: string): TrackedQueue {
    return this.#queues.get(name) ?? { name, isKnown: false, agents: [], waiting: [] };
  }

  setQueue(queue: TrackedQueue): void {
    this.#queues.set(queue.name, queue);
  }

  removeQueue(name: string): void {
    this.#queues.delete(name);
  }

  conferences(): readonly TrackedConference[] {
    return [...this.#conferences.finish().values()];
  }

  /** An unknown conference is an empty one. */
  conference(name: string): TrackedConference {
    return this.#conferences.get(name) ?? { name, isKnown: false, members: [] };
  }

  /** One that nobody knows of is gone when nobody is in it. */
  setConference(conference: TrackedConference): void {
    if (conference.members.length === 0 && !conference.isKnown) this.#conferences.delete(conference.name);
    else this.#conferences.set(conference.name, conference);
  }

  users(): readonly TrackedUser[] {
    return [...this.#users.finish().values()];
  }

  user(name: string): TrackedUser | undefined {
    return this.#users.get(name);
  }

  setUser(user: TrackedUser): void {
    this.#users.set(user.name, user);
  }

  removeUser(name: string): void {
    this.#users.delete(name);
  }

  commandedDials(): readonly (readonly [ChannelId, CommandedDial])[] {
    return [...this.#commanded.finish()];
  }

  commanded(channel: ChannelId): CommandedDial | undefined {
    return this.#commanded.get(channel);
  }

  setCommanded(channel: ChannelId, dial: CommandedDial): void {
    this.#commanded.set(channel, dial);
  }

  removeCommanded(channel: ChannelId): void {
    if (this.#commanded.get(channel) !== undefined) this.#commanded.delete(channel);
  }

  /** A number as a party, with the extension that it is. */
  party(number: string, name = ''): Party {
    const extension = this.#extensions.get(number as ExtensionNumber);
    if (extension === undefined) return { number, name };
    return { number, name: name === '' ? extension.name : name, extension: extension.number };
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

  /** `end` where it has ended. */
  view(call: TrackedCall, end?: CallEnd): Call {
    return callView(call, this.#channels, end);
  }

  presenceIsDue(extension: ExtensionNumber | undefined): void {
    if (extension !== undefined) this.presenceDue.add(extension);
  }

  emit<Type extends EventType>(type: Type, data: EventData[Type], subject: EventSubject = {}): void {
    this.events.push({ type, at: this.at, pbx: this.pbx, reconciled: this.isReconciling, ...subject, data } as NewEvent);
  }

  emitCall<Type extends EventType>(type: Type, call: TrackedCall, data: EventData[Type]): void {
    this.emit(type, data, { callId: call.id, call: this.view(call) });
  }

  /** Of a leg as it is now, with its call and its extension; nothing for a channel that is no leg. */
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
