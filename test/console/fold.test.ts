import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fold, fromSnapshot, type Office, type Snapshot } from '../../console/src/live/fold.ts';
import { parseCursor } from '../../src/model/cursor.ts';
import type { Event } from '../../src/model/event.ts';
import { extensionNumber } from '../../src/model/ids.ts';
import { isoTime } from '../../src/model/time.ts';
import { renderSnapshot } from '../../src/dialects/native/render.ts';
import { startSandboxTenant, type SandboxTenant } from '../sandbox-tenant.ts';

/** What somebody may do at the phones; the office refuses what makes no sense just then. */
const deeds = [
  'call',
  'callQueue',
  'callGroup',
  'callInside',
  'callConference',
  'answer',
  'reject',
  'hangUp',
  'hold',
  'resume',
  'transfer',
  'park',
  'retrieve',
  'unregister',
  'register',
  'dnd',
  'advance',
  'lose',
] as const;
const numbers = ['101', '102', '104', '106', '110'] as const;
const storyArbitrary = fc.array(fc.record({ deed: fc.constantFrom(...deeds), number: fc.constantFrom(...numbers) }), {
  minLength: 5,
  maxLength: 40,
});

const snapshotOf = ({ engine, clock }: SandboxTenant): Snapshot =>
  // As a client gets it: through JSON.
  JSON.parse(JSON.stringify(renderSnapshot(engine.snapshot(), { pbxStatus: 'live', asOf: isoTime(clock.now()) }))) as Snapshot;

const seqOf = ({ cursor }: Snapshot): number => parseCursor(cursor)?.seq ?? Number.NaN;

const act = ({ sandbox, clock }: SandboxTenant, deed: (typeof deeds)[number], number: string): void => {
  const { phones, faults } = sandbox;
  const outside = `+1555010${number}0`;
  switch (deed) {
    case 'call':
      return void phones.call(outside, number);
    case 'callQueue':
      return void phones.call(outside, '600');
    case 'callGroup':
      return void phones.call(outside, '610');
    case 'callInside':
      return void phones.call(number, number === '101' ? '102' : '101');
    case 'callConference':
      return void phones.call(number, '650');
    case 'answer':
      return phones.answer(number);
    case 'reject':
      return phones.reject(number);
    case 'hangUp':
      return phones.hangUp(number);
    case 'hold':
      return phones.hold(number);
    case 'resume':
      return phones.resume(number);
    case 'transfer':
      return phones.transfer(number, number === '102' ? '103' : '102');
    case 'park':
      return phones.transfer(number, '*806');
    case 'retrieve':
      return void phones.call(number, '*806');
    case 'register':
      return phones.register(number);
    case 'unregister':
      return phones.unregister(number);
    case 'dnd':
      return phones.setDnd(number, true);
    case 'advance':
      return clock.advance(7);
    case 'lose':
      faults.disconnect();
      return faults.reconnect();
    default:
      deed satisfies never;
  }
};

/** What both say of the office; the order of what is there is nobody's promise. */
const shownOf = (office: Office): unknown => ({
  pbxs: Object.fromEntries([...office.pbxs].map(([id, { status, reason }]) => [id, { status, reason }])),
  calls: Object.fromEntries(office.calls),
  extensions: Object.fromEntries(office.extensions),
  queues: Object.fromEntries(office.queues),
  conferences: Object.fromEntries(office.conferences),
  slots: Object.fromEntries(
    [...office.slots].map(([key, { lot, slot, callId, legId, parkedBy }]) => [key, { lot, slot, callId, legId, parkedBy }]),
  ),
  users: Object.fromEntries(office.users),
});

describe('what the console makes of a snapshot and the events after it', () => {
  test('is what a later snapshot says, whatever happens at the phones', async () => {
    await fc.assert(
      fc.asyncProperty(storyArbitrary, async (story) => {
        const world = await startSandboxTenant(undefined, { users: [{ name: '101', extension: extensionNumber('101') }] });
        const before = snapshotOf(world);
        for (const { deed, number } of story) {
          try {
            act(world, deed, number);
          } catch {
            // What makes no sense now is refused, and changes nothing.
          }
          await new Promise((resolve) => void setImmediate(resolve));
        }
        // Whatever is on its way by now is in the log before this.
        await world.engine.tell({ type: 'user.status', at: world.clock.now(), user: '101', status: 'away' });
        const after = snapshotOf(world);
        const between = world.events.filter(({ seq }) => seq > seqOf(before) && seq <= seqOf(after));
        expect(between.at(-1)?.seq).toBe(seqOf(after));
        const office = between.reduce((known, event) => fold(known, JSON.parse(JSON.stringify(event)) as Event), fromSnapshot(before));
        expect(shownOf(office)).toEqual(shownOf(fromSnapshot(after)));
        await world.close();
      }),
      { numRuns: 8, endOnFailure: true },
    );
  });
});
