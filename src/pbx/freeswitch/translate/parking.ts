/** Valet parking: numbered slots, in and out. */
import type { Fact } from '../../../model/fact.ts';
import type { ChannelId } from '../../../model/ids.ts';
import type { Micros } from '../../../model/time.ts';
import type { Channel } from './memory.ts';
import { none, type Translate } from './reader.ts';

export const valet: Translate = (reader, memory) => {
  const { at } = reader;
  const channel = memory.channels.get(reader.channel());
  if (channel === undefined) return none;
  const place = { lot: reader.text('Valet-Lot-Name'), slot: reader.text('Valet-Extension') };
  switch (reader.text('Action')) {
    case 'hold': {
      const seconds = reader.number('variable_valet_parking_timeout');
      const parkerDevice = channel.sentBy?.device;
      const parker = parkerDevice === undefined ? undefined : memory.directory.extensionOf(parkerDevice);
      channel.parked = { ...place, ...(seconds === 0 ? undefined : { until: at + seconds * 1_000_000 }) };
      return [
        {
          type: 'parking.entered',
          at,
          channel: channel.id,
          ...place,
          ...(parkerDevice === undefined ? undefined : { parkerDevice }),
          ...(parker === undefined ? undefined : { parker }),
          ...(seconds === 0 ? undefined : { timeoutSeconds: seconds }),
        },
        { type: 'channel.entered', at, channel: channel.id, application: 'parking', detail: `${place.lot} ${place.slot}` },
      ];
    }
    case 'bridge': {
      if (channel.parked === undefined) return none;
      const retriever = memory.channels.get(reader.channel('Bridge-To-UUID'));
      if (retriever === undefined) return none;
      channel.parked = { ...channel.parked, retriever: retriever.id };
      return [{ type: 'channel.entered', at, channel: retriever.id, application: 'parking', detail: `${place.lot} ${place.slot}` }];
    }
    case 'exit': {
      if (channel.parked === undefined) return none;
      channel.parked = { ...channel.parked, isLeaving: true };
      const { retriever } = channel.parked;
      return retriever === undefined ? none : leftSlot(channel, at, 'retrieved', retriever);
    }
    default:
      return none;
  }
};

/** Valet parking says that a channel leaves its slot, but not why: what the channel does next tells. */
export const leftSlot = (
  channel: Channel,
  at: Micros,
  reason: 'retrieved' | 'timed-out' | 'gave-up',
  retriever?: ChannelId,
): readonly Fact[] => {
  if (channel.parked?.isLeaving !== true) return none;
  const { lot, slot } = channel.parked;
  delete channel.parked;
  return [{ type: 'parking.left', at, channel: channel.id, lot, slot, reason, ...(retriever === undefined ? undefined : { retriever }) }];
};

/** FreeSWITCH counts the seconds of a slot in frames of sound. */
const slotSlack: Micros = 500_000;

/** A parked channel hangs up, or is hung up because its time in the slot is over and nobody is to be rung. */
export const hangsUpInSlot = (channel: Channel, at: Micros, isByPhone: boolean): readonly Fact[] => {
  if (channel.parked === undefined) return none;
  const isOver = !isByPhone && channel.parked.until !== undefined && at >= channel.parked.until - slotSlack;
  channel.parked = { ...channel.parked, isLeaving: true };
  return leftSlot(channel, at, isOver ? 'timed-out' : 'gave-up');
};

/** Who is sent back to the dialplan leaves the slot and takes its new way. */
export const routed: Translate = (reader, { channels }) => {
  const channel = channels.get(reader.channel());
  if (channel === undefined || reader.text('Channel-State') !== 'CS_ROUTING') return none;
  return leftSlot(channel, reader.at, 'timed-out');
};
