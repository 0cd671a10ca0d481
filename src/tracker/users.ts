import type { FactOf } from '../model/fact.ts';
import { loginIdOf, type ExtensionNumber } from '../model/ids.ts';
import { isoTime } from '../model/time.ts';
import type { Login } from '../model/user.ts';
import type { Change } from './change.ts';
import type { Registration, TrackedUser } from './state.ts';

/** Users: whose extension is whose, who is logged in, by phone or otherwise, and what they say of themselves. */

/** The gateway's own list: who there is, and whose extension is whose. Of two who share one, the first by name owns it. */
export const assignUsers = (change: Change, fact: FactOf<'users.assigned'>): void => {
  const before = change.owners;
  const listed = new Map(fact.users.map((user) => [user.name, user]));
  for (const user of change.users()) if (!listed.has(user.name)) dropUser(change, user);
  for (const { name, extension } of fact.users) {
    const known = change.user(name);
    if (known === undefined || known.extension !== extension) {
      const { extension: _extension, ...rest } = known ?? { name, sessions: [] };
      change.setUser({ ...rest, ...(extension === undefined ? undefined : { extension }) });
    }
  }
  const after = ownersOf(change.users());
  change.owners = after;
  for (const number of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(number), after.get(number)];
    if (was === is) continue;
    for (const registration of change.extension(number)?.registered ?? []) {
      if (was !== undefined) tell(change, 'user.loggedOut', was, phoneLogin(registration), number);
      if (is !== undefined) tell(change, 'user.loggedIn', is, phoneLogin(registration), number);
    }
  }
};

const dropUser = (change: Change, user: TrackedUser): void => {
  for (const session of user.sessions) tell(change, 'user.loggedOut', user.name, session, user.extension);
  change.removeUser(user.name);
};

export const ownersOf = (users: readonly TrackedUser[]): ReadonlyMap<ExtensionNumber, string> => {
  const owners = new Map<ExtensionNumber, string>();
  for (const { name, extension } of users.toSorted((one, two) => (one.name < two.name ? -1 : 1))) {
    if (extension !== undefined && !owners.has(extension)) owners.set(extension, name);
  }
  return owners;
};

/** A phone registered: whose extension it is, is logged in with it. */
export const logPhoneIn = (change: Change, number: ExtensionNumber, registration: Registration): void => {
  const owner = change.owners.get(number);
  if (owner !== undefined) tell(change, 'user.loggedIn', owner, phoneLogin(registration), number);
};

export const logPhoneOut = (change: Change, number: ExtensionNumber, registration: Registration): void => {
  const owner = change.owners.get(number);
  if (owner !== undefined) tell(change, 'user.loggedOut', owner, phoneLogin(registration), number);
};

export const phoneLogin = ({ login, device, contact, since }: Registration): Login => ({
  id: login,
  kind: 'phone',
  device,
  ...addressOf(contact),
  since: isoTime(since),
});

export const registrationOf = (
  change: Change,
  { device, contact, userAgent }: Pick<Registration, 'device' | 'contact' | 'userAgent'>,
): Registration => ({
  device,
  contact,
  ...(userAgent === undefined ? undefined : { userAgent }),
  since: change.at,
  login: loginIdOf(change.pbx, device, contact, change.at),
});

/** Host and port of a SIP URI (RFC 3261): `sip:101@192.0.2.7:5060;ob`, `<sips:101@[2001:db8::7]>`. */
const addressOf = (contact: string): Pick<Login, 'address' | 'port'> => {
  const match = /^<?(sips?):(?:[^@]*@)?(\[[0-9a-f:.]+\]|[^:;>?]+)(?::(\d{1,5}))?/i.exec(contact);
  if (match?.[2] === undefined) return {};
  const usual = match[1]?.toLowerCase() === 'sips' ? 5061 : 5060;
  return { address: match[2].replaceAll(/[[\]]/g, ''), port: match[3] === undefined ? usual : Number(match[3]) };
};

/** A user that is not listed is none. */
export const beginSession = (change: Change, fact: FactOf<'user.sessionBegan'>): void => {
  const user = change.user(fact.user);
  if (user === undefined || user.sessions.some(({ id }) => id === fact.login)) return;
  const login: Login = {
    id: fact.login,
    kind: 'session',
    ...(fact.address === undefined ? undefined : { address: fact.address }),
    ...(fact.port === undefined ? undefined : { port: fact.port }),
    since: isoTime(fact.at),
  };
  change.setUser({ ...user, sessions: [...user.sessions, login] });
  tell(change, 'user.loggedIn', user.name, login, user.extension);
};

export const endSession = (change: Change, fact: FactOf<'user.sessionEnded'>): void => {
  const user = change.user(fact.user);
  const login = user?.sessions.find(({ id }) => id === fact.login);
  if (user === undefined || login === undefined) return;
  change.setUser({ ...user, sessions: user.sessions.filter((other) => other !== login) });
  tell(change, 'user.loggedOut', user.name, login, user.extension);
};

export const setUserStatus = (change: Change, fact: FactOf<'user.status'>): void => {
  const user = change.user(fact.user);
  if (user === undefined) return;
  const status = {
    status: fact.status,
    ...(fact.label === undefined ? undefined : { label: fact.label }),
    ...(fact.note === undefined ? undefined : { note: fact.note }),
    ...(fact.returnAt === undefined ? undefined : { returnAt: isoTime(fact.returnAt) }),
  };
  if (JSON.stringify(status) === JSON.stringify(user.status ?? noStatus)) return;
  change.setUser({ ...user, status });
  change.emit('user.statusChanged', { user: user.name, ...status }, ofExtension(user.extension));
};

/** What a user says who has said nothing yet. */
export const noStatus = { status: 'available' } as const;

const tell = (
  change: Change,
  type: 'user.loggedIn' | 'user.loggedOut',
  user: string,
  login: Login,
  extension: ExtensionNumber | undefined,
): void => change.emit(type, { user, login }, ofExtension(extension));

const ofExtension = (extension: ExtensionNumber | undefined): { readonly extension?: ExtensionNumber } =>
  extension === undefined ? {} : { extension };
