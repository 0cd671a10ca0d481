/** What phones do besides calling: hold, keys, registrations, presence; and recordings of what they say. */
import { extensionNumber } from '../../../model/ids.ts';
import { none, type Translate } from './reader.ts';

export const held =
  (type: 'channel.held' | 'channel.unheld'): Translate =>
  (reader) => [{ type, at: reader.at, channel: reader.channel('Uniqueid') }];

export const dtmf: Translate = (reader) => [
  {
    type: 'channel.dtmf',
    at: reader.at,
    channel: reader.channel('Uniqueid'),
    digit: reader.text('Digit'),
    direction: reader.text('Direction') === 'Sent' ? 'sent' : 'received',
    durationMs: reader.number('DurationMs'),
  },
];

/** MixMonitor events name no recording; a channel has one at a time in practice. */
const recordingName = 'mixmonitor';

export const recording =
  (type: 'recording.started' | 'recording.stopped'): Translate =>
  (reader) => [{ type, at: reader.at, channel: reader.channel('Uniqueid'), name: recordingName }];

export const recordingMute: Translate = (reader) => {
  const type = reader.text('State') === '1' ? 'recording.paused' : 'recording.resumed';
  return reader.text('Direction') === 'both' ? [{ type, at: reader.at, channel: reader.channel('Uniqueid'), name: recordingName }] : none;
};

export const extensionStatus: Translate = (reader, { directory }) => {
  const number = reader.text('Exten');
  const { devices, isNew } = directory.learnHint(number, reader.text('Hint'));
  if (!isNew) return none;
  return [{ type: 'extension.found', at: reader.at, extension: extensionNumber(number), name: '', devices }];
};

export const contactStatus: Translate = (reader, { directory }) => {
  const device = `PJSIP/${reader.text('EndpointName')}`;
  const extension = directory.extensionOf(device);
  if (extension === undefined) return none;
  const contact = reader.text('URI');
  switch (reader.text('ContactStatus')) {
    case 'Created':
    case 'Updated':
    case 'NonQualified':
    case 'Reachable':
      return [{ type: 'extension.registered', at: reader.at, extension, device, contact }];
    case 'Removed':
    case 'Unreachable':
      return [{ type: 'extension.unregistered', at: reader.at, extension, device, contact }];
    default:
      return none;
  }
};

export const peerStatus: Translate = (reader, { directory }) => {
  // chan_pjsip tells the same, with the contact, in ContactStatus.
  if (reader.text('ChannelType') === 'PJSIP') return none;
  const device = reader.text('Peer');
  const extension = directory.extensionOf(device);
  if (extension === undefined) return none;
  const contact = reader.text('Address');
  switch (reader.text('PeerStatus')) {
    case 'Registered':
    case 'Reachable':
    case 'Lagged':
      return [{ type: 'extension.registered', at: reader.at, extension, device, contact }];
    case 'Unregistered':
    case 'Unreachable':
      return [{ type: 'extension.unregistered', at: reader.at, extension, device, contact }];
    default:
      return none;
  }
};

export const presenceStateChange: Translate = (reader) => {
  const extension = /^CustomPresence:([0-9]+)$/.exec(reader.text('Presentity'))?.[1];
  if (extension === undefined) return none;
  return [
    {
      type: 'extension.status',
      at: reader.at,
      extension: extensionNumber(extension),
      text: unescapeText(reader.text('Message')),
      dnd: reader.text('Status') === 'dnd',
    },
  ];
};

/** Asterisk writes the text of a presence as C would: a quote has a backslash before it. */
export const unescapeText = (text: string): string => text.replace(/\\([abfnrtv\\'"?])/g, (_whole, sign: string) => escapes[sign] ?? sign);

const escapes: Readonly<Record<string, string>> = { a: '\u0007', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

export const deviceStateChange: Translate = (reader) => {
  // FreePBX and its like keep do-not-disturb in a custom device state.
  const extension = /^Custom:DND([0-9]+)$/.exec(reader.text('Device'))?.[1];
  if (extension === undefined) return none;
  return [{ type: 'extension.dnd', at: reader.at, extension: extensionNumber(extension), dnd: reader.text('State') !== 'NOT_INUSE' }];
};
