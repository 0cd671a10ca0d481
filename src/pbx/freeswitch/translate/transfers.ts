/** Transfers by phones (REFER). FreeSWITCH has no event for them: they show in how channels end, and by which way others go on. */
import type { Fact } from '../../../model/fact.ts';
import type { Micros } from '../../../model/time.ts';
import { part } from './bridges.ts';
import type { Channel, Memory, Transferer } from './memory.ts';
import { none, type Reader, type Translate } from './reader.ts';

/**
 * A channel that is sent elsewhere shows by whom its new way came: `1795244693:{uuid}:bl_xfer:1003/default/XML`. The same comes of a
 * command; then no phone asked for it.
 */
export const transferred: Translate = (reader, { channels }) => {
  const source = reader.text('Caller-Transfer-Source');
  const channel = channels.get(reader.channel());
  if (channel === undefined || source === '' || channel.transferSource === source) return none;
  const peer = channel.lastPeer === undefined ? undefined : channels.get(channel.lastPeer);
  const target = /^\d+:[^:]*:bl_xfer:([^/]+)(?:\/([^/]*))?/.exec(source);
  if (target === null) return none;
  if (peer?.hasTransferred !== true && !reader.has('variable_sip_refer_to')) return none;
  channel.transferSource = source;
  if (peer === undefined) return none;
  channel.sentBy = { channel: peer.id, device: peer.endpoint.device };
  const [, to = '', context] = target;
  return [
    {
      type: 'transfer.blind',
      at: reader.at,
      transferer: peer.id,
      transferee: channel.id,
      to,
      ...(context === undefined ? undefined : { context }),
      succeeded: true,
    },
    ...(channel.bridge?.with === peer.id ? part(channel, peer, reader.at) : none),
  ];
};

/** What the way in which a channel hangs up tells of a transfer by its phone. */
export const hangsUpTransferring = (channel: Channel, reader: Reader, memory: Memory): readonly Fact[] => {
  const end = reader.text('variable_endpoint_disposition');
  if (end === 'BLIND_TRANSFER') channel.hasTransferred = true;
  else if (end === 'ATTENDED_TRANSFER') {
    const target = channel.lastPeer ?? rungBy(channel, memory)?.id;
    const former = memory.transferer?.end?.() ?? none;
    memory.transferer = { second: channel.id, target, device: channel.endpoint.device, at: reader.at };
    return former;
  } else if (reader.text('variable_transfer_disposition') === 'recv_replace') return attended(channel, reader.at, memory);
  return none;
};

/** Longer than the holding leg takes to end after the consulting one. */
const patience: Micros = 2_000_000;

/** The end of a consulting leg whose transfer was never told. */
export const transferOverdue = (memory: Memory, at: Micros): readonly Fact[] => {
  const { transferer } = memory;
  if (transferer?.end === undefined || at - transferer.at < patience) return none;
  memory.transferer = undefined;
  return transferer.end();
};

/** The phone that a consulting leg still rings: it may be joined before it is answered. */
const rungBy = (caller: Channel, { channels }: Memory): Channel | undefined =>
  [...channels.values()].find((one) => one.caller === caller.id && one.isUp !== true);

/** Whom the phone calls on another line, if that still rings: it is joined with who waits without a word about its own end. */
const stillRinging = (first: Channel, at: Micros, memory: Memory): Transferer | undefined => {
  for (const second of memory.channels.values()) {
    const target = second.id === first.id || second.endpoint.device !== first.endpoint.device ? undefined : rungBy(second, memory);
    if (target !== undefined) return { second: second.id, target: target.id, device: first.endpoint.device, at };
  }
  return undefined;
};

const attended = (first: Channel, at: Micros, memory: Memory): readonly Fact[] => {
  const transferer = memory.transferer ?? stillRinging(first, at, memory);
  if (transferer === undefined || transferer.device !== first.endpoint.device) return none;
  memory.transferer = undefined;
  const transferee = first.lastPeer;
  const { target } = transferer;
  const ringing = target === undefined ? undefined : memory.channels.get(target);
  // A phone that still rings does so for the transferee from here on.
  const isToRing = ringing !== undefined && ringing.isUp !== true && transferee !== undefined;
  if (isToRing) ringing.caller = transferee;
  return [
    {
      type: 'transfer.attended',
      at,
      first: first.id,
      second: transferer.second,
      ...(transferee === undefined ? undefined : { transferee }),
      ...(target === undefined ? undefined : { target }),
      succeeded: true,
    },
    ...(transferer.end?.() ?? none),
    ...(isToRing ? [{ type: 'dial.began', at, caller: transferee, callee: ringing.id } as const] : none),
  ];
};
