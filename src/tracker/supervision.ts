import type { SupervisionMode } from '../model/call.ts';
import type { ChannelId } from '../model/ids.ts';
import { joinCall } from './calls.ts';
import type { Change } from './change.ts';
import { updateLeg } from './legs.ts';

/** A leg that listens in on another: it belongs to the supervised call for as long, and hears without being linked. */

export const superviseLeg = (change: Change, id: ChannelId, target: ChannelId, mode: SupervisionMode): void => {
  if (change.leg(id) === undefined) return;
  const supervised = change.channel(target)?.call;
  if (supervised !== undefined) joinCall(change, id, supervised);
  const channel = change.leg(id);
  if (channel === undefined) return;
  const targetLeg = change.leg(target)?.leg;
  updateLeg(change, channel, {
    channel: { ...channel, isSupervisor: true },
    leg: {
      supervising: { mode, ...(targetLeg === undefined ? undefined : { legId: targetLeg.id }) },
      ...(targetLeg === undefined ? undefined : { peer: targetLeg.party }),
    },
  });
  change.emitLeg('supervision.started', id, { mode, ...(targetLeg === undefined ? undefined : { target: targetLeg.id }) });
};

export const changeSupervision = (change: Change, id: ChannelId, mode: SupervisionMode): void => {
  const channel = change.leg(id);
  const supervising = channel?.leg.supervising;
  if (channel === undefined || supervising === undefined || supervising.mode === mode) return;
  updateLeg(change, channel, { leg: { supervising: { ...supervising, mode } } });
  change.emitLeg('supervision.modeChanged', id, { mode, ...(supervising.legId === undefined ? undefined : { target: supervising.legId }) });
};

/** Does nothing for a leg that supervises nobody. */
export const stopSupervision = (change: Change, id: ChannelId): void => {
  const channel = change.leg(id);
  if (channel?.leg.supervising === undefined) return;
  const { supervising, ...leg } = channel.leg;
  updateLeg(change, { ...channel, leg }, {});
  change.emitLeg('supervision.stopped', id, supervising.legId === undefined ? {} : { target: supervising.legId });
};
