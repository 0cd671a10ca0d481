import type { TenantEngine } from '../../engine/engine.ts';
import { extensionNumber, type ExtensionNumber } from '../../model/ids.ts';

/** The PBX's queues, which the vendor counts among the extensions: known by name, and called by a number. */
export interface Queues {
  /** The name of the queue that has this name or number. */
  named(text: string): ExtensionNumber | undefined;
  /** The number that reaches the queue of this name. */
  numberOf(name: ExtensionNumber): string | undefined;
  all(): readonly ExtensionNumber[];
  close(): void;
}

interface Known {
  readonly names: ReadonlyMap<string, ExtensionNumber>;
  readonly numbers: ReadonlyMap<ExtensionNumber, string>;
}

export const createQueues = (engine: Pick<TenantEngine, 'snapshot' | 'onCommitted'>): Queues => {
  let known: Known | undefined;
  // Which queues a PBX has is said when it is connected.
  const close = engine.onCommitted((events) => {
    if (events.some(({ type }) => type.startsWith('pbx.'))) known = undefined;
  });
  const look = (): Known => (known ??= knownOf(engine.snapshot().queues));
  return {
    named: (text) => look().names.get(text),
    numberOf: (name) => look().numbers.get(name),
    all: () => [...look().numbers.keys()],
    close,
  };
};

const knownOf = (queues: ReturnType<TenantEngine['snapshot']>['queues']): Known => {
  const names = new Map<string, ExtensionNumber>();
  const numbers = new Map<ExtensionNumber, string>();
  for (const { name, number = name } of queues) {
    const queue = extensionNumber(name);
    names.set(name, queue);
    names.set(number, queue);
    numbers.set(queue, number);
  }
  return { names, numbers };
};
