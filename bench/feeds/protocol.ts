/** What the bench's processes say to each other. */

export const transports = ['websocket', 'sse', 'long-poll'] as const;
export type Transport = (typeof transports)[number];

/** `ours`: the gateway's own server. `bare`: what Node does at best with nothing of ours: the same bytes, no more. */
export type Side = 'ours' | 'bare';

export interface ServerTask {
  readonly side: Side;
  readonly transport: Transport;
}

/** How many events in how large bursts; the server begins each burst when everybody has the one before. */
export interface Run {
  readonly events: number;
  readonly burst: number;
}

export type ToServer =
  | { readonly kind: 'run'; readonly run: Run; readonly subscribers: number }
  | { readonly kind: 'received' }
  | { readonly kind: 'memory' }
  | { readonly kind: 'unmatched'; readonly events: number };

export type FromServer =
  | { readonly kind: 'listening'; readonly port: number; readonly key: string }
  | { readonly kind: 'burst'; readonly bytesEach: number }
  | { readonly kind: 'ran'; readonly cpuSeconds: number }
  | { readonly kind: 'memory'; readonly bytes: number };

export type ToClients =
  | {
      readonly kind: 'connect';
      readonly transport: Transport;
      readonly port: number;
      readonly key: string;
      readonly count: number;
      readonly query: string;
    }
  /** So many more bytes are to come for each connection. */
  | { readonly kind: 'expect'; readonly bytesEach: number }
  | { readonly kind: 'leave' };

export type FromClients = { readonly kind: 'connected' } | { readonly kind: 'received' } | { readonly kind: 'left' };
