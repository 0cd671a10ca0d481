import type { Parameter } from '../../delivery/webhooks/parameters.ts';
import type { Numbers } from './numbers.ts';
import type { Happening, Profile } from './schema.ts';

/**
 * The parameters of a call event. Of the first generation the nine of the vendor's table come first, in its order and with its
 * `CallerIDNam`; `CallerIDName`, which every known receiver reads, and `CallAPIID`, which real servers sent too, follow.
 */
export const renderParameters = (
  { part, status }: Pick<Happening, 'part' | 'status'>,
  profile: Profile,
  numbers: Numbers,
  lowerCaseFlow = false,
  apiId = part.apiId,
): readonly Parameter[] => {
  const { caller, called } = part;
  const callerExtension = numbers.extensionOf(caller);
  const calledExtension = numbers.extensionOf(called);
  const name = caller.name;
  return [
    ['CallID', part.callId],
    ['CallerIDNum', numbers.numberOf(caller, profile)],
    [profile === 'callapi2' ? 'CallerIDNam' : 'CallerIDName', name],
    ['CalledDID', part.did],
    ['CalledExtension', calledExtension === undefined ? '' : numbers.extended(calledExtension, profile)],
    ['CallStatus', renderStatus(status, profile)],
    ['CallFlow', lowerCaseFlow ? part.flow.toLowerCase() : part.flow],
    ['CallerExtension', callerExtension === undefined ? '' : numbers.extended(callerExtension, profile)],
    ['CalledNumber', numbers.numberOf({ number: part.dialled }, profile)],
    ...(profile === 'callapi2' ? [['CallerIDName', name] as const] : []),
    ['CallAPIID', apiId],
  ];
};

/** The first generation knows two ends. */
const renderStatus = (status: Happening['status'], profile: Profile): string =>
  profile !== 'callapi2' || status === 'CALLING' || status === 'ANSWER' ? status : 'UNKNOWN';
