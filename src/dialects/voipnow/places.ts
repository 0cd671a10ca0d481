import type { TenantEngine } from '../../engine/engine.ts';
import { extensionNumber, type ExtensionNumber } from '../../model/ids.ts';

/** Queues, conference rooms and menus: what is called like an extension and is none. */
export interface Places {
  /** The number that reaches the place of this number or name; undefined if there is none such. */
  numberOf(text: string): ExtensionNumber | undefined;
  /** Under which the events of the place at this number are told. */
  keyOf(number: ExtensionNumber): string | undefined;
  close(): void;
}

export const queueKey = (name: string): string => `queue ${name}`;
export const conferenceKey = (name: string): string => `conference ${name}`;
export const menuKey = (number: string): string => `menu ${number}`;

interface Known {
  readonly numbers: ReadonlyMap<string, ExtensionNumber>;
  readonly keys: ReadonlyMap<ExtensionNumber, string>;
}

/** `menus`: the numbers at which callers meet one. */
export const createPlaces = (engine: Pick<TenantEngine, 'snapshot' | 'onCommitted'>, menus: Iterable<string>): Places => {
  let known: Known | undefined;
  // What places a PBX has is said when it is connected.
  const stop = engine.onCommitted((events) => {
    if (events.some(({ type }) => type.startsWith('pbx.'))) known = undefined;
  });
  const look = (): Known => (known ??= placesOf(engine.snapshot(), menus));
  return {
    numberOf: (text) => look().numbers.get(text),
    keyOf: (number) => look().keys.get(number),
    close: stop,
  };
};

const placesOf = ({ queues, conferences }: ReturnType<TenantEngine['snapshot']>, menus: Iterable<string>): Known => {
  const numbers = new Map<string, ExtensionNumber>();
  const keys = new Map<ExtensionNumber, string>();
  const add = (name: string, number: string, key: string): void => {
    const reached = extensionNumber(number);
    numbers.set(name, reached);
    numbers.set(number, reached);
    keys.set(reached, key);
  };
  for (const { name, number = name } of queues) add(name, number, queueKey(name));
  for (const { name, number = name } of conferences) add(name, number, conferenceKey(name));
  for (const number of menus) add(number, number, menuKey(number));
  return { numbers, keys };
};
