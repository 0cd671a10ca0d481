import { describe, expect, test } from 'vitest';
import { Spaces } from '../../../src/pbx/asterisk/spaces.ts';

const names = { lot: 'valet', slots: ['1', '2', '3'] };
const standard = { name: 'default', first: 701, last: 720 };

const spaces = (lots: Parameters<Spaces['learn']>[0]): Spaces => {
  const known = new Spaces(names);
  known.learn(lots);
  return known;
};

describe('slots', () => {
  test('that have a lot of their own are its spaces', () => {
    const known = spaces([standard, { name: 'valet', first: 1, last: 9 }]);
    expect(known.spaceOf({ lot: 'valet', slot: '3' })).toEqual({ lot: 'valet', slot: '3' });
    expect(known.slotOf({ lot: 'valet', slot: '3' })).toEqual({ lot: 'valet', slot: '3' });
    expect(known.slotOf({ lot: 'default', slot: '703' })).toEqual({ lot: 'default', slot: '703' });
  });

  test('that have none are the first spaces of the lot that Asterisk always has', () => {
    const known = spaces([{ name: 'other', first: 1, last: 9 }, standard]);
    expect(known.spaceOf({ lot: 'valet', slot: '3' })).toEqual({ lot: 'default', slot: '703' });
    expect(known.slotOf({ lot: 'default', slot: '703' })).toEqual({ lot: 'valet', slot: '3' });
  });

  test('are not spaces beyond them, nor those of other lots', () => {
    const known = spaces([standard]);
    for (const space of [
      { lot: 'default', slot: '704' },
      { lot: 'other', slot: '701' },
      { lot: 'default', slot: '700' },
    ]) {
      expect(known.slotOf(space)).toEqual(space);
    }
    expect(known.spaceOf({ lot: 'valet', slot: '9' })).toEqual({ lot: 'valet', slot: '9' });
  });

  test('follow what a reload of Asterisk has changed', () => {
    const known = spaces([standard]);
    known.learn([standard, { name: 'valet', first: 1, last: 9 }]);
    expect(known.spaceOf({ lot: 'valet', slot: '1' })).toEqual({ lot: 'valet', slot: '1' });
  });
});
