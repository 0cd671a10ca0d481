import type { Party, Session } from '../schema.ts';
import type { TenantSource } from '../source.ts';

/** A party as REST shows it: as an event does, with `owner` and `recordings`, without what is for the devices that ring. */
export const renderRestParty = ({ renderer, ids }: TenantSource, session: Session, party: Party): object => {
  const { status, ...rest } = renderer.party(session, party);
  const { mobilePickupData: _, ...shown } = status;
  const owner =
    party.extension === undefined
      ? undefined
      : { owner: { accountId: String(ids.account), extensionId: String(ids.extension(party.extension)) } };
  return { recordings: [], ...rest, status: shown, ...owner };
};
