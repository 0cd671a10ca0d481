import type { Side } from '../../delivery/participations.ts';
import type { TenantEngine } from '../../engine/engine.ts';
import { extensionNumber, type ExtensionNumber } from '../../model/ids.ts';
import { uuidOf } from './ids.ts';
import type { TelphinOptions } from './options.ts';

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

export const createNumbers = (
  engine: Pick<TenantEngine, 'extension' | 'snapshot'>,
  { prefix, domain, extensionIds, firstExtensionId, interactive }: TelphinOptions,
): Numbers => {
  const given = new Map(Object.entries(extensionIds).map(([number, id]) => [id, extensionNumber(number)]));
  const kindOf: Numbers['kindOf'] = (extension) => {
    if (Object.hasOwn(interactive, extension)) return 'ivr';
    if (engine.extension(extension) !== undefined) return 'phone';
    return engine.snapshot().queues.some(({ name }) => name === extension) ? 'queue' : undefined;
  };
  const known = (text: string): ExtensionNumber | undefined => {
    const extension = extensionNumber(text);
    return kindOf(extension) === undefined ? undefined : extension;
  };
  const all: Numbers['all'] = () => {
    const { extensions, queues } = engine.snapshot();
    return [
      ...extensions.map(({ number }) => number),
      ...[...queues.map(({ name }) => name), ...Object.keys(interactive)].map(extensionNumber),
    ];
  };
  const idOf: Numbers['idOf'] = (extension) => {
    const own = extensionIds[extension];
    if (own !== undefined) return own;
    // A name that is no number gets an id that is the same at every start, far above those of numbers.
    return /^\d{1,9}$/.test(extension)
      ? firstExtensionId + Number(extension)
      : 2 ** 40 + Number.parseInt(uuidOf(extension).slice(0, 8), 16);
  };
  const byId: Numbers['byId'] = (id) => {
    const own = given.get(id);
    if (own !== undefined) return kindOf(own) === undefined ? undefined : own;
    if (id > 2 ** 40) return all().find((extension) => idOf(extension) === id);
    const digits = String(id - firstExtensionId);
    for (let zeros = 0; zeros <= mostZeros; zeros += 1) {
      const extension = known('0'.repeat(zeros) + digits);
      if (extension !== undefined && idOf(extension) === id) return extension;
    }
    return undefined;
  };
  const short: Numbers['short'] = (extension) => `${prefix}*${extension}`;
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
    dialled: (text) => parse(text) ?? text,
    kindOf,
    all,
  };
};
