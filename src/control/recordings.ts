import { open, realpath } from 'node:fs/promises';
import { basename, isAbsolute, join, sep } from 'node:path';
import { Readable } from 'node:stream';
import type { TenantEngine } from '../engine/engine.ts';
import { GatewayError } from '../model/errors.ts';
import type { Event } from '../model/event.ts';
import type { CallId, PbxId, RecordingId } from '../model/ids.ts';
import type { Recording, RecordingFile } from './control.ts';

/** Finds the recordings of a call in the log, and their files in the folders in which this machine sees them. */
export class Recordings {
  readonly #folders: ReadonlyMap<PbxId, string>;

  constructor(folders: ReadonlyMap<PbxId, string>) {
    this.#folders = folders;
  }

  /** In the order in which they began; throws `no-such-call`. */
  async list(engine: TenantEngine, call: CallId): Promise<readonly Recording[]> {
    return (await this.#found(engine, call)).map(({ recording }) => recording);
  }

  /** Throws `no-such-call`, `no-such-recording`, and `recording-unavailable` with why it cannot be read. */
  async open(engine: TenantEngine, call: CallId, id: RecordingId): Promise<RecordingFile> {
    const found = (await this.#found(engine, call)).find(({ recording }) => recording.id === id);
    if (found === undefined) throw new GatewayError('no-such-recording', { call, recording: id });
    const { pbx, recording } = found;
    const folder = this.#folders.get(pbx);
    if (folder === undefined) throw unavailable(id, `The configuration does not say where the recordings of ${pbx} can be read.`);
    if (recording.file === undefined) throw unavailable(id, `${pbx} has not said what the file is called.`);
    return read(folder, recording.file, id);
  }

  async #found(engine: TenantEngine, call: CallId): Promise<readonly { readonly pbx: PbxId; readonly recording: Recording }[]> {
    const entries = await engine.why(call);
    if (entries === undefined) throw new GatewayError('no-such-call', { call });
    const found = new Map<RecordingId, { readonly pbx: PbxId; readonly recording: Recording }>();
    for (const entry of entries) {
      const recording = entry.kind === 'event' ? fold(entry.event, found) : undefined;
      if (entry.kind === 'event' && recording !== undefined) found.set(recording.id, { pbx: entry.event.pbx, recording });
    }
    return [...found.values()];
  }
}

const fold = (event: Event, found: ReadonlyMap<RecordingId, { readonly recording: Recording }>): Recording | undefined => {
  switch (event.type) {
    case 'recording.started': {
      const { recordingId: id, file } = event.data;
      const leg = event.legId === undefined ? undefined : { legId: event.legId };
      return { id, ...leg, startedAt: event.time, ...(file === undefined ? undefined : { file }) };
    }
    case 'recording.stopped': {
      const { recordingId, file } = event.data;
      const known = found.get(recordingId)?.recording;
      return known === undefined ? undefined : { ...known, stoppedAt: event.time, ...(file === undefined ? undefined : { file }) };
    }
    default:
      return undefined;
  }
};

/** A path of the PBX's own machine names a file of the folder by its last part; one that would lead out of it leads nowhere. */
const read = async (folder: string, file: string, id: RecordingId): Promise<RecordingFile> => {
  try {
    const root = await realpath(folder);
    const path = await realpath(join(root, isAbsolute(file) ? basename(file) : file));
    if (!path.startsWith(root.endsWith(sep) ? root : root + sep)) throw unavailable(id, 'Its file is not in the folder of recordings.');
    const handle = await open(path, 'r');
    const { size } = await handle.stat();
    // One that still runs grows: what is there now is what is sent.
    const stream = size === 0 ? Readable.from([]) : handle.createReadStream({ start: 0, end: size - 1 });
    if (size === 0) await handle.close();
    return { name: basename(path), size, stream };
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw unavailable(id, `${basename(file)} cannot be read in the folder of recordings.`, error);
  }
};

const unavailable = (recording: RecordingId, note: string, cause?: unknown): GatewayError =>
  new GatewayError('recording-unavailable', { recording }, { note, cause });
