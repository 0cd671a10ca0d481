import { z } from 'zod';
import type { DialStatus } from '../../delivery/dial-status.ts';
import type { Side } from '../../delivery/participations.ts';
import type { CallId, ExtensionNumber } from '../../model/ids.ts';
import type { Micros } from '../../model/time.ts';

/** The events that are told. */
export const toldEventTypes = ['dial-in', 'dial-out', 'answer', 'hangup'] as const;
export type ToldEventType = (typeof toldEventTypes)[number];

/** What may be subscribed to; of messages and voicemail nothing is ever told. */
export const eventTypes = [...toldEventTypes, 'message-in', 'message-out', 'voicemail'] as const;
export type EventType = (typeof eventTypes)[number];

export const methods = ['GET', 'POST'] as const;

/** A web request that is made when an event of that type happens. */
export interface Subscription {
  readonly id: number;
  /** Whose events; those of every extension of the client when absent. */
  readonly extension?: ExtensionNumber;
  readonly type: EventType;
  readonly method: (typeof methods)[number];
  readonly url: string;
  /** It is told what comes after this place of the log. */
  readonly after: number;
  /** Which it is of several that tell one receiver of the same event, from 0 on. */
  readonly rank: number;
}

/** The part that an extension (a phone's, or a queue's or menu's) takes in a call, as its events tell of it from beginning to end. */
export interface Part {
  readonly extension: ExtensionNumber;
  /** The call in which it began; it may have been merged into another since. */
  readonly call: CallId;
  /** The vendor's ids: of the call, of this part, and the one by which the call is commanded; the last with dashes. */
  readonly callId: string;
  readonly subCallId: string;
  readonly apiUuid: string;
  readonly flow: 'in' | 'out';
  readonly caller: Side;
  readonly called: Side;
  /** The public number that was called, if one was. */
  readonly did: string;
  /** What the caller dialled. */
  readonly dialled: string;
  /** Who is outside behind a colleague who transfers. */
  readonly remote?: string;
  /** It is the call that the extension made of another by sending its party on. */
  readonly isTransfer?: true;
}

/** What a hangup tells besides. */
export interface HangupData {
  /** From the answer on; 0 without one. */
  readonly talked: Micros;
  /** The recording's UUID in capitals, without dashes. */
  readonly recording?: string;
  /** Of a queue or a menu alone: whether any phone answered. */
  readonly bridged?: boolean;
}

/** An event of the vendor's: what happened to an extension, and by which event of the log it is known. */
export interface Happening {
  readonly seq: number;
  readonly event: string;
  readonly at: Micros;
  readonly type: ToldEventType;
  readonly status: 'CALLING' | DialStatus;
  readonly part: Part;
  readonly hangup?: HangupData;
}

const numberish = z.union([z.string().max(64), z.int()]).transform(String);
const oneOrMore = z.union([numberish, z.array(numberish).max(16)]).transform((value) => (Array.isArray(value) ? value : [value]));

export const subscriptionBody = z.object({
  url: z.string().max(2_000),
  event_type: z.enum(eventTypes),
  method: z.preprocess((value) => (typeof value === 'string' ? value.toUpperCase() : value), z.enum(methods)),
});

export const callbackBody = z.object({
  src_num: oneOrMore,
  dst_num: numberish,
  wait_for_pickup: z.coerce.number().int().min(1).max(600).nullish(),
  caller_id_name: z.string().max(80).nullish(),
  caller_id_number: numberish.nullish(),
  call_duration: z.coerce.number().int().min(0).max(86_400).nullish(),
  dst_dtmf: numberish.pipe(z.string().regex(/^[0-9A-Da-d*#]*$/, 'digits, *, # and A to D')).nullish(),
});

export const callActions = [
  'transfer',
  'attended_transfer',
  'eavesdrop',
  'whisper',
  'conference',
  'hold',
  'offhold',
  'park',
  'pickup',
] as const;

export const callActionBody = z.object({ action: z.enum(callActions), send_dst: numberish.nullish() });

export const valetActions = ['park', 'bridge', 'slots'] as const;

export const valetBody = z.object({ action: z.enum(valetActions), slot: numberish.nullish() });
