import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Fact } from '../../src/model/fact.ts';
import { channelId, commandIdFrom, type ChannelId, type ExtensionNumber } from '../../src/model/ids.ts';
import type { Driver } from '../../src/pbx/driver.ts';
import { Changes } from '../real/phone/waiting.ts';

/** The hands at the phones of the PBX that a driver is connected to. Each resolves once the phone has done its part. */
export interface World {
  /** Extensions whose phones do as they are told. */
  readonly caller: ExtensionNumber;
  readonly callee: ExtensionNumber;
  /** An extension whose phone is busy. */
  readonly busy: ExtensionNumber;
  call(from: ExtensionNumber, to: ExtensionNumber): Promise<void>;
  /** Answers, or declines, what rings at the phone. */
  answer(extension: ExtensionNumber): Promise<void>;
  reject(extension: ExtensionNumber): Promise<void>;
  hangUp(extension: ExtensionNumber): Promise<void>;
  /** The link between driver and PBX breaks, and can be had again. Absent where that cannot be arranged. */
  breakLink?(): Promise<void>;
}

export interface DriverUnderTest {
  readonly driver: Driver;
  readonly world: World;
  /** Ends every call and closes what `open` made, but for the driver. */
  close(): Promise<void>;
}

/** What every driver promises: the order of its facts, what the basic calls look like in them, and what commands come to. */
export const describeDriver = (name: string, open: () => Promise<DriverUnderTest>): void => {
  describe(`${name} as a driver`, () => {
    let opened: DriverUnderTest;
    let stop: AbortController;
    let reading: Promise<void>;
    let facts: Fact[];
    const changes = new Changes();

    beforeEach(async () => {
      opened = await open();
      stop = new AbortController();
      facts = [];
      reading = (async () => {
        for await (const batch of opened.driver.facts(stop.signal)) {
          facts.push(...batch.map(({ fact }) => fact));
          changes.notify();
        }
      })();
      await until((each) => each.type === 'resync');
    });
    afterEach(async () => {
      await opened.close();
      stop.abort();
      await reading;
      await opened.driver.close();
      expect(brokenPromises(facts)).toEqual([]);
    });

    const until = async (matches: (fact: Fact) => boolean, from = 0): Promise<Fact> => {
      const describeFacts = (): string => facts.map(({ type }) => type).join(', ');
      return changes.until(() => facts.slice(from).find(matches), 'a fact', describeFacts);
    };
    /** The newest channel of an extension, once there is one. */
    const channelOf = async (extension: ExtensionNumber): Promise<ChannelId> => {
      const isTheirs = (fact: Fact): boolean =>
        fact.type === 'channel.created' && fact.endpoint.kind === 'extension' && fact.endpoint.extension === extension;
      await until(isTheirs);
      const fact = facts.findLast(isTheirs);
      return fact?.type === 'channel.created' ? fact.channel : channelId('');
    };
    const rings = (channel: ChannelId): Promise<Fact> => until((fact) => fact.type === 'dial.ringing' && fact.callee === channel);
    const isIn = (channel: ChannelId): Promise<Fact> => until((fact) => fact.type === 'bridge.entered' && fact.channel === channel);
    const ended = async (channel: ChannelId): Promise<number> => {
      const fact = await until((each) => each.type === 'channel.ended' && each.channel === channel);
      return fact.type === 'channel.ended' ? fact.causeCode : -1;
    };
    /** Places in the stream, each of which must come after the one before it. */
    const inOrder = (...matches: readonly ((fact: Fact) => boolean)[]): void => {
      const places = matches.map((match) => facts.findIndex(match));
      expect(places).not.toContain(-1);
      expect(places).toEqual(places.toSorted((one, two) => one - two));
    };
    const is =
      (type: Fact['type'], members: Readonly<Record<string, unknown>>) =>
      (fact: Fact): boolean =>
        fact.type === type && Object.entries(members).every(([key, value]) => (fact as Readonly<Record<string, unknown>>)[key] === value);

    const beginCall = async (): Promise<{ readonly caller: ChannelId; readonly callee: ChannelId }> => {
      const { world } = opened;
      await world.call(world.caller, world.callee);
      const callee = await channelOf(world.callee);
      await rings(callee);
      return { caller: await channelOf(world.caller), callee };
    };
    const talk = async (): Promise<{ readonly caller: ChannelId; readonly callee: ChannelId }> => {
      const call = await beginCall();
      await opened.world.answer(opened.world.callee);
      await Promise.all([isIn(call.caller), isIn(call.callee)]);
      return call;
    };
    const command = commandIdFrom('cmd_contract');
    const signal = (): AbortSignal => AbortSignal.timeout(10_000);

    test('says first that it is connected, then all that lives', () => {
      expect(facts.slice(0, 2).map(({ type }) => type)).toEqual(['pbx.connected', 'resync']);
      const resync = facts[1];
      const numbers = resync?.type === 'resync' ? resync.extensions.map(({ extension }) => extension) : [];
      expect(numbers).toEqual(expect.arrayContaining([opened.world.caller, opened.world.callee]));
    });

    test('tells a call that is answered: dialled, ringing, up, in a bridge with the called one first, and ended', async () => {
      const { caller, callee } = await talk();
      await opened.world.hangUp(opened.world.caller);
      expect([await ended(caller), await ended(callee)]).toEqual([16, 16]);
      inOrder(
        is('channel.created', { channel: caller, dialled: opened.world.callee, state: 'dialling' }),
        is('channel.created', { channel: callee, family: caller }),
        is('dial.began', { caller, callee }),
        is('dial.ringing', { caller, callee }),
        is('channel.state', { channel: callee, state: 'up' }),
        is('dial.ended', { caller, callee, result: 'answered' }),
        is('bridge.entered', { channel: callee, kind: 'mixing' }),
        is('bridge.entered', { channel: caller, kind: 'mixing' }),
        is('channel.hangupRequested', { channel: caller, by: 'far-end' }),
        is('bridge.left', { channel: caller }),
      );
    });

    test('tells a call that is declined', async () => {
      const { caller, callee } = await beginCall();
      await opened.world.reject(opened.world.callee);
      expect(await ended(callee)).toBe(21);
      await ended(caller);
      inOrder(is('dial.ended', { caller, callee, result: 'no-answer' }), is('channel.ended', { channel: callee }));
      expect(facts.filter(is('channel.state', { channel: callee, state: 'up' }))).toEqual([]);
    });

    test('tells a call to a busy phone, which never rings', async () => {
      const { world } = opened;
      await world.call(world.caller, world.busy);
      const callee = await channelOf(world.busy);
      expect(await ended(callee)).toBe(17);
      await ended(await channelOf(world.caller));
      inOrder(is('dial.began', { callee }), is('dial.ended', { callee, result: 'busy' }), is('channel.ended', { channel: callee }));
      expect(facts.filter(is('dial.ringing', { callee }))).toEqual([]);
    });

    test('tells a call that its caller gives up', async () => {
      const { caller, callee } = await beginCall();
      await opened.world.hangUp(opened.world.caller);
      await Promise.all([ended(caller), ended(callee)]);
      inOrder(is('channel.hangupRequested', { channel: caller, by: 'far-end' }), is('dial.ended', { caller, callee, result: 'cancelled' }));
      expect(facts.filter(is('bridge.entered', {}))).toEqual([]);
    });

    test('dials for an extension, under the channel id that it was given', async () => {
      const { driver, world } = opened;
      const own = channelId(`contract-${facts[0]?.at ?? 0}`);
      const dial = { id: command, name: 'dial', channel: own, extension: world.caller, number: world.callee, timeoutSeconds: 20 } as const;
      expect(await driver.execute(dial, signal())).toEqual({ outcome: 'accepted' });
      await rings(own);
      await world.answer(world.caller);
      const callee = await channelOf(world.callee);
      await rings(callee);
      await world.answer(world.callee);
      await Promise.all([isIn(own), isIn(callee)]);
      await world.hangUp(world.callee);
      await Promise.all([ended(own), ended(callee)]);
      inOrder(
        is('dial.commanded', { channel: own, command, extension: world.caller, number: world.callee }),
        is('channel.created', { channel: own }),
        is('dial.began', { caller: undefined, callee: own }),
        is('dial.ended', { caller: undefined, callee: own, result: 'answered' }),
        is('channel.created', { channel: callee, family: own }),
        is('dial.began', { caller: own, callee }),
        is('bridge.entered', { channel: callee }),
      );
    });

    test('answers what rings', async () => {
      const { driver, world } = opened;
      const { caller, callee } = await beginCall();
      const answer = { id: command, name: 'answer', channel: callee, extension: world.callee, caller } as const;
      expect(await driver.execute(answer, signal())).toEqual({ outcome: 'accepted' });
      // Where the phone does not obey, the PBX may call it anew: what counts is that the caller talks with the extension.
      await isIn(caller);
      await isIn(await channelOf(world.callee));
      await world.hangUp(world.caller);
      await ended(caller);
    });

    test('rejects what rings', async () => {
      const { caller, callee } = await beginCall();
      expect(await opened.driver.execute({ id: command, name: 'reject', channel: callee }, signal())).toEqual({ outcome: 'accepted' });
      expect([17, 21]).toContain(await ended(callee));
      await ended(caller);
      inOrder(is('channel.hangupRequested', { channel: callee, by: 'command' }), is('channel.ended', { channel: callee }));
      expect(facts.filter(is('bridge.entered', {}))).toEqual([]);
    });

    test('hangs up, and says that it was a command', async () => {
      const { caller, callee } = await talk();
      expect(await opened.driver.execute({ id: command, name: 'hangup', channel: callee }, signal())).toEqual({ outcome: 'accepted' });
      await Promise.all([ended(caller), ended(callee)]);
      inOrder(is('channel.hangupRequested', { channel: callee, by: 'command' }), is('channel.ended', { channel: callee }));
    });

    test('fails a command for a channel that does not live', async () => {
      const outcome = await opened.driver.execute({ id: command, name: 'hangup', channel: channelId('never-was') }, signal());
      expect(outcome).toMatchObject({ outcome: 'failed', code: expect.stringMatching(/^(leg-ended|no-such-leg)$/) });
    });

    test('rejects a command whose signal has aborted, and only then', async () => {
      const aborted = AbortSignal.abort(new Error('given up'));
      await expect(opened.driver.execute({ id: command, name: 'hangup', channel: channelId('any') }, aborted)).rejects.toThrow('given up');
    });

    test('finds nothing amiss with a PBX that is well', async () => {
      const findings = await opened.driver.diagnose(signal());
      expect(findings.length).toBeGreaterThan(0);
      expect(findings.filter(({ ok }) => !ok)).toEqual([]);
    });

    test('says at once that the link is lost, and all that lives when it is back', async (context) => {
      const { world } = opened;
      if (world.breakLink === undefined) {
        context.skip('this link cannot be broken');
        return;
      }
      const { caller, callee } = await talk();
      const before = facts.length;
      await world.breakLink();
      await until((fact) => fact.type === 'resync', before);
      expect(facts.slice(before, before + 3).map(({ type }) => type)).toEqual(['pbx.disconnected', 'pbx.connected', 'resync']);
      const resync = facts[before + 2];
      const live = resync?.type === 'resync' ? resync.channels.map(({ channel }) => channel) : [];
      expect(live).toEqual(expect.arrayContaining([caller, callee]));
    });

    test('ends its facts when it is closed, which may be said twice', async () => {
      await opened.driver.close();
      await opened.driver.close();
      await reading;
      const outcome = await opened.driver.execute({ id: command, name: 'hangup', channel: channelId('any') }, signal());
      expect(outcome.outcome).not.toBe('accepted');
    });
  });
};

/** What every driver promises of the order of its facts (see the fact's own documentation), and these facts break. */
export const brokenPromises = (facts: readonly Fact[]): readonly string[] => {
  const broken: string[] = [];
  /** The live channels, each with the bridge that it is in. */
  const live = new Map<ChannelId, string | undefined>();
  const ended = new Set<ChannelId>();
  let isGreeted = false;
  for (const fact of facts) {
    if (fact.type === 'pbx.disconnected') isGreeted = false;
    if (fact.type === 'resync') {
      isGreeted = true;
      live.clear();
      for (const { channel, bridge } of fact.channels) live.set(channel, bridge?.bridge);
    }
    if (!isGreeted && !fact.type.startsWith('pbx.')) broken.push(`${fact.type} before a resync`);
    if (fact.type === 'channel.created') {
      if (live.has(fact.channel) || ended.has(fact.channel)) broken.push(`${fact.channel} came twice`);
      live.set(fact.channel, undefined);
    } else if ('channel' in fact && fact.type !== 'dial.commanded') {
      const { type, channel } = fact;
      if (!live.has(channel)) broken.push(`${type} of ${channel}, which does not live`);
      if (type === 'bridge.entered') {
        if (live.get(channel) !== undefined) broken.push(`${channel} entered a second bridge`);
        live.set(channel, fact.bridge);
      }
      if (type === 'bridge.left') {
        if (live.get(channel) !== fact.bridge) broken.push(`${channel} left a bridge that it was not in`);
        live.set(channel, undefined);
      }
      if (type === 'channel.ended') {
        live.delete(channel);
        ended.add(channel);
      }
    }
  }
  return broken;
};
