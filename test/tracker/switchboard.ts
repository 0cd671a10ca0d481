import type { ChannelState, Endpoint, Fact } from '../../src/model/fact.ts';
import { bridgeId, channelId, extensionNumber, type BridgeId, type ChannelId } from '../../src/model/ids.ts';

/**
 * A PBX reduced to its channels, that does as it is told and says so in facts. It is no model of calls: what a call is is for the
 * tracker to find out. Each deed ends with everything settled, a second after the one before.
 */
export class Switchboard {
  readonly facts: Fact[] = [];
  /** How many facts there were when each deed was done. */
  readonly settled: number[] = [];
  readonly #lines = new Map<ChannelId, Line>();
  #now = 1_000_000_000;
  #count = 0;

  do(deed: Deed): void {
    this.#now += 1_000_000;
    this.#perform(deed);
    this.settled.push(this.facts.length);
  }

  /** Everybody hangs up. */
  close(): void {
    for (const line of [...this.#lines.values()]) if (this.#lines.has(line.id) && line.half === undefined) this.#hangUp(line);
    for (const line of [...this.#lines.values()]) this.#end(line, 16);
    this.settled.push(this.facts.length);
  }

  #perform({ kind, who, other }: Deed): void {
    switch (kind) {
      case 'call':
        return this.#call(who, other, false);
      case 'callThroughPair':
        return this.#call(who, other, true);
      case 'fork':
        return this.#withOne(this.#callers(), who, (caller) => this.#ring(caller, other));
      case 'answer':
        return this.#withOne(this.#ringing(), who, (callee) => this.#answer(callee, other % 2 === 0));
      case 'decline':
        return this.#withOne(this.#ringing(), who, (callee) => this.#decline(callee));
      case 'hangUp':
        return this.#withOne(this.#people(), who, (line) => this.#hangUp(line));
      case 'hold':
        return this.#withOne(this.#talking(), who, (line) => this.#hold(line));
      case 'transfer':
        return this.#withOne(this.#talking(), who, (line) => this.#transfer(line, other));
      case 'park':
        return this.#withOne(this.#talking(), who, (line) => this.#park(line, other));
      case 'retrieve':
        return this.#withOne(
          [...this.#lines.values()].filter((line) => line.slot !== undefined),
          who,
          (line) => this.#retrieve(line, other),
        );
      case 'join':
        return this.#withOne(this.#talking(), who, (line) => this.#withOne(this.#talking(), other, (second) => this.#join(line, second)));
      case 'pickUp':
        return this.#withOne(this.#ringing(), who, (line) => this.#pickUp(line, other));
      case 'confer':
        return this.#confer(who);
      case 'queue':
        return this.#queue(who, other);
      case 'supervise':
        return this.#withOne(this.#talking(), who, (line) => this.#supervise(line, other));
    }
  }

  #withOne(lines: readonly Line[], which: number, act: (line: Line) => void): void {
    const line = lines[which % Math.max(1, lines.length)];
    if (line !== undefined) act(line);
  }

  readonly #people = (): readonly Line[] => [...this.#lines.values()].filter((line) => line.half === undefined);
  readonly #ringing = (): readonly Line[] => this.#people().filter((line) => line.state === 'ringing' && line.caller !== undefined);
  readonly #callers = (): readonly Line[] => this.#people().filter((line) => line.state === 'dialling' && this.#rungBy(line).length > 0);
  readonly #talking = (): readonly Line[] => this.#people().filter((line) => this.#peersOf(line).length > 0);

  #tell(fact: Told): void {
    this.facts.push({ ...fact, at: this.#now });
  }

  #open(endpoint: Endpoint, family: ChannelId | undefined, state: ChannelState, dialled?: string): Line {
    this.#count += 1;
    const id = channelId(`c${this.#count}`);
    const number = endpoint.kind === 'extension' ? endpoint.extension : '';
    const line: Line = { id, family: family ?? id, state };
    if (endpoint.kind === 'local') line.half = endpoint.half;
    this.#lines.set(id, line);
    this.#tell({
      type: 'channel.created',
      channel: id,
      endpoint,
      number,
      name: '',
      family: line.family,
      state,
      ...(dialled === undefined ? undefined : { dialled }),
    });
    return line;
  }

  #setState(line: Line, state: ChannelState): void {
    if (line.state === state) return;
    line.state = state;
    this.#tell({ type: 'channel.state', channel: line.id, state });
  }

  #call(from: number, to: number, throughPair: boolean): void {
    const caller = this.#open(phone(from), undefined, 'dialling', numberOf(to));
    this.#tell({ type: 'channel.entered', channel: caller.id, application: 'dial', detail: '', dialled: numberOf(to) });
    if (throughPair) this.#ringThroughPair(caller, to);
    else this.#ring(caller, to);
  }

  #ring(caller: Line, to: number): Line {
    const callee = this.#open(phone(to), caller.family, 'down');
    callee.caller = caller.id;
    this.#tell({ type: 'dial.began', caller: caller.id, callee: callee.id });
    this.#setState(callee, 'ringing');
    this.#tell({ type: 'dial.ringing', caller: caller.id, callee: callee.id });
    return callee;
  }

  #ringThroughPair(caller: Line, to: number): void {
    const pair = `pair-${this.#count}`;
    const one = this.#open({ kind: 'local', pair, half: 1, device: 'Local' }, caller.family, 'down');
    const two = this.#open({ kind: 'local', pair, half: 2, device: 'Local' }, caller.family, 'dialling');
    one.other = two.id;
    two.other = one.id;
    one.caller = caller.id;
    this.#tell({ type: 'local.joined', one: one.id, two: two.id });
    this.#tell({ type: 'dial.began', caller: caller.id, callee: one.id });
    this.#tell({ type: 'channel.entered', channel: two.id, application: 'dial', detail: '', dialled: numberOf(to) });
    this.#ring(two, to);
    this.#setState(one, 'ringing');
  }

  #answer(callee: Line, optimise: boolean): void {
    const caller = this.#lines.get(callee.caller ?? callee.id);
    if (caller === undefined) return;
    this.#setState(callee, 'up');
    for (const rival of this.#rungBy(this.#root(caller))) if (rival !== callee) this.#cancel(rival, 26);
    this.#tell({ type: 'dial.ended', caller: caller.id, callee: callee.id, result: 'answered' });
    callee.caller = undefined;
    if (caller.waits !== undefined) {
      this.#tell({ type: 'queue.left', channel: caller.id, queue: caller.waits, reason: 'answered' });
      caller.waits = undefined;
    }
    this.#setState(caller, 'up');
    this.#bridge(callee, caller);
    const half = caller.other === undefined ? undefined : this.#lines.get(caller.other);
    const beyond = half?.caller === undefined ? undefined : this.#lines.get(half.caller);
    if (half === undefined || beyond === undefined) return;
    this.#setState(half, 'up');
    this.#tell({ type: 'dial.ended', caller: beyond.id, callee: half.id, result: 'answered' });
    half.caller = undefined;
    this.#setState(beyond, 'up');
    this.#bridge(half, beyond);
    if (optimise) this.#optimise(beyond, half, caller, callee);
  }

  #optimise(beyond: Line, half: Line, near: Line, callee: Line): void {
    const bridge = callee.bridge;
    this.#tell({ type: 'local.optimised', one: half.id, two: near.id });
    this.#leave(beyond);
    this.#leave(near);
    if (bridge !== undefined) this.#enter(beyond, bridge);
    this.#leave(half);
    this.#end(half, 16);
    this.#end(near, 16);
  }

  #decline(callee: Line): void {
    const caller = this.#lines.get(callee.caller ?? callee.id);
    this.#tell({ type: 'channel.hangupRequested', channel: callee.id, by: 'far-end' });
    if (caller !== undefined) this.#tell({ type: 'dial.ended', caller: caller.id, callee: callee.id, result: 'busy' });
    this.#end(callee, 17);
    if (caller === undefined || caller.waits !== undefined || this.#rungBy(caller).length > 0) return;
    const root = this.#root(caller);
    if (root !== caller) this.#endPairOf(caller);
    this.#leaveAll(root);
    this.#end(root, 17);
  }

  #hangUp(line: Line): void {
    if (line.caller !== undefined) return this.#decline(line);
    this.#tell({ type: 'channel.hangupRequested', channel: line.id, by: 'far-end' });
    this.#leaveAll(line);
    this.#end(line, 16);
  }

  /** Out of its bridge and places, and with it whoever would be alone without it. */
  #leaveAll(line: Line): void {
    for (const rung of this.#rungBy(line)) this.#cancel(rung, 127);
    for (const half of [...this.#lines.values()]) if (half.half !== undefined && half.caller === line.id) this.#endPairOf(half);
    if (line.waits !== undefined) this.#tell({ type: 'queue.left', channel: line.id, queue: line.waits, reason: 'abandoned' });
    line.waits = undefined;
    if (line.slot !== undefined) this.#tell({ type: 'parking.left', channel: line.id, lot: 'lot', slot: line.slot, reason: 'gave-up' });
    line.slot = undefined;
    if (line.room) this.#tell({ type: 'conference.left', channel: line.id, conference: '400' });
    line.room = false;
    for (const spy of this.#people().filter((other) => other.watches === line.id)) {
      this.#tell({ type: 'supervision.stopped', channel: spy.id });
      this.#end(spy, 16);
    }
    if (line.watches !== undefined) this.#tell({ type: 'supervision.stopped', channel: line.id });
    line.watches = undefined;
    const { bridge } = line;
    this.#leave(line);
    if (bridge === undefined) return;
    const left = [...this.#lines.values()].filter((other) => other.bridge === bridge);
    if (left.length === 1) for (const alone of left) this.#dropAlone(alone);
  }

  #dropAlone(alone: Line): void {
    this.#leaveAll(alone);
    const other = alone.other === undefined ? undefined : this.#lines.get(alone.other);
    this.#end(alone, 16);
    if (other === undefined) return;
    this.#leaveAll(other);
    this.#end(other, 16);
  }

  #cancel(callee: Line, cause: number): void {
    if (!this.#lines.has(callee.id)) return;
    this.#tell({
      type: 'dial.ended',
      callee: callee.id,
      result: 'cancelled',
      ...(callee.caller === undefined ? undefined : { caller: callee.caller }),
    });
    this.#endRung(callee, cause);
  }

  #endRung(callee: Line, cause: number): void {
    const near = callee.caller === undefined ? undefined : this.#lines.get(callee.caller);
    this.#end(callee, cause);
    if (near?.half !== undefined) this.#endPairOf(near);
  }

  #endPairOf(half: Line): void {
    const other = half.other === undefined ? undefined : this.#lines.get(half.other);
    this.#end(half, 16);
    if (other !== undefined) this.#end(other, 16);
  }

  #hold(line: Line): void {
    this.#tell({ type: line.holds ? 'channel.unheld' : 'channel.held', channel: line.id });
    line.holds = !line.holds;
  }

  #transfer(line: Line, to: number): void {
    const [peer] = this.#peersOf(line);
    if (peer === undefined || this.#peersOf(line).length > 1) return;
    this.#tell({ type: 'transfer.blind', transferer: line.id, transferee: peer.id, to: numberOf(to), succeeded: true });
    this.#leave(line);
    this.#leave(peer);
    this.#dropSpies(line);
    this.#end(line, 16);
    this.#tell({ type: 'channel.entered', channel: peer.id, application: 'dial', detail: '', dialled: numberOf(to) });
    this.#ring(peer, to);
  }

  #dropSpies(line: Line): void {
    if (line.watches !== undefined) this.#tell({ type: 'supervision.stopped', channel: line.id });
    line.watches = undefined;
    for (const spy of this.#people().filter((other) => other.watches === line.id)) {
      this.#tell({ type: 'supervision.stopped', channel: spy.id });
      this.#end(spy, 16);
    }
  }

  #park(line: Line, slot: number): void {
    const [peer] = this.#peersOf(line);
    const name = `${700 + (slot % 5)}`;
    const isTaken = [...this.#lines.values()].some((other) => other.slot === name);
    if (peer === undefined || this.#peersOf(line).length > 1 || isTaken) return;
    this.#tell({ type: 'parking.entered', channel: peer.id, lot: 'lot', slot: name });
    peer.slot = name;
    this.#leave(peer);
    this.#leave(line);
    this.#dropSpies(line);
    this.#end(line, 16);
  }

  #retrieve(parked: Line, by: number): void {
    const slot = parked.slot ?? '';
    const retriever = this.#open(phone(by), undefined, 'dialling', slot);
    this.#setState(retriever, 'up');
    this.#tell({ type: 'parking.left', channel: parked.id, lot: 'lot', slot, reason: 'retrieved', retriever: retriever.id });
    parked.slot = undefined;
    this.#bridge(parked, retriever);
  }

  /** Takes one leg out of each of two talks and lets them talk to each other. */
  #join(one: Line, two: Line): void {
    if (one.bridge === two.bridge || one.other !== undefined || two.other !== undefined) return;
    const left = [...this.#peersOf(one), ...this.#peersOf(two)];
    this.#leave(one);
    this.#leave(two);
    this.#bridge(one, two);
    for (const line of left) {
      if (!this.#lines.has(line.id) || this.#peersOf(line).length > 0) continue;
      this.#leaveAll(line);
      this.#end(line, 16);
    }
  }

  #pickUp(ringing: Line, by: number): void {
    const caller = this.#lines.get(ringing.caller ?? ringing.id);
    if (caller === undefined || caller.half !== undefined || caller.waits !== undefined) return;
    const picker = this.#open(phone(by), undefined, 'dialling', '*8');
    this.#setState(picker, 'up');
    this.#tell({ type: 'pickup', picker: picker.id, ringing: ringing.id });
    for (const rival of this.#rungBy(caller)) this.#endRung(rival, 26);
    this.#setState(caller, 'up');
    this.#bridge(picker, caller);
  }

  #confer(who: number): void {
    const line = this.#open(phone(who), undefined, 'dialling', '400');
    this.#setState(line, 'up');
    line.room = true;
    this.#tell({ type: 'conference.joined', channel: line.id, conference: '400' });
  }

  #queue(who: number, agent: number): void {
    const line = this.#open(phone(who), undefined, 'dialling', '300');
    this.#setState(line, 'up');
    this.#tell({ type: 'channel.entered', channel: line.id, application: 'queue', detail: '', dialled: '300' });
    this.#tell({ type: 'queue.joined', channel: line.id, queue: 'support', position: 1 });
    line.waits = 'support';
    this.#ring(line, agent);
  }

  #supervise(line: Line, by: number): void {
    if (line.other !== undefined) return;
    const spy = this.#open(phone(by), undefined, 'dialling', '*55');
    this.#tell({ type: 'channel.entered', channel: spy.id, application: 'supervision', detail: '' });
    this.#setState(spy, 'up');
    spy.watches = line.id;
    this.#tell({ type: 'supervision.started', channel: spy.id, target: line.id, mode: 'listen' });
  }

  #bridge(one: Line, two: Line): void {
    this.#count += 1;
    const bridge = bridgeId(`b${this.#count}`);
    this.#enter(one, bridge);
    this.#enter(two, bridge);
  }

  #enter(line: Line, bridge: BridgeId): void {
    line.bridge = bridge;
    this.#tell({ type: 'bridge.entered', channel: line.id, bridge, kind: 'mixing' });
  }

  #leave(line: Line): void {
    if (line.bridge === undefined) return;
    this.#tell({ type: 'bridge.left', channel: line.id, bridge: line.bridge });
    line.bridge = undefined;
    line.holds = false;
  }

  #end(line: Line, causeCode: number): void {
    if (!this.#lines.delete(line.id)) return;
    this.#tell({ type: 'channel.ended', channel: line.id, causeCode });
  }

  /** Phones that ring for a line, directly or through pairs. */
  #rungBy(line: Line): readonly Line[] {
    return [...this.#lines.values()].flatMap((other) => {
      if (other.caller !== line.id) return [];
      if (other.half === undefined) return [other];
      const far = other.other === undefined ? undefined : this.#lines.get(other.other);
      return far === undefined ? [] : this.#rungBy(far);
    });
  }

  #root(line: Line): Line {
    const half = line.other === undefined ? undefined : this.#lines.get(line.other);
    return (half?.caller === undefined ? undefined : this.#lines.get(half.caller)) ?? line;
  }

  /** Phones in the same bridge. Who talks through a pair that stays is left alone by the deeds that need a peer. */
  #peersOf(line: Line): readonly Line[] {
    if (line.bridge === undefined) return [];
    const members = [...this.#lines.values()].filter((other) => other !== line && other.bridge === line.bridge);
    return members.every((member) => member.half === undefined) ? members : [];
  }
}

interface Line {
  readonly id: ChannelId;
  readonly family: ChannelId;
  state: ChannelState;
  half?: 1 | 2;
  other?: ChannelId;
  caller?: ChannelId | undefined;
  bridge?: BridgeId | undefined;
  holds?: boolean;
  waits?: string | undefined;
  slot?: string | undefined;
  room?: boolean;
  watches?: ChannelId | undefined;
}

type Told = Fact extends infer One ? (One extends Fact ? Omit<One, 'at'> : never) : never;

export const deedKinds = [
  'call',
  'callThroughPair',
  'fork',
  'answer',
  'decline',
  'hangUp',
  'hold',
  'transfer',
  'park',
  'retrieve',
  'join',
  'pickUp',
  'confer',
  'queue',
  'supervise',
] as const;

/** What somebody does. `who` and `other` pick one of those who can; a deed that nobody can do is no deed. */
export interface Deed {
  readonly kind: (typeof deedKinds)[number];
  readonly who: number;
  readonly other: number;
}

const numberOf = (which: number): string => `${101 + (which % 8)}`;

const phone = (which: number): Endpoint => ({
  kind: 'extension',
  extension: extensionNumber(numberOf(which)),
  device: `PJSIP/${numberOf(which)}`,
});
