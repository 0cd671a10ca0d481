/** Who hears whom. */
import type { BridgeKind, Fact } from '../../../model/fact.ts';
import { bridgeId } from '../../../model/ids.ts';
import type { Reader, Translate } from './reader.ts';

export const bridgeKind = (reader: Pick<Reader, 'text'>): BridgeKind => {
  if (reader.text('BridgeType') === 'parking' || reader.text('BridgeTechnology') === 'holding_bridge') return 'holding';
  return reader.text('BridgeCreator') === 'ConfBridge' ? 'conference' : 'mixing';
};

export const bridgeEnter: Translate = (reader, memory) => {
  const { at } = reader;
  const channel = reader.channel('Uniqueid');
  const kind = bridgeKind(reader);
  if (kind !== 'holding') memory.talking.add(channel);
  const entered: Fact = { type: 'bridge.entered', at, channel, bridge: bridgeId(reader.text('BridgeUniqueid')), kind };
  const slot = memory.leavingSlot.get(channel);
  if (slot === undefined) return [entered];
  memory.leavingSlot.delete(channel);
  return [{ type: 'parking.left', at, channel, ...slot, reason: 'retrieved' }, entered];
};

export const bridgeLeave: Translate = (reader, { talking }) => {
  const channel = reader.channel('Uniqueid');
  talking.delete(channel);
  return [{ type: 'bridge.left', at: reader.at, channel, bridge: bridgeId(reader.text('BridgeUniqueid')) }];
};

export const localPair =
  (type: 'local.joined' | 'local.optimised'): Translate =>
  (reader) => [{ type, at: reader.at, one: reader.channel('LocalOneUniqueid'), two: reader.channel('LocalTwoUniqueid') }];
