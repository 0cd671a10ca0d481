import { z } from 'zod';
import type { DialStatus } from '../../delivery/dial-status.ts';
import type { Side } from '../../delivery/participations.ts';
import type { ExtensionNumber, CallId } from '../../model/ids.ts';
import { recordingFormats } from '../../model/command.ts';
import type { IsoTime, Micros } from '../../model/time.ts';

/**
 * The vendor's generations: who asks by CallAPI gets the parameters of the first, who asks by UnifiedAPI those of the later, 3 and
 * 5, whose differences lie elsewhere.
 */
export const profiles = ['callapi2', 'uapi3', 'uapi5'] as const;
export type Profile = (typeof profiles)[number];

/** The call events by the vendor's numbers; the two answers exist in the later generation alone. */
export const eventTypes = [0, 1, 2, 3, 4] as const;
export type EventNumber = (typeof eventTypes)[number];
export const eventNames = ['Dial-In', 'Dial-Out', 'Hangup', 'Answer incoming', 'Answer outgoing'] as const;

export const methods = ['GET', 'POST'] as const;

/** A web request that is made when an event of that type happens to the extension. */
export interface PublishedRequest {
  readonly id: string;
  readonly extension: ExtensionNumber;
  readonly type: EventNumber;
  readonly method: (typeof methods)[number];
  readonly url: string;
  readonly enabled: boolean;
  readonly notes: string;
  readonly profile: Profile;
  /** CallFlow as `in` and `out`, or `IN` and `OUT`; as the tenant's option says when absent. */
  readonly lowerCaseFlow?: boolean;
  readonly modified: IsoTime;
  /** The `seq` of the log after which it is made: what happened before it was enabled is not made up for. */
  readonly after: number;
  /** Which it is of those that tell one receiver of one event of the extension by one method. */
  readonly rank: number;
}

/** The part that an extension takes in a call, as its events tell of it from beginning to end. */
export interface Part {
  readonly extension: ExtensionNumber;
  /** The call in which it began; it may have been merged into another since. */
  readonly call: CallId;
  /** The vendor's two ids of that call. */
  readonly callId: string;
  readonly apiId: string;
  readonly flow: 'IN' | 'OUT';
  readonly caller: Side;
  readonly called: Side;
  /** The public number that was called, of a call from outside. */
  readonly did: string;
  /** What the caller dialled. */
  readonly dialled: string;
}

/** An event of the vendor's: what happened to an extension, and by which event of the log it is known. */
export interface Happening {
  readonly seq: number;
  readonly event: string;
  readonly at: Micros;
  readonly type: EventNumber;
  /** As the later generation says it; of the ends the older knows `ANSWER` and `UNKNOWN`. */
  readonly status: 'CALLING' | DialStatus;
  readonly part: Part;
}

const numberish = z.union([z.string(), z.int()]).transform(String);

/** The body that makes or changes a PhoneCallEvent; what it means is for `parse` to say, so that each fault gets its vendor's code. */
export const phoneCallEventBody = z.object({
  type: numberish.optional(),
  id: z.string().optional(),
  method: numberish.optional(),
  note: z.string().nullish(),
  url: z.string().optional(),
  status: numberish.optional(),
  callFlow: z.string().optional(),
});
export type PhoneCallEventBody = z.infer<typeof phoneCallEventBody>;

const oneOrMore = z.union([numberish, z.array(numberish)]).transform((value) => (Array.isArray(value) ? value : [value]));

/** The body of a simple phone call, or of a callback. */
export const phoneCallBody = z.object({
  extension: numberish.optional(),
  phoneCallView: z
    .array(
      z.object({
        source: oneOrMore,
        destination: oneOrMore,
        callerId: z.string().nullish(),
        callerDestination: z.string().nullish(),
      }),
    )
    .min(1)
    .max(1),
  nonce: z.string().max(255).nullish(),
});

/** The body that calls extensions into a conference room. */
export const conferenceInviteBody = z.object({
  number: numberish.optional(),
  pin: numberish.optional(),
  phoneCallView: z
    .array(z.object({ source: oneOrMore }))
    .min(1)
    .max(20),
});

const flag = z.union([z.boolean(), z.enum(['0', '1', 'true', 'false']), z.literal(0), z.literal(1)]);

/** The body that acts on a phone call. What else the vendor has in it (`callerId`, `waitForPickup`) makes no difference here. */
export const phoneCallActionBody = z.object({
  action: z.string(),
  phoneCallViewId: z.string().optional(),
  sendCallTo: numberish.optional(),
  transferFromNumber: numberish.optional(),
  transferNumber: numberish.optional(),
  format: z.enum(recordingFormats).default('wav'),
  privateW: flag.default(false).transform((value) => value === true || String(value) === '1' || value === 'true'),
  maxInParking: z.coerce.number().int().min(10).max(3600).default(180),
});
export type PhoneCallAction = z.infer<typeof phoneCallActionBody>;
