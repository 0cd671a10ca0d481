import { parseXml, XmlElement } from '@rgrove/parse-xml';
import { isNumber, isSoundName, isVariableName, mostSteps, type Script, type Step } from './script.ts';

/**
 * Reads `<Response><Verb/></Response>`: the verbs that call-control programs of several vendors answer with, in any case. What a
 * verb cannot mean is left out; what makes the whole answer void (it is no XML, has no Response, a SetCaller lacks its name or its
 * number) is a fault, and nothing of it is done.
 */
export const parseResponse = (text: string): Script => {
  const root = rootOf(text);
  if (typeof root === 'string') return { fault: root };
  if (root.name.toLowerCase() !== 'response') return { fault: `its root is ${root.name}, not Response` };
  const steps: Step[] = [];
  for (const element of root.children) {
    if (!(element instanceof XmlElement)) continue;
    const step = stepOf(new Verb(element));
    if (step === 'void') return { fault: 'a SetCaller lacks its name or its number' };
    if (step !== undefined) steps.push(step);
    if (steps.length > mostSteps) return { fault: `it has more than ${mostSteps} verbs` };
  }
  return { steps };
};

const rootOf = (text: string): XmlElement | string => {
  if (text.trim() === '') return 'it is empty';
  try {
    // Entities of its own are resolved to nothing, and nothing is loaded: the parser knows XML's five alone.
    return parseXml(text.trimStart()).root ?? 'it has no element';
  } catch (error) {
    const [line = ''] = error instanceof Error ? error.message.split('\n', 1) : [];
    return `it is no XML: ${line.slice(0, 120)}`;
  }
};

/** An element whose attributes are asked for in lower case. */
class Verb {
  readonly name: string;
  readonly text: string;
  readonly #attributes: ReadonlyMap<string, string>;

  constructor(element: XmlElement) {
    this.name = element.name.toLowerCase();
    this.text = element.text.trim();
    this.#attributes = new Map(Object.entries(element.attributes).map(([name, value]) => [name.toLowerCase(), value.trim()]));
  }

  get(name: string): string {
    return this.#attributes.get(name) ?? '';
  }

  /** A whole number, brought between its bounds; `otherwise` where there is none. */
  whole(name: string, otherwise: number, least: number, most: number): number {
    const text = this.get(name);
    return /^\d{1,9}$/.test(text) ? Math.min(Math.max(Number(text), least), most) : otherwise;
  }
}

const defaultPauseSeconds = 10;
const mostPauseSeconds = 600;
const mostTimes = 20;
const mostText = 1_000;
const defaultVolume = 150;
const defaultRingSeconds = 30;

const stepOf = (verb: Verb): Step | 'void' | undefined => {
  switch (verb.name) {
    case 'hangup':
      return { do: 'hangup' };
    case 'pause':
      return { do: 'pause', seconds: verb.whole('length', defaultPauseSeconds, 0, mostPauseSeconds) };
    case 'setvar': {
      const name = verb.get('name');
      return isVariableName(name) ? { do: 'set', name, value: verb.text.slice(0, mostText) } : undefined;
    }
    case 'playsound':
      return soundOf(verb);
    case 'playtts': {
      const voice = verb.get('voice');
      const volume = verb.whole('volume', defaultVolume, 0, 500);
      return verb.text === ''
        ? undefined
        : { do: 'speak', text: verb.text.slice(0, mostText), ...(/^[\w -]{1,64}$/.test(voice) ? { voice } : undefined), volume };
    }
    case 'jump': {
      const context = verb.get('context');
      const option = verb.get('option');
      return { do: 'jump', context, option: option === '' ? 'start' : option, priority: verb.whole('priority', 1, 1, mostSteps) };
    }
    case 'setcaller':
    case 'setcallerid': {
      const [name, number] = [verb.get('name'), verb.get('number')];
      return name === '' || number === '' ? 'void' : { do: 'showCaller', name: name.slice(0, 80), number: number.slice(0, 40) };
    }
    case 'simpletransfer': {
      const seconds = verb.whole('timeout', defaultRingSeconds, 1, mostPauseSeconds);
      return isNumber(verb.text) ? { do: 'ring', extension: verb.text, seconds } : undefined;
    }
    case 'transfer':
      return isNumber(verb.text) ? { do: 'transfer', to: verb.text } : undefined;
    default:
      return undefined;
  }
};

const soundOf = (verb: Verb): Step | undefined => {
  const folder = verb.get('folder').replaceAll(/^\/+|\/+$/g, '');
  const file = verb.text.replace(/^\/+/, '');
  const sound = folder === '' ? file : `${folder}/${file}`;
  if (!isSoundName(sound)) return undefined;
  const language = verb.get('language');
  const keyTo = verb.get('digitvar');
  return {
    do: 'play',
    sound,
    times: verb.whole('loop', 1, 1, mostTimes),
    where: verb.get('where').toLowerCase() === 'background' ? 'background' : 'foreground',
    ...(/^[A-Za-z]{2,3}([_-][A-Za-z]{2})?$/.test(language) ? { language } : undefined),
    ...(isVariableName(keyTo) ? { keyTo } : undefined),
  };
};
