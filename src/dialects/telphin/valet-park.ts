import type { SlotRef } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import { callOf, legAsked, perform } from './calls.ts';
import { badRequest, notFound, TelphinError } from './errors.ts';
import { parseApiId, withoutDashes } from './ids.ts';
import { extensionAsked, parseBody, requireSight } from './parse.ts';
import { valetBody } from './schema.ts';
import type { Answer, Asked, TenantSource } from './source.ts';

/** The shapes of these answers; of `slots` with a slot alone the vendor's page prints one. */
const renderSlot = (slot: string, uuid: string | undefined): object => ({ slot, UUID: uuid ?? null });
const renderFree = (slots: readonly string[]): object => ({ slots });

/**
 * Parking in numbered slots. `park`: the other party of the extension's call waits in the slot, the extension's own part ends;
 * `bridge`: the other party is connected with who waits in the slot; `slots`: who waits in a slot, or which are free.
 */
export const valetPark = async (asked: Asked): Promise<Answer> => {
  const { source } = asked;
  const { action, slot: text = null } = parseBody(valetBody, asked.body);
  const slot = text === null || text === '' ? undefined : slotNamed(source, text);
  if (slot === undefined && source.options.slotRequired && action !== 'bridge') throw badRequest('slot is missing.');
  switch (action) {
    case 'park':
      return park(asked, slot);
    case 'bridge':
      return bridge(asked, slot);
    case 'slots':
      return slots(asked, slot);
    default:
      return action satisfies never;
  }
};

const slotNamed = ({ control, tenant }: TenantSource, text: string): SlotRef => {
  const slot = control.slots.all(tenant).find((each) => each.slot === text);
  if (slot === undefined)
    throw badRequest(
      `slot: there is none such; slots are ${control.slots
        .all(tenant)
        .map((each) => each.slot)
        .join(', ')}.`,
    );
  return slot;
};

const park = async (asked: Asked, slot: SlotRef | undefined): Promise<Answer> => {
  const { source } = asked;
  const { call, leg, apiUuid } = talkingLeg(asked);
  source.parkedIds.remember(call.id, apiUuid);
  await confirmed(perform(asked, { name: 'park', leg: leg.id, ...(slot === undefined ? undefined : { slot }) }));
  const parked = slot ?? source.control.slots.occupied(source.tenant).find(({ callId }) => callId === call.id);
  return { status: 200, body: renderSlot(parked?.slot ?? '', apiUuid) };
};

const bridge = async (asked: Asked, slot: SlotRef | undefined): Promise<Answer> => {
  const { source } = asked;
  const { control, tenant } = source;
  const { leg } = talkingLeg(asked);
  const waiting = slot === undefined ? control.slots.occupied(tenant)[0] : control.slots.in(tenant, slot);
  if (waiting === undefined) throw new TelphinError(409, slot === undefined ? 'no parked calls' : 'slot is empty');
  const { lot, slot: name, callId } = waiting;
  const uuid = source.parkedIds.of(callId);
  await confirmed(perform(asked, { name: 'bridgeSlot', leg: leg.id, slot: { lot, slot: name } }));
  return { status: 200, body: renderSlot(name, uuid) };
};

/** The call of the path is but a handle: any that the client knows will do, also one that has ended. */
const slots = (asked: Asked, slot: SlotRef | undefined): Answer => {
  requireSight(asked.identity, extensionAsked(asked));
  const { source, params } = asked;
  const apiId = params['call'] ?? '';
  const { ended } = source.projection.view().state;
  const isKnown = callOf(source, apiId) !== undefined || ended.some((id) => withoutDashes(source.placed.idOf(id)) === parseApiId(apiId));
  if (!isKnown) throw notFound();
  const { control, tenant, parkedIds } = source;
  if (slot === undefined) return { status: 200, body: renderFree(control.slots.free(tenant).map((each) => each.slot)) };
  const parked = control.slots.in(tenant, slot);
  return { status: 200, body: renderSlot(slot.slot, parked === undefined ? undefined : parkedIds.of(parked.callId)) };
};

const talkingLeg = (asked: Asked): ReturnType<typeof legAsked> => {
  const found = legAsked(asked);
  if (found.leg.state !== 'connected' && found.leg.state !== 'held') throw new TelphinError(409, 'call is not answered');
  return found;
};

/** The PBX took the command and did not tell of its effect: the reservation is given back. */
const confirmed = async (performed: Promise<{ readonly state: string }>): Promise<void> => {
  try {
    const { state } = await performed;
    if (state !== 'done') throw new TelphinError(500, 'park timeout');
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'timed-out') throw new TelphinError(500, 'park timeout', { cause: error });
    throw error;
  }
};
