/** What phones do besides calling: keys, registrations; and recordings of what they say. */
import type { Fact } from '../../../model/fact.ts';
import { none, type Translate } from './reader.ts';

/** What a listener's keys do: listen, whisper to the one or the other, barge in. */
const supervisionKeys: Readonly<Record<string, 'listen' | 'whisper' | 'barge'>> = { 0: 'listen', 1: 'whisper', 2: 'whisper', 3: 'barge' };

export const dtmf: Translate = (reader, { channels }) => {
  const { at } = reader;
  const channel = channels.get(reader.channel());
  const digit = reader.text('DTMF-Digit');
  if (channel === undefined || digit === '') return none;
  // A duration in samples, of a rate that the event does not tell.
  const pressed: Fact = { type: 'channel.dtmf', at, channel: channel.id, digit, direction: 'received' };
  const mode = channel.supervises?.byKeys === true ? supervisionKeys[digit] : undefined;
  return mode === undefined ? [pressed] : [pressed, { type: 'supervision.modeChanged', at, channel: channel.id, mode }];
};

export const registered =
  (type: 'extension.registered' | 'extension.unregistered'): Translate =>
  (reader, { directory }) => {
    const user = reader.text('username') || reader.text('from-user');
    const device = `user/${user}`;
    const extension = directory.extensionOf(device);
    const domain = reader.text('from-host') || reader.text('realm') || reader.text('host');
    if (extension === undefined || !directory.isOurs(domain, '')) return none;
    const contact = /<([^>]*)>/.exec(reader.text('contact'))?.[1] ?? reader.text('contact');
    const userAgent = reader.text('user-agent');
    const isAgentTold = type === 'extension.registered' && userAgent !== '';
    return [{ type, at: reader.at, extension, device, contact, ...(isAgentTold ? { userAgent } : undefined) }];
  };

export const recording =
  (type: 'recording.started' | 'recording.stopped'): Translate =>
  (reader, { channels }) => {
    const channel = channels.get(reader.channel());
    // The message that a caller leaves is no recording of the call.
    if (channel === undefined || channel.application === 'voicemail') return none;
    const file = reader.text('Record-File-Path');
    const others = channel.recordings?.filter((each) => each !== file) ?? [];
    channel.recordings = type === 'recording.started' ? [...others, file] : others;
    return [{ type, at: reader.at, channel: channel.id, name: file, file }];
  };
