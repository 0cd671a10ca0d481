import { callIdFrom, pbxId } from '../../src/model/ids.ts';
import type { NewEvent } from '../../src/model/event.ts';

const start = 1_763_719_200_000_000;

/** An event that carries a number to know it by; one a second. Of call `call`, if given. */
export const numbered = (number: number, call?: string): NewEvent => ({
  type: 'dtmf.received',
  at: start + number * 1_000_000,
  pbx: pbxId('office'),
  reconciled: false,
  ...(call === undefined ? undefined : { callId: callIdFrom(call) }),
  data: { digit: '5', durationMs: number },
});

export const numberedBetween = (first: number, last: number): readonly NewEvent[] =>
  Array.from({ length: last - first + 1 }, (_, index) => numbered(first + index));

/** When the event `number` happened. */
export const timeOf = (number: number): number => start + number * 1_000_000;

/** The number by which an event is known. */
export const numberOf = (event: { readonly json: string }): number =>
  (JSON.parse(event.json) as { data: { durationMs: number } }).data.durationMs;
