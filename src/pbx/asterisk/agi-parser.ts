import { GatewayError } from '../../model/errors.ts';

/** What Asterisk says on an AGI connection. */
export type AgiMessage =
  /** First of all: `agi_uniqueid`, `agi_network_script` and the others, without their `agi_`. */
  | { readonly kind: 'environment'; readonly variables: ReadonlyMap<string, string> }
  /** The answer to a command: `200 result=50 endpos=1600`, `200 result=1 (ANSWER)`. */
  | { readonly kind: 'reply'; readonly code: number; readonly result: string; readonly text: string }
  /** The caller has left. */
  | { readonly kind: 'hangup' };

/** Bytes, cut anywhere, to messages. */
export interface AgiParser {
  /** The messages that `chunk` completes. Throws `too-large` at a line or an environment without an end. */
  push(chunk: Uint8Array): readonly AgiMessage[];
}

const maxLineBytes = 16 * 1024;
const maxVariables = 300;

export const createAgiParser = (): AgiParser => {
  let rest: Buffer = Buffer.alloc(0);
  let variables: Map<string, string> | undefined = new Map();

  /** Undefined for a line that only goes on with something. */
  const read = (line: string): AgiMessage | undefined => {
    if (variables !== undefined) {
      if (line === '') {
        const environment: AgiMessage = { kind: 'environment', variables };
        variables = undefined;
        return environment;
      }
      const [, name, value = ''] = /^agi_(\w+): ?(.*)$/.exec(line) ?? [];
      if (name !== undefined) variables.set(name, value);
      if (variables.size > maxVariables) throw tooLarge();
      return undefined;
    }
    if (line === 'HANGUP') return { kind: 'hangup' };
    // The usage of a command that was written wrongly stands between `520-` and `520 `.
    const [, code, text = ''] = /^(\d{3}) (.*)$/.exec(line) ?? [];
    return code === undefined ? undefined : { kind: 'reply', code: Number(code), result: /^result=(\S*)/.exec(text)?.[1] ?? '', text };
  };

  return {
    push: (chunk) => {
      const bytes = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
      const messages: AgiMessage[] = [];
      let start = 0;
      for (let end = bytes.indexOf(10, start); end !== -1; end = bytes.indexOf(10, start)) {
        const message = read(bytes.toString('utf8', start, end).replace(/\r$/, ''));
        if (message !== undefined) messages.push(message);
        start = end + 1;
      }
      rest = Buffer.from(bytes.subarray(start));
      if (rest.length > maxLineBytes) throw tooLarge();
      return messages;
    },
  };
};

const tooLarge = (): GatewayError => new GatewayError('too-large', { limit: maxLineBytes }, { note: 'It is not AGI.' });
