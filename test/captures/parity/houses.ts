import type { Numbers } from './deeds.ts';
import type { ParityPbx } from './stories.ts';

/** How one PBX's house is numbered. */
interface House {
  /** What is dialled for each place. */
  readonly numbers: Numbers;
  /** What the PBX calls a place, where that is not the number that is dialled. */
  readonly names: Readonly<Record<string, string>>;
}

const asterisk: House = {
  numbers: {
    group: '612',
    queue: '600',
    conference: '650',
    voicemail: '8102',
    picked: '102',
    pickup: '*8102',
    park: '700',
    'park-for-reception': '720',
    'park-for-nobody': '730',
    slot: '701',
  },
  names: {
    8102: '102',
    support: '{queue}',
    'default/701': '{lot}',
    'reception/721': '{lot}',
    'nobody/731': '{lot}',
    721: '{slot}',
    731: '{slot}',
  },
};

const houses: Readonly<Record<ParityPbx, House>> = {
  'asterisk-22': asterisk,
  'asterisk-16': asterisk,
  freeswitch: {
    numbers: {
      group: '2000',
      queue: '2100',
      conference: '3001',
      voicemail: '81002',
      picked: '71002',
      pickup: '**1002',
      park: '6',
      slot: '6',
    },
    names: {
      71002: '102',
      81002: '102',
      'support@default': '{queue}',
      '3001-pbx.local': '{conference}',
      'park@pbx.local/6': '{lot}',
      'valet_parking_lot/5901': '{lot}',
      5901: '{slot}',
      ...Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`100${index + 1}`, `10${index + 1}`])),
    },
  },
  sandbox: {
    numbers: {
      group: '200',
      queue: '300',
      conference: '400',
      voicemail: '102',
      picked: '102',
      pickup: '**102',
      park: '*806',
      'park-for-reception': '*806',
      'park-for-nobody': '*806',
      slot: '*806',
    },
    names: { 'valet/6': '{lot}', 6: '{slot}' },
  },
};

export const numbersOf = (pbx: ParityPbx): Numbers => houses[pbx].numbers;

/** The line in words that all houses share. `to=701` and `101>701` become `to={slot}` and `101>{slot}`. */
export const inCommonWords = (pbx: ParityPbx, line: string): string =>
  line
    .split(/([ =>#])/)
    .map((word) => commonWords[pbx].get(word) ?? word)
    .join('');

const wordsOf = ({ numbers, names }: House): ReadonlyMap<string, string> =>
  new Map([
    ...shared.flatMap((place) => (numbers[place] === undefined ? [] : [[numbers[place], `{${place}}`] as const])),
    ...Object.entries(names),
  ]);

/** Places whose numbers are nobody's extension. */
const shared = ['group', 'queue', 'conference', 'pickup', 'slot'] as const;

const commonWords: Readonly<Record<ParityPbx, ReadonlyMap<string, string>>> = {
  'asterisk-22': wordsOf(houses['asterisk-22']),
  'asterisk-16': wordsOf(houses['asterisk-16']),
  freeswitch: wordsOf(houses.freeswitch),
  sandbox: wordsOf(houses.sandbox),
};

/** Where what Asterisk said of a story lies. */
export const fileOf = (pbx: ParityPbx, story: string): URL =>
  new URL(`${pbx}/${story.replaceAll(/[^a-z]+/g, '_')}.ami.gz`, import.meta.url);
