import type { Side } from '../../delivery/participations.ts';
import type { TenantEngine } from '../../engine/engine.ts';
import { extensionNumber, type ExtensionNumber } from '../../model/ids.ts';
import type { Places } from './places.ts';
import type { Profile } from './schema.ts';

/** How numbers are written and read: the vendor's extensions carry their customer's number before them. */
export interface Numbers {
  /** `12340101` in the older generation, `12340*101` in the later. */
  extended(extension: ExtensionNumber, profile: Profile): string;
  /** An internal number extended, a public one as it is. */
  numberOf(side: Pick<Side, 'number' | 'extension'>, profile: Profile): string;
  /** The extension of a party, if it is one; of a number that was only dialled too. */
  extensionOf(side: Pick<Side, 'number' | 'extension'>): ExtensionNumber | undefined;
  /** The extension that `101`, `12340101` or `12340*101` means, or the place that is reached by such a number; undefined if there is none. */
  parse(text: string): ExtensionNumber | undefined;
  /** A number to dial: an extension's in any form as the PBX knows it, anything else as it is. */
  dialled(text: string): string;
}

export const createNumbers = (engine: Pick<TenantEngine, 'extension'>, prefix: string, places?: Pick<Places, 'numberOf'>): Numbers => {
  const known = (text: string): ExtensionNumber | undefined => engine.extension(extensionNumber(text))?.number ?? places?.numberOf(text);
  const extended: Numbers['extended'] = (extension, profile) => `${prefix}${profile === 'callapi2' ? '' : '*'}${extension}`;
  const extensionOf: Numbers['extensionOf'] = ({ number, extension }) => extension ?? known(number);
  const parse: Numbers['parse'] = (text) => {
    const short = text.startsWith(prefix) ? text.slice(prefix.length).replace(/^\*/, '') : undefined;
    return known(text) ?? (short === undefined || short === '' ? undefined : known(short));
  };
  return {
    extended,
    extensionOf,
    parse,
    numberOf: (side, profile) => {
      const extension = extensionOf(side);
      return extension === undefined ? side.number : extended(extension, profile);
    },
    dialled: (text) => parse(text) ?? text,
  };
};
