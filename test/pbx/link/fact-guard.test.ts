import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Fact } from '../../../src/model/fact.ts';
import { bridgeId, channelId } from '../../../src/model/ids.ts';
import { createFactGuard } from '../../../src/pbx/link/fact-guard.ts';

const channel = fc.constantFrom('1.1', '1.2', '1.3').map(channelId);
const bridge = fc.constantFrom('b1', 'b2').map(bridgeId);
const state = fc.constantFrom('down', 'dialling', 'ringing', 'up' as const);
const endpoint = { kind: 'internal', device: 'x' } as const;

const snapshot = fc.record({ channel, state, bridge: fc.option(bridge, { nil: undefined }) }).map((each) => ({
  channel: each.channel,
  endpoint,
  number: '',
  name: '',
  peerNumber: '',
  peerName: '',
  family: each.channel,
  state: each.state,
  createdAt: 0,
  held: false,
  ...(each.bridge === undefined ? {} : { bridge: { bridge: each.bridge, kind: 'mixing' as const } }),
}));

const fact: fc.Arbitrary<Fact> = fc.oneof(
  fc.record({ channel, state }).map((about) => ({
    ...about,
    type: 'channel.created' as const,
    at: 0,
    endpoint,
    number: '',
    name: '',
    family: about.channel,
  })),
  fc.record({ type: fc.constant('channel.ended' as const), at: fc.constant(0), channel, causeCode: fc.constant(16) }),
  fc.record({ type: fc.constant('channel.state' as const), at: fc.constant(0), channel, state }),
  fc.record({ type: fc.constant('channel.held' as const), at: fc.constant(0), channel }),
  fc.record({ type: fc.constant('bridge.entered' as const), at: fc.constant(0), channel, bridge, kind: fc.constant('mixing' as const) }),
  fc.record({ type: fc.constant('bridge.left' as const), at: fc.constant(0), channel, bridge }),
  fc.record({ type: fc.constant('dial.began' as const), at: fc.constant(0), callee: channel }),
  fc
    .uniqueArray(snapshot, { maxLength: 3, selector: (each) => each.channel })
    .map((channels) => ({ type: 'resync' as const, at: 0, channels, extensions: [], queues: [] })),
);

/** What the port promises, checked over the facts that got through. */
const check = (facts: readonly Fact[]): void => {
  const live = new Map<string, { bridge: string | undefined; up: boolean }>();
  for (const each of facts) {
    switch (each.type) {
      case 'resync':
        live.clear();
        for (const { channel: id, bridge: place, state: now } of each.channels) live.set(id, { bridge: place?.bridge, up: now === 'up' });
        break;
      case 'channel.created':
        expect(live.has(each.channel)).toBe(false);
        live.set(each.channel, { bridge: undefined, up: each.state === 'up' });
        break;
      case 'channel.ended':
        expect(live.delete(each.channel)).toBe(true);
        break;
      case 'channel.state':
        expect(live.get(each.channel)?.up).toBe(false);
        live.set(each.channel, { bridge: live.get(each.channel)?.bridge, up: each.state === 'up' });
        break;
      case 'bridge.entered':
        expect(live.get(each.channel)?.bridge).toBeUndefined();
        live.set(each.channel, { bridge: each.bridge, up: live.get(each.channel)?.up ?? false });
        break;
      case 'bridge.left':
        expect(live.get(each.channel)?.bridge).toBe(each.bridge);
        live.set(each.channel, { bridge: undefined, up: live.get(each.channel)?.up ?? false });
        break;
      case 'channel.held':
        expect(live.has(each.channel)).toBe(true);
        break;
      case 'dial.began':
        expect(live.has(each.callee)).toBe(true);
        break;
      default:
        throw new Error(`no such fact was generated: ${each.type}`);
    }
  }
};

describe('the guard', () => {
  test('lets through what the port promises, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fact, { maxLength: 40 }), (facts) => {
        const guard = createFactGuard();
        check(facts.filter((each) => guard.admit(each)));
      }),
      { numRuns: 500 },
    );
  });

  test('drops nothing of what keeps to the promises', () => {
    fc.assert(
      fc.property(fc.array(fact, { maxLength: 40 }), (facts) => {
        const first = createFactGuard();
        const admitted = facts.filter((each) => first.admit(each));
        const second = createFactGuard();
        expect(admitted.filter((each) => second.admit(each))).toEqual(admitted);
      }),
    );
  });
});
