/** Calls that begin: by a phone, by an outside number, by a command. */
import { GatewayError } from '../../../model/errors.ts';
import type { ChannelId, CommandId } from '../../../model/ids.ts';
import type { LiveChannel, Phone } from '../channel.ts';
import { isOutsideNumber } from '../dialplan.ts';
import { Ring } from '../ring.ts';
import type { SandboxPbx } from '../sandbox-pbx.ts';
import { requireNew, requireRegistered } from './checks.ts';

interface DialRequest {
  readonly command: CommandId;
  readonly channel: ChannelId;
  readonly extension: string;
  readonly number: string;
  /** Rung together with `number`, which is among them. */
  readonly together?: readonly string[];
  readonly callerId?: { readonly number: string; readonly name: string };
  readonly autoAnswer: boolean;
  readonly timeoutSeconds: number;
  readonly record?: string;
}

/** Somebody picks up and dials: an extension, or an outside number if it is none. */
export const call = (pbx: SandboxPbx, from: string, to: string): LiveChannel => {
  const exchange = pbx.exchange;
  const phone = pbx.findPhone(from);
  if (phone === undefined && !isOutsideNumber(from)) throw new GatewayError('no-such-extension', { field: 'from', extension: from });
  pbx.dialplan.check(to);
  if (phone !== undefined) {
    requireRegistered(phone);
    const own = exchange.create(phone, { dialled: to, state: 'dialling' });
    pbx.dialplan.route(own, to);
    return own;
  }
  const caller = exchange.create(pbx.dialplan.outside(from), { dialled: pbx.dialplan.didOf(to) ?? to, state: 'dialling' });
  pbx.dialplan.route(caller, to);
  return caller;
};

/** Click-to-dial. */
export const dial = (pbx: SandboxPbx, request: DialRequest): void => {
  const { command, channel, extension, number, together, callerId, autoAnswer, timeoutSeconds, record } = request;
  const phone = pbx.phone(extension);
  if (together === undefined) pbx.dialplan.check(number);
  else pbx.dialplan.checkTogether(together);
  requireRegistered(phone);
  requireNew(pbx, channel);
  pbx.exchange.say({ type: 'dial.commanded', channel, command, extension: phone.extension, number });
  new Ring(pbx.exchange, {
    targets: [phone],
    seconds: timeoutSeconds,
    id: channel,
    clickToDial: command,
    display: { number, name: pbx.findPhone(number)?.name ?? '' },
    autoAnswer,
    answered: (own) => {
      own.shownAs = callerId;
      own.recordFromAnswer = record;
      if (together === undefined) pbx.dialplan.route(own, number);
      else pbx.dialplan.ringTogether(own, number, together);
    },
    failed: () => undefined,
  }).start();
};

/** Calls a phone that answers at once; `then` gets its channel. */
export const callUp = (
  pbx: SandboxPbx,
  phone: Phone,
  id: ChannelId | undefined,
  display: { readonly number: string; readonly name: string },
  then: (own: LiveChannel) => void,
): void => {
  requireRegistered(phone);
  if (phone.dnd || phone.habit.kind === 'busy') throw new GatewayError('busy', { extension: phone.extension });
  if (id !== undefined) requireNew(pbx, id);
  new Ring(pbx.exchange, {
    targets: [phone],
    seconds: pbx.office.ringSeconds,
    ...(id === undefined ? {} : { id }),
    display,
    autoAnswer: true,
    answered: then,
    failed: () => undefined,
  }).start();
};
