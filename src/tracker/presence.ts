import type { Presence, RegisteredDevice } from '../model/extension.ts';
import type { ExtensionSnapshot, FactOf } from '../model/fact.ts';
import type { ExtensionNumber } from '../model/ids.ts';
import type { Change } from './change.ts';
import { legStateOf } from './legs.ts';
import type { Registration, TrackedExtension } from './state.ts';
import { logPhoneIn, logPhoneOut, registrationOf } from './users.ts';

/** Extensions: one presence over all devices and calls, and who is registered, without the flapping. */

/** A phone that registers anew within this time was never away. Microseconds. */
const flapTime = 5_000_000;

/** Tells of every extension whose presence the fact has changed. Comes last, when all legs are as they will be. */
export const settlePresence = (change: Change): void => {
  for (const number of change.presenceDue) {
    const extension = change.extension(number);
    if (extension === undefined) continue;
    const presence = presenceOf(change, extension);
    if (presence !== extension.presence) tell(change, { ...extension, presence, since: change.at }, extension.presence);
  }
};

const presenceOf = (change: Change, extension: TrackedExtension): Presence => {
  if (extension.tellsRegistrations && extension.registered.length === 0) return 'offline';
  let strongest: Presence = 'idle';
  for (const id of extension.channels) {
    const channel = change.leg(id);
    if (channel === undefined || channel.hasGivenUp === true) continue;
    // A phone that is called but does not ring yet is as it was.
    const state = legStateOf(channel, channel.leg);
    const isNotRungYet = state === 'initiated' && (channel.leg.direction === 'inbound' || channel.isOriginated);
    const presence = isNotRungYet ? 'idle' : presenceByLeg[state];
    if (weights.indexOf(presence) < weights.indexOf(strongest)) strongest = presence;
  }
  return strongest;
};

const presenceByLeg = {
  initiated: 'busy',
  ringing: 'ringing',
  connected: 'busy',
  held: 'held',
  parked: 'parked',
  queued: 'busy',
  ended: 'idle',
} as const satisfies Record<string, Presence>;

const weights: readonly Presence[] = ['offline', 'ringing', 'busy', 'held', 'parked', 'idle'];

const tell = (change: Change, extension: TrackedExtension, previous: Presence): void => {
  change.setExtension(extension);
  const { number, presence, dnd, statusText } = extension;
  change.emit(
    'extension.presenceChanged',
    { presence, previous, dnd, ...(statusText === undefined ? undefined : { statusText }) },
    { extension: number },
  );
};

/** What the PBX says of an extension as a whole. One that was not known is not news: it was there all along. */
export const findExtension = (change: Change, snapshot: ExtensionSnapshot): void => {
  const { extension: number, devices } = snapshot;
  const before = change.extension(number);
  const { dnd = false, statusText } = snapshot.dnd === undefined && before !== undefined ? before : snapshot;
  const registered = registrationsOf(change, snapshot.registered, before?.registered ?? []);
  const name = snapshot.name === '' ? (before?.name ?? '') : snapshot.name;
  const after: TrackedExtension = {
    number,
    name,
    devices,
    presence: before?.presence ?? 'idle',
    since: before?.since ?? change.at,
    dnd,
    ...(statusText === undefined ? undefined : { statusText }),
    registered,
    tellsRegistrations: snapshot.registered !== undefined || before?.tellsRegistrations === true,
    leaving: snapshot.registered === undefined ? (before?.leaving ?? []) : [],
    channels: before?.channels ?? [],
  };
  if (before === undefined) {
    change.setExtension({ ...after, presence: presenceOf(change, after) });
    return;
  }
  if (isSame(before, after)) return;
  change.setExtension(after);
  if (before.tellsRegistrations) tellRegistrations(change, before, after);
  change.presenceIsDue(number);
  const isSameStatus = before.dnd === after.dnd && before.statusText === after.statusText;
  if (!isSameStatus) tell(change, after, before.presence);
};

/** Those that were there already keep since when they are. */
const registrationsOf = (
  change: Change,
  found: readonly RegisteredDevice[] | undefined,
  known: readonly Registration[],
): readonly Registration[] =>
  found?.map((device) => {
    const former = known.find((other) => contactKey(other) === contactKey(device));
    return former === undefined ? registrationOf(change, device) : { ...former, ...device };
  }) ?? known;

/** Without what only the tracker keeps of it. */
export const registeredView = ({ device, contact, userAgent }: RegisteredDevice): RegisteredDevice => ({
  device,
  contact,
  ...(userAgent === undefined ? undefined : { userAgent }),
});

const isSame = (one: TrackedExtension, two: TrackedExtension): boolean =>
  one.name === two.name &&
  one.dnd === two.dnd &&
  one.statusText === two.statusText &&
  one.tellsRegistrations === two.tellsRegistrations &&
  one.leaving.length === two.leaving.length &&
  one.devices.join() === two.devices.join() &&
  one.registered.map(contactKey).join() === two.registered.map(contactKey).join();

const contactKey = ({ device, contact }: { readonly device: string; readonly contact: string }): string => `${device} ${contact}`;

const tellRegistrations = (change: Change, before: TrackedExtension, after: TrackedExtension): void => {
  const { number } = after;
  for (const device of before.registered) {
    if (!after.registered.some((other) => contactKey(other) === contactKey(device))) tellUnregistered(change, number, device);
  }
  for (const device of after.registered) {
    if (!before.registered.some((other) => contactKey(other) === contactKey(device))) tellRegistered(change, number, device);
  }
};

const tellRegistered = (change: Change, number: ExtensionNumber, registration: Registration): void => {
  change.emit('extension.registered', registeredView(registration), { extension: number });
  logPhoneIn(change, number, registration);
};

const tellUnregistered = (change: Change, number: ExtensionNumber, registration: Registration): void => {
  change.emit('extension.unregistered', registeredView(registration), { extension: number });
  logPhoneOut(change, number, registration);
};

export const loseExtension = (change: Change, number: ExtensionNumber): void => {
  const extension = change.extension(number);
  // Its legs go first; a later look at the PBX finds it gone.
  if (extension === undefined || extension.channels.length > 0) return;
  for (const registration of extension.registered) logPhoneOut(change, number, registration);
  change.removeExtension(number);
};

export const registerDevice = (change: Change, fact: FactOf<'extension.registered'>): void => {
  const { extension: number, device, contact, userAgent } = fact;
  const extension = change.extension(number) ?? unknownExtension(change, number, device);
  const found = { device, contact, ...(userAgent === undefined ? undefined : { userAgent }) };
  const isKnown = extension.registered.some((other) => contactKey(other) === contactKey(found));
  // A known contact is back; a new one takes the place of one that the same device has just given up.
  const former = extension.leaving.find((other) => contactKey(other) === contactKey(found) || (!isKnown && other.device === device));
  if (isKnown && former === undefined) return;
  const isOneOfThem = (other: RegisteredDevice): boolean =>
    contactKey(other) === contactKey(found) || (former !== undefined && contactKey(other) === contactKey(former));
  const before = extension.registered.find(isOneOfThem);
  // With another contact it is the same login still.
  const registration = before === undefined ? registrationOf(change, found) : { ...before, ...found };
  change.setExtension({
    ...extension,
    tellsRegistrations: true,
    registered: [...extension.registered.filter((other) => !isOneOfThem(other)), registration],
    leaving: extension.leaving.filter((other) => other !== former),
  });
  if (before === undefined) tellRegistered(change, number, registration);
  change.presenceIsDue(number);
};

export const unregisterDevice = (change: Change, fact: FactOf<'extension.unregistered'>): void => {
  const { extension: number, device, contact } = fact;
  const extension = change.extension(number) ?? unknownExtension(change, number, device);
  if (extension.leaving.some((other) => contactKey(other) === contactKey(fact))) return;
  change.setExtension({ ...extension, leaving: [...extension.leaving, { device, contact, since: fact.at }] });
};

const unknownExtension = (change: Change, number: ExtensionNumber, device?: string): TrackedExtension => ({
  number,
  name: '',
  devices: device === undefined ? [] : [device],
  presence: 'idle',
  since: change.at,
  dnd: false,
  registered: [],
  tellsRegistrations: false,
  leaving: [],
  channels: [],
});

/** Tells of registrations that have not come back. */
export const settleRegistrations = (change: Change): void => {
  for (const extension of change.extensions()) {
    if (extension.leaving.length === 0) continue;
    const gone = extension.leaving.filter(({ since }) => change.at - since >= flapTime);
    if (gone.length === 0) continue;
    change.setExtension({
      ...extension,
      tellsRegistrations: true,
      registered: extension.registered.filter((device) => !gone.some((other) => contactKey(other) === contactKey(device))),
      leaving: extension.leaving.filter((other) => !gone.includes(other)),
    });
    for (const lost of gone) {
      const known = extension.registered.find((other) => contactKey(other) === contactKey(lost));
      if (known !== undefined) tellUnregistered(change, extension.number, known);
      else change.emit('extension.unregistered', { device: lost.device, contact: lost.contact }, { extension: extension.number });
    }
    change.presenceIsDue(extension.number);
  }
};

/** What the user said of itself; a member that is absent stays as it is. */
export const setStatus = (
  change: Change,
  number: ExtensionNumber,
  status: { readonly dnd?: boolean | undefined; readonly text?: string | undefined },
): void => {
  const extension = change.extension(number) ?? unknownExtension(change, number);
  const { statusText, ...rest } = extension;
  const dnd = status.dnd ?? extension.dnd;
  const text = status.text ?? statusText ?? '';
  if (dnd === extension.dnd && text === (statusText ?? '')) return;
  tell(change, { ...rest, dnd, ...(text === '' ? undefined : { statusText: text }) }, extension.presence);
};
