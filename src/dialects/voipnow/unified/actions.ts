import type { Call, Leg, SupervisionMode } from '../../../model/call.ts';
import { GatewayError } from '../../../model/errors.ts';
import type { ExtensionNumber } from '../../../model/ids.ts';
import { actingLeg, callOf, isLive, perform, slotOf } from '../calls.ts';
import { UnifiedError } from '../errors.ts';
import { parseUnifiedExtension } from '../parse.ts';
import { phoneCallActionBody, type PhoneCallAction } from '../schema.ts';
import type { UnifiedAnswer, UnifiedAsked } from './asked.ts';
import { callExtension } from './calls.ts';
import { renderCall, viewIdOf } from './render.ts';

/** What an action is carried out on. */
interface Acting {
  readonly asked: UnifiedAsked;
  readonly extension: ExtensionNumber;
  readonly call: Call;
  readonly body: PhoneCallAction;
}

type Action = (acting: Acting) => Promise<unknown>;

/** `PUT /phoneCalls/{user}/{ext}/{id}`: the extension of the path acts. */
export const actOnCall = async (asked: UnifiedAsked): Promise<UnifiedAnswer> => {
  const { source } = asked;
  const extension = callExtension(asked);
  const body = phoneCallActionBody.safeParse(asked.body);
  if (!body.success) throw new UnifiedError(400, 'phonecall_action_invalid', 'The body is no PhoneCallAction.');
  const call = callOf(source, asked.id ?? '');
  const { action } = body.data;
  const act = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (act === undefined) throw new UnifiedError(501, 'request_not_implemented', `The action ${action.slice(0, 32)} is not implemented.`);
  await act({ asked, extension, call, body: body.data });
  const now = source.engine.call(call.id);
  return now === undefined ? undefined : renderCall(asked, extension, now);
};

const onLeg =
  (name: 'hold' | 'resume' | 'stopRecording'): Action =>
  (acting) =>
    perform(acting.asked, { name, leg: legOf(acting).id });

/** Somebody who takes no part in the call listens in: `sendCallTo`, else the extension of the path. */
const supervise =
  (mode: SupervisionMode): Action =>
  (acting) => {
    const { asked, body } = acting;
    const supervisor = body.sendCallTo === undefined ? acting.extension : parseUnifiedExtension(body.sendCallTo, asked.source.numbers);
    if (acting.call.legs.some((leg) => isLive(leg) && leg.extension === supervisor && leg.supervising === undefined)) {
      throw new UnifiedError(400, 'phonecall_source_invalid', 'Who takes part in the call cannot listen in: sendCallTo names who shall.');
    }
    const isPrivate = mode === 'whisper' && body.privateW ? { isPrivate: true } : undefined;
    return perform(asked, { name: 'supervise', leg: otherLeg(acting, supervisor).id, extension: supervisor, mode, ...isPrivate });
  };

const actions: Readonly<Record<string, Action>> = {
  OnHold: onLeg('hold'),
  OffHold: onLeg('resume'),
  StartRecording: (acting) => perform(acting.asked, { name: 'record', leg: legOf(acting).id, format: acting.body.format }),
  StopRecording: onLeg('stopRecording'),
  Transfer: (acting) => {
    const { asked, body } = acting;
    // `transferFromNumber` names the party that goes, where it is not the extension's own.
    const leg = body.transferFromNumber === undefined ? legOf(acting) : partyLeg(acting, body.transferFromNumber);
    const to = body.sendCallTo ?? body.transferNumber;
    if (to === undefined) throw new UnifiedError(400, 'phonecall_destination_invalid', 'sendCallTo is missing.');
    return perform(asked, { name: 'transfer', leg: leg.id, to: asked.source.numbers.dialled(to) });
  },
  TransferToVoicemail: (acting) => {
    const { asked, body, extension } = acting;
    const mailbox = body.sendCallTo === undefined ? extension : parseUnifiedExtension(body.sendCallTo, asked.source.numbers);
    return perform(asked, { name: 'voicemail', leg: legOf(acting).id, mailbox });
  },
  Park: (acting) => perform(acting.asked, { name: 'park', leg: legOf(acting).id, timeoutSeconds: acting.body.maxInParking }),
  UnPark: ({ asked, body, call, extension }) => {
    // Who fetches a parked call has no leg in it.
    const to = body.sendCallTo === undefined ? extension : parseUnifiedExtension(body.sendCallTo, asked.source.numbers);
    return perform(asked, { name: 'retrieve', slot: slotOf(call), extension: to });
  },
  PickUp: (acting) => perform(acting.asked, { name: 'pickup', leg: ringingLeg(acting).id, extension: acting.extension }),
  Monitor: supervise('listen'),
  Whisper: supervise('whisper'),
  BargeIn: supervise('barge'),
};

const named = ({ call, body }: Acting): Leg | undefined => call.legs.find((leg) => isLive(leg) && viewIdOf(leg) === body.phoneCallViewId);

/** The leg of the view that was named, else the extension's own. */
const legOf = (acting: Acting): Leg => named(acting) ?? actingLeg(acting.call, acting.extension);

/** The leg that rings: who picks it up has none. */
const ringingLeg = (acting: Acting): Leg => {
  const leg = named(acting) ?? acting.call.legs.find(({ state, direction }) => state === 'ringing' && direction === 'inbound');
  if (leg === undefined) throw new GatewayError('no-such-leg');
  return leg;
};

/** The leg that is listened to: of an extension, and not of who listens. */
const otherLeg = (acting: Acting, supervisor: ExtensionNumber): Leg => {
  const isHeard = ({ extension, state }: Leg): boolean =>
    extension !== undefined && extension !== supervisor && (state === 'connected' || state === 'held');
  const leg = named(acting) ?? acting.call.legs.find(isHeard);
  if (leg === undefined) throw new GatewayError('no-such-leg');
  return leg;
};

/** The leg whose peer is the party of that number. */
const partyLeg = ({ asked, call }: Acting, number: string): Leg => {
  const { numbers } = asked.source;
  const extension = numbers.parse(number);
  const leg = call.legs.find(
    (each) =>
      isLive(each) &&
      each.extension !== undefined &&
      (extension === undefined ? each.peer.number === number : each.peer.extension === extension),
  );
  if (leg === undefined) throw new UnifiedError(400, 'phonecall_source_invalid', 'transferFromNumber takes no part in the call.');
  return leg;
};
