import { GatewayError } from '../../model/errors.ts';
import {
  EventLink,
  type Arrival as LinkArrival,
  type EventLinkDeps as LinkDeps,
  type EventLinkOptions as LinkOptions,
  type LinkProtocol,
} from '../link/event-link.ts';
import { connectAmi, type AmiDeps, type AmiEvent, type AmiOptions, type AmiSession } from './ami-client.ts';
import { linkErrors } from './errors.ts';
import { readPbxLists, type PbxLists } from './pbx-lists.ts';
import { startOf } from './resync.ts';

export type Arrival = LinkArrival<AmiEvent, PbxLists>;

export interface EventLinkOptions extends LinkOptions<AmiEvent> {
  readonly ami: Pick<AmiOptions, 'host' | 'port' | 'tls' | 'username' | 'secret'>;
  readonly interesting: (event: string) => boolean;
  readonly wantsCallerId: (endpoint: string, isHinted: boolean) => boolean;
}

export type EventLinkDeps = LinkDeps & AmiDeps;

/** Everything a call is made of; VarSet, of the class dialplan, is half of all bytes and filtered out at the PBX. */
const eventClasses = 'call,agent,system,user,dialplan';

/** The event connection to one Asterisk. */
export const createEventLink = (options: EventLinkOptions, deps: EventLinkDeps): EventLink<AmiSession, AmiEvent, PbxLists> =>
  new EventLink(protocolOf(options, deps), options, deps);

const protocolOf = (
  { ami, interesting, wantsCallerId }: EventLinkOptions,
  deps: EventLinkDeps,
): LinkProtocol<AmiSession, AmiEvent, PbxLists> => ({
  name: 'Asterisk',
  errors: linkErrors,
  connect: (onEvent, signal) => connectAmi({ ...ami, events: eventClasses, interesting, onEvent }, deps, signal),
  subscribe: dropVariables,
  read: (session, signal) =>
    readPbxLists(session, {
      signal,
      wantsCallerId,
      onRefused: (action, error) => deps.log.warn({ action, code: error.code, said: error.details['said'] }, 'Asterisk refused to tell'),
    }),
  factsOf: (lists) => ({ startedAt: startOf(lists), version: lists.version, channels: lists.channels.length }),
  ping: (session, options) => session.request({ Action: 'Ping' }, options),
  bytesOf: ({ message }) => message.bytes,
  // FullyBooted follows the login at once, unless Asterisk is still booting: then what is read now is not all.
  asksResync: ({ message }, { isLive, isReading }) =>
    message.event === 'Reload' || (message.event === 'FullyBooted' && (isLive || isReading)),
});

const dropVariables = async (session: AmiSession): Promise<void> => {
  try {
    await session.request({ Action: 'Filter', Operation: 'Add', Filter: '!Event: VarSet' });
  } catch (error) {
    // It needs the write class "system". Without it more bytes come, to be dropped here.
    if (!(error instanceof GatewayError) || error.code === 'pbx-down' || error.code === 'timed-out') throw error;
  }
};
