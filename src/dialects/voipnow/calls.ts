import type { Logger } from 'pino';
import type { Identity } from '../../auth/auth.ts';
import type { Users } from '../../auth/users.ts';
import type { CommandRecord, CommandRequest, Control } from '../../control/control.ts';
import { performCommand } from '../../control/perform.ts';
import { placeCall, type CallWish } from '../../control/placing/place-call.ts';
import type { PlacedCalls } from '../../control/placing/placed-calls.ts';
import type { TenantEngine } from '../../engine/engine.ts';
import type { Call, Leg, SlotRef } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { ExtensionNumber } from '../../model/ids.ts';
import type { Store } from '../../store/store.ts';
import type { RequestCounter } from './limits.ts';
import type { Numbers } from './numbers.ts';
import type { VoipNowOptions } from './options.ts';
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
  readonly placed: PlacedCalls;
  readonly users: Users;
  readonly logger: Logger;
}

/** Who asks, and the signal that ends the request. */
export interface Asked {
  readonly identity: Identity;
  readonly source: TenantSource;
  readonly signal: AbortSignal;
}

/** Clients wait some seconds; an effect that comes later is told by the events. */
const effectSeconds = 3;

/** The live call of an id that MakeCall, an event or a listing gave; of several that ring for one the one that was answered, else the first. */
export const callOf = (source: TenantSource, apiId: string): Call => {
  const calls = source.placed.find(source.engine.snapshot().calls, apiId);
  const call = calls.find(({ legs }) => legs.some(({ state, direction }) => state === 'connected' && direction === 'outbound')) ?? calls[0];
  if (call === undefined) throw new GatewayError('no-such-call');
  return call;
};

/** Live calls in which the extension takes part, be it that it waits in a slot, oldest first. */
export const callsOf = ({ engine }: TenantSource, extension: ExtensionNumber): readonly Call[] =>
  engine.snapshot().calls.filter(({ legs }) => legs.some((leg) => leg.extension === extension && (isLive(leg) || leg.slot !== undefined)));

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

/** Has a call placed; gives its id as the vendor knows it, once a phone rings. */
export const place = async ({ identity, source }: Asked, wish: CallWish): Promise<string> =>
  source.placed.idOf(await placeCall({ ...source, identity }, wish));

/** Submits, and stays for the effect. */
export const perform = ({ identity, source, signal }: Asked, request: CommandRequest): Promise<CommandRecord> =>
  performCommand(source.control, identity, request, { seconds: effectSeconds, signal });

/** What rings is declined, anything else hung up. */
export const hangUp = (asked: Asked, leg: Leg): Promise<CommandRecord> =>
  perform(asked, { name: leg.state === 'ringing' && leg.direction === 'inbound' ? 'reject' : 'hangup', leg: leg.id });

export const slotOf = (call: Call): SlotRef => {
  const slot = call.legs.find((leg) => isLive(leg) && leg.slot !== undefined)?.slot;
  if (slot === undefined) throw new GatewayError('slot-empty');
  return slot;
};
