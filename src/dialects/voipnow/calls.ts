import type { Identity } from '../../auth/auth.ts';
import type { CommandRecord, CommandRequest, Control } from '../../control/control.ts';
import type { TenantEngine } from '../../engine/engine.ts';
import type { Call, Leg, SlotRef } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { ExtensionNumber } from '../../model/ids.ts';
import type { Store } from '../../store/store.ts';
import type { RequestCounter } from './limits.ts';
import type { Numbers } from './numbers.ts';
import type { VoipNowOptions } from './options.ts';
import { apiIdOf } from './project.ts';
import type { Publisher } from './publish.ts';
import type { PublishedRequests } from './requests.ts';

/** What the requests of a tenant are answered from. */
export interface TenantSource {
  readonly engine: TenantEngine;
  readonly control: Control;
  readonly store: Store;
  readonly numbers: Numbers;
  readonly options: VoipNowOptions;
  readonly requests: PublishedRequests;
  readonly publisher: Publisher;
  readonly counter: RequestCounter;
}

/** Who asks, and the signal that ends the request. */
export interface Asked {
  readonly identity: Identity;
  readonly source: TenantSource;
  readonly signal: AbortSignal;
}

/** Clients wait some seconds; an effect that comes later is told by the events. */
const effectSeconds = 3;

export interface CallWish {
  readonly extension: ExtensionNumber;
  readonly number: string;
  readonly callerId?: { readonly number: string; readonly name: string };
  readonly timeoutSeconds?: number;
}

/** Rings the extension, which is connected to the number when it answers. Gives the call's id as the vendor knows it, once the phone rings. */
export const placeCall = async ({ identity, source }: Asked, wish: CallWish): Promise<string> => {
  const { control, engine } = source;
  const record = await control.submit(identity, { name: 'dial', ...wish });
  const call = record.callId ?? (record.legId === undefined ? undefined : engine.leg(record.legId)?.callId);
  if (call === undefined) throw new GatewayError('timed-out', { command: record.id });
  return apiIdOf(call);
};

/** The live call of an id that MakeCall, an event or a listing gave; also after it was merged into another. */
export const callOf = ({ engine }: TenantSource, apiId: string): Call => {
  const call = engine.snapshot().calls.find(({ id, aliases }) => [id, ...aliases].some((each) => apiIdOf(each) === apiId));
  if (call === undefined) throw new GatewayError('no-such-call');
  return call;
};

export const isLive = (leg: Leg): boolean => leg.state !== 'ended';

/** The leg whose user acts: the extension's, or of any extension the first. One that talks goes before one that rings. */
export const actingLeg = (call: Call, extension?: ExtensionNumber): Leg => {
  const legs = call.legs.filter(
    (leg) => isLive(leg) && leg.extension !== undefined && (extension === undefined || leg.extension === extension),
  );
  const leg = legs.find(({ state }) => state === 'connected' || state === 'held') ?? legs[0];
  if (leg === undefined) throw new GatewayError('no-such-leg');
  return leg;
};

/** Submits, and stays for the effect. */
export const perform = async ({ identity, source, signal }: Asked, request: CommandRequest): Promise<CommandRecord> => {
  const accepted = await source.control.submit(identity, request);
  const record = await source.control.wait(identity.tenant, accepted.id, effectSeconds, signal);
  if (record.state === 'failed') throw new GatewayError(record.error ?? 'internal', { command: record.id });
  if (record.state === 'unknown') throw new GatewayError('pbx-down', { command: record.id });
  return record;
};

/** What rings is declined, anything else hung up. */
export const hangUp = (asked: Asked, leg: Leg): Promise<CommandRecord> =>
  perform(asked, { name: leg.state === 'ringing' && leg.direction === 'inbound' ? 'reject' : 'hangup', leg: leg.id });

export const slotOf = (call: Call): SlotRef => {
  const slot = call.legs.find((leg) => isLive(leg) && leg.slot !== undefined)?.slot;
  if (slot === undefined) throw new GatewayError('slot-empty');
  return slot;
};
