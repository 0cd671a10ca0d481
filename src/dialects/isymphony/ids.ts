import { createHash, createHmac } from 'node:crypto';

/** What has an id of its own in the vendor's world. */
export type Kind =
  | 'coreServer'
  | 'user'
  | 'login'
  | 'status'
  | 'extension'
  | 'callSegment'
  | 'callerId'
  | 'queue'
  | 'agent'
  | 'conference'
  | 'parkingLot'
  | 'pbxServer'
  | 'permission';

/** Ids that are kept so that they need not be made again. */
const mostKept = 20_000;

/**
 * The ids of live things: UUIDs that are the same for as long as this process runs and the thing is there, and others after
 * that, as the vendor's are. Nothing needs to be remembered but what was there before and came again: an id is made of the
 * thing's name and a secret of the process.
 */
export class LiveIds {
  readonly #secret: string;
  readonly #lives = new Map<string, number>();
  readonly #kept = new Map<string, string>();

  /** `secret`: unguessable, and another in each process. */
  constructor(secret: string) {
    this.#secret = secret;
  }

  of(kind: Kind, name: string): string {
    const key = `${kind}\0${name}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const digest = createHmac('sha256', this.#secret)
      .update(`${key}\0${this.#lives.get(key) ?? 0}`)
      .digest();
    const id = renderUuid(digest, 4);
    if (this.#kept.size >= mostKept) this.#kept.clear();
    this.#kept.set(key, id);
    return id;
  }

  /** The thing has gone: if it comes again it is another one. */
  end(kind: Kind, name: string): void {
    const key = `${kind}\0${name}`;
    this.#kept.delete(key);
    this.#lives.set(key, (this.#lives.get(key) ?? 0) + 1);
  }
}

/** Under which names are made UUIDs of version 5, RFC 9562 section 5.5. */
const namespace = Buffer.from('6a1f3c5e8b0d4e1f9a7c2d4b6e8f0a1c', 'hex');

/** The id of what is configured: the same for ever. */
export const configurationIdOf = (kind: Kind, name: string): string =>
  renderUuid(createHash('sha1').update(namespace).update(`${kind}\0${name}`).digest(), 5);

const renderUuid = (digest: Buffer, version: 4 | 5): string => {
  const bytes = Buffer.from(digest.subarray(0, 16));
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | (version << 4), 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
};
