import type { AsteriskTree } from './fetch.ts';
import { Pbx, type PbxOptions } from './pbx.ts';
import { Office, type OfficeHabits } from '../office.ts';

export const habits: OfficeHabits = {
  queue: 'support',
  deviceOf: (number) => `PJSIP/${number}`,
  holdsByItself: false,
  knowsNumbers: true,
  noticesAbsence: false,
  joinsForGood: true,
  joinsBeforeLeaving: true,
  saidSlot: (parker, slot) => new RegExp(`<PJSIP/${parker}-\\w+> Playing 'digits/${slot}\\.`),
};

/** The office on a real Asterisk. */
export type AsteriskOffice = Office<Pbx>;

export const startOffice = async (tree: AsteriskTree, options: PbxOptions = {}): Promise<AsteriskOffice> =>
  new Office(await Pbx.start(tree, options));
