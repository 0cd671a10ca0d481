/** What the dialplan does with a channel. */
import type { SupervisionMode } from '../../../model/call.ts';
import type { Application, Fact } from '../../../model/fact.ts';
import { channelId } from '../../../model/ids.ts';
import type { Micros } from '../../../model/time.ts';
import { consults } from './bridges.ts';
import type { Channel, Memory } from './memory.ts';
import { leftSlot } from './parking.ts';
import { none, type Translate } from './reader.ts';

/** FreeSWITCH's applications that matter to a call. One that is parked by `park` waits for somebody to send it on. */
export const applications: ReadonlyMap<string, Application> = new Map<string, Application>([
  ['bridge', 'dial'], ['att_xfer', 'dial'],
  ['callcenter', 'queue'], ['fifo', 'queue'],
  ['voicemail', 'voicemail'], ['conference', 'conference'],
  ['playback', 'announcement'], ['play_and_get_digits', 'announcement'], ['read', 'announcement'], ['endless_playback', 'announcement'],
  ['ivr', 'announcement'], ['echo', 'announcement'], ['delay_echo', 'announcement'], ['record', 'announcement'], ['say', 'announcement'],
  ['phrase', 'announcement'], ['gentones', 'announcement'],
  ['park', 'music'],
  ['eavesdrop', 'supervision'], ['three_way', 'supervision'], ['pickup', 'pickup'], ['intercept', 'pickup'],
]); // prettier-ignore

export const executed: Translate = (reader, memory) => {
  const channel = memory.channels.get(reader.channel());
  const name = reader.text('Application');
  const application = applications.get(name);
  if (channel === undefined || application === undefined) return none;
  const { at } = reader;
  const detail = reader.text('Application-Data');
  // One that is in a bridge runs an application beside it: the music that a held party hears.
  if (channel.bridge !== undefined && application === 'announcement') return none;
  channel.application = application;
  if (application === 'dial') channel.dials = detail.split(/[,|]/);
  const facts: Fact[] = [...leftSlot(channel, at, 'timed-out')];
  if (name === 'att_xfer') facts.push(...consults(channel, at, memory));
  const context = reader.text('Caller-Context');
  const dialled = dialledBy(channel, reader.text('Caller-Destination-Number'), detail);
  facts.push({
    type: 'channel.entered',
    at,
    channel: channel.id,
    application,
    detail,
    ...(dialled === undefined ? undefined : { dialled }),
    ...(context === '' ? undefined : { context }),
  });
  if (application === 'pickup') {
    channel.picksUp = { name, detail };
    if (channel.isUp === true) facts.push(...pickedUp(channel, at, memory));
  }
  if (application === 'supervision') {
    channel.supervises = { byKeys: reader.text('variable_eavesdrop_enable_dtmf') === 'true' };
    const mode = supervisionMode(name, (variable) => reader.text(`variable_${variable}`));
    facts.push({ type: 'supervision.started', at, channel: channel.id, target: channelId(detail), mode });
  }
  return facts;
};

/** How one listens in, by the application and the channel's variables: `three_way` speaks with both, `eavesdrop` as it was told to. */
export const supervisionMode = (application: string, variable: (name: string) => string): SupervisionMode => {
  const [toOne, toOther] = [variable('eavesdrop_whisper_aleg') === 'true', variable('eavesdrop_whisper_bleg') === 'true'];
  if (application === 'three_way' || (toOne && toOther)) return 'barge';
  return toOne || toOther ? 'whisper' : 'listen';
};

/** The destination of a channel that was called is itself; then the phone that it is to be connected with may be named. */
const dialledBy = ({ endpoint }: Channel, destination: string, detail: string): string | undefined => {
  if (endpoint.kind !== 'extension' || destination !== endpoint.extension) return destination;
  return /^user\/([^@,|:]+)/.exec(detail)?.[1];
};

/**
 * What a channel that is up takes over, if it was to. `pickup` names a group, which was dialled beside the phones as `pickup/GROUP`;
 * `intercept` names the channel of the caller.
 */
export const pickedUp = (picker: Channel, at: Micros, { channels }: Memory): readonly Fact[] => {
  if (picker.picksUp === undefined) return none;
  const { name, detail } = picker.picksUp;
  delete picker.picksUp;
  const all = [...channels.values()];
  const intercepted = channelId(detail.split(' ').at(-1) ?? '');
  const caller = name === 'intercept' ? intercepted : all.find(({ dials }) => dials?.includes(`pickup/${detail}`) === true)?.id;
  const ringing = all.find((one) => one.caller === caller && one.endpoint.kind === 'extension' && one.isUp !== true);
  if (caller === undefined || ringing === undefined) return none;
  return [{ type: 'pickup', at, picker: picker.id, ringing: ringing.id }];
};
