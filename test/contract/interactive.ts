import { expect, onTestFinished, test } from 'vitest';
import type { InteractiveCall } from '../../src/pbx/interactive.ts';

/** A call that was handed over, and what its caller does. */
export interface HandedOver extends AsyncDisposable {
  readonly call: InteractiveCall;
  press(key: string): void;
  leave(): void;
  /** What is played or waited for comes to its end. */
  passTime(): void;
}

/** What every PBX's interactive calls keep to. A sound is `hello`; there is an extension 102. */
export const interactiveContract = (name: string, open: () => Promise<HandedOver>): void => {
  const handed = async (): Promise<HandedOver> => {
    const world = await open();
    onTestFinished(() => world[Symbol.asyncDispose]());
    return world;
  };
  const leftEarly = { code: 'leg-ended' };

  test(`${name}: a sound plays to its end`, async () => {
    const { call, passTime } = await handed();
    await call.answer();
    const playing = call.play('hello', { stopAt: '' });
    passTime();
    expect(await playing).toBeUndefined();
  });

  test(`${name}: a key that may ends a sound or a wait; another is not heard`, async () => {
    const { call, press, passTime } = await handed();
    await call.answer();
    const playing = call.play('hello', { stopAt: '12' });
    press('2');
    expect(await playing).toBe('2');
    const waiting = call.listen(5_000, '#');
    press('#');
    expect(await waiting).toBe('#');
    const deaf = call.play('hello', { stopAt: '1' });
    press('2');
    passTime();
    expect(await deaf).toBeUndefined();
  });

  test(`${name}: a wait ends by itself`, async () => {
    const { call, passTime } = await handed();
    await call.answer();
    const waiting = call.listen(5_000, '123');
    passTime();
    expect(await waiting).toBeUndefined();
  });

  test(`${name}: who leaves is told by whatever runs, and by all that follows`, async () => {
    const { call, leave } = await handed();
    await call.answer();
    const waiting = call.listen(5_000, '');
    leave();
    await expect(waiting).rejects.toMatchObject(leftEarly);
    expect(call.gone.aborted).toBe(true);
    await expect(call.play('hello', { stopAt: '' })).rejects.toMatchObject(leftEarly);
  });

  test(`${name}: letting go ends what runs`, async () => {
    const { call } = await handed();
    await call.answer();
    const waiting = call.listen(5_000, '');
    await call.letGo();
    await expect(waiting).rejects.toMatchObject(leftEarly);
    await expect(call.answer()).rejects.toMatchObject(leftEarly);
  });

  test(`${name}: after it was hung up or sent on the call is no longer ours`, async () => {
    for (const end of [(call: InteractiveCall) => call.hangUp(), (call: InteractiveCall) => call.letGo('102')]) {
      const { call } = await handed();
      await call.answer();
      await end(call);
      expect(call.gone.aborted).toBe(true);
      await expect(call.hangUp()).rejects.toMatchObject(leftEarly);
    }
  });
};
