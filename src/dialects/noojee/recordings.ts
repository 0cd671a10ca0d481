import type { Users } from '../../auth/users.ts';
import type { Control, Recording } from '../../control/control.ts';
import type { TenantEngine } from '../../engine/engine.ts';
import type { Call, Leg } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { CallId, LegId, RecordingId } from '../../model/ids.ts';
import type { Clock, IsoTime, Micros } from '../../model/time.ts';
import { Saved } from '../../store/saved.ts';
import type { Store } from '../../store/store.ts';
import { failed, NoojeeError } from './errors.ts';
import type { Entry, MetaData } from './schema.ts';

/** What was said of a recording when it was asked for; what came of it is told by its call. */
interface Asked {
  /** `CallID`. */
  readonly id: number;
  readonly call: CallId;
  readonly leg: LegId;
  /** The ids under which clients know the leg. */
  readonly uniqueIds: readonly [string, string];
  /** Of one that had begun by then; of a dial's it is the leg's first. */
  readonly recording?: RecordingId;
  readonly tag: string;
  readonly agent: string;
}

export interface RecordingBookOptions {
  readonly engine: TenantEngine;
  readonly control: Control;
  readonly store: Store;
  readonly users: Pick<Users, 'ofExtension'>;
  readonly clock: Clock;
  readonly serverTime: (time: IsoTime) => string;
}

/** Older ones are forgotten. */
const most = 1_000;
const hourlyPause: Micros = 60e6;

/** The recordings that were asked for through this API, with their tags, over restarts. */
export class RecordingBook {
  readonly #options: RecordingBookOptions;
  readonly #asked: Saved<readonly Asked[]>;
  #hourAskedAt: Micros | undefined;

  constructor(options: RecordingBookOptions) {
    this.#options = options;
    this.#asked = new Saved<readonly Asked[]>(options.store, options.engine.tenant, 'noojee:recordings', []);
  }

  /** A recording of the entry's leg has been asked for. */
  note({ id, call, leg, farId, ownId }: Entry, wish: { readonly tag: string; readonly agent: string }): void {
    const recording = this.#options.engine.leg(leg)?.recording?.id;
    const asked: Asked = { id, call, leg, uniqueIds: [farId, ownId], ...(recording === undefined ? undefined : { recording }), ...wish };
    this.#asked.put([...this.#asked.value, asked].slice(-most));
  }

  byTag(tag: string): Promise<readonly MetaData[]> {
    return this.#find((asked) => asked.tag === tag);
  }

  byUniqueId(uniqueId: string): Promise<readonly MetaData[]> {
    return this.#find(({ uniqueIds }) => uniqueIds.includes(uniqueId));
  }

  /** Of legs that ended in that hour of the server's time, `2021/09/14 15`. Throws if it was asked less than a minute ago. */
  async byHour(hour: string): Promise<readonly MetaData[]> {
    const now = this.#options.clock.now();
    if (this.#hourAskedAt !== undefined && now < this.#hourAskedAt + hourlyPause) {
      throw new NoojeeError('retrieveMetaDataByHour may be asked once a minute', failed);
    }
    this.#hourAskedAt = now;
    return this.#find((_asked, leg) => leg.endedAt !== undefined && this.#options.serverTime(leg.endedAt).startsWith(`${hour}:`));
  }

  async #find(fits: (asked: Asked, leg: Leg) => boolean): Promise<readonly MetaData[]> {
    const found: MetaData[] = [];
    for (const asked of this.#asked.value) {
      const call = this.#callOf(asked);
      const leg = call?.legs.find(({ id }) => id === asked.leg);
      if (call === undefined || leg === undefined || !fits(asked, leg)) continue;
      found.push(this.#describe(asked, call, leg, await this.#recordingOf(asked, call)));
    }
    return found;
  }

  /** The call in which the leg is or was; undefined once nothing is known of it any more. */
  #callOf({ call, leg }: Asked): Call | undefined {
    const { engine, store } = this.#options;
    const now = engine.leg(leg)?.callId ?? call;
    return engine.call(now) ?? store.history.get(engine.tenant, now);
  }

  async #recordingOf(asked: Asked, call: Call): Promise<Recording | undefined> {
    const { control, engine } = this.#options;
    try {
      const ofLeg = (await control.recordings(engine.tenant, call.id)).filter(({ legId }) => legId === asked.leg);
      return ofLeg.find(({ id }) => id === asked.recording) ?? ofLeg[0];
    } catch (error) {
      // Its events are no longer kept.
      if (error instanceof GatewayError && error.code === 'no-such-call') return undefined;
      throw error;
    }
  }

  #describe(asked: Asked, call: Call, leg: Leg, recording: Recording | undefined): MetaData {
    const { serverTime, users, engine } = this.#options;
    const timeOf = (time: IsoTime | undefined): string => (time === undefined ? '' : serverTime(time));
    const user = leg.extension === undefined ? undefined : users.ofExtension(engine.tenant, leg.extension);
    return {
      Destination: call.dialled ?? call.to.number,
      UniqueId: asked.uniqueIds[0],
      Username: asked.agent === '' ? (user?.name ?? '') : asked.agent,
      Start: timeOf(recording?.startedAt),
      Duration: String(this.#secondsOf(recording)),
      Tag: asked.tag,
      Direction: leg.direction === 'inbound' ? 'Inbound' : 'Outbound',
      CallRecordId: String(asked.id),
      DID: call.did ?? '',
      Source: call.from.number,
      callend: timeOf(leg.endedAt),
      Leg: String(leg.ordinal),
    };
  }

  /** Of one that still runs: so far. */
  #secondsOf(recording: Recording | undefined): number {
    if (recording === undefined) return 0;
    const end = recording.stoppedAt === undefined ? this.#options.clock.now() / 1_000 : Date.parse(recording.stoppedAt);
    return Math.max(Math.round((end - Date.parse(recording.startedAt)) / 1_000), 0);
  }
}
