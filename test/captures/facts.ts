import type { BridgeId, ChannelId } from '../../src/model/ids.ts';
import type { Fact } from '../../src/model/fact.ts';

/** Where facts break what the model promises of every driver's, in words. */
export const brokenPromises = (facts: readonly Fact[]): readonly string[] => {
  const broken: string[] = [];
  const channels = new Map<ChannelId, 'live' | 'ended'>();
  const bridges = new Map<ChannelId, BridgeId>();
  for (const [index, fact] of facts.entries()) {
    if (!('channel' in fact)) continue;
    const { channel, type } = fact;
    const blame = (what: string): void => void broken.push(`${index} ${type} ${channel}: ${what}`);
    if (type === 'channel.created') {
      if (channels.has(channel)) blame('created twice');
      channels.set(channel, 'live');
    } else if (channels.get(channel) !== 'live') {
      blame(channels.has(channel) ? 'after its end' : 'before its start');
    }
    if (type === 'channel.ended') channels.set(channel, 'ended');
    if (type === 'bridge.entered') {
      if (bridges.has(channel)) blame('in two bridges');
      bridges.set(channel, fact.bridge);
    }
    if (type === 'bridge.left') {
      if (bridges.get(channel) !== fact.bridge) blame('left a bridge that it was not in');
      bridges.delete(channel);
    }
  }
  return broken;
};
