/** Finding what a call-control request is about, having it done, and showing what became of it. */
import type { CommandRecord, CommandRequest } from '../../../control/control.ts';
import { performCommand } from '../../../control/perform.ts';
import { GatewayError } from '../../../model/errors.ts';
import { extensionNumber, type ExtensionNumber } from '../../../model/ids.ts';
import { isAdmin, requireAccount, requireOwn, requirePermission } from '../auth.ts';
import type { Asked, Asker } from '../endpoint.ts';
import { anotherExtension, incorrectState, invalidParameter, noResource } from '../errors.ts';
import { callOfTelephonySession, parsePartyId } from '../ids.ts';
import type { Party, Session, StatusCode } from '../schema.ts';
import type { TenantSource } from '../source.ts';
import { deviceOf } from './devices.ts';

/** Most effects show within a tenth of a second; what takes longer is told by its events. */
const effectSeconds = 10;

/** A party of a session, as it was when it was looked for. */
export interface Located {
  readonly session: Session;
  readonly party: Party;
}

/** The session of an id; throws CMN-102 if there is none, or none any more. */
export const findSession = async (
  { asker: { source }, signal }: Asked,
  id: string,
  parameterName = 'telephonySessionId',
): Promise<Session> => {
  await source.settled(signal);
  const call = callOfTelephonySession(id);
  const session = call === undefined ? undefined : source.sessions.ofCall(call);
  if (session === undefined) throw noResource(parameterName);
  return session;
};

export const findParty = (session: Session, id: string): Party => {
  const ref = parsePartyId(id);
  const party = ref?.call === session.call ? session.parties.find(({ number }) => number === ref.number) : undefined;
  if (party === undefined) throw noResource('partyId');
  return party;
};

/** The session of the path; throws CMN-404 for one that the asker may not see. */
export const sessionAsked = async (asked: Asked): Promise<Session> => {
  requirePermission(asked.asker, 'CallControl');
  requireAccount(asked);
  const session = await findSession(asked, asked.parameters['telephonySessionId'] ?? '');
  if (!canSee(asked.asker, session)) throw anotherExtension();
  return session;
};

/** Who may observe the account sees all of its sessions, anybody else those that it takes part in. */
export const canSee = (asker: Asker, session: Session): boolean =>
  mayObserve(asker) || session.parties.some((party) => party.extension === asker.extension);

export const mayObserve = ({ identity }: Asker): boolean => identity.scopes.has('observe') || isAdmin(identity);

/** The party of the path, which must be the asker's own or the asker an administrator. */
export const partyAsked = async (asked: Asked): Promise<Located> => {
  requirePermission(asked.asker, 'CallControl');
  requireAccount(asked);
  const session = await findSession(asked, asked.parameters['telephonySessionId'] ?? '');
  const party = findParty(session, asked.parameters['partyId'] ?? '');
  requireOwn(asked.asker, party.extension);
  return { session, party };
};

/** Throws 409 TAS-102 unless the party's status is one of these. */
export const requireStatus = ({ status }: Party, ...codes: readonly StatusCode[]): void => {
  if (!codes.includes(status.code)) throw incorrectState();
};

/** Submits, and stays for the effect. */
export const perform = ({ asker, signal }: Asked, request: CommandRequest): Promise<CommandRecord> =>
  performCommand(asker.source.control, asker.identity, request, { seconds: effectSeconds, signal });

/** Has a number dialled; one that the PBX does not take is CMN-101 for the parameter in which it came. */
export const dialling = async (parameterName: string, dial: () => Promise<CommandRecord>): Promise<CommandRecord> => {
  try {
    return await dial();
  } catch (thrown) {
    const isTheNumber = thrown instanceof GatewayError && (thrown.code === 'invalid-parameter' || thrown.code === 'forbidden-character');
    throw isTheNumber ? invalidParameter(parameterName, { cause: thrown }) : thrown;
  }
};

/** The party as it is after a command. One of an ended session, or that is no longer told of, as it was. */
export const partyNow = async ({ asker: { source }, signal }: Asked, { session, party }: Located): Promise<Located> => {
  await source.settled(signal);
  const now = source.sessions.ofCall(session.call) ?? session;
  return { session: now, party: now.parties.find(({ number }) => number === party.number) ?? party };
};

/** The extension of a device; throws CMN-101 for a device that the account does not have. */
export const extensionOfDevice = (source: TenantSource, deviceId: string, parameterName = 'deviceId'): ExtensionNumber => {
  const device = deviceOf(source, deviceId);
  if (device === undefined) throw invalidParameter(parameterName);
  return device.extension.number;
};

/** An extension by its number; throws CMN-101 if there is none such. */
export const extensionNamed = ({ engine }: TenantSource, number: string, parameterName: string): ExtensionNumber => {
  const extension = engine.extension(extensionNumber(number));
  if (extension === undefined) throw invalidParameter(parameterName);
  return extension.number;
};

/** An extension by its id; throws CMN-101 if there is none such. */
export const extensionOfId = ({ ids }: TenantSource, id: string, parameterName: string): ExtensionNumber => {
  const extension = ids.extensionOf(id);
  if (extension === undefined) throw invalidParameter(parameterName);
  return extension;
};
