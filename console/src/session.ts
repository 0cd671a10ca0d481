import { computed, signal } from '@preact/signals';
import { ask, Problem } from './api.ts';

/** Who is logged in: the answer of `/v1/login`. */
export interface Session {
  readonly tenant: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly user?: string;
  readonly extension?: string;
}

export type Credentials = { readonly key: string } | { readonly user: string; readonly password: string; readonly tenant?: string };

/** `undefined` until it is known; `null` when nobody is logged in. */
export const session = signal<Session | null | undefined>(undefined);

/** Whether whoever is logged in may do what needs one of these scopes. `administer` may do everything. */
export const may = (...scopes: readonly string[]): boolean => {
  const held = session.value?.scopes ?? [];
  return held.includes('administer') || scopes.some((scope) => held.includes(scope));
};

export const mayControl = computed(() => may('control', 'control-own'));

export const restoreSession = async (): Promise<void> => {
  try {
    session.value = await ask<Session>('GET', '/v1/login');
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    session.value = null;
  }
};

export const logIn = async (credentials: Credentials): Promise<void> => {
  session.value = await ask<Session>('POST', '/v1/login', credentials);
};

export const logOut = async (): Promise<void> => {
  await ask('DELETE', '/v1/login').catch(() => undefined);
  session.value = null;
};
