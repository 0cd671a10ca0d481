import type { Leg } from '../../model/call.ts';
import type { AgentState } from '../../model/place.ts';
import type { DeviceState } from './schema.ts';

/** The state of an agent's device: what the queue says of the agent, and of its legs what the queue does not tell apart. */
export const deviceStateOf = (state: AgentState, legs: readonly Leg[]): DeviceState => {
  const live = legs.filter((leg) => leg.state !== 'ended');
  switch (state) {
    case 'unavailable':
      return 'UNAVAILABLE';
    case 'idle':
      return 'NOT_INUSE';
    case 'ringing':
      return live.some(isTalking) ? 'RINGINUSE' : 'RINGING';
    case 'busy':
      return live.length > 0 && live.every(isHeld) ? 'ONHOLD' : 'INUSE';
    case 'paused':
      // Of one who is paused the queue does not say what its phone does.
      return stateOfLegs(live);
    default:
      return state satisfies never;
  }
};

const stateOfLegs = (live: readonly Leg[]): DeviceState => {
  if (live.some(isRinging)) return live.some(isTalking) ? 'RINGINUSE' : 'RINGING';
  if (live.length === 0) return 'NOT_INUSE';
  return live.every(isHeld) ? 'ONHOLD' : 'INUSE';
};

const isRinging = (leg: Leg): boolean => leg.direction === 'inbound' && (leg.state === 'ringing' || leg.state === 'initiated');
const isTalking = (leg: Leg): boolean => leg.state === 'connected' || leg.state === 'held';
const isHeld = (leg: Leg): boolean => leg.state === 'held';
