import type { Micros } from '../../model/time.ts';
import {
  EventLink,
  type Arrival as LinkArrival,
  type EventLinkDeps as LinkDeps,
  type EventLinkOptions as LinkOptions,
  type LinkProtocol,
  type PbxFacts,
} from '../link/event-link.ts';
import { linkErrors } from './errors.ts';
import { connectEsl, type EslDeps, type EslEvent, type EslOptions, type EslSession } from './esl-client.ts';
import { readPbxLists, type PbxLists } from './pbx-lists.ts';
import { SessionCount } from './session-count.ts';
import { subscriptionCommands } from './subscription.ts';

export type Arrival = LinkArrival<EslEvent, PbxLists>;

export interface EventLinkOptions extends LinkOptions<EslEvent> {
  readonly esl: Pick<EslOptions, 'host' | 'port' | 'password'>;
  readonly interesting: (event: string) => boolean;
}

export type EventLinkDeps = LinkDeps & EslDeps;

/** The event connection to one FreeSWITCH. */
export const createEventLink = (options: EventLinkOptions, deps: EventLinkDeps): EventLink<EslSession, EslEvent, PbxLists> =>
  new EventLink(new EslProtocol(options, deps), options, deps);

class EslProtocol implements LinkProtocol<EslSession, EslEvent, PbxLists> {
  readonly name = 'FreeSWITCH';
  readonly errors = linkErrors;
  readonly #options: EventLinkOptions;
  readonly #deps: EventLinkDeps;
  readonly #count = new SessionCount();
  /** The start of the FreeSWITCH of this id, as it was found out first: an uptime is never read twice alike. */
  #core: { readonly uuid: string; readonly startedAt: Micros } | undefined;

  constructor(options: EventLinkOptions, deps: EventLinkDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  connect(onEvent: (event: EslEvent) => void, signal: AbortSignal): Promise<EslSession> {
    const { esl, interesting } = this.#options;
    return connectEsl({ ...esl, interesting, onEvent }, this.#deps, signal);
  }

  async subscribe(session: EslSession, signal: AbortSignal): Promise<void> {
    await Promise.all(subscriptionCommands.map((command) => session.command(command, { signal })));
  }

  async read(session: EslSession, signal: AbortSignal): Promise<PbxLists> {
    this.#count.begin();
    const lists = await readPbxLists(session, {
      signal,
      onRefused: (question, error) =>
        this.#deps.log.info({ question: question.split(' ', 2).join(' '), said: error.details['said'] }, 'FreeSWITCH does not tell'),
    });
    this.#count.found(lists.channels.keys());
    return lists;
  }

  factsOf({ coreUuid, uptime, version, channels }: PbxLists, at: Micros): PbxFacts {
    const isOther = this.#core?.uuid !== coreUuid || coreUuid === '';
    if (uptime !== undefined && isOther) this.#core = { uuid: coreUuid, startedAt: at - uptime };
    return { startedAt: uptime === undefined ? undefined : this.#core?.startedAt, version, channels: channels.size };
  }

  ping(session: EslSession, options: { readonly signal: AbortSignal; readonly timeoutMs: number }): Promise<unknown> {
    return session.api('uptime', options);
  }

  bytesOf({ message }: EslEvent): number {
    return message.bytes;
  }

  asksResync({ message }: EslEvent, { isLive }: { readonly isLive: boolean }): boolean {
    // Counted always: each event brings the count on.
    const isOff = this.#count.isOff(message) && isLive;
    if (isOff) this.#deps.log.warn({ sessions: message.get('Session-Count') }, 'FreeSWITCH has more or fewer channels than it told of');
    return isOff || message.event === 'RELOADXML';
  }
}
