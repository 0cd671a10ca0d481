import type { Command, CommandOutcome } from '../../model/command.ts';
import { GatewayError } from '../../model/errors.ts';
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
      return pbx.dial({ command: id, channel, extension, number, autoAnswer: autoAnswer !== undefined, timeoutSeconds, ...options });
    }
    case 'answer': {
      const channel = pbx.channel(command.channel);
      // A real phone that does not obey says nothing either: the effect just does not come.
      if (channel.ring !== undefined && channel.party.habit.kind === 'never') return undefined;
      return pbx.answer(channel);
    }
    case 'reject':
      return pbx.reject(pbx.channel(command.channel), 'command');
    case 'hangup':
      return pbx.hangUp(pbx.channel(command.channel), 'command');
    case 'hold':
      return pbx.hold(pbx.channel(command.channel));
    case 'resume':
      return pbx.resume(pbx.channel(command.channel));
    case 'mute':
      return pbx.mute(pbx.channel(command.channel), true);
    case 'unmute':
      return pbx.mute(pbx.channel(command.channel), false);
    case 'dtmf':
      return pbx.sendDigits(pbx.channel(command.channel), command.digits, 'sent');
    case 'transfer':
      return pbx.transfer(pbx.channel(command.channel), command.to, pbx.channel(command.peer));
    case 'voicemail':
      return pbx.toVoicemail(pbx.channel(command.channel), pbx.channel(command.peer), command.mailbox);
    case 'divert':
      return pbx.divert(pbx.channel(command.channel), command.to);
    case 'pickup':
      return pbx.pickup(pbx.channel(command.channel), command.extension, command.picker);
    case 'bridge':
      return pbx.bridge(pbx.channel(command.channel), pbx.channel(command.other));
    case 'startTransfer': {
      const { id, channel, peer, to, consult, timeoutSeconds } = command;
      return pbx.consult(pbx.channel(channel), pbx.channel(peer), to, { command: id, channel: consult, timeoutSeconds });
    }
    case 'completeTransfer':
      return pbx.completeTransfer(pbx.channel(command.channel), pbx.channel(command.peer), pbx.channel(command.consult), command.to);
    case 'cancelTransfer':
      return pbx.cancelTransfer(pbx.channel(command.channel), pbx.channel(command.consult));
    case 'join':
      return pbx.joinAsThird(pbx.channel(command.channel), command.extension, command.joiner);
    case 'conference':
      return pbx.toConference(pbx.channel(command.channel), pbx.channel(command.peer), command.conference);
    case 'invite':
      return pbx.inviteToConference(command.conference, command.extension, command.channel);
    case 'kick':
      return pbx.kick(pbx.channel(command.channel), command.conference);
    case 'superviseMode':
      return pbx.setSupervision(pbx.channel(command.channel), command.mode);
    case 'agentLogin':
      return pbx.logAgent(command.queue, command.extension, true, command.penalty);
    case 'agentLogout':
      return pbx.logAgent(command.queue, command.extension, false);
    case 'agentPause':
      return pbx.pauseAgent(command.queue, command.extension, { reason: command.reason ?? '' });
    case 'agentUnpause':
      return pbx.pauseAgent(command.queue, command.extension, undefined);
    case 'agentPenalty':
      return pbx.setPenalty(command.queue, command.extension, command.penalty);
    case 'setDnd':
      return pbx.setDnd(pbx.phone(command.extension), command.dnd);
    case 'setStatus':
      return pbx.setStatus(pbx.phone(command.extension), command.text);
    case 'supervise':
      return pbx.supervise(pbx.channel(command.channel), command.extension, command.mode, command.supervisor);
    case 'park':
      return pbx.park(pbx.channel(command.channel), pbx.channel(command.peer), command.slot, command.timeoutSeconds);
    case 'retrieve':
      return pbx.retrieve(command.slot, command.parked, command.extension, command.channel);
    case 'bridgeSlot':
      return pbx.bridgeSlot(pbx.channel(command.channel), pbx.channel(command.peer), command.slot, command.parked);
    case 'record':
      return pbx.record(
        pbx.channel(command.channel),
        command.recording,
        `${command.recording}.${command.format === 'wav49' ? 'WAV' : 'wav'}`,
      );
    case 'pauseRecording':
      return pbx.setRecording(pbx.channel(command.channel), 'paused');
    case 'resumeRecording':
      return pbx.setRecording(pbx.channel(command.channel), 'resumed');
    case 'stopRecording':
      return pbx.setRecording(pbx.channel(command.channel), 'stopped');
  }
};
