import type { SlotRef, SupervisionMode } from '../../../model/call.ts';
import type { ChannelId } from '../../../model/ids.ts';
import type { Directory } from '../directory.ts';

/** What is remembered of live channels: only what a later event leaves out, as that its hangup was asked for, or that it has left a queue. */
export interface Memory {
  readonly directory: Directory;
  /** The channels that ended last, oldest first: Asterisk names some once more after their end. */
  readonly ended: Set<ChannelId>;
  /** Channels whose phone sent the call on. */
  readonly forwarded: Set<ChannelId>;
  readonly hangupAsked: Set<ChannelId>;
  /** Channels that left a queue: what they do next tells why. */
  readonly leavingQueue: Map<ChannelId, { readonly queue: string; readonly isGivenUp: boolean }>;
  /** Channels that left their slot without being asked for: what they do next tells why. */
  readonly leavingSlot: Map<ChannelId, SlotRef>;
  /** Channels in a bridge with others. */
  readonly talking: Set<ChannelId>;
  /** How a channel supervises: asked for before it starts, or told while it does. */
  readonly supervision: Map<ChannelId, { readonly mode: SupervisionMode; readonly isRunning: boolean }>;
}

export const createMemory = (directory: Directory): Memory => ({
  directory,
  ended: new Set(),
  forwarded: new Set(),
  hangupAsked: new Set(),
  leavingQueue: new Map(),
  leavingSlot: new Map(),
  talking: new Set(),
  supervision: new Map(),
});

/** After a break what was remembered of live channels may be of some that ended meanwhile. */
export const forgetLive = ({ forwarded, hangupAsked, leavingQueue, leavingSlot, supervision, talking }: Memory): void => {
  for (const each of [forwarded, hangupAsked, leavingQueue, leavingSlot, supervision, talking]) each.clear();
};

const maxEnded = 256;

export const rememberEnded = (channel: ChannelId, { ended }: Memory): void => {
  ended.add(channel);
  if (ended.size <= maxEnded) return;
  const [oldest] = ended;
  if (oldest !== undefined) ended.delete(oldest);
};
