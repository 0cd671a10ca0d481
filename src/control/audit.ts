import type { Identity } from '../auth/auth.ts';
import { GatewayError } from '../model/errors.ts';
import type { CommandId, ExtensionNumber, TenantId } from '../model/ids.ts';
import { isoTime, microsOf, type Clock } from '../model/time.ts';
import type { Store } from '../store/store.ts';
import type { AuditEntry, AuditQuery, CommandRecord, CommandRequest } from './control.ts';

/** Keeps who asked for what, on which call, and what came of it: of every command, also of those that were refused. */
export class Audit {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Becomes durable with the command's own record, which is written after it. */
  accepted(identity: Identity, request: CommandRequest, record: CommandRecord, extension: ExtensionNumber | undefined): void {
    const { callId, legId } = record;
    this.#put(identity.tenant, {
      ...entryOf(identity, request, record.id),
      ...(callId === undefined ? undefined : { callId }),
      ...(legId === undefined ? undefined : { legId }),
      ...(extension === undefined ? undefined : { extension }),
      time: record.acceptedAt,
      result: 'accepted',
    });
  }

  /** On a full disk a refusal, which has changed nothing, is not kept: whoever asked shall hear of it all the same. */
  refused(identity: Identity, request: CommandRequest, id: CommandId, error: GatewayError): void {
    const entry: AuditEntry = {
      ...entryOf(identity, request, id),
      ...('leg' in request ? { legId: request.leg } : undefined),
      ...('extension' in request ? { extension: request.extension } : undefined),
      time: isoTime(this.#clock.now()),
      result: 'refused',
      error: error.code,
      detail: error.message,
    };
    try {
      this.#put(identity.tenant, entry);
    } catch (failure) {
      if (!(failure instanceof GatewayError) || failure.code !== 'log-full') throw failure;
    }
  }

  /** What is known by now of a command that was accepted. */
  update({ id, tenant, state, callId, legId, error, detail, finishedAt }: CommandRecord): void {
    const row = this.#store.audit.get(tenant, id);
    if (row === undefined) return;
    this.#put(tenant, {
      ...(JSON.parse(row.entry) as AuditEntry),
      ...(callId === undefined ? undefined : { callId }),
      ...(legId === undefined ? undefined : { legId }),
      result: state,
      ...(error === undefined ? undefined : { error }),
      ...(detail === undefined ? undefined : { detail }),
      ...(finishedAt === undefined ? undefined : { finishedAt }),
    });
  }

  list(tenant: TenantId, query: AuditQuery): readonly AuditEntry[] {
    return this.#store.audit.list(tenant, query).map(({ entry }) => JSON.parse(entry) as AuditEntry);
  }

  #put(tenant: TenantId, entry: AuditEntry): void {
    const { id, key, callId } = entry;
    const call = callId === undefined ? undefined : { call: callId };
    this.#store.audit.put({ id, tenant, at: microsOf(entry.time), key, ...call, entry: JSON.stringify(entry) });
  }
}

const entryOf = (
  identity: Identity,
  request: CommandRequest,
  id: CommandId,
): Pick<AuditEntry, 'id' | 'key' | 'keyName' | 'command' | 'request'> => {
  const { name, ...asked } = request;
  // Digits may be somebody's secret number.
  const shown = 'digits' in asked ? { ...asked, digits: `${asked.digits.length} digits` } : asked;
  return { id, key: identity.key, keyName: identity.name, command: name, request: { ...shown } };
};
