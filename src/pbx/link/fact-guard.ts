/**
 * What the tracker may rely on, whatever a PBX sends: a channel is created first and ended last, is in one bridge at a time, and
 * never falls back from answered. PBXs break these in two ways. Late events follow a hangup (Asterisk's `NewConnectedLine` to busy queue
 * members). And events that were under way while a resync's lists were read tell again what the lists already told.
 */
import type { ChannelState, Fact } from '../../model/fact.ts';
import type { BridgeId, ChannelId } from '../../model/ids.ts';

export interface FactGuard {
  /** Whether the fact may be passed on; remembers it if so. */
  admit(fact: Fact): boolean;
}

interface Known {
  state: ChannelState;
  bridge: BridgeId | undefined;
}

export const createFactGuard = (): FactGuard => {
  const channels = new Map<ChannelId, Known>();

  return {
    admit(fact) {
      switch (fact.type) {
        case 'resync': {
          channels.clear();
          for (const { channel, state, bridge } of fact.channels) channels.set(channel, { state, bridge: bridge?.bridge });
          return true;
        }
        case 'channel.created': {
          if (channels.has(fact.channel)) return false;
          channels.set(fact.channel, { state: fact.state, bridge: undefined });
          return true;
        }
        case 'channel.ended':
          return channels.delete(fact.channel);
        case 'channel.state': {
          const known = channels.get(fact.channel);
          if (known === undefined || known.state === 'up') return false;
          known.state = fact.state;
          return true;
        }
        case 'bridge.entered': {
          const known = channels.get(fact.channel);
          // One that is in a bridge already was listed there: what it entered before is history.
          if (known === undefined || known.bridge !== undefined) return false;
          known.bridge = fact.bridge;
          return true;
        }
        case 'bridge.left': {
          const known = channels.get(fact.channel);
          if (known?.bridge !== fact.bridge) return false;
          known.bridge = undefined;
          return true;
        }
        case 'dial.began':
        case 'dial.ringing':
        case 'dial.ended':
          return channels.has(fact.callee);
        case 'queue.called':
          return channels.has(fact.channel) && channels.has(fact.callee);
        case 'channel.identified':
        case 'channel.peerIdentified':
        case 'channel.entered':
        case 'channel.held':
        case 'channel.unheld':
        case 'channel.muted':
        case 'channel.dtmf':
        case 'channel.hangupRequested':
        case 'parking.entered':
        case 'parking.left':
        case 'queue.joined':
        case 'queue.left':
        case 'conference.joined':
        case 'conference.left':
        case 'conference.muted':
        case 'supervision.started':
        case 'supervision.modeChanged':
        case 'supervision.stopped':
        case 'recording.started':
        case 'recording.paused':
        case 'recording.resumed':
        case 'recording.stopped':
          return channels.has(fact.channel);
        case 'dial.commanded':
        case 'local.joined':
        case 'local.optimised':
        case 'transfer.blind':
        case 'transfer.attended':
        case 'pickup':
        case 'agent.state':
        case 'agent.loggedIn':
        case 'agent.loggedOut':
        case 'extension.found':
        case 'extension.lost':
        case 'extension.registered':
        case 'extension.unregistered':
        case 'extension.dnd':
        case 'extension.status':
        case 'users.assigned':
        case 'user.sessionBegan':
        case 'user.sessionEnded':
        case 'user.status':
        case 'pbx.connected':
        case 'pbx.degraded':
        case 'pbx.recovered':
        case 'pbx.disconnected':
        case 'tick':
          return true;
        default:
          return fact satisfies never;
      }
    },
  };
};
