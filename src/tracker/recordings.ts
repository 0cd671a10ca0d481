import type { LegRecording } from '../model/call.ts';
import { recordingIdOf, type ChannelId } from '../model/ids.ts';
import type { Change } from './change.ts';
import { updateLeg } from './legs.ts';

export const startRecording = (change: Change, id: ChannelId, name: string, file: string | undefined): void => {
  const channel = change.leg(id);
  if (channel === undefined || channel.leg.recording !== undefined) return;
  const recording: LegRecording = { id: recordingIdOf(change.pbx, id, name), state: 'recording' };
  updateLeg(change, channel, { leg: { recording } });
  change.emitLeg('recording.started', id, { recordingId: recording.id, ...(file === undefined ? undefined : { file }) });
};

export const pauseRecording = (change: Change, id: ChannelId, state: LegRecording['state']): void => {
  const channel = change.leg(id);
  const recording = channel?.leg.recording;
  if (channel === undefined || recording === undefined || recording.state === state) return;
  updateLeg(change, channel, { leg: { recording: { ...recording, state } } });
  change.emitLeg(state === 'paused' ? 'recording.paused' : 'recording.resumed', id, { recordingId: recording.id });
};

/** Does nothing for a leg that is not recorded. A leg's end ends its recording, whether the PBX says so or not. */
export const stopRecording = (change: Change, id: ChannelId, file?: string): void => {
  const channel = change.leg(id);
  if (channel?.leg.recording === undefined) return;
  const { recording, ...leg } = channel.leg;
  updateLeg(change, { ...channel, leg }, {});
  change.emitLeg('recording.stopped', id, { recordingId: recording.id, ...(file === undefined ? undefined : { file }) });
};
