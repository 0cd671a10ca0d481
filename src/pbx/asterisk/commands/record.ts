import type { CommandOutcome } from '../../../model/command.ts';
import { GatewayError } from '../../../model/errors.ts';
import type { ChannelId } from '../../../model/ids.ts';
import { accepted, failed } from '../../link/run-command.ts';
import { request, valueOf, type Acting, type Execute } from './acting.ts';

/** The channel variable in which a recording's handle is kept, so that it can be stopped after a restart of ours. */
const recordingVariable = 'SWITCHHOOK_RECORDING';

export const record: Execute<'record'> = async ({ channel, recording, format }, pbx) => {
  // Asterisk knows a format by the ending of the file's name, and this one by capitals.
  await startRecording(pbx, channel, format === 'wav49' ? `${recording}.WAV` : recording, '');
  return accepted;
};

export const startRecording = async (pbx: Acting, channel: ChannelId, name: string, options: string): Promise<void> => {
  // The name becomes a file's, in Asterisk's own folder of recordings and no other.
  if (!/^\w[\w.-]{0,127}$/.test(name)) throw new GatewayError('invalid-parameter', { field: 'recording' });
  const file = /\.\w{2,4}$/.test(name) ? name : `${name}.wav`;
  const forget = pbx.expectRecording(channel, file);
  try {
    await request(pbx, { Action: 'MixMonitor', Channel: channel, File: file, Options: `${options}i(${recordingVariable})` });
  } catch (error) {
    forget();
    throw error;
  }
};

export const stopRecording: Execute<'stopRecording'> = async ({ channel }, pbx) => {
  const id = await valueOf(pbx, recordingVariable, channel);
  if (id === '') return failed('wrong-state', 'The leg is not being recorded by this gateway.');
  await request(pbx, { Action: 'StopMixMonitor', Channel: channel, MixMonitorID: id });
  await request(pbx, { Action: 'Setvar', Channel: channel, Variable: recordingVariable, Value: '' });
  return accepted;
};

export const pauseRecording =
  (pause: boolean) =>
  async ({ channel }: { readonly channel: ChannelId }, pbx: Acting): Promise<CommandOutcome> => {
    await request(pbx, { Action: 'MixMonitorMute', Channel: channel, Direction: 'both', State: pause ? '1' : '0' });
    return accepted;
  };
