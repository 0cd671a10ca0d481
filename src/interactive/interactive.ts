import type { TenantId } from '../model/ids.ts';
import type { Menu } from './menu.ts';

/**
 * Calls whose callers are led by programs outside. The PBX hands such a call over (by its own dialplan); the program that is asked
 * says what is to be done with it. A caller is never left in silence: what fails, takes too long or leads in circles ends in the
 * menu's `otherwise`.
 */
export interface Interactive {
  /** Callers of `number` meet this menu from now on. Throws `config-invalid` where the tenant has one for the number. */
  serve(tenant: TenantId, number: string, menu: Menu): void;
}
