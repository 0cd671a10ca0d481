import { createHash } from 'node:crypto';
import type { Call } from '../../model/call.ts';
import type { CallId, RecordingId } from '../../model/ids.ts';
import type { Part } from './schema.ts';

/** A name-based UUID (RFC 9562, of the shape of version 5): the same text gives the same one, also after a restart. */
export const uuidOf = (text: string): string => {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

export const withoutDashes = (uuid: string): string => uuid.replaceAll('-', '');

/** The vendor's id that joins all events of a call: a UUID without dashes. */
export const vendorCallId = (call: CallId): string => withoutDashes(uuidOf(`call ${call}`));

/** The UUID by which a call is commanded; it stays the same for the whole call, through transfers and parking. */
export const apiUuidOf = (call: CallId): string => uuidOf(`api ${call}`);

/** `192.168.20.220` as the number that ids begin with: 3232240860. */
export const nodeNumberOf = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

/** The UUID of a recording as the vendor writes it, which an extension's id stands before: in capitals, without dashes. */
export const recordingUuidOf = (recording: RecordingId): string => withoutDashes(uuidOf(`recording ${recording}`)).toUpperCase();

/**
 * The UUID in a call_api_id, without dashes: after the node's number and `-`, or `:` as older ids have it, or all there is.
 * Ids are compared so, for a reply may have given one without its dashes.
 */
export const parseApiId = (text: string): string => {
  const [, uuid = text] = /^\d{1,10}[-:](.+)$/.exec(text) ?? [];
  return withoutDashes(uuid).toLowerCase();
};

/** The ids of a part that an extension takes in the call; `ofPart` tells it from the others there. */
export const identityOf = (call: Call, ofPart: string): Pick<Part, 'call' | 'callId' | 'subCallId' | 'apiUuid'> => ({
  call: call.id,
  callId: vendorCallId(call.id),
  subCallId: withoutDashes(uuidOf(`part ${ofPart}`)),
  apiUuid: apiUuidOf(call.id),
});
