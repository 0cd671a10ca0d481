import type { JSX } from 'preact';
import type { Party } from '../../../src/model/call.ts';

export const partyText = ({ number, name }: Party): string => (name === '' ? number || 'unknown' : `${name} (${number})`);

/** A number with its name. */
export const PartyName = ({ party }: { readonly party: Party }): JSX.Element => (
  <span class="party">
    {party.name === '' ? null : <span>{party.name} </span>}
    <span class={party.name === '' ? '' : 'quiet'}>{party.number || 'unknown'}</span>
  </span>
);
