import type { CommandOutcome } from '../../../model/command.ts';
import { GatewayError } from '../../../model/errors.ts';
import type { ChannelId } from '../../../model/ids.ts';
import { accepted, failed } from '../../link/run-command.ts';
import { recordingMark } from '../pbx-lists.ts';
import { run, uuid, variableOf, type Acting, type Execute } from './acting.ts';

export const record: Execute<'record'> = async ({ channel, recording }, pbx) => {
  const file = recordingFile(pbx, recording);
  // Kept with the channel, so that it can be stopped after a restart of ours.
  await run(pbx, `uuid_setvar ${uuid(channel)} ${recordingMark} ${file}`);
  await run(pbx, `uuid_record ${uuid(channel)} start ${file}`);
  return accepted;
};

/** The name becomes a file's, in FreeSWITCH's own folder of recordings and no other. */
export const recordingFile = ({ recordingsFolder }: Acting, name: string): string => {
  if (!/^\w[\w.-]{0,127}$/.test(name)) throw new GatewayError('invalid-parameter', { field: 'recording' });
  if (!/^\/[\w./-]*$/.test(recordingsFolder))
    throw new GatewayError('not-supported', { said: 'FreeSWITCH does not tell its recordings_dir.' });
  return `${recordingsFolder}/${/\.\w{2,4}$/.test(name) ? name : `${name}.wav`}`;
};

export const stopRecording: Execute<'stopRecording'> = async ({ channel }, pbx) => {
  const file = await runningFile(pbx, channel);
  if (file === undefined) return failed('wrong-state', 'The leg is not being recorded by this gateway.');
  await run(pbx, `uuid_record ${uuid(channel)} stop ${file}`);
  return accepted;
};

/** Masked, a recording goes on with silence in it, so that its length is the call's. */
export const pauseRecording =
  (pause: boolean) =>
  async ({ channel }: { readonly channel: ChannelId }, pbx: Acting): Promise<CommandOutcome> => {
    const file = await runningFile(pbx, channel);
    if (file === undefined) return failed('wrong-state', 'The leg is not being recorded by this gateway.');
    await run(pbx, `uuid_record ${uuid(channel)} ${pause ? 'mask' : 'unmask'} ${file}`);
    // FreeSWITCH has no event for it.
    pbx.announce({ type: pause ? 'recording.paused' : 'recording.resumed', at: pbx.clock.now(), channel, name: file, file });
    return accepted;
  };

const runningFile = async (pbx: Acting, channel: ChannelId): Promise<string | undefined> => {
  const file = pbx.recordingsOf(channel).at(-1) ?? (await variableOf(pbx, channel, recordingMark));
  return /^\/[\w./-]+$/.test(file) ? file : undefined;
};
