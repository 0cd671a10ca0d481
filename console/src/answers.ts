import type { PbxState } from '../../src/model/live-state.ts';

/** Answers of the native API that are not of the model; `GET /v1/openapi.json` describes them all. */

export interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly description: string;
  readonly types?: readonly string[];
  readonly extensions?: readonly string[];
  readonly createdAt: string;
  readonly status: 'active' | 'paused';
  readonly reason?: 'by-hand' | 'gone' | 'failing' | 'backlog';
  readonly detail?: string;
  readonly since: string;
  readonly settledTo: string;
  readonly head: string;
  readonly waiting: number;
  readonly failing: number;
}

/** Of any dialect. */
export interface Endpoint {
  readonly id: string;
  readonly url: string;
  readonly method: string;
  readonly status: 'active' | 'paused';
  readonly reason?: Webhook['reason'];
  readonly detail?: string;
  readonly since: string;
  readonly waiting: number;
  readonly failing: number;
}

export interface DeliveryRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Tenant {
  readonly id: string;
  readonly pbxs: readonly string[];
  readonly oldest: string;
  readonly head: string;
  /** Absent for one of the configuration. */
  readonly madeAt?: string;
}

/** A request that the sandbox's inbox got. */
export interface InboxRequest {
  readonly number: number;
  readonly at: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface DeliveryAttempt {
  readonly endpoint: string;
  readonly id: string;
  readonly seq: number;
  readonly attempt: number;
  readonly at: string;
  readonly latencyMs: number;
  readonly outcome: string;
  readonly status?: number;
  readonly failure?: { readonly kind: string; readonly detail: string };
  readonly number?: number;
  readonly reply?: string;
}

export interface Key {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly extension?: string;
  readonly createdAt: string;
  readonly lastUsedAt?: string;
  readonly revokedAt?: string;
}

export interface User {
  readonly id: string;
  readonly name: string;
  readonly displayName?: string;
  readonly extension?: string;
  readonly scopes: readonly string[];
  readonly configured: boolean;
  readonly status: { readonly status: string; readonly label?: string };
  readonly logins: readonly { readonly id: string; readonly kind: string }[];
}

/** How far a PBX's state can be trusted, and how fast it answers. */
export interface PbxLink extends PbxState {
  readonly ping?: { readonly at: string; readonly ms: number };
}

/** What a PBX said since it was asked for. */
export interface Capture {
  readonly status: 'running' | 'ended' | 'failed';
  readonly startedAt: string;
  readonly messages: number;
  readonly bytes: number;
  readonly detail?: string;
}

export interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What to do, or the stanza to paste. */
  readonly mend?: string;
}

export const scopes = ['observe', 'control', 'control-own', 'supervise', 'record', 'recordings', 'administer'] as const;
