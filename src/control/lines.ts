import type { TenantId } from '../model/ids.ts';
import type { CommandRequest } from './control.ts';

/** Commands for one leg or slot go one after the other: each sees what the one before it did. */
export class Lines {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Does the work when all that stands in the line before it is over; at once where there is no line. */
  enter<Value>(line: string | undefined, work: () => Promise<Value>): Promise<Value> {
    if (line === undefined) return work();
    const before = this.#last.get(line) ?? Promise.resolve();
    const turn = before.then(work, work);
    this.#last.set(line, turn);
    const leave = (): void => {
      if (this.#last.get(line) === turn) this.#last.delete(line);
    };
    turn.then(leave, leave);
    return turn;
  }
}

/** The line of a command: of each tenant, one for each leg, each slot, each extension with its agents and its state. */
export const lineOf = (tenant: TenantId, request: CommandRequest): string | undefined => {
  const line = withinTenant(request);
  return line === undefined ? undefined : `${tenant} ${line}`;
};

const withinTenant = (request: CommandRequest): string | undefined => {
  if ('leg' in request) return request.leg;
  switch (request.name) {
    case 'dial':
    case 'invite':
      return undefined;
    case 'retrieve':
      return request.slot === undefined ? undefined : `${request.slot.lot}/${request.slot.slot}`;
    case 'agentLogin':
    case 'agentLogout':
    case 'agentPause':
    case 'agentUnpause':
    case 'agentPenalty':
    case 'setDnd':
    case 'setStatus':
      return `extension ${request.extension}`;
    default:
      return request satisfies never;
  }
};
