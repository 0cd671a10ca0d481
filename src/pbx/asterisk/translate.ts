import type { SlotRef, SupervisionMode } from '../../model/call.ts';
import type { Application, BridgeKind, ChannelState, DialResult, Fact, Parking } from '../../model/fact.ts';
import { bridgeId, channelId, extensionNumber, type ChannelId } from '../../model/ids.ts';
import type { AgentState } from '../../model/place.ts';
import type { Micros } from '../../model/time.ts';
import type { AmiMessage } from './ami-parser.ts';
import type { Directory } from './directory.ts';

/**
 * Manager events to facts. It remembers of a live channel only what a later event leaves out: that its hangup was asked for, that
 * it has left a queue, how it supervises.
 */
export interface Translator {
  /** The facts in a message, most often none or one. `at` is when it came; Asterisk's own `Timestamp`, if it sends one, is preferred. */
  translate(message: AmiMessage, at: Micros): readonly Fact[];
}

export interface TranslatorOptions {
  readonly directory: Directory;
}

/** Whether `translate` has a use for events of this name: the rest need not be read at all. */
export const isInteresting = (event: string): boolean => translations.has(event);

export const createTranslator = ({ directory }: TranslatorOptions): Translator => {
  const memory: Memory = {
    directory,
    ended: new Set(),
    forwarded: new Set(),
    hangupAsked: new Set(),
    leavingQueue: new Map(),
    leavingSlot: new Map(),
    talking: new Set(),
    supervision: new Map(),
  };
  return {
    translate(message, at) {
      const translate = message.event === undefined ? undefined : translations.get(message.event);
      if (translate === undefined) return none;
      return translate(new Reader(message, stampOf(message) ?? at), memory);
    },
  };
};

interface Memory {
  readonly directory: Directory;
  /** The channels that ended last, oldest first: Asterisk names some once more after their end. */
  readonly ended: Set<ChannelId>;
  /** Channels whose phone sent the call on. */
  readonly forwarded: Set<ChannelId>;
  readonly hangupAsked: Set<ChannelId>;
  /** Channels that left a queue: what they do next tells why. */
  readonly leavingQueue: Map<ChannelId, { readonly queue: string; readonly isGivenUp: boolean }>;
  /** Channels that left their slot without being asked for: what they do next tells why. */
  readonly leavingSlot: Map<ChannelId, SlotRef>;
  /** Channels in a bridge with others. */
  readonly talking: Set<ChannelId>;
  /** How a channel supervises: asked for before it starts, or told while it does. */
  readonly supervision: Map<ChannelId, { readonly mode: SupervisionMode; readonly isRunning: boolean }>;
}

type Translate = (reader: Reader, memory: Memory) => readonly Fact[];

const none: readonly Fact[] = [];

/** A message's headers by what they mean. */
class Reader {
  readonly at: Micros;
  readonly #message: AmiMessage;

  constructor(message: AmiMessage, at: Micros) {
    this.#message = message;
    this.at = at;
  }

  text(header: string): string {
    const value = this.#message.get(header);
    return value === undefined || value === '<unknown>' || value === '<none>' ? '' : value;
  }

  number(header: string): number {
    const value = Number(this.#message.get(header) ?? '');
    return Number.isFinite(value) ? value : 0;
  }

  /** `''` where the event has no such channel. */
  channel(header: string): ChannelId {
    return channelId(this.text(header));
  }

  has(header: string): boolean {
    return this.text(header) !== '';
  }
}

const stampOf = (message: AmiMessage): Micros | undefined => {
  // Sent with `timestampevents = yes`: seconds with six decimals.
  const stamp = message.get('Timestamp');
  if (stamp === undefined) return undefined;
  const at = Math.round(Number(stamp) * 1_000_000);
  return Number.isSafeInteger(at) && at > 0 ? at : undefined;
};

/** AST_STATE_*; others (busy, reserved, prering) tell nothing that matters here. */
export const channelStates: Readonly<Record<string, ChannelState>> = {
  '0': 'down', '1': 'down', '2': 'down', '3': 'dialling', '4': 'dialling', '5': 'ringing', '6': 'up', '8': 'dialling',
}; // prettier-ignore

const dialResults: Readonly<Record<string, DialResult>> = {
  ANSWER: 'answered',
  BUSY: 'busy',
  NOANSWER: 'no-answer',
  CANCEL: 'cancelled',
  CHANUNAVAIL: 'unavailable',
  CONGESTION: 'congested',
};

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

const newChannel: Translate = (reader, { directory }) => {
  const channel = reader.channel('Uniqueid');
  const state = channelStates[reader.text('ChannelState')] ?? 'down';
  const exten = reader.text('Exten');
  const context = reader.text('Context');
  // A channel that is called starts down; one that calls starts in "Ring" with what it dialled. Snoop and Local;2 have no wish of their own.
  const dialled = state === 'dialling' && dialable.test(exten) ? exten : undefined;
  return [
    {
      type: 'channel.created',
      at: reader.at,
      channel,
      endpoint: directory.endpointOf(reader.text('Channel')),
      number: reader.text('CallerIDNum'),
      name: reader.text('CallerIDName'),
      ...(dialled === undefined ? undefined : { dialled }),
      ...(context === '' ? undefined : { context }),
      family: reader.has('Linkedid') ? reader.channel('Linkedid') : channel,
      state,
    },
  ];
};

const newState: Translate = (reader) => {
  const state = channelStates[reader.text('ChannelState')];
  return state === undefined ? none : [{ type: 'channel.state', at: reader.at, channel: reader.channel('Uniqueid'), state }];
};

const identified =
  (type: 'channel.identified' | 'channel.peerIdentified', who: 'CallerID' | 'ConnectedLine'): Translate =>
  (reader, { ended }) => {
    const number = reader.text(`${who}Num`);
    const channel = reader.channel('Uniqueid');
    // A queue names its caller to an agent's channel that was busy, after that has ended.
    if (number === '' || ended.has(channel)) return none;
    return [{ type, at: reader.at, channel, number, name: reader.text(`${who}Name`) }];
  };

/** A call that is handed to a program over the network is led by it, as by an announcement; a script on the PBX's own disk only passes. */
const interactiveOf = (reader: Reader): Application | undefined =>
  reader.text('Application') === 'AGI' && reader.text('AppData').startsWith('agi://') ? 'announcement' : undefined;

const newExten: Translate = (reader, memory) => {
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

/** Q.850. */
const redirected = 23;

const hangup: Translate = (reader, memory) => {
  const { at } = reader;
  const channel = reader.channel('Uniqueid');
  const left = hungUp(channel, at, memory);
  memory.hangupAsked.delete(channel);
  memory.supervision.delete(channel);
  const isForwarded = memory.forwarded.delete(channel);
  rememberEnded(channel, memory);
  const cause = reader.number('Cause');
  const ended: Fact = {
    type: 'channel.ended',
    at,
    channel,
    // Asterisk 16 tells no cause of a phone that sent the call on; 22 tells this one.
    causeCode: isForwarded && cause === 0 ? redirected : cause,
    ...(reader.has('TechCause') ? { sipCode: reader.number('TechCause') } : undefined),
  };
  return left.length === 0 ? [ended] : [...left, ended];
};

const rememberEnded = (channel: ChannelId, { ended }: Memory): void => {
  ended.add(channel);
  if (ended.size <= maxEnded) return;
  const [oldest] = ended;
  if (oldest !== undefined) ended.delete(oldest);
};

const maxEnded = 256;

/** `HangupRequest` is the far end's own wish; `SoftHangupRequest` comes of Asterisk, also as the last step of every hangup. */
const hangupRequest =
  (by: 'far-end' | 'pbx'): Translate =>
  (reader, memory) => {
    const channel = reader.channel('Uniqueid');
    memory.hangupAsked.add(channel);
    return [{ type: 'channel.hangupRequested', at: reader.at, channel, by }];
  };

const held =
  (type: 'channel.held' | 'channel.unheld'): Translate =>
  (reader) => [{ type, at: reader.at, channel: reader.channel('Uniqueid') }];

const dtmf: Translate = (reader) => [
  {
    type: 'channel.dtmf',
    at: reader.at,
    channel: reader.channel('Uniqueid'),
    digit: reader.text('Digit'),
    direction: reader.text('Direction') === 'Sent' ? 'sent' : 'received',
    durationMs: reader.number('DurationMs'),
  },
];

const callerOf = (reader: Reader): { readonly caller?: ChannelId } =>
  reader.has('Uniqueid') ? { caller: reader.channel('Uniqueid') } : {};

const dialBegin: Translate = (reader) => [
  { type: 'dial.began', at: reader.at, ...callerOf(reader), callee: reader.channel('DestUniqueid') },
];

const dialState: Translate = (reader) =>
  // PROGRESS and PROCEEDING are sounds on the way, not a phone that rings.
  reader.text('DialStatus') === 'RINGING'
    ? [{ type: 'dial.ringing', at: reader.at, ...callerOf(reader), callee: reader.channel('DestUniqueid') }]
    : none;

const dialEnd: Translate = (reader, { forwarded }) => {
  const forwardedTo = reader.text('Forward');
  const callee = reader.channel('DestUniqueid');
  if (forwardedTo !== '') forwarded.add(callee);
  const result = forwardedTo === '' ? (dialResults[reader.text('DialStatus')] ?? 'unknown') : 'forwarded';
  return [
    {
      type: 'dial.ended',
      at: reader.at,
      ...callerOf(reader),
      callee,
      result,
      ...(forwardedTo === '' ? undefined : { forwardedTo }),
    },
  ];
};

export const bridgeKind = (reader: Pick<Reader, 'text'>): BridgeKind => {
  if (reader.text('BridgeType') === 'parking' || reader.text('BridgeTechnology') === 'holding_bridge') return 'holding';
  return reader.text('BridgeCreator') === 'ConfBridge' ? 'conference' : 'mixing';
};

const bridgeEnter: Translate = (reader, memory) => {
  const { at } = reader;
  const channel = reader.channel('Uniqueid');
  const kind = bridgeKind(reader);
  if (kind !== 'holding') memory.talking.add(channel);
  const entered: Fact = { type: 'bridge.entered', at, channel, bridge: bridgeId(reader.text('BridgeUniqueid')), kind };
  const slot = memory.leavingSlot.get(channel);
  if (slot === undefined) return [entered];
  memory.leavingSlot.delete(channel);
  return [{ type: 'parking.left', at, channel, ...slot, reason: 'retrieved' }, entered];
};

const bridgeLeave: Translate = (reader, { talking }) => {
  const channel = reader.channel('Uniqueid');
  talking.delete(channel);
  return [{ type: 'bridge.left', at: reader.at, channel, bridge: bridgeId(reader.text('BridgeUniqueid')) }];
};

const localPair =
  (type: 'local.joined' | 'local.optimised'): Translate =>
  (reader) => [{ type, at: reader.at, one: reader.channel('LocalOneUniqueid'), two: reader.channel('LocalTwoUniqueid') }];

const blindTransfer: Translate = (reader) => [
  {
    type: 'transfer.blind',
    at: reader.at,
    transferer: reader.channel('TransfererUniqueid'),
    ...(reader.has('TransfereeUniqueid') ? { transferee: reader.channel('TransfereeUniqueid') } : undefined),
    to: reader.text('Extension'),
    ...(reader.has('Context') ? { context: reader.text('Context') } : undefined),
    succeeded: reader.text('Result') === 'Success',
  },
];

const attendedTransfer: Translate = (reader) => [
  {
    type: 'transfer.attended',
    at: reader.at,
    first: reader.channel('OrigTransfererUniqueid'),
    ...(reader.has('SecondTransfererUniqueid') ? { second: reader.channel('SecondTransfererUniqueid') } : undefined),
    ...(reader.has('TransfereeUniqueid') ? { transferee: reader.channel('TransfereeUniqueid') } : undefined),
    ...(reader.has('TransferTargetUniqueid') ? { target: reader.channel('TransferTargetUniqueid') } : undefined),
    succeeded: reader.text('Result') === 'Success',
  },
];

const pickup: Translate = (reader) => [
  { type: 'pickup', at: reader.at, picker: reader.channel('Uniqueid'), ringing: reader.channel('TargetUniqueid') },
];

const slotOf = (reader: Reader): SlotRef => ({ lot: reader.text('Parkinglot'), slot: reader.text('ParkingSpace') });

const parkedCall: Translate = (reader, { directory }) => {
  // The list that answers `ParkedCalls` has items of the same name.
  if (reader.has('ActionID')) return none;
  const parkerDevice = reader.text('ParkerDialString');
  const parker = directory.extensionOf(parkerDevice);
  const parking: Parking = {
    ...slotOf(reader),
    ...(parkerDevice === '' ? undefined : { parkerDevice }),
    ...(parker === undefined ? undefined : { parker }),
    timeoutSeconds: reader.number('ParkingTimeout'),
  };
  return [{ type: 'parking.entered', at: reader.at, channel: reader.channel('ParkeeUniqueid'), ...parking }];
};

const unparkedCall: Translate = (reader) => {
  const retriever = reader.channel('RetrieverUniqueid');
  return [
    {
      type: 'parking.left',
      at: reader.at,
      channel: reader.channel('ParkeeUniqueid'),
      ...slotOf(reader),
      reason: 'retrieved',
      ...(retriever === '' ? undefined : { retriever }),
    },
  ];
};

const parkedCallTimeOut: Translate = (reader) => [
  { type: 'parking.left', at: reader.at, channel: reader.channel('ParkeeUniqueid'), ...slotOf(reader), reason: 'timed-out' },
];

const parkedCallGiveUp: Translate = (reader, { hangupAsked, leavingSlot, talking }) => {
  const channel = reader.channel('ParkeeUniqueid');
  // Asterisk says "give up" also of a channel that the Bridge action takes out of its slot; then a bridge follows and no hangup. Events
  // of slots and of bridges are not in order with each other: the bridge may have been told already.
  if (hangupAsked.has(channel)) return [{ type: 'parking.left', at: reader.at, channel, ...slotOf(reader), reason: 'gave-up' }];
  if (talking.has(channel)) return [{ type: 'parking.left', at: reader.at, channel, ...slotOf(reader), reason: 'retrieved' }];
  leavingSlot.set(channel, slotOf(reader));
  return none;
};

const queueCallerJoin: Translate = (reader, memory) => {
  const channel = reader.channel('Uniqueid');
  memory.leavingQueue.delete(channel);
  return [{ type: 'queue.joined', at: reader.at, channel, queue: reader.text('Queue'), position: reader.number('Position') }];
};

const queueCallerAbandon: Translate = (reader, { hangupAsked, leavingQueue }) => {
  const channel = reader.channel('Uniqueid');
  const queue = reader.text('Queue');
  // A redirect out of the queue and the queue's own time-out are logged as abandonments too; then the dialplan goes on.
  if (hangupAsked.has(channel)) return [{ type: 'queue.left', at: reader.at, channel, queue, reason: 'abandoned' }];
  leavingQueue.set(channel, { queue, isGivenUp: true });
  return none;
};

const queueCallerLeave: Translate = (reader, { leavingQueue }) => {
  // Comes of every way out.
  const channel = reader.channel('Uniqueid');
  if (!leavingQueue.has(channel)) leavingQueue.set(channel, { queue: reader.text('Queue'), isGivenUp: false });
  return none;
};

const agentConnect: Translate = (reader, memory) => movedOn(reader.channel('Uniqueid'), 'answered', reader.at, memory);

const movedOn = (channel: ChannelId, reason: 'answered' | 'left', at: Micros, { leavingQueue }: Memory): readonly Fact[] => {
  const leaving = leavingQueue.get(channel);
  if (leaving === undefined) return none;
  leavingQueue.delete(channel);
  return [{ type: 'queue.left', at, channel, queue: leaving.queue, reason }];
};

const hungUp = (channel: ChannelId, at: Micros, { leavingQueue, leavingSlot, talking }: Memory): readonly Fact[] => {
  talking.delete(channel);
  const leaving = leavingQueue.get(channel);
  const slot = leavingSlot.get(channel);
  if (leaving === undefined && slot === undefined) return none;
  leavingQueue.delete(channel);
  leavingSlot.delete(channel);
  const facts: Fact[] = [];
  if (slot !== undefined) facts.push({ type: 'parking.left', at, channel, ...slot, reason: 'gave-up' });
  if (leaving !== undefined)
    facts.push({ type: 'queue.left', at, channel, queue: leaving.queue, reason: leaving.isGivenUp ? 'abandoned' : 'left' });
  return facts;
};

const agentCalled: Translate = (reader) => [
  {
    type: 'queue.called',
    at: reader.at,
    channel: reader.channel('Uniqueid'),
    queue: reader.text('Queue'),
    callee: reader.channel('DestUniqueid'),
    agentDevice: reader.text('Interface'),
    agentName: reader.text('MemberName'),
  },
];

/** The state of a queue member by its device's: AST_DEVICE_* as numbers. */
export const agentStateOf = (deviceState: string, isPaused: boolean): AgentState => {
  if (isPaused) return 'paused';
  switch (deviceState) {
    case '1':
      return 'idle';
    case '2':
    case '3':
    case '8':
      return 'busy';
    case '6':
    case '7':
      return 'ringing';
    default:
      return 'unavailable';
  }
};

const agentOf = (
  reader: Reader,
  { directory }: Memory,
): { queue: string; device: string; name: string } & Pick<Extract<Fact, { type: 'agent.state' }>, 'extension'> => {
  const device = reader.text('Interface');
  const extension = directory.extensionOf(device);
  return { queue: reader.text('Queue'), device, name: reader.text('MemberName'), ...(extension === undefined ? undefined : { extension }) };
};

/** How a member belongs to its queue: by `queues.conf` (`static`), or since it was added (`dynamic`, `realtime`). */
export const queueMembershipOf = (text: (header: string) => string): { readonly penalty?: number; readonly dynamic?: boolean } => {
  const [penalty, membership] = [text('Penalty'), text('Membership')];
  return {
    ...(/^\d{1,9}$/.test(penalty) ? { penalty: Number(penalty) } : undefined),
    ...(membership === '' ? undefined : { dynamic: membership === 'dynamic' }),
  };
};

const agentState: Translate = (reader, memory) => {
  const isPaused = reader.text('Paused') === '1';
  const pausedReason = reader.text('PausedReason');
  return [
    {
      type: 'agent.state',
      at: reader.at,
      ...agentOf(reader, memory),
      state: agentStateOf(reader.text('Status'), isPaused),
      ...(isPaused && pausedReason !== '' ? { pausedReason } : undefined),
      ...queueMembershipOf((header) => reader.text(header)),
    },
  ];
};

const agentLoggedIn: Translate = (reader, memory) => [
  { type: 'agent.loggedIn', at: reader.at, ...agentOf(reader, memory) },
  ...agentState(reader, memory),
];

const agentLoggedOut: Translate = (reader, memory) => [{ type: 'agent.loggedOut', at: reader.at, ...agentOf(reader, memory) }];

const conferenceJoin: Translate = (reader) => {
  const { at } = reader;
  const channel = reader.channel('Uniqueid');
  const conference = reader.text('Conference');
  const joined: Fact = { type: 'conference.joined', at, channel, conference };
  return reader.text('Muted') === 'Yes' ? [joined, { type: 'conference.muted', at, channel, conference, muted: true }] : [joined];
};

const conferenceLeave: Translate = (reader) => [
  { type: 'conference.left', at: reader.at, channel: reader.channel('Uniqueid'), conference: reader.text('Conference') },
];

const conferenceMute =
  (muted: boolean): Translate =>
  (reader) => [
    { type: 'conference.muted', at: reader.at, channel: reader.channel('Uniqueid'), conference: reader.text('Conference'), muted },
  ];

/** The mode by ChanSpy's options (`PJSIP/102-0000001a,qwE`): `B` barges, `w` and `W` whisper. */
export const supervisionMode = (data: string): SupervisionMode => {
  const options = data.split(',')[1]?.replace(/\([^)]*\)/g, '') ?? '';
  if (options.includes('B')) return 'barge';
  return options.includes('w') || options.includes('W') ? 'whisper' : 'listen';
};

const spyStart: Translate = (reader, memory) => {
  const channel = reader.channel('SpyerUniqueid');
  const target = reader.channel('SpyeeUniqueid');
  const mode = memory.supervision.get(channel)?.mode ?? 'listen';
  memory.supervision.set(channel, { mode, isRunning: true });
  return [{ type: 'supervision.started', at: reader.at, channel, target, mode }];
};

const spyStop: Translate = (reader, memory) => {
  const channel = reader.channel('SpyerUniqueid');
  const known = memory.supervision.get(channel);
  if (known !== undefined) memory.supervision.set(channel, { ...known, isRunning: false });
  return [{ type: 'supervision.stopped', at: reader.at, channel }];
};

const originateResponse: Translate = (reader, memory) => {
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

/** MixMonitor events name no recording; a channel has one at a time in practice. */
const recordingName = 'mixmonitor';

const recording =
  (type: 'recording.started' | 'recording.stopped'): Translate =>
  (reader) => [{ type, at: reader.at, channel: reader.channel('Uniqueid'), name: recordingName }];

const recordingMute: Translate = (reader) => {
  const type = reader.text('State') === '1' ? 'recording.paused' : 'recording.resumed';
  return reader.text('Direction') === 'both' ? [{ type, at: reader.at, channel: reader.channel('Uniqueid'), name: recordingName }] : none;
};

const extensionStatus: Translate = (reader, { directory }) => {
  const number = reader.text('Exten');
  const { devices, isNew } = directory.learnHint(number, reader.text('Hint'));
  if (!isNew) return none;
  return [{ type: 'extension.found', at: reader.at, extension: extensionNumber(number), name: '', devices }];
};

const contactStatus: Translate = (reader, { directory }) => {
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

const peerStatus: Translate = (reader, { directory }) => {
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

const presenceStateChange: Translate = (reader) => {
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

const deviceStateChange: Translate = (reader) => {
  // FreePBX and its like keep do-not-disturb in a custom device state.
  const extension = /^Custom:DND([0-9]+)$/.exec(reader.text('Device'))?.[1];
  if (extension === undefined) return none;
  return [{ type: 'extension.dnd', at: reader.at, extension: extensionNumber(extension), dnd: reader.text('State') !== 'NOT_INUSE' }];
};

const shutdown: Translate = (reader) => [{ type: 'pbx.degraded', at: reader.at, reason: 'Asterisk is shutting down.' }];

const fullyBooted: Translate = (_reader, { forwarded, hangupAsked, leavingQueue, leavingSlot, supervision, talking }) => {
  // The first event after a login: what was remembered of channels may be of some that ended meanwhile.
  forwarded.clear();
  hangupAsked.clear();
  leavingQueue.clear();
  leavingSlot.clear();
  supervision.clear();
  talking.clear();
  return none;
};

const translations: ReadonlyMap<string, Translate> = new Map<string, Translate>([
  ['Newchannel', newChannel],
  ['Newstate', newState],
  ['NewCallerid', identified('channel.identified', 'CallerID')],
  ['NewConnectedLine', identified('channel.peerIdentified', 'ConnectedLine')],
  ['Newexten', newExten],
  ['Hangup', hangup],
  ['HangupRequest', hangupRequest('far-end')],
  ['SoftHangupRequest', hangupRequest('pbx')],
  ['Hold', held('channel.held')],
  ['Unhold', held('channel.unheld')],
  ['DTMFEnd', dtmf],
  ['DialBegin', dialBegin],
  ['DialState', dialState],
  ['DialEnd', dialEnd],
  ['BridgeEnter', bridgeEnter],
  ['BridgeLeave', bridgeLeave],
  ['LocalBridge', localPair('local.joined')],
  ['LocalOptimizationBegin', localPair('local.optimised')],
  ['BlindTransfer', blindTransfer],
  ['AttendedTransfer', attendedTransfer],
  ['Pickup', pickup],
  ['ParkedCall', parkedCall],
  // Another takes its place in the slot: who consulted the slot sends it there.
  ['ParkedCallSwap', parkedCall],
  ['UnParkedCall', unparkedCall],
  ['ParkedCallTimeOut', parkedCallTimeOut],
  ['ParkedCallGiveUp', parkedCallGiveUp],
  ['QueueCallerJoin', queueCallerJoin],
  ['QueueCallerAbandon', queueCallerAbandon],
  ['QueueCallerLeave', queueCallerLeave],
  ['AgentCalled', agentCalled],
  ['AgentConnect', agentConnect],
  ['QueueMemberStatus', agentState],
  ['QueueMemberPause', agentState],
  ['QueueMemberPenalty', agentState],
  ['QueueMemberAdded', agentLoggedIn],
  ['QueueMemberRemoved', agentLoggedOut],
  ['ConfbridgeJoin', conferenceJoin],
  ['ConfbridgeLeave', conferenceLeave],
  ['ConfbridgeMute', conferenceMute(true)],
  ['ConfbridgeUnmute', conferenceMute(false)],
  ['ChanSpyStart', spyStart],
  ['ChanSpyStop', spyStop],
  ['OriginateResponse', originateResponse],
  ['MixMonitorStart', recording('recording.started')],
  ['MixMonitorStop', recording('recording.stopped')],
  ['MixMonitorMute', recordingMute],
  ['ExtensionStatus', extensionStatus],
  ['ContactStatus', contactStatus],
  ['PeerStatus', peerStatus],
  ['PresenceStateChange', presenceStateChange],
  ['DeviceStateChange', deviceStateChange],
  ['Shutdown', shutdown],
  ['FullyBooted', fullyBooted],
]);
