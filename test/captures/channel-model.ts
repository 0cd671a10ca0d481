import type { AgentSnapshot, ChannelSnapshot, ExtensionSnapshot, Fact, FactOf } from '../../src/model/fact.ts';
import type { ChannelId, ExtensionNumber } from '../../src/model/ids.ts';
import type { Micros } from '../../src/model/time.ts';

/**
 * What a PBX would list of itself after the facts so far: a plain record of each live channel, which knows nothing of calls and legs.
 * It stands in for the PBX's own lists, which a recording does not hold.
 */
export const resyncAfter = (facts: readonly Fact[], at: Micros): FactOf<'resync'> => {
  const channels = new Map<ChannelId, ChannelSnapshot>();
  const extensions = new Map<ExtensionNumber, ExtensionSnapshot>();
  const queues = new Map<string, Map<string, AgentSnapshot>>();

  const change = (channel: ChannelId, changed: Partial<ChannelSnapshot>, ...gone: readonly (keyof ChannelSnapshot)[]): void => {
    const known = channels.get(channel);
    if (known === undefined) return;
    const kept = Object.entries({ ...known, ...changed }).filter(([key]) => !(gone as readonly string[]).includes(key));
    channels.set(channel, Object.fromEntries(kept) as unknown as ChannelSnapshot);
  };

  for (const fact of facts) {
    switch (fact.type) {
      case 'channel.created': {
        const { type: _type, at: createdAt, ...rest } = fact;
        channels.set(fact.channel, { ...rest, peerNumber: '', peerName: '', createdAt, held: false });
        break;
      }
      case 'channel.state':
        change(fact.channel, { state: fact.state });
        break;
      case 'channel.identified':
        change(fact.channel, { number: fact.number, name: fact.name });
        break;
      case 'channel.peerIdentified':
        change(fact.channel, { peerNumber: fact.number, peerName: fact.name });
        break;
      case 'channel.entered':
        change(fact.channel, {
          application: fact.application,
          ...(fact.dialled === undefined ? undefined : { dialled: fact.dialled }),
          ...(fact.context === undefined ? undefined : { context: fact.context }),
        });
        break;
      case 'channel.held':
      case 'channel.unheld':
        change(fact.channel, { held: fact.type === 'channel.held' });
        break;
      case 'channel.ended':
        channels.delete(fact.channel);
        break;
      case 'bridge.entered':
        change(fact.channel, { bridge: { bridge: fact.bridge, kind: fact.kind } });
        break;
      case 'bridge.left':
        change(fact.channel, { held: false }, 'bridge');
        break;
      case 'parking.entered': {
        const { type: _type, at: _at, channel, ...parking } = fact;
        change(channel, { parking });
        break;
      }
      case 'parking.left':
        change(fact.channel, {}, 'parking');
        break;
      case 'queue.joined':
        change(fact.channel, { queue: { name: fact.queue, position: fact.position, since: fact.at } });
        break;
      case 'transfer.attended': {
        // Transferred to what waits in a queue, it waits there instead.
        const queue = fact.second === undefined ? undefined : channels.get(fact.second)?.queue;
        if (fact.second === undefined || fact.target !== undefined || fact.transferee === undefined || queue === undefined) break;
        change(fact.transferee, { queue });
        change(fact.second, {}, 'queue');
        break;
      }
      case 'queue.left':
        change(fact.channel, {}, 'queue');
        break;
      case 'conference.joined':
        change(fact.channel, { conference: fact.conference });
        break;
      case 'conference.left':
        change(fact.channel, {}, 'conference');
        break;
      case 'supervision.started':
        change(fact.channel, { supervising: { mode: fact.mode, target: fact.target } });
        break;
      case 'supervision.stopped':
        change(fact.channel, {}, 'supervising');
        break;
      case 'agent.state': {
        const { type: _type, at: _at, queue, ...agent } = fact;
        queues.set(queue, (queues.get(queue) ?? new Map<string, AgentSnapshot>()).set(agent.device, agent));
        break;
      }
      case 'extension.found': {
        const { type: _type, at: _at, ...extension } = fact;
        extensions.set(fact.extension, extension);
        break;
      }
      default:
        // The rest happens and is over: no list of the PBX holds it.
        break;
    }
  }
  return {
    type: 'resync',
    at,
    channels: [...channels.values()],
    extensions: [...extensions.values()],
    queues: [...queues].map(([name, agents]) => ({ name, agents: [...agents.values()] })),
  };
};
