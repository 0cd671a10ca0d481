/** Commands to apis of the event socket: one entry each, told by story in `commands/`. */
import type { Command, CommandName, CommandOutcome } from '../../model/command.ts';
import { runCommand } from '../link/run-command.ts';
import type { CommandContext, Execute } from './commands/acting.ts';
import { answer, divert, hangUp, pickup } from './commands/answer.ts';
import { conference, invite, join, kick, supervise, superviseMode } from './commands/conference.ts';
import { agentLogin, agentLogout, agentPenalty, pauseAgent, setDnd, setStatus } from './commands/desk.ts';
import { dial } from './commands/dial.ts';
import { bridgeSlot, park, retrieve } from './commands/park.ts';
import { pauseRecording, record, stopRecording } from './commands/record.ts';
import { dtmf, hold, mute, resume } from './commands/talk.ts';
import { bridge, cancelTransfer, completeTransfer, startTransfer, transfer, voicemail } from './commands/transfer.ts';

export type { CommandContext } from './commands/acting.ts';

const table: { readonly [Name in CommandName]: Execute<Name> } = {
  dial,
  answer,
  reject: hangUp('USER_BUSY'),
  hangup: hangUp('NORMAL_CLEARING'),
  hold,
  resume,
  mute: mute(true),
  unmute: mute(false),
  dtmf,
  transfer,
  voicemail,
  divert,
  pickup,
  bridge,
  startTransfer,
  completeTransfer,
  cancelTransfer,
  join,
  conference,
  invite,
  kick,
  supervise,
  superviseMode,
  park,
  retrieve,
  bridgeSlot,
  record,
  stopRecording,
  pauseRecording: pauseRecording(true),
  resumeRecording: pauseRecording(false),
  agentLogin,
  agentLogout,
  agentPause: pauseAgent(true),
  agentUnpause: pauseAgent(false),
  agentPenalty,
  setDnd,
  setStatus,
};

/** Settles with what the PBX made of the command; rejects only with the signal's reason. */
export const executeCommand = (command: Command, context: CommandContext, signal: AbortSignal): Promise<CommandOutcome> => {
  // The table's type ties each name to its command; TypeScript cannot follow that through a lookup by name.
  const execute = table[command.name] as Execute<CommandName>;
  return runCommand(
    (until) => context.control(until),
    (session) => execute(command, { ...context, session, signal }),
    signal,
  );
};
