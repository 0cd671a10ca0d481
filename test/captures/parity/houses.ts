import type { Numbers } from './deeds.ts';
import type { ParityPbx, ParityStory } from './stories.ts';

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

/** The one in which most stories were recorded. */
const freeswitchLab: House = {
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
};

/** The one of `test/real/freeswitch`. */
const freeswitchOffice: House = {
  numbers: { queue: '600', conference: '650', slot: '7', park: '700', pickup: '*8102', picked: '102', voicemail: '8102' },
  names: { 'support@default': '{queue}', '650-default': '{conference}', 'park@pbx.local/7': '{lot}', 7: '{slot}' },
};

const sandbox: House = {
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
};

const houseFor = (pbx: ParityPbx, { freeswitch }: ParityStory): House => {
  switch (pbx) {
    case 'asterisk-22':
    case 'asterisk-16':
      return asterisk;
    case 'freeswitch':
      return freeswitch === undefined ? freeswitchOffice : freeswitchLab;
    case 'sandbox':
      return sandbox;
    default:
      return pbx satisfies never;
  }
};

/** What is dialled on the PBX for the places of the story. */
export const houseOf = (pbx: ParityPbx, story: ParityStory): Numbers => houseFor(pbx, story).numbers;

/** Puts a line into words that all houses share: `to=701` and `101>701` become `to={slot}` and `101>{slot}`. */
export const inCommonWords = (pbx: ParityPbx, story: ParityStory): ((line: string) => string) => {
  const words = wordsOf(houseFor(pbx, story));
  return (line) =>
    line
      .split(/([ =>#])/)
      .map((word) => words.get(word) ?? word)
      .join('');
};

const wordsOf = ({ numbers, names }: House): ReadonlyMap<string, string> =>
  new Map([
    ...shared.flatMap((place) => (numbers[place] === undefined ? [] : [[numbers[place], `{${place}}`] as const])),
    ...Object.entries(names),
  ]);

/** Places whose numbers are nobody's extension. */
const shared = ['group', 'queue', 'conference', 'pickup', 'slot'] as const;

/** Where what the PBX said of a story lies. */
export const recordingOf = (pbx: Exclude<ParityPbx, 'sandbox'>, { story, freeswitch }: ParityStory): URL => {
  if (pbx === 'freeswitch' && freeswitch !== undefined) return new URL(`../freeswitch/${freeswitch}.esl.gz`, import.meta.url);
  return new URL(`${pbx}/${story.replaceAll(/[^a-z]+/g, '_')}.${pbx === 'freeswitch' ? 'esl' : 'ami'}.gz`, import.meta.url);
};
