import type { Entry, ExtensionState, Status, StateMessage } from './schema.ts';

export interface EntryRendering {
  readonly serverTime: (time: string) => string;
  readonly extended: boolean;
}

/** `{"CallData":{...},"CallID":n,"Code":0}`, with the members and in the order of the vendor's samples. */
export const renderEntry = (entry: Entry, { serverTime, extended }: EntryRendering): string => {
  const data = {
    canAnswer: entry.status === 'Ringing',
    callerId: entry.callerId,
    uniqueCallId: entry.farId,
    ...(extended ? { secondaryUniqueCallId: entry.ownId } : undefined),
    callStartTime: startTime(entry, serverTime),
    isQueueCall: entry.isQueueCall,
    isClickToDialCall: entry.isClickToDial,
    inbound: entry.inbound,
    status: entry.status,
    ...(extended
      ? { otherPartyCallerId: entry.callerId, connectedCallerIdNum: '', outboundDestination: entry.inbound ? '' : entry.destination }
      : undefined),
  };
  return JSON.stringify({ CallData: data, CallID: entry.id, Code: 0 });
};

/**
 * Empty while it rings or dials, then the time of the answer; a leg that ends unanswered carries the time of the dial, because
 * the vendor's sample of two rejected calls has a time too.
 */
const startTime = (entry: Entry, serverTime: (time: string) => string): string => {
  if (isUnderway(entry.status)) return '';
  return serverTime(entry.connectedAt ?? entry.dialledAt);
};

const isUnderway = (status: Status): boolean => status === 'Ringing' || status === 'Dialing Out';

/** An answer to subscribe. `data` holds what `renderEntry` made, by extension. */
export const renderSubscription = (
  data: ReadonlyMap<string, readonly string[]>,
  seq: number,
  notice: { readonly Message: string; readonly Code: number } | undefined,
): string => {
  const members = [...data].map(([extension, entries]) => `${JSON.stringify(extension)}:[${entries.join(',')}]`);
  const message = notice === undefined ? '' : `"Message":${JSON.stringify(notice.Message)},`;
  return `{"Data":{${members.join(',')}},"seq":${seq},${message}"Code":${notice?.Code ?? 0}}`;
};

/** One extension in an answer to checkState; `entry` is absent for an idle one. */
export const renderState = (entry: Entry | undefined): ExtensionState =>
  entry === undefined ? { Code: 0 } : { uniqueCallId: entry.farId, Message: stateMessage(entry), Code: 0 };

const stateMessage = (entry: Entry): StateMessage => {
  switch (entry.status) {
    case 'Ringing':
      return 'Ringing Agent';
    case 'Dialing Out':
      return entry.dialling ? 'Ringing Client' : 'Ringing Agent';
    case 'Connected':
    case 'Unlinked':
      return entry.held ? 'On Hold' : 'On Call';
    case 'Busy':
    case 'No Answer':
    case 'Hungup':
      return 'Hung Up';
    default:
      return entry.status satisfies never;
  }
};
