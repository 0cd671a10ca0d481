import fc from 'fast-check';
import { expect, test } from 'vitest';
import { menuOf, type MenuAction, type MenuContext } from '../../src/interactive/menu.ts';
import { mostMoves, mostSeconds, performMenu } from '../../src/interactive/performance.ts';
import type { Script, Step } from '../../src/interactive/script.ts';
import { channelId } from '../../src/model/ids.ts';
import type { InteractiveCall, Key } from '../../src/pbx/interactive.ts';
import '../property-seed.ts';

const contextNames = ['main', 'sales', 'nowhere'] as const;
const options = ['start', 'timeout', 'invalid', '1', '2'] as const;

const action = fc.oneof(
  fc.constant<MenuAction>({ kind: 'ask', url: 'u', method: 'GET' }),
  fc.constant<MenuAction>({ kind: 'play', sound: 's' }),
  fc.constant<MenuAction>({ kind: 'transfer', to: '101' }),
  fc.constant<MenuAction>({ kind: 'hangup' }),
);
const context = fc
  .array(fc.tuple(fc.constantFrom(...options), fc.array(action, { maxLength: 3 })), { maxLength: 4 })
  .map((entries): MenuContext => Object.fromEntries(entries));

const step = fc.oneof(
  fc.constant<Step>({ do: 'hangup' }),
  fc.integer({ min: 0, max: 600 }).map((seconds): Step => ({ do: 'pause', seconds })),
  fc.constant<Step>({ do: 'set', name: 'a', value: 'b' }),
  fc.constantFrom<Step>(
    { do: 'play', sound: 's', times: 2, where: 'background' },
    { do: 'play', sound: 's', times: 1, where: 'foreground', keyTo: 'k' },
  ),
  fc
    .record({ context: fc.constantFrom(...contextNames), option: fc.constantFrom(...options) })
    .map((to): Step => ({ do: 'jump', ...to, priority: 1 })),
  fc.constant<Step>({ do: 'ring', extension: '102', seconds: 20 }),
  fc.constant<Step>({ do: 'transfer', to: '103' }),
);
const script = fc.oneof(
  fc.array(step, { maxLength: 4 }).map((steps): Script => ({ steps })),
  fc.constant<Script>({ fault: 'it is no XML' }),
);

/** A caller who presses what is drawn, over and over, and a PBX that does everything at once; now and then it cannot. */
class DrawnCall implements InteractiveCall {
  readonly channel = channelId('1.1');
  readonly called = '700';
  readonly caller = { number: '101', name: '' };
  readonly canSpeak = false;
  readonly gone = new AbortController().signal;
  seconds = 0;
  ends = 0;
  wishes = 0;
  readonly #keys: readonly (Key | undefined)[];
  readonly #failsEvery: number;

  constructor(keys: readonly (Key | undefined)[], failsEvery: number) {
    this.#keys = keys;
    this.#failsEvery = failsEvery;
  }

  answer = (): Promise<void> => this.#wish();
  setVariable = (): Promise<void> => this.#wish();
  showCaller = (): Promise<void> => this.#wish();
  play = async (): Promise<Key | undefined> => this.#wish(5).then(() => this.#key());
  speak = this.play;
  listen = async (ms: number): Promise<Key | undefined> => this.#wish(ms / 1_000).then(() => this.#key());
  ring = async (): Promise<boolean> => {
    await this.#wish(20);
    if (this.#key() === undefined) return false;
    this.ends += 1;
    return true;
  };
  hangUp = async (): Promise<void> => this.#end();
  letGo = async (): Promise<void> => this.#end();

  #key(): Key | undefined {
    return this.#keys[this.wishes % Math.max(1, this.#keys.length)];
  }

  async #wish(seconds = 0): Promise<void> {
    if (this.ends > 0) throw new Error('the call is no longer ours');
    this.wishes += 1;
    this.seconds += seconds;
    if (this.wishes > 1 && this.wishes % this.#failsEvery === 0) throw new Error('the PBX cannot');
  }

  #end(): void {
    if (this.ends > 0) throw new Error('the call is no longer ours');
    this.ends += 1;
  }
}

test('whatever the menu, the program and the caller do, a call ends, once, and before long', async () => {
  const keys = fc.array(fc.constantFrom<Key | undefined>('1', '2', '9', undefined), { maxLength: 4 });
  const contexts = fc.record({ main: context, sales: context });
  await fc.assert(
    fc.asyncProperty(
      contexts,
      fc.array(script, { minLength: 1, maxLength: 3 }),
      keys,
      fc.integer({ min: 2, max: 9 }),
      async (drawn, scripts, pressed, fails) => {
        const call = new DrawnCall(pressed, fails);
        let asked = 0;
        await performMenu({
          call,
          menu: menuOf({ method: 'GET', choiceSeconds: 5, contexts: drawn }, () => ({})),
          clock: { now: () => call.seconds * 1e6 },
          rules: { mayReach: () => true, mayShow: () => true },
          ask: () => {
            asked += 1;
            return Promise.resolve(scripts[asked % scripts.length] ?? { fault: 'none' });
          },
          onFault: () => undefined,
        });
        expect(call.ends).toBe(1);
        expect(asked).toBeLessThanOrEqual(mostMoves);
        // What has begun within the hour is done, and nothing lasts longer than a pause.
        expect(call.seconds).toBeLessThan(mostSeconds + 700);
      },
    ),
    { numRuns: 300 },
  );
});
