/** One thing to do with a caller. Numbers are within their limits, names and sounds of harmless characters: whoever makes a step sees to it. */
export type Step =
  | { readonly do: 'hangup' }
  | { readonly do: 'pause'; readonly seconds: number }
  /** Remembered for the rest of the call, for the addresses that are asked, and with the call in the PBX. */
  | { readonly do: 'set'; readonly name: string; readonly value: string }
  | {
      readonly do: 'play';
      readonly sound: string;
      readonly language?: string;
      readonly times: number;
      /** In the background a key already chooses the option of the menu. */
      readonly where: 'foreground' | 'background';
      /** The variable in which a key pressed meanwhile is kept; it ends the sound. */
      readonly keyTo?: string;
    }
  | { readonly do: 'speak'; readonly text: string; readonly voice?: string; readonly volume: number }
  | { readonly do: 'jump'; readonly context: string; readonly option: string; readonly priority: number }
  | { readonly do: 'showCaller'; readonly name: string; readonly number: string }
  /** Rings the extension's phone itself; where nobody answers, the next step follows. */
  | { readonly do: 'ring'; readonly extension: string; readonly seconds: number }
  | { readonly do: 'transfer'; readonly to: string };

export type Script = { readonly steps: readonly Step[] } | { readonly fault: string };

export const mostSteps = 100;

/** A variable's name, as scripts may set it. */
export const isVariableName = (text: string): boolean => /^[A-Za-z_]\w{0,63}$/.test(text);

/** A sound's name: a path below the PBX's sounds. */
export const isSoundName = (text: string): boolean =>
  /^[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}$/.test(text) && !text.includes('..') && !text.includes('//');

/** A number that may be dialled for a caller. */
export const isNumber = (text: string): boolean => /^\+?[0-9*#]{1,32}$/.test(text);

/** Puts variables into an address: `$name`, percent-encoded; one that is not set is empty. */
export const substitute = (url: string, variables: ReadonlyMap<string, string>): string =>
  url.replaceAll(/\$([A-Za-z_]\w*)/g, (_whole, name: string) => encodeURIComponent((variables.get(name) ?? '').toWellFormed()));
