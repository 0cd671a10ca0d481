import type { DeliveryRequest } from '../delivery/webhooks/webhook-engine.ts';
import type { Call, Leg } from '../model/call.ts';

/** One thing that a menu does by itself, in the order in which they are written. */
export type MenuAction =
  /** Asks a program, which answers with a script. */
  | { readonly kind: 'ask'; readonly url: string; readonly method: 'GET' | 'POST' }
  | { readonly kind: 'play'; readonly sound: string }
  | { readonly kind: 'transfer'; readonly to: string }
  | { readonly kind: 'hangup' };

/** By option: `start` comes first; then the caller's key chooses. `timeout` is for no key in time, `invalid` for one that is no option. */
export type MenuContext = Readonly<Record<string, readonly MenuAction[]>>;

/** What callers of a number meet. */
export interface Menu {
  readonly contexts: Readonly<Record<string, MenuContext>>;
  /** The context whose `start` is the beginning. */
  readonly begin: string;
  /** Where a caller goes for whom nothing is left to do; without it, wherever the PBX sends the call next. */
  readonly otherwise?: string | undefined;
  /** How long a caller has for choosing. */
  readonly choiceSeconds: number;
  /** Makes the request that asks a program: with its vendor's parameters. */
  readonly request: (target: { readonly url: string; readonly method: 'GET' | 'POST' }, seen: Seen) => DeliveryRequest;
}

/** The call for which a program is asked. */
export interface Seen {
  readonly called: string;
  readonly call: Call;
  /** The caller's. */
  readonly leg: Leg;
}

/** What a configuration says of a menu: a single address, or contexts, or both. */
export interface MenuOptions {
  readonly url?: string | undefined;
  readonly method: 'GET' | 'POST';
  readonly otherwise?: string | undefined;
  readonly choiceSeconds: number;
  readonly contexts: Readonly<Record<string, MenuContext>>;
}

/** The context that a menu begins in. */
export const firstContext = 'main';

/** `url` is short for a first context that asks it. */
export const menuOf = ({ url, method, otherwise, choiceSeconds, contexts }: MenuOptions, request: Menu['request']): Menu => ({
  contexts:
    url === undefined ? contexts : { ...contexts, [firstContext]: { ...contexts[firstContext], start: [{ kind: 'ask', url, method }] } },
  begin: firstContext,
  otherwise,
  choiceSeconds,
  request,
});
