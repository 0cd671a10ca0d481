import type { Side } from '../../delivery/participations.ts';
import type { TenantEngine } from '../../engine/engine.ts';
import { extensionNumber, type ExtensionNumber } from '../../model/ids.ts';
import { uuidOf } from './ids.ts';
import type { TelphinOptions } from './options.ts';
import type { Queues } from './queues.ts';

/** What an extension is: somebody's phone, or a place where callers are led or wait. */
export type ExtensionKind = 'phone' | 'queue' | 'ivr';

/** How extensions are written and read: by an id, `341`, `022*341`, or `022*341@domain`. */
export interface Numbers {
  idOf(extension: ExtensionNumber): number;
  /** The extension of an id, if there is one. */
  byId(id: number): ExtensionNumber | undefined;
  /** `022*341`. */
  short(extension: ExtensionNumber): string;
  /** `022*341@siptest.ringme.ru`. */
  full(extension: ExtensionNumber): string;
  /** The number that a party shows: an internal one as `022*341`, a public one as it is, also of an extension. */
  numberOf(side: Pick<Side, 'number' | 'extension'>): string;
  /** The extension of a party, if it is one; of a number that was only dialled too. */
  extensionOf(side: Pick<Side, 'number' | 'extension'>): ExtensionNumber | undefined;
  /** The extension that a text means in any of its forms but the id. */
  parse(text: string): ExtensionNumber | undefined;
  /** A number to dial: an extension's in any form as the PBX knows it, anything else as it is. */
  dialled(text: string): string;
  kindOf(extension: ExtensionNumber): ExtensionKind | undefined;
  /** Every extension, in the order of the PBX; then queues and menus. */
  all(): readonly ExtensionNumber[];
}

/** So many zeros may stand before a number whose id is counted from it. */
const mostZeros = 4;
/** From here on lie the ids of what is no number: below 2^31, as clients count. */
const firstNamedId = 1_000_000_000;

export const createNumbers = (
  engine: Pick<TenantEngine, 'extension' | 'snapshot'>,
  queues: Pick<Queues, 'named' | 'numberOf' | 'all'>,
  { prefix, domain, extensionIds, firstExtensionId, interactive }: TelphinOptions,
): Numbers => {
  const given = new Map(Object.entries(extensionIds).map(([number, id]) => [id, number]));
  const known = (text: string): ExtensionNumber | undefined => {
    const extension = extensionNumber(text);
    const isOwn = Object.hasOwn(interactive, text) || engine.extension(extension) !== undefined;
    return isOwn ? extension : queues.named(text);
  };
  const kindOf: Numbers['kindOf'] = (extension) => {
    if (Object.hasOwn(interactive, extension)) return 'ivr';
    if (engine.extension(extension) !== undefined) return 'phone';
    return queues.named(extension) === undefined ? undefined : 'queue';
  };
  const all: Numbers['all'] = () => [
    ...engine.snapshot().extensions.map(({ number }) => number),
    ...queues.all(),
    ...Object.keys(interactive).map(extensionNumber),
  ];
  const dialledAs = (extension: ExtensionNumber): string => queues.numberOf(extension) ?? extension;
  const idOf: Numbers['idOf'] = (extension) => {
    const number = dialledAs(extension);
    // A name that is no number gets an id that is the same at every start.
    const counted = /^\d{1,8}$/.test(number) ? firstExtensionId + Number(number) : firstNamedId + hashOf(number);
    return extensionIds[extension] ?? extensionIds[number] ?? counted;
  };
  const byId: Numbers['byId'] = (id) => {
    const own = given.get(id);
    if (own !== undefined) return known(own);
    const digits = String(id - firstExtensionId);
    for (let zeros = 0; zeros <= mostZeros; zeros += 1) {
      const extension = known('0'.repeat(zeros) + digits);
      if (extension !== undefined && idOf(extension) === id) return extension;
    }
    return id < firstNamedId ? undefined : all().find((extension) => idOf(extension) === id);
  };
  const short: Numbers['short'] = (extension) => `${prefix}*${dialledAs(extension)}`;
  const extensionOf: Numbers['extensionOf'] = ({ number, extension }) => extension ?? known(number);
  const parse: Numbers['parse'] = (text) => {
    const bare = text.endsWith(`@${domain}`) ? text.slice(0, -domain.length - 1) : text;
    return known(bare.startsWith(`${prefix}*`) ? bare.slice(prefix.length + 1) : bare);
  };
  return {
    idOf,
    byId,
    short,
    full: (extension) => `${short(extension)}@${domain}`,
    numberOf: ({ number, extension }) => {
      const shown = number === '' ? extension : known(number);
      return shown === undefined ? number : short(shown);
    },
    extensionOf,
    parse,
    dialled: (text) => {
      const extension = parse(text);
      return extension === undefined ? text : dialledAs(extension);
    },
    kindOf,
    all,
  };
};

const hashOf = (text: string): number => Number.parseInt(uuidOf(text).slice(0, 8), 16) % firstNamedId;
