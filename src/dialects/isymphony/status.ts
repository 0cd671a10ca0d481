import type { UserState } from '../../model/user.ts';

/** The vendor's types of status. */
export const statusTypes = [
  'available',
  'unavailable',
  'away',
  'xa',
  'dnd',
  'chat',
  'altblue',
  'altgreen',
  'altpink',
  'altpurple',
  'altred',
] as const;
export type StatusType = (typeof statusTypes)[number];

/** What is `xa` here is `extended-away` to all others. */
const extendedAway = 'extended-away';

export const statusOfType = (type: StatusType): string => (type === 'xa' ? extendedAway : type);

/** The gateway's other clients may set a status that the vendor has no type for. */
const typeOfStatus = (status: string): StatusType =>
  status === extendedAway ? 'xa' : (statusTypes.find((type) => type === status) ?? 'away');

const names: Readonly<Record<StatusType, string>> = {
  available: 'Available',
  unavailable: 'Unavailable',
  away: 'Away',
  xa: 'Extended Away',
  dnd: 'Do Not Disturb',
  chat: 'Free To Chat',
  altblue: 'Blue',
  altgreen: 'Green',
  altpink: 'Pink',
  altpurple: 'Purple',
  altred: 'Red',
};

/** A user's status as events and resources tell it, which differ in the name of its type alone. */
export const renderStatus = (
  status: UserState['status'] | undefined,
): {
  readonly name: string;
  readonly type: StatusType;
  readonly note: string;
  readonly returnTime: number;
  readonly userCreated: boolean;
} => {
  const type = typeOfStatus(status?.status ?? 'available');
  return {
    name: status?.label ?? names[type],
    type,
    note: status?.note ?? '',
    returnTime: status?.returnAt === undefined ? -1 : Date.parse(status.returnAt),
    userCreated: false,
  };
};
