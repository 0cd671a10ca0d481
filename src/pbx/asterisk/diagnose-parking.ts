/** What the doctor says of parking: which of Asterisk's spaces the slots are, and how they get numbers of their own. */
import type { Finding } from '../driver.ts';
import { GatewayError } from '../../model/errors.ts';
import type { AmiSession } from './ami-client.ts';
import { fallbackLot, parkingLotOf, Spaces, type ParkingLot, type SlotNames } from './spaces.ts';

const check = 'parking';

export const findParking = async (session: AmiSession, names: SlotNames | undefined, signal: AbortSignal): Promise<readonly Finding[]> => {
  if (names === undefined) return [];
  const lots = await lotsOf(session, signal);
  const mend = renderLot(names);
  if (lots === undefined)
    return [
      {
        check,
        ok: false,
        detail: 'Asterisk tells of no parking lots: res_parking.so does not run, as it does not without a res_parking.conf.',
        ...mendOf(mend),
      },
    ];
  const own = lots.find(({ name }) => name === names.lot);
  const lot = own ?? lots.find(({ name }) => name === fallbackLot);
  if (lot === undefined) return [{ check, ok: false, detail: `There is no parking lot ${names.lot}.`, ...mendOf(mend) }];
  const missing = missingFrom(lot, names, lots);
  const [first = '', last = ''] = [names.slots[0], names.slots.at(-1)];
  if (missing !== undefined)
    return [{ check, ok: false, detail: `The lot ${lot.name} has no space for slot ${missing} of ${names.lot}.`, ...mendOf(mend) }];
  if (own !== undefined) return [{ check, ok: true, detail: `The slots ${first} to ${last} are those of the lot ${own.name}.` }];
  const spaces = spacesOf(names, lots);
  const [from, to] = [spaces.spaceOf({ lot: names.lot, slot: first }), spaces.spaceOf({ lot: names.lot, slot: last })];
  return [
    {
      check,
      ok: true,
      detail: `The slots ${first} to ${last} are the spaces ${from.slot} to ${to.slot} of the lot ${lot.name}: who parks slot ${first} hears ${from.slot}. A lot of their own gives them their own numbers.`,
      ...mendOf(mend),
    },
  ];
};

const lotsOf = async (session: AmiSession, signal: AbortSignal): Promise<readonly ParkingLot[] | undefined> => {
  try {
    return (await session.list({ Action: 'Parkinglots' }, { signal })).map(parkingLotOf);
  } catch (error) {
    if (error instanceof GatewayError && error.code !== 'pbx-down') return undefined;
    throw error;
  }
};

const spacesOf = (names: SlotNames, lots: readonly ParkingLot[]): Spaces => {
  const spaces = new Spaces(names);
  spaces.learn(lots);
  return spaces;
};

/** The first slot for which the lot has no space. */
const missingFrom = ({ first, last }: ParkingLot, names: SlotNames, lots: readonly ParkingLot[]): string | undefined => {
  const spaces = spacesOf(names, lots);
  return names.slots.find((slot) => {
    const space = Number(spaces.spaceOf({ lot: names.lot, slot }).slot);
    return !(space >= first && space <= last);
  });
};

const mendOf = (mend: string | undefined): { readonly mend?: string } => (mend === undefined ? {} : { mend });

/** A lot of the slots' own for res_parking.conf; none where they are no row of numbers, which is all that Asterisk knows. */
export const renderLot = ({ lot, slots }: SlotNames): string | undefined => {
  const numbers = slots.map(Number).toSorted((one, other) => one - other);
  const [first] = numbers;
  if (first === undefined || first < 1 || numbers.some((number, place) => number !== first + place)) return undefined;
  return [
    '; res_parking.conf, then: asterisk -rx "module reload res_parking.so"',
    `[${lot}]`,
    `parkpos = ${first}-${first + numbers.length - 1}`,
    // A lot without parkext makes no extensions; the context keeps it from sharing one with another lot.
    `context = parkedcalls-${lot}`,
    'parkingtime = 180',
    'comebacktoorigin = yes',
    'comebackdialtime = 30',
    'findslot = first',
  ].join('\n');
};
