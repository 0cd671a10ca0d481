import type { Command, CommandOutcome } from '../../model/command.ts';
import { GatewayError } from '../../model/errors.ts';
import { answer, divert, pickUp, reject } from './acts/answer.ts';
import { inviteToConference, joinAsThird, kick, setSupervision, supervise, toConference } from './acts/conference.ts';
import { setDnd, setStatus } from './acts/desk.ts';
import { dial } from './acts/dial.ts';
import { bridgeSlot, park, retrieve } from './acts/park.ts';
import { record, setRecording } from './acts/record.ts';
import { hangUp, hold, mute, resume, sendDigits } from './acts/talk.ts';
import { bridge, cancelTransfer, completeTransfer, consult, toVoicemail, transfer } from './acts/transfer.ts';
import type { SandboxPbx } from './sandbox-pbx.ts';

/** Does what a command asks. What the office refuses is an outcome, with the error's own words. */
export const obey = (pbx: SandboxPbx, command: Command): CommandOutcome => {
  try {
    pbx.act(`command ${command.name} ${command.id}`, () => perform(pbx, command));
    return { outcome: 'accepted' };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { outcome: 'failed', code: error.code, detail: error.message };
  }
};

const perform = (pbx: SandboxPbx, command: Command): void => {
  switch (command.name) {
    case 'dial': {
      const { id, channel, extension, number, targets, callerId, autoAnswer, timeoutSeconds, record } = command;
      const together = targets?.map((target) => target.number);
      const options = { ...(together && { together }), ...(callerId && { callerId }), ...(record && { record: record.name }) };
      return dial(pbx, { command: id, channel, extension, number, autoAnswer: autoAnswer !== undefined, timeoutSeconds, ...options });
    }
    case 'answer': {
      const channel = pbx.channel(command.channel);
      // A real phone that does not obey says nothing either: the effect just does not come.
      if (channel.ring !== undefined && channel.party.habit.kind === 'never') return undefined;
      return answer(channel);
    }
    case 'reject':
      return reject(pbx, pbx.channel(command.channel), 'command');
    case 'hangup':
      return hangUp(pbx, pbx.channel(command.channel), 'command');
    case 'hold':
      return hold(pbx, pbx.channel(command.channel));
    case 'resume':
      return resume(pbx, pbx.channel(command.channel));
    case 'mute':
      return mute(pbx, pbx.channel(command.channel), true);
    case 'unmute':
      return mute(pbx, pbx.channel(command.channel), false);
    case 'dtmf':
      return sendDigits(pbx, pbx.channel(command.channel), command.digits, 'sent');
    case 'transfer':
      return transfer(pbx, pbx.channel(command.channel), command.to, pbx.channel(command.peer));
    case 'voicemail':
      return toVoicemail(pbx, pbx.channel(command.channel), pbx.channel(command.peer), command.mailbox);
    case 'divert':
      return divert(pbx, pbx.channel(command.channel), command.to);
    case 'pickup':
      return pickUp(pbx, pbx.channel(command.channel), command.extension, command.picker);
    case 'bridge':
      return bridge(pbx, pbx.channel(command.channel), pbx.channel(command.other));
    case 'startTransfer': {
      const { id, channel, peer, to, timeoutSeconds } = command;
      return consult(pbx, pbx.channel(channel), pbx.channel(peer), to, { command: id, channel: command.consult, timeoutSeconds });
    }
    case 'completeTransfer':
      return completeTransfer(pbx, pbx.channel(command.channel), pbx.channel(command.peer), pbx.channel(command.consult), command.to);
    case 'cancelTransfer':
      return cancelTransfer(pbx, pbx.channel(command.channel), pbx.channel(command.consult));
    case 'join':
      return joinAsThird(pbx, pbx.channel(command.channel), command.extension, command.joiner);
    case 'conference':
      return toConference(pbx, pbx.channel(command.channel), pbx.channel(command.peer), command.conference);
    case 'invite':
      return inviteToConference(pbx, command.conference, command.extension, command.channel);
    case 'kick':
      return kick(pbx, pbx.channel(command.channel), command.conference);
    case 'superviseMode':
      return setSupervision(pbx, pbx.channel(command.channel), command.mode);
    case 'agentLogin':
      return pbx.dialplan.queue(command.queue).logAgent(pbx.phone(command.extension), true, command.penalty);
    case 'agentLogout':
      return pbx.dialplan.queue(command.queue).logAgent(pbx.phone(command.extension), false);
    case 'agentPause':
      return pbx.dialplan.queue(command.queue).pauseAgent(pbx.phone(command.extension), { reason: command.reason ?? '' });
    case 'agentUnpause':
      return pbx.dialplan.queue(command.queue).pauseAgent(pbx.phone(command.extension), undefined);
    case 'agentPenalty':
      return pbx.dialplan.queue(command.queue).setPenalty(pbx.phone(command.extension), command.penalty);
    case 'setDnd':
      return setDnd(pbx, pbx.phone(command.extension), command.dnd);
    case 'setStatus':
      return setStatus(pbx, pbx.phone(command.extension), command.text);
    case 'supervise':
      return supervise(pbx, pbx.channel(command.channel), command.extension, command.mode, command.supervisor);
    case 'park':
      return park(pbx, pbx.channel(command.channel), pbx.channel(command.peer), command.slot, command.timeoutSeconds);
    case 'retrieve':
      return retrieve(pbx, command.slot, command.parked, command.extension, command.channel);
    case 'bridgeSlot':
      return bridgeSlot(pbx, pbx.channel(command.channel), pbx.channel(command.peer), command.slot, command.parked);
    case 'record':
      return record(
        pbx,
        pbx.channel(command.channel),
        command.recording,
        `${command.recording}.${command.format === 'wav49' ? 'WAV' : 'wav'}`,
      );
    case 'pauseRecording':
      return setRecording(pbx, pbx.channel(command.channel), 'paused');
    case 'resumeRecording':
      return setRecording(pbx, pbx.channel(command.channel), 'resumed');
    case 'stopRecording':
      return setRecording(pbx, pbx.channel(command.channel), 'stopped');
  }
};
