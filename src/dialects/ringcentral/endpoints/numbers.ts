/** Numbers as clients write them, made into what the PBX dials. */
import type { SlotRef } from '../../../model/call.ts';
import { extensionNumber } from '../../../model/ids.ts';
import { invalidParameter } from '../errors.ts';
import { parkIdOf } from '../render.ts';
import type { TenantSource } from '../source.ts';

/**
 * What is to be dialled for a phone number: the extension after the main number's `*`, the extension that a direct number
 * reaches, else the number without what people write between its digits.
 */
export const dialledNumber = ({ options, engine }: TenantSource, text: string): string => {
  const number = text.replaceAll(/[ ().-]/g, '');
  const [main = '', short] = number.split('*');
  if (short !== undefined && main !== '' && withoutPlus(main) === withoutPlus(options.mainNumber)) return short;
  const direct = options.directNumbers[number] ?? options.directNumbers[`+${number}`];
  return direct !== undefined && engine.extension(extensionNumber(direct)) !== undefined ? direct : number;
};

const withoutPlus = (number: string): string => number.replace(/^\+/, '');

/** The slot of a park orbit of the account: `*806` or `806`; throws CMN-101 for anything else. */
export const parseOrbit = ({ control, tenant }: TenantSource, text: string): SlotRef => {
  const orbit = text.startsWith('*') ? text : `*${text}`;
  const slot = control.slots.all(tenant).find((each) => parkIdOf(each) === orbit);
  if (slot === undefined) throw invalidParameter('parkOrbit');
  return slot;
};
