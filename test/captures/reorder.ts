import type { Read } from './recording.ts';

/**
 * The other orders in which Asterisk might have told what it told. What one thread publishes comes in order; what several do, in the
 * order in which they get to it, so that a busy machine tells it differently. Who publishes what (Asterisk 16 to 22):
 *
 * - A channel's own doings come from the thread that runs it, through one queue with those of all other channels.
 * - A transfer and a pickup are published when they are done: by then the threads of the channels that were sent on have gone on
 *   (main/bridge.c `ast_bridge_transfer_blind` and `ast_bridge_transfer_attended`, main/pickup.c `ast_do_pickup`).
 * - Slots (res/parking/parking_manager.c) and conferences (apps/confbridge/confbridge_manager.c) are told by a queue of their own each,
 *   which may be ahead of the channels' or behind.
 * - The answer to an `Originate`, hints and device states are told by whoever gets to it.
 */

/** One event as it came. */
export interface Message extends Read {
  readonly event: string;
  readonly teller: Teller;
  /** The family of channels that it is about, as Asterisk sees it. */
  readonly family: string;
  /** The channels and the bridge that it names. */
  readonly channels: ReadonlySet<string>;
  /** Of a transfer, the channels about which nothing can be told once they have ended. */
  readonly subjects: ReadonlySet<string>;
  /** The end of a channel whose phone hung up by itself: of several who do, somebody is the last. */
  readonly isOwnEnd: boolean;
}

type Teller = 'channel' | 'transfer' | 'slots' | 'conferences' | 'elsewhere';

const tellers: ReadonlyMap<string, Teller> = new Map<string, Teller>([
  ['BlindTransfer', 'transfer'], ['AttendedTransfer', 'transfer'], ['Pickup', 'transfer'],
  ['ParkedCall', 'slots'], ['ParkedCallSwap', 'slots'], ['UnParkedCall', 'slots'],
  ['ParkedCallTimeOut', 'slots'], ['ParkedCallGiveUp', 'slots'],
  ['ConfbridgeJoin', 'conferences'], ['ConfbridgeLeave', 'conferences'], ['ConfbridgeMute', 'conferences'], ['ConfbridgeUnmute', 'conferences'],
  ['OriginateResponse', 'elsewhere'], ['ExtensionStatus', 'elsewhere'], ['DeviceStateChange', 'elsewhere'],
  ['PresenceStateChange', 'elsewhere'], ['ContactStatus', 'elsewhere'], ['PeerStatus', 'elsewhere'],
]); // prettier-ignore

/** What came, each piece of `reads` being one message. */
export const messagesOf = (reads: readonly Read[]): readonly Message[] => {
  let isTakenOut = false;
  const asked = new Set<string>();
  return reads.map((read) => {
    const headers = headersOf(read);
    const event = headers.get('Event') ?? '';
    const channels = new Set([...headers].filter(([name]) => name.endsWith('Uniqueid')).map(([, value]) => value));
    // One thread takes a pair of Local channels out, and moves whoever is beside it.
    if (event === 'LocalOptimizationBegin') isTakenOut = true;
    if (event === 'LocalOptimizationEnd') isTakenOut = false;
    if (isTakenOut && event.startsWith('Bridge')) channels.add('the pair that is taken out');
    const own = headers.get('Uniqueid') ?? '';
    if (event === 'HangupRequest') asked.add(own);
    const isListed = headers.has('ActionID') && event !== 'OriginateResponse';
    return {
      ...read,
      event,
      family: headers.get('Linkedid') ?? '',
      teller: isListed ? 'channel' : (tellers.get(event) ?? 'channel'),
      channels,
      subjects: subjectsOf(event, headers),
      isOwnEnd: event === 'Hangup' && asked.has(own),
    };
  });
};

const subjectsOf = (event: string, headers: ReadonlyMap<string, string>): ReadonlySet<string> => {
  const subjects = [headers.get(event === 'Pickup' ? 'Uniqueid' : 'TransfereeUniqueid')];
  if (subjects[0] === undefined) subjects.push(headers.get('TransfererUniqueid'), headers.get('OrigTransfererUniqueid'));
  // Consulted was a queue or an announcement: with the leg that hears it the call is over.
  if (headers.get('DestType') === 'App') subjects.push(headers.get('SecondTransfererUniqueid'));
  return new Set(subjects.filter((subject) => subject !== undefined));
};

const headersOf = ({ bytes }: Read): ReadonlyMap<string, string> => {
  const lines = Buffer.from(bytes).toString('latin1').split('\r\n');
  return new Map(
    lines.flatMap((line) => {
      const colon = line.indexOf(': ');
      return colon === -1 ? [] : [[line.slice(0, colon), line.slice(colon + 2)] as const];
    }),
  );
};

/** How far apart two events may be whose order is left to chance: a thread that waits for its turn on a busy machine. Microseconds. */
const reachOfChance = 50_000;

/** Whether `second`, which came right after `first`, might have come before it. */
export const mayComeBefore = (first: Message, second: Message): boolean => {
  if (second.at - first.at > reachOfChance || first.event === '' || second.event === '') return false;
  // A channel is made by a thread that has something to do with it: after what that did before.
  if (first.event === 'Newchannel' || second.event === 'Newchannel') {
    return first.family !== second.family && first.channels.isDisjointFrom(second.channels);
  }
  if (first.isOwnEnd && second.isOwnEnd) return false;
  if (first.teller === 'channel' && second.teller === 'channel') {
    return !mustPrecede.has(first.event) && first.channels.isDisjointFrom(second.channels);
  }
  // Each queue is in order by itself.
  if (first.teller === second.teller) return false;
  if (first.teller === 'transfer' && second.teller === 'channel') {
    // About what has ended nothing more is told.
    return second.event !== 'Hangup' || second.channels.isDisjointFrom(first.subjects);
  }
  if (first.teller === 'channel' && second.teller === 'transfer') return followed.get(second.event)?.has(first.event) ?? false;
  return true;
};

/** What other channels do because of it: a phone that hangs up ends the talk of others. */
const mustPrecede: ReadonlySet<string> = new Set(['HangupRequest', 'LocalBridge', 'LocalOptimizationBegin', 'BridgeCreate']);

/** What happens at once because of a transfer that is not told yet, in the threads of others. */
const followed: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['BlindTransfer', new Set(['BridgeLeave', 'Newexten', 'Hangup', 'SoftHangupRequest', 'BridgeDestroy'])],
  ['AttendedTransfer', new Set(['Hangup', 'SoftHangupRequest', 'BridgeDestroy'])],
  ['Pickup', new Set(['DialEnd', 'BridgeCreate', 'BridgeEnter', 'NewConnectedLine'])],
]);
