import type { Application, BridgeMembership, DialResult, Endpoint, Fact } from '../../model/fact.ts';
import { bridgeId, channelId, type ChannelId } from '../../model/ids.ts';
import type { Micros } from '../../model/time.ts';
import type { Directory } from './directory.ts';
import type { EslMessage } from './esl-parser.ts';

/**
 * Event-socket events to facts. FreeSWITCH tells of a bridge on one of its two channels only, and of a transfer not at all but in what
 * the channels do next; so of each live channel it is remembered whom it hears, whom it heard last, and what it waits for.
 */
export interface Translator {
  /** The facts in a message, most often none or one. FreeSWITCH's own time is preferred to `at`, when the message came. */
  translate(message: EslMessage, at: Micros): readonly Fact[];
}

export interface TranslatorOptions {
  readonly directory: Directory;
}

/** Whether `translate` has a use for events of this name: the rest need not be read at all. */
export const isInteresting = (event: string): boolean => translations.has(event);

export const createTranslator = ({ directory }: TranslatorOptions): Translator => {
  const memory: Memory = { directory, channels: new Map(), transferer: undefined };
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
  readonly channels: Map<ChannelId, Channel>;
  /** The consulting leg of an attended transfer has ended; the leg that holds the other party ends next and tells the rest. */
  transferer: { readonly second: ChannelId; readonly target: ChannelId | undefined; readonly device: string } | undefined;
}

/** What is remembered of a live channel. */
interface Channel {
  readonly id: ChannelId;
  readonly endpoint: Endpoint;
  readonly family: ChannelId;
  readonly caller?: ChannelId;
  isUp?: boolean;
  bridge?: { readonly with: ChannelId } & BridgeMembership;
  /** Whom it heard last: the one that sent it elsewhere, if somebody did. */
  lastPeer?: ChannelId;
  /** Its phone sent the other party elsewhere, and so leaves. */
  hasTransferred?: boolean;
  /** The transfer of it that was told last. */
  transferSource?: string;
  /** The device that sent it where it is now. */
  sentBy?: string;
  parked?: Slot;
  application?: Application;
  /** What it dials, several at once or in turn. */
  dials?: readonly string[];
  queue?: string;
  supervises?: { readonly byKeys: boolean };
}

interface Slot {
  readonly lot: string;
  readonly slot: string;
  /** When its time in the slot is over. */
  readonly until?: Micros;
  readonly retriever?: ChannelId;
  /** It has left the slot; what it does next tells why. */
  readonly isLeaving?: boolean;
}

type Translate = (reader: Reader, memory: Memory) => readonly Fact[];

const none: readonly Fact[] = [];

/** An event's headers by what they mean. */
class Reader {
  readonly at: Micros;
  readonly #message: EslMessage;

  constructor(message: EslMessage, at: Micros) {
    this.#message = message;
    this.at = at;
  }

  /** `''` where the event has no such header. */
  text(header: string): string {
    return this.#message.get(header) ?? '';
  }

  number(header: string): number {
    const value = Number(this.text(header));
    return Number.isFinite(value) ? value : 0;
  }

  channel(header = 'Unique-ID'): ChannelId {
    return channelId(this.text(header));
  }

  has(header: string): boolean {
    return this.text(header) !== '';
  }
}

const stampOf = (message: EslMessage): Micros | undefined => {
  const at = Number(message.get('Event-Date-Timestamp') ?? '');
  return Number.isSafeInteger(at) && at > 0 ? at : undefined;
};

const created: Translate = (reader, { directory, channels }) => {
  const { at } = reader;
  const channel = reader.channel();
  if (channels.has(channel)) return none;
  const endpoint = directory.endpointOf(reader.text('Channel-Name'));
  const calls = reader.text('Call-Direction') === 'inbound';
  const caller = callerOf(reader);
  const queue = caller === undefined ? undefined : channels.get(caller)?.queue;
  const family = (caller === undefined ? undefined : channels.get(caller)?.family) ?? caller ?? channel;
  channels.set(channel, { id: channel, endpoint, family, ...(caller === undefined ? undefined : { caller }) });
  const context = reader.text('Caller-Context');
  const facts: Fact[] = [
    {
      type: 'channel.created',
      at,
      channel,
      endpoint,
      number: calls ? reader.text('Caller-Caller-ID-Number') : numberOf(endpoint, reader.text('Caller-Callee-ID-Number')),
      name: nameOf(reader.text(calls ? 'Caller-Caller-ID-Name' : 'Caller-Callee-ID-Name')),
      ...(calls ? { dialled: reader.text('Caller-Destination-Number') } : undefined),
      ...(context === '' ? undefined : { context }),
      family,
      state: calls ? 'dialling' : 'down',
    },
  ];
  if (caller !== undefined) facts.push({ type: 'dial.began', at, caller, callee: channel });
  if (caller !== undefined && queue !== undefined) {
    const agentName = reader.text('variable_cc_agent');
    facts.push({ type: 'queue.called', at, channel: caller, queue, callee: channel, agentDevice: endpoint.device, agentName });
  }
  return facts;
};

/** Who is to be connected with a channel that is called; the queue rings its agents for a caller that it names in a variable. */
const callerOf = (reader: Reader): ChannelId | undefined => {
  if (reader.text('Call-Direction') === 'inbound') return undefined;
  if (reader.text('Other-Type') === 'originator' && reader.has('Other-Leg-Unique-ID')) return reader.channel('Other-Leg-Unique-ID');
  return reader.has('variable_cc_member_session_uuid') ? reader.channel('variable_cc_member_session_uuid') : undefined;
};

const numberOf = (endpoint: Endpoint, calleeNumber: string): string => (endpoint.kind === 'extension' ? endpoint.extension : calleeNumber);

/** As the phone shows it: FreeSWITCH leaves SIP's backslashes in it, and has words of its own for a phone that it calls. */
const nameOf = (name: string): string => (name === 'Outbound Call' ? '' : name.replace(/\\(["\\])/g, '$1'));

/** A phone that is called rings; of a channel that calls this is only the ringing tone that it hears. */
const progress: Translate = (reader, { channels }) => {
  const channel = channels.get(reader.channel());
  if (channel === undefined || channel.isUp === true || reader.text('Call-Direction') !== 'outbound') return none;
  return [{ type: 'channel.state', at: reader.at, channel: channel.id, state: 'ringing' }];
};

const answered: Translate = (reader, { channels }) => {
  const { at } = reader;
  const channel = channels.get(reader.channel());
  if (channel === undefined || channel.isUp === true) return none;
  channel.isUp = true;
  const up: Fact = { type: 'channel.state', at, channel: channel.id, state: 'up' };
  const { caller } = channel;
  return caller === undefined ? [up] : [{ type: 'dial.ended', at, caller, callee: channel.id, result: 'answered' }, up];
};

const bridged: Translate = (reader, memory) => {
  const { at } = reader;
  const one = memory.channels.get(reader.channel('Bridge-A-Unique-ID'));
  const two = memory.channels.get(reader.channel('Bridge-B-Unique-ID'));
  if (one === undefined || two === undefined) return none;
  // FreeSWITCH has no bridges with a name of their own: two channels are one.
  const bridge = bridgeId(`${one.id}+${two.id}`);
  const kind = 'mixing';
  const facts: Fact[] = [];
  for (const [channel, peer] of [
    [one, two],
    [two, one],
  ] as const) {
    facts.push(...leftSlot(channel, at, 'retrieved', peer.id), ...leaveBridge(channel, at));
    channel.lastPeer = peer.id;
    channel.bridge = { bridge, kind, with: peer.id };
  }
  // Whoever two channels are joined for, the queue has done its work.
  for (const channel of [one, two]) {
    if (channel.queue === undefined) continue;
    facts.push({ type: 'queue.left', at, channel: channel.id, queue: channel.queue, reason: 'answered' });
    delete channel.queue;
  }
  for (const channel of [one, two]) facts.push({ type: 'bridge.entered', at, channel: channel.id, bridge, kind });
  return facts;
};

const unbridged: Translate = (reader, memory) => {
  // The event names the pair that was, but not always; the channel itself is always one of the two.
  const one = memory.channels.get(reader.has('Bridge-A-Unique-ID') ? reader.channel('Bridge-A-Unique-ID') : reader.channel());
  const facts: Fact[] = [...transferred(reader, memory)];
  if (one?.bridge === undefined) return facts;
  const partner = one.bridge.with;
  if (reader.has('Bridge-B-Unique-ID') && reader.channel('Bridge-B-Unique-ID') !== partner) return facts;
  const two = memory.channels.get(partner);
  facts.push(...leaveBridge(one, reader.at));
  if (two?.bridge?.with === one.id) facts.push(...leaveBridge(two, reader.at));
  return facts;
};

const leaveBridge = (channel: Channel, at: Micros): readonly Fact[] => {
  if (channel.bridge === undefined) return none;
  const { bridge } = channel.bridge;
  delete channel.bridge;
  return [{ type: 'bridge.left', at, channel: channel.id, bridge }];
};

/**
 * A channel that is sent elsewhere shows by whom its new way came: `1795244693:{uuid}:bl_xfer:1003/default/XML`. The same comes of a
 * command; then no phone asked for it.
 */
const transferred = (reader: Reader, { channels }: Memory): readonly Fact[] => {
  const source = reader.text('Caller-Transfer-Source');
  const channel = channels.get(reader.channel());
  if (channel === undefined || source === '' || channel.transferSource === source) return none;
  const peer = channel.lastPeer === undefined ? undefined : channels.get(channel.lastPeer);
  const target = /^\d+:[^:]*:bl_xfer:([^/]+)(?:\/([^/]*))?/.exec(source);
  if (target === null) return none;
  if (peer?.hasTransferred !== true && !reader.has('variable_sip_refer_to')) return none;
  channel.transferSource = source;
  if (peer === undefined) return none;
  channel.sentBy = peer.endpoint.device;
  const [, to = '', context] = target;
  const parted = channel.bridge?.with === peer.id ? [...leaveBridge(channel, reader.at), ...leaveBridge(peer, reader.at)] : none;
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
    ...parted,
  ];
};

const applications: ReadonlyMap<string, Application> = new Map<string, Application>([
  ['bridge', 'dial'], ['att_xfer', 'dial'],
  ['callcenter', 'queue'], ['fifo', 'queue'],
  ['voicemail', 'voicemail'], ['conference', 'conference'], ['playback', 'announcement'], ['play_and_get_digits', 'announcement'],
  ['ivr', 'announcement'], ['echo', 'announcement'], ['record', 'announcement'], ['say', 'announcement'], ['gentones', 'announcement'],
  ['eavesdrop', 'supervision'], ['three_way', 'supervision'], ['pickup', 'pickup'], ['intercept', 'pickup'],
]); // prettier-ignore

const executed: Translate = (reader, memory) => {
  const channel = memory.channels.get(reader.channel());
  const name = reader.text('Application');
  const application = applications.get(name);
  if (channel === undefined) return none;
  const moved = transferred(reader, memory);
  if (application === undefined) return moved;
  const { at } = reader;
  const detail = reader.text('Application-Data');
  // One that is in a bridge runs an application beside it: the music that a held party hears.
  if (channel.bridge !== undefined && moved.length === 0 && application === 'announcement') return none;
  channel.application = application;
  if (application === 'dial') channel.dials = detail.split(/[,|]/);
  const facts: Fact[] = [...moved, ...leftSlot(channel, at, 'timed-out')];
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
  if (application === 'pickup') facts.push(...pickedUp(channel, name, detail, at, memory));
  if (application === 'supervision') {
    channel.supervises = { byKeys: reader.text('variable_eavesdrop_enable_dtmf') === 'true' };
    facts.push({
      type: 'supervision.started',
      at,
      channel: channel.id,
      target: channelId(detail),
      mode: name === 'three_way' ? 'barge' : 'listen',
    });
  }
  return facts;
};

/** The destination of a channel that was called is itself; then the phone that it is to be connected with may be named. */
const dialledBy = ({ endpoint }: Channel, destination: string, detail: string): string | undefined => {
  if (endpoint.kind !== 'extension' || destination !== endpoint.extension) return destination;
  return /^user\/([^@,|:]+)/.exec(detail)?.[1];
};

/** `pickup` names a group, which was dialled beside the phones as `pickup/GROUP`; `intercept` names the channel of the caller. */
const pickedUp = (picker: Channel, name: string, detail: string, at: Micros, { channels }: Memory): readonly Fact[] => {
  const all = [...channels.values()];
  const caller = name === 'intercept' ? channelId(detail) : all.find(({ dials }) => dials?.includes(`pickup/${detail}`) === true)?.id;
  const ringing = all.find((one) => one.caller === caller && one.endpoint.kind === 'extension' && one.isUp !== true);
  if (caller === undefined || ringing === undefined) return none;
  return [{ type: 'pickup', at, picker: picker.id, ringing: ringing.id }];
};

const held =
  (type: 'channel.held' | 'channel.unheld'): Translate =>
  (reader, { channels }) => {
    const channel = reader.channel();
    return channels.has(channel) ? [{ type, at: reader.at, channel }] : none;
  };

/** What a listener's keys do: listen, whisper to the one or the other, barge in. */
const supervisionKeys: Readonly<Record<string, 'listen' | 'whisper' | 'barge'>> = { 0: 'listen', 1: 'whisper', 2: 'whisper', 3: 'barge' };

const dtmf: Translate = (reader, { channels }) => {
  const { at } = reader;
  const channel = channels.get(reader.channel());
  const digit = reader.text('DTMF-Digit');
  if (channel === undefined || digit === '') return none;
  // A duration in samples, of a rate that the event does not tell.
  const pressed: Fact = { type: 'channel.dtmf', at, channel: channel.id, digit, direction: 'received' };
  const mode = channel.supervises?.byKeys === true ? supervisionKeys[digit] : undefined;
  return mode === undefined ? [pressed] : [pressed, { type: 'supervision.modeChanged', at, channel: channel.id, mode }];
};

const hangup: Translate = (reader, memory) => {
  const { at } = reader;
  const channel = memory.channels.get(reader.channel());
  if (channel === undefined) return none;
  const facts: Fact[] = [];
  const end = reader.text('variable_endpoint_disposition');
  if (end === 'BLIND_TRANSFER') channel.hasTransferred = true;
  else if (end === 'ATTENDED_TRANSFER') {
    memory.transferer = { second: channel.id, target: channel.lastPeer, device: channel.endpoint.device };
  } else if (reader.text('variable_transfer_disposition') === 'recv_replace') facts.push(...attended(channel, at, memory));
  const isByPhone =
    reader.text('variable_sip_hangup_disposition').startsWith('recv_') || reader.has('variable_proto_specific_hangup_cause');
  if (isByPhone) facts.push({ type: 'channel.hangupRequested', at, channel: channel.id, by: 'far-end' });
  if (channel.parked !== undefined) {
    const isOver = !isByPhone && channel.parked.until !== undefined && at >= channel.parked.until - slotSlack;
    channel.parked = { ...channel.parked, isLeaving: true };
    facts.push(...leftSlot(channel, at, isOver ? 'timed-out' : 'gave-up'));
  }
  return facts;
};

/** FreeSWITCH counts the seconds of a slot in frames of sound. */
const slotSlack: Micros = 500_000;

const attended = (first: Channel, at: Micros, memory: Memory): readonly Fact[] => {
  const { transferer } = memory;
  if (transferer === undefined || transferer.device !== first.endpoint.device) return none;
  memory.transferer = undefined;
  const transferee = first.lastPeer;
  return [
    {
      type: 'transfer.attended',
      at,
      first: first.id,
      second: transferer.second,
      ...(transferee === undefined ? undefined : { transferee }),
      ...(transferer.target === undefined ? undefined : { target: transferer.target }),
      succeeded: true,
    },
  ];
};

const dialResults: Readonly<Record<string, DialResult>> = {
  USER_BUSY: 'busy',
  NO_ANSWER: 'no-answer',
  NO_USER_RESPONSE: 'no-answer',
  ALLOTTED_TIMEOUT: 'no-answer',
  ORIGINATOR_CANCEL: 'cancelled',
  LOSE_RACE: 'cancelled',
  PICKED_OFF: 'cancelled',
  USER_NOT_REGISTERED: 'unavailable',
  NORMAL_TEMPORARY_FAILURE: 'congested',
};

/** Q.850. */
const answeredElsewhere = 26;
const elsewhere: ReadonlySet<string> = new Set(['LOSE_RACE', 'PICKED_OFF']);

const ended: Translate = (reader, memory) => {
  const { at } = reader;
  const channel = memory.channels.get(reader.channel());
  if (channel === undefined) return none;
  const facts: Fact[] = [...leaveBridge(channel, at)];
  const cause = reader.text('Hangup-Cause');
  if (channel.caller !== undefined && channel.isUp !== true) {
    facts.push({ type: 'dial.ended', at, caller: channel.caller, callee: channel.id, result: dialResults[cause] ?? 'unknown' });
  }
  if (channel.queue !== undefined) {
    facts.push({ type: 'queue.left', at, channel: channel.id, queue: channel.queue, reason: 'abandoned' });
  }
  if (channel.supervises !== undefined) facts.push({ type: 'supervision.stopped', at, channel: channel.id });
  const sipCode = reader.number('variable_sip_invite_failure_status');
  facts.push({
    type: 'channel.ended',
    at,
    channel: channel.id,
    causeCode: elsewhere.has(cause) ? answeredElsewhere : reader.number('variable_hangup_cause_q850'),
    ...(sipCode === 0 ? undefined : { sipCode }),
  });
  memory.channels.delete(channel.id);
  return facts;
};

const valet: Translate = (reader, memory) => {
  const { at } = reader;
  const channel = memory.channels.get(reader.channel());
  if (channel === undefined) return none;
  const place = { lot: reader.text('Valet-Lot-Name'), slot: reader.text('Valet-Extension') };
  switch (reader.text('Action')) {
    case 'hold': {
      const seconds = reader.number('variable_valet_parking_timeout');
      const parkerDevice = channel.sentBy;
      const parker = parkerDevice === undefined ? undefined : memory.directory.extensionOf(parkerDevice);
      channel.parked = { ...place, ...(seconds === 0 ? undefined : { until: at + seconds * 1_000_000 }) };
      return [
        {
          type: 'parking.entered',
          at,
          channel: channel.id,
          ...place,
          ...(parkerDevice === undefined ? undefined : { parkerDevice }),
          ...(parker === undefined ? undefined : { parker }),
          ...(seconds === 0 ? undefined : { timeoutSeconds: seconds }),
        },
        { type: 'channel.entered', at, channel: channel.id, application: 'parking', detail: `${place.lot} ${place.slot}` },
      ];
    }
    case 'bridge': {
      if (channel.parked === undefined) return none;
      const retriever = memory.channels.get(reader.channel('Bridge-To-UUID'));
      if (retriever === undefined) return none;
      channel.parked = { ...channel.parked, retriever: retriever.id };
      return [{ type: 'channel.entered', at, channel: retriever.id, application: 'parking', detail: `${place.lot} ${place.slot}` }];
    }
    case 'exit': {
      if (channel.parked === undefined) return none;
      channel.parked = { ...channel.parked, isLeaving: true };
      const { retriever } = channel.parked;
      return retriever === undefined ? none : leftSlot(channel, at, 'retrieved', retriever);
    }
    default:
      return none;
  }
};

const leftSlot = (channel: Channel, at: Micros, reason: 'retrieved' | 'timed-out' | 'gave-up', retriever?: ChannelId): readonly Fact[] => {
  if (channel.parked?.isLeaving !== true) return none;
  const { lot, slot } = channel.parked;
  delete channel.parked;
  return [{ type: 'parking.left', at, channel: channel.id, lot, slot, reason, ...(retriever === undefined ? undefined : { retriever }) }];
};

const conference: Translate = (reader, { channels }) => {
  const { at } = reader;
  const channel = reader.channel();
  if (!channels.has(channel)) return none;
  const name = reader.text('Conference-Name');
  switch (reader.text('Action')) {
    case 'add-member':
      return [{ type: 'conference.joined', at, channel, conference: name }];
    case 'del-member':
      return [{ type: 'conference.left', at, channel, conference: name }];
    case 'mute-member':
    case 'unmute-member':
      return [{ type: 'conference.muted', at, channel, conference: name, muted: reader.text('Action') === 'mute-member' }];
    default:
      return none;
  }
};

const callCenter: Translate = (reader, { channels }) => {
  const { at } = reader;
  const channel = channels.get(reader.channel('CC-Member-Session-UUID'));
  if (channel === undefined) return none;
  const queue = reader.text('CC-Queue');
  switch (reader.text('CC-Action')) {
    case 'member-queue-start': {
      const position = [...channels.values()].filter((one) => one.queue === queue).length + 1;
      channel.queue = queue;
      return [{ type: 'queue.joined', at, channel: channel.id, queue, position }];
    }
    case 'member-queue-end': {
      // Of one who was connected or has hung up this comes too late to tell anything.
      if (channel.queue === undefined) return none;
      delete channel.queue;
      const reason = reader.text('CC-Cancel-Reason') === 'BREAK_OUT' ? 'abandoned' : 'left';
      return [{ type: 'queue.left', at, channel: channel.id, queue, reason }];
    }
    default:
      return none;
  }
};

const registered =
  (type: 'extension.registered' | 'extension.unregistered'): Translate =>
  (reader, { directory }) => {
    const user = reader.text('username') || reader.text('from-user');
    const device = `user/${user}`;
    const extension = directory.extensionOf(device);
    if (extension === undefined) return none;
    const contact = /<([^>]*)>/.exec(reader.text('contact'))?.[1] ?? reader.text('contact');
    const userAgent = reader.text('user-agent');
    const isAgentTold = type === 'extension.registered' && userAgent !== '';
    return [{ type, at: reader.at, extension, device, contact, ...(isAgentTold ? { userAgent } : undefined) }];
  };

const recording =
  (type: 'recording.started' | 'recording.stopped'): Translate =>
  (reader, { channels }) => {
    const channel = channels.get(reader.channel());
    // The message that a caller leaves is no recording of the call.
    if (channel === undefined || channel.application === 'voicemail') return none;
    const file = reader.text('Record-File-Path');
    return [{ type, at: reader.at, channel: channel.id, name: file, file }];
  };

/** Who is sent back to the dialplan leaves the slot and takes its new way. */
const stateChanged: Translate = (reader, memory) => {
  const channel = memory.channels.get(reader.channel());
  if (channel === undefined) return none;
  const isRouted = reader.text('Channel-State') === 'CS_ROUTING';
  return [...transferred(reader, memory), ...(isRouted ? leftSlot(channel, reader.at, 'timed-out') : none)];
};

const shutdown: Translate = (reader) => [{ type: 'pbx.degraded', at: reader.at, reason: 'FreeSWITCH is shutting down.' }];

const translations: ReadonlyMap<string, Translate> = new Map<string, Translate>([
  ['CHANNEL_CREATE', created],
  ['CHANNEL_STATE', stateChanged],
  ['CHANNEL_PROGRESS', progress],
  ['CHANNEL_PROGRESS_MEDIA', progress],
  ['CHANNEL_ANSWER', answered],
  ['CHANNEL_EXECUTE', executed],
  // The music of a held party stops when it is sent elsewhere: sometimes the only word of it while the sender is still there.
  ['PLAYBACK_STOP', stateChanged],
  ['CHANNEL_BRIDGE', bridged],
  ['CHANNEL_UNBRIDGE', unbridged],
  ['CHANNEL_HOLD', held('channel.held')],
  ['CHANNEL_UNHOLD', held('channel.unheld')],
  ['CHANNEL_HANGUP', hangup],
  ['CHANNEL_HANGUP_COMPLETE', ended],
  ['DTMF', dtmf],
  ['RECORD_START', recording('recording.started')],
  ['RECORD_STOP', recording('recording.stopped')],
  ['valet_parking::info', valet],
  ['conference::maintenance', conference],
  ['callcenter::info', callCenter],
  ['sofia::register', registered('extension.registered')],
  ['sofia::unregister', registered('extension.unregistered')],
  ['sofia::expire', registered('extension.unregistered')],
  ['SHUTDOWN', shutdown],
]);
