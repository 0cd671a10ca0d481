import { readFileSync } from 'node:fs';
import { GatewayError } from '../model/errors.ts';
import type { TenantId } from '../model/ids.ts';
import { replaceFile } from './durable-file.ts';

/** How far a tenant's numbers may have been given: at least `from` were committed when this was written, none above `mark` given since. */
export interface Mark {
  readonly epoch: string;
  readonly from: number;
  readonly mark: number;
}

interface MarksFile {
  /** The opening of the database that this file goes with; `next` while a new one is being written to both. */
  readonly run: string;
  readonly next?: string;
  readonly tenants: Readonly<Record<string, Mark>>;
}

/** Numbers reserved at a time: small enough that a lost tail is noticed, large enough that the file is rarely written. */
const blockSize = 4_096;

/**
 * The high-water mark of every tenant, in a file of its own beside the database, written before the numbers are used. When the
 * database is deleted, or an older one put back, this file still knows that its numbers were given, and to whom they belonged.
 */
export class Marks {
  readonly #path: string;
  readonly #tenants = new Map<TenantId, Mark>();
  #run = '';
  #next: string | undefined;
  /** Whether there was a file. Without one the database is believed. */
  readonly existed: boolean;

  constructor(path: string) {
    this.#path = path;
    const file = readMarks(path);
    this.existed = file !== undefined;
    if (file === undefined) return;
    this.#run = file.run;
    this.#next = file.next;
    for (const [tenant, mark] of Object.entries(file.tenants)) this.#tenants.set(tenant as TenantId, mark);
  }

  get tenants(): ReadonlyMap<TenantId, Mark> {
    return this.#tenants;
  }

  /** Whether a database that was last opened as `run` is the one these marks were written for. */
  goesWith(run: string | undefined): boolean {
    return run !== undefined && (run === this.#run || run === this.#next);
  }

  /**
   * Begins a new opening in three steps, so that a crash between any two leaves file and database agreeing: the file names
   * the coming one beside the database's own, the database takes it (`write`), the file forgets the old.
   */
  beginRun(current: string | undefined, run: string, write: () => void): void {
    this.#run = current ?? run;
    this.#next = run;
    this.#save();
    write();
    this.#run = run;
    this.#next = undefined;
    this.#save();
  }

  /** Makes sure that `seq` may be given to the tenant, whose committed head is `head`. Durable when it returns. */
  cover(tenant: TenantId, epoch: string, head: number, seq: number): void {
    const mark = this.#tenants.get(tenant);
    if (mark !== undefined && mark.epoch === epoch && seq <= mark.mark) return;
    this.#put(tenant, { epoch, from: head, mark: seq + blockSize });
  }

  /** After the last append: the marks are exactly the heads. */
  settle(heads: Iterable<readonly [TenantId, Mark]>): void {
    for (const [tenant, mark] of heads) this.#tenants.set(tenant, mark);
    this.#save();
  }

  #put(tenant: TenantId, mark: Mark): void {
    const before = this.#tenants.get(tenant);
    this.#tenants.set(tenant, mark);
    try {
      this.#save();
    } catch (error) {
      // What is not on the disk must not count as covered.
      if (before === undefined) this.#tenants.delete(tenant);
      else this.#tenants.set(tenant, before);
      throw error;
    }
  }

  #save(): void {
    const file: MarksFile = {
      run: this.#run,
      ...(this.#next === undefined ? undefined : { next: this.#next }),
      tenants: Object.fromEntries(this.#tenants),
    };
    replaceFile(this.#path, `${JSON.stringify(file)}\n`);
  }
}

const readMarks = (path: string): MarksFile | undefined => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return parseMarks(JSON.parse(text));
  } catch (error) {
    throw new GatewayError('data-damaged', { file: path }, { note: `It is ${path}.`, cause: error });
  }
};

const parseMarks = (value: unknown): MarksFile => {
  const file = value as MarksFile;
  if (typeof file.run !== 'string') throw new TypeError('run is not a text');
  for (const { epoch, from, mark } of Object.values(file.tenants)) {
    if (typeof epoch !== 'string' || !Number.isSafeInteger(from) || !Number.isSafeInteger(mark)) throw new TypeError('a mark is not one');
  }
  return file;
};
