/** What the dialplan does with a channel. */
import type { SupervisionMode } from '../../../model/call.ts';
import type { Application } from '../../../model/fact.ts';
import { movedOn } from './places.ts';
import { none, type Reader, type Translate } from './reader.ts';

/** Dialplan applications that say where a channel is. The rest (Set, Goto, Answer ...) only pass. */
export const applications: ReadonlyMap<string, Application> = new Map<string, Application>([
  ['Dial', 'dial'], ['RetryDial', 'dial'], ['FollowMe', 'dial'], ['Queue', 'queue'],
  ['VoiceMail', 'voicemail'], ['MinivmRecord', 'voicemail'],
  ['Playback', 'announcement'], ['BackGround', 'announcement'], ['Background', 'announcement'], ['Read', 'announcement'],
  ['WaitExten', 'announcement'], ['ControlPlayback', 'announcement'], ['Playtones', 'announcement'], ['PlayTones', 'announcement'],
  ['SayDigits', 'announcement'], ['SayNumber', 'announcement'], ['SayAlpha', 'announcement'], ['SayUnixTime', 'announcement'],
  ['Directory', 'announcement'], ['Echo', 'announcement'], ['Milliwatt', 'announcement'], ['Record', 'announcement'],
  ['VoiceMailMain', 'announcement'], ['VMAuthenticate', 'announcement'], ['Authenticate', 'announcement'], ['DISA', 'announcement'],
  ['MusicOnHold', 'music'], ['ConfBridge', 'conference'], ['MeetMe', 'conference'],
  ['Park', 'parking'], ['ParkedCall', 'parking'], ['ParkAndAnnounce', 'parking'],
  ['Pickup', 'pickup'], ['PickupChan', 'pickup'], ['ChanSpy', 'supervision'], ['ExtenSpy', 'supervision'],
  ['Bridge', 'bridge'], ['BridgeAdd', 'bridge'], ['BridgeWait', 'bridge'],
  ['Wait', 'other'], ['WaitForSilence', 'other'], ['WaitForNoise', 'other'], ['Stasis', 'other'],
]); // prettier-ignore

/** What a person or trunk dials. Others are labels of the dialplan: `s`, `s-BUSY`, `PJSIP_102`. */
export const dialable = /^[+*#0-9][-+*#0-9A-Da-d]*$/;

/** A call that is handed to a program over the network is led by it, as by an announcement; a script on the PBX's own disk only passes. */
const interactiveOf = (reader: Reader): Application | undefined =>
  reader.text('Application') === 'AGI' && reader.text('AppData').startsWith('agi://') ? 'announcement' : undefined;

export const newExten: Translate = (reader, memory) => {
  const application = applications.get(reader.text('Application')) ?? interactiveOf(reader);
  if (application === undefined) return passing(reader, memory);
  const { at } = reader;
  const channel = reader.channel('Uniqueid');
  const detail = reader.text('AppData');
  const exten = reader.text('Extension');
  const context = reader.text('Context');
  if (application === 'supervision') {
    memory.supervision.set(channel, { mode: supervisionMode(detail), isRunning: memory.supervision.get(channel)?.isRunning ?? false });
  }
  return [
    ...movedOn(channel, 'left', at, memory),
    {
      type: 'channel.entered',
      at,
      channel,
      application,
      detail,
      ...(dialable.test(exten) ? { dialled: exten } : undefined),
      ...(context === '' ? undefined : { context }),
    },
  ];
};

/** A step that says nothing by itself; but who left a queue and goes on in the dialplan did not hang up. */
const passing: Translate = (reader, memory) => {
  if (memory.leavingQueue.size === 0 || reader.text('Extension') === 'h') return none;
  return movedOn(reader.channel('Uniqueid'), 'left', reader.at, memory);
};

/** The mode by ChanSpy's options (`PJSIP/102-0000001a,qwE`): `B` barges, `w` and `W` whisper. */
export const supervisionMode = (data: string): SupervisionMode => {
  const options = data.split(',')[1]?.replace(/\([^)]*\)/g, '') ?? '';
  if (options.includes('B')) return 'barge';
  return options.includes('w') || options.includes('W') ? 'whisper' : 'listen';
};

export const spyStart: Translate = (reader, memory) => {
  const channel = reader.channel('SpyerUniqueid');
  const target = reader.channel('SpyeeUniqueid');
  const mode = memory.supervision.get(channel)?.mode ?? 'listen';
  memory.supervision.set(channel, { mode, isRunning: true });
  return [{ type: 'supervision.started', at: reader.at, channel, target, mode }];
};

export const spyStop: Translate = (reader, memory) => {
  const channel = reader.channel('SpyerUniqueid');
  const known = memory.supervision.get(channel);
  if (known !== undefined) memory.supervision.set(channel, { ...known, isRunning: false });
  return [{ type: 'supervision.stopped', at: reader.at, channel }];
};

export const originateResponse: Translate = (reader, memory) => {
  // An originated channel runs ChanSpy without a Newexten; this response alone tells with which options, sometimes after it has started.
  const application = reader.text('Application');
  if (application !== 'ChanSpy' && application !== 'ExtenSpy') return none;
  if (reader.text('Response') !== 'Success') return none;
  const channel = reader.channel('Uniqueid');
  const known = memory.supervision.get(channel);
  const mode = supervisionMode(reader.text('Data'));
  memory.supervision.set(channel, { mode, isRunning: known?.isRunning ?? false });
  if (known?.isRunning !== true || known.mode === mode) return none;
  return [{ type: 'supervision.modeChanged', at: reader.at, channel, mode }];
};
