import type { Identity } from '../auth/auth.ts';
import type { TenantEngine } from '../engine/engine.ts';
import { GatewayError } from '../model/errors.ts';
import { extensionNumber, type CallId, type CommandId, type KeyId, type TenantId } from '../model/ids.ts';
import type { Clock } from '../model/time.ts';
import type { CommandRequest } from './control.ts';

/** What a tenant's keys may have its PBX call. Extensions may always be called; the rules are about everything else. */
export interface DialRules {
  /** If there are any, a number must begin with one of these. */
  readonly allow: readonly string[];
  /** A number must not begin with any of these. Where both lists match, the longer prefix decides; of equal ones, this. */
  readonly forbid: readonly string[];
  /** Whole numbers to which no rule applies, limits included. */
  readonly emergency: readonly string[];
  /** Numbers that may be shown as the caller's; any when empty. */
  readonly callerIds: readonly string[];
  /** Of one key: how often a minute it may reach out, and how many calls of its dialling may live at once. Absent: without limit. */
  readonly dialsPerMinute?: number | undefined;
  readonly liveDials?: number | undefined;
}

const minuteMicros = 60e6;

/** Holds commands to the dial rules of their tenant. What a key has used up lies in memory: a restart gives it back. */
export class DialPolicy {
  readonly #rules: ReadonlyMap<TenantId, DialRules>;
  readonly #clock: Clock;
  readonly #times = new Map<KeyId, number[]>();
  readonly #dials = new Map<CommandId, { readonly key: KeyId; readonly call?: CallId }>();

  constructor(rules: ReadonlyMap<TenantId, DialRules>, clock: Clock) {
    this.#rules = rules;
    this.#clock = clock;
  }

  /** Throws `number-not-allowed`, `caller-id-not-allowed` or `too-many-requests`; nothing is used up by a request that is refused. */
  check(identity: Identity, engine: TenantEngine, request: CommandRequest): void {
    const rules = this.#rules.get(engine.tenant);
    if (rules === undefined) return;
    const numbers = reachedBy(request).filter(({ value }) => !rules.emergency.includes(value));
    if (numbers.length === 0) return;
    if (request.name === 'dial' && request.callerId !== undefined && !mayShow(rules, request.callerId.number)) {
      throw new GatewayError('caller-id-not-allowed', { field: 'callerId.number', number: request.callerId.number });
    }
    const refused = numbers.find(({ value }) => !mayReach(rules, engine, value));
    if (refused !== undefined) throw new GatewayError('number-not-allowed', { field: refused.field, number: refused.value });
    this.#checkRate(identity.key, rules.dialsPerMinute);
    if (request.name === 'dial') this.#checkLive(identity.key, engine, rules.liveDials);
  }

  /** The command goes to the PBX. */
  began({ tenant, key }: Identity, request: CommandRequest, command: CommandId): void {
    const rules = this.#rules.get(tenant);
    if (rules === undefined || reachedBy(request).every(({ value }) => rules.emergency.includes(value))) return;
    if (rules.dialsPerMinute !== undefined) this.#times.set(key, [...this.#lately(key), this.#clock.now()]);
    if (rules.liveDials !== undefined && request.name === 'dial') this.#dials.set(command, { key });
  }

  /** The call that a dial has made. */
  learn(command: CommandId, call: CallId): void {
    const dial = this.#dials.get(command);
    if (dial !== undefined && dial.call === undefined) this.#dials.set(command, { ...dial, call });
  }

  /** The command has ended; one that made no call makes none any more. */
  ended(command: CommandId): void {
    if (this.#dials.get(command)?.call === undefined) this.#dials.delete(command);
  }

  #checkRate(key: KeyId, most: number | undefined): void {
    if (most === undefined) return;
    const times = this.#lately(key);
    const oldest = times.at(-most);
    if (oldest === undefined) return;
    const retryAfterSeconds = Math.ceil((oldest + minuteMicros - this.#clock.now()) / 1e6);
    throw new GatewayError('too-many-requests', { dialsPerMinute: most, retryAfterSeconds });
  }

  #checkLive(key: KeyId, engine: TenantEngine, most: number | undefined): void {
    if (most === undefined) return;
    let live = 0;
    for (const [command, dial] of this.#dials) {
      if (dial.key !== key) continue;
      if (dial.call === undefined || engine.call(dial.call) !== undefined) live += 1;
      else this.#dials.delete(command);
    }
    if (live >= most) throw new GatewayError('too-many-requests', { liveDials: most });
  }

  #lately(key: KeyId): readonly number[] {
    const since = this.#clock.now() - minuteMicros;
    return (this.#times.get(key) ?? []).filter((time) => time > since);
  }
}

/** The numbers that a command has the PBX call. */
const reachedBy = (request: CommandRequest): readonly { readonly field: string; readonly value: string }[] => {
  switch (request.name) {
    case 'dial':
      return [{ field: 'number', value: request.number }, ...(request.also ?? []).map((value) => ({ field: 'also', value }))];
    case 'transfer':
    case 'divert':
    case 'startTransfer':
      return [{ field: 'to', value: request.to }];
    default:
      return [];
  }
};

/** Whether a number may be shown as the caller's. */
export const mayShow = ({ callerIds }: Pick<DialRules, 'callerIds'>, number: string): boolean =>
  number === '' || callerIds.length === 0 || callerIds.includes(number);

/** Whether a number may be called: an extension, one to which no rule applies, or one that the prefixes let pass. */
export const mayReach = (
  { allow, forbid, emergency }: Pick<DialRules, 'allow' | 'forbid' | 'emergency'>,
  engine: Pick<TenantEngine, 'extension'>,
  number: string,
): boolean => {
  if (emergency.includes(number) || engine.extension(extensionNumber(number)) !== undefined) return true;
  const allowed = longestOf(allow, number);
  const forbidden = longestOf(forbid, number);
  if (forbidden !== undefined && (allowed === undefined || forbidden >= allowed)) return false;
  return allow.length === 0 || allowed !== undefined;
};

/** The length of the longest prefix that fits. */
const longestOf = (prefixes: readonly string[], number: string): number | undefined => {
  const lengths = prefixes.filter((prefix) => number.startsWith(prefix)).map(({ length }) => length);
  return lengths.length === 0 ? undefined : Math.max(...lengths);
};
