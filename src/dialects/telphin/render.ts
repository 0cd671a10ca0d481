import type { Parameter } from '../../delivery/webhooks/parameters.ts';
import type { Call, Leg } from '../../model/call.ts';
import type { CallId, ExtensionNumber } from '../../model/ids.ts';
import type { IsoTime } from '../../model/time.ts';
import { apiUuidOf, nodeNumberOf, recordingUuidOf, vendorCallId } from './ids.ts';
import type { Numbers } from './numbers.ts';
import type { TelphinOptions } from './options.ts';
import type { Happening, Part, Subscription } from './schema.ts';

/** How one tenant's things are written. */
export interface Writing {
  readonly numbers: Numbers;
  readonly options: TelphinOptions;
  /** The call under whose ids this one is told of: itself, or the first of several that ring for one. */
  readonly knownAs: (call: CallId) => CallId;
  /** The extension on whose behalf a callback made this call. */
  readonly behalfOf: (call: CallId) => ExtensionNumber | undefined;
}

/** `3232240860-37b98fb2-a66c-11ea-ae69-6fd86d94a0e0`: the node's address as a number, and the call's UUID. */
export const renderApiId = (apiUuid: string, { node }: Pick<TelphinOptions, 'node'>): string => `${nodeNumberOf(node)}-${apiUuid}`;

export const apiIdOf = (call: CallId, { options, knownAs }: Writing): string => renderApiId(apiUuidOf(knownAs(call)), options);

/**
 * The parameters of a call event, in the order of the vendor's published example; what a hangup and a transferred call tell
 * besides follows. What does not apply is left out.
 */
export const renderParameters = ({ type, status, part, at, hangup }: Happening, writing: Writing): readonly Parameter[] => {
  const { numbers } = writing;
  return [
    ...renderSides(part, writing),
    ['EventType', type],
    ...renderCall(part, writing),
    ['CallStatus', status],
    ['CallFlow', part.flow],
    ['CalledNumber', numbers.numberOf({ number: part.dialled })],
    ['SubCallID', `${numbers.idOf(part.extension)}-${part.subCallId}`],
    ['CallAPIID', renderApiId(idsOf(part, writing).apiUuid, writing.options)],
    ['EventTime', String(at)],
    ...(part.isTransfer === true ? [['Transfered', 'yes'] as const] : []),
    ...renderBehalf(part, writing),
    ...(type === 'dial-in' && part.remote !== undefined ? [['RemoteNumber', part.remote] as const] : []),
    ...(hangup === undefined ? [] : renderHangup(part, hangup, writing)),
  ];
};

/** The parameters with which a program is asked what to do with a caller; its CallFlow is in capitals. */
export const renderQuestion = (part: Part, writing: Writing): readonly Parameter[] => [
  ...renderSides(part, writing),
  ['EventType', 'call_interactive'],
  ...renderCall(part, writing),
  ['CallStatus', 'ANSWER'],
  ['CallFlow', 'IN'],
  ['CalledNumber', writing.numbers.numberOf({ number: part.dialled })],
  ['CallAPIID', renderApiId(idsOf(part, writing).apiUuid, writing.options)],
];

/** Of a part in one of several calls that ring for one, those of the first. */
const idsOf = ({ call, callId, apiUuid }: Part, { knownAs }: Writing): Pick<Part, 'callId' | 'apiUuid'> => {
  const known = knownAs(call);
  return known === call ? { callId, apiUuid } : { callId: vendorCallId(known), apiUuid: apiUuidOf(known) };
};

/** Of parties inside alone. */
const renderSides = ({ caller, called }: Part, { numbers }: Writing): readonly Parameter[] => {
  const side = (name: string, extension: ExtensionNumber | undefined): readonly Parameter[] =>
    extension === undefined
      ? []
      : [
          [`${name}Extension`, numbers.full(extension)],
          [`${name}ExtensionID`, String(numbers.idOf(extension))],
        ];
  return [...side('Called', numbers.extensionOf(called)), ...side('Caller', numbers.extensionOf(caller))];
};

const renderCall = (part: Part, writing: Writing): readonly Parameter[] => [
  ['CallID', idsOf(part, writing).callId],
  ['CallerIDNum', writing.numbers.numberOf(part.caller)],
  ['CallerIDName', part.caller.name],
  ...(part.did === '' ? [] : [['CalledDID', part.did] as const]),
];

/** Of another extension alone: one's own callback is one's own call. */
const renderBehalf = ({ call, extension }: Part, { behalfOf, numbers }: Writing): readonly Parameter[] => {
  const behalf = behalfOf(call);
  return behalf === undefined || behalf === extension ? [] : [['CallBackID', String(numbers.idOf(behalf))]];
};

const renderHangup = (
  { extension }: Part,
  { talked, recording, bridged }: NonNullable<Happening['hangup']>,
  { numbers }: Writing,
): readonly Parameter[] => [
  ...(recording === undefined ? [] : [['RecID', renderRecordingId(extension, recording, { numbers })] as const]),
  ['Duration', String(talked)],
  ...(bridged === undefined ? [] : [['Bridged', bridged ? 'yes' : 'no'] as const]),
];

/** `469100-5D36E5557F1845FEB577EDE8A19C5108`. */
export const renderRecordingId = (extension: ExtensionNumber, uuid: string, { numbers }: Pick<Writing, 'numbers'>): string =>
  `${numbers.idOf(extension)}-${uuid}`;

export const renderSubscription = ({ id, url, type, method }: Subscription): object => ({ id, url, event_type: type, method });

/** A current call as the extension of the leg takes part in it. */
export const renderCurrentCall = (call: Call, leg: Leg, writing: Writing): object => {
  const { numbers } = writing;
  const [caller, called] = leg.direction === 'outbound' ? [leg.party, leg.peer] : [leg.peer, leg.party];
  const full = (side: typeof caller): string | null => {
    const extension = numbers.extensionOf(side);
    return extension === undefined ? null : numbers.full(extension);
  };
  // A phone that is rung to place a call answers long before the other party does.
  const answeredAt = leg.direction === 'outbound' ? call.answeredAt : leg.connectedAt;
  const behalf = writing.behalfOf(call.id);
  return {
    call_api_id: apiIdOf(call.id, writing),
    call_flow: leg.direction === 'inbound' ? 'in' : 'out',
    extension_id: leg.extension === undefined ? null : numbers.idOf(leg.extension),
    called_did: call.did ?? null,
    called_extension: full(called),
    called_number: numbers.numberOf(called),
    caller_extension: full(caller),
    caller_id_name: caller.name,
    caller_id_number: numbers.numberOf(caller),
    callback_id: behalf === undefined || behalf === leg.extension ? null : numbers.idOf(behalf),
    init_time_gmt: renderTime(leg.startedAt),
    answer_time_gmt: answeredAt === undefined ? null : renderTime(answeredAt),
    real_call: answeredAt !== undefined && (leg.state === 'connected' || leg.state === 'held'),
    record_uuid:
      leg.recording === undefined || leg.extension === undefined
        ? null
        : renderRecordingId(leg.extension, recordingUuidOf(leg.recording.id), writing),
  };
};

/** `2020-06-04 10:33:02`, in GMT. */
export const renderTime = (time: IsoTime): string => time.slice(0, 19).replace('T', ' ');

export const renderExtension = (extension: ExtensionNumber, name: string, { numbers, options }: Writing): object => ({
  id: numbers.idOf(extension),
  client_id: options.clientId,
  name: numbers.short(extension),
  label: name,
  type: numbers.kindOf(extension) ?? 'phone',
  status: 'active',
});
