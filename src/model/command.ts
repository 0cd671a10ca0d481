import type { SlotRef, SupervisionMode } from './call.ts';
import type { ChannelId, CommandId, ExtensionNumber } from './ids.ts';
import type { ErrorCode } from './errors.ts';

/**
 * A wish to change a call, as a driver gets it: in the PBX's channels, checked and allowed. The control room makes it of a
 * request that named legs, and waits for its effect to come back as events.
 */
export type Command = { readonly id: CommandId } & (
  | {
      /** Click-to-dial: ring `extension`, then connect it to `number`. */
      readonly name: 'dial';
      /** The id that the extension's channel shall have. */
      readonly channel: ChannelId;
      readonly extension: ExtensionNumber;
      readonly number: string;
      /** Rung together, the one of `number` first; who answers first gets the call. Absent for one alone. */
      readonly targets?: readonly DialTarget[];
      readonly callerId?: { readonly number: string; readonly name: string };
      /** Let the extension's own phone answer by itself, if it can. `header` overrides how it is asked: `Call-Info: ;answer-after=0`. */
      readonly autoAnswer?: { readonly header?: string };
      readonly timeoutSeconds: number;
      /** Record from the answer on. */
      readonly record?: { readonly name: string };
    }
  /** Answer what rings at `channel`; `caller` is the channel that rings it, where known. */
  | {
      readonly name: 'answer';
      readonly channel: ChannelId;
      readonly extension: ExtensionNumber;
      readonly caller?: ChannelId;
      readonly header?: string;
    }
  /** Decline one ringing channel; others that ring for the same caller go on. */
  | { readonly name: 'reject'; readonly channel: ChannelId }
  | { readonly name: 'hangup'; readonly channel: ChannelId }
  | { readonly name: 'hold' | 'resume'; readonly channel: ChannelId; readonly peer?: ChannelId }
  /** `conference`: the room that the channel is in, where it is in one. */
  | { readonly name: 'mute' | 'unmute'; readonly channel: ChannelId; readonly conference?: string }
  | { readonly name: 'dtmf'; readonly channel: ChannelId; readonly digits: string }
  /** Blind: `channel` leaves, its peer goes on to `to`. */
  | { readonly name: 'transfer'; readonly channel: ChannelId; readonly peer: ChannelId; readonly to: string }
  /** `channel` leaves, its peer goes on to the mailbox. `ringing`: it rings for `peer`, which nobody has answered yet. */
  | {
      readonly name: 'voicemail';
      readonly channel: ChannelId;
      readonly peer: ChannelId;
      readonly mailbox: ExtensionNumber;
      readonly ringing?: boolean;
    }
  /** `channel` rings: its caller goes on to `to` instead. */
  | { readonly name: 'divert'; readonly channel: ChannelId; readonly caller: ChannelId; readonly to: string }
  /** `extension` takes what rings at `channel`. `picker` is the id that its new channel shall have. */
  | { readonly name: 'pickup'; readonly channel: ChannelId; readonly extension: ExtensionNumber; readonly picker: ChannelId }
  | { readonly name: 'bridge'; readonly channel: ChannelId; readonly other: ChannelId }
  /** Attended transfer: `channel` puts `peer` on hold, and its phone is rung a second time, as `consult`, to talk to `to` first. */
  | {
      readonly name: 'startTransfer';
      readonly channel: ChannelId;
      readonly peer: ChannelId;
      readonly extension: ExtensionNumber;
      readonly to: string;
      /** The id that the phone's second channel shall have. */
      readonly consult: ChannelId;
      readonly timeoutSeconds: number;
    }
  /** `peer` goes to the consulted party, both legs of the phone end. Without `target` that party still rings, and `peer` is sent to `to`. */
  | {
      readonly name: 'completeTransfer';
      readonly channel: ChannelId;
      readonly peer: ChannelId;
      readonly consult: ChannelId;
      readonly to: string;
      readonly target?: ChannelId;
    }
  /** The consultation ends, and `channel` talks to `peer` again. */
  | { readonly name: 'cancelTransfer'; readonly channel: ChannelId; readonly peer: ChannelId; readonly consult: ChannelId }
  /** `extension` is rung, as `joiner`, and becomes a third party of the conversation of `channel`. */
  | { readonly name: 'join'; readonly channel: ChannelId; readonly extension: ExtensionNumber; readonly joiner: ChannelId }
  /** The two go on talking in a conference room. */
  | { readonly name: 'conference'; readonly channel: ChannelId; readonly peer: ChannelId; readonly conference: string }
  /** `extension` is rung, as `channel`, and put into the room. */
  | { readonly name: 'invite'; readonly conference: string; readonly extension: ExtensionNumber; readonly channel: ChannelId }
  | { readonly name: 'kick'; readonly channel: ChannelId; readonly conference: string }
  | {
      readonly name: 'supervise';
      readonly channel: ChannelId;
      readonly extension: ExtensionNumber;
      readonly mode: SupervisionMode;
      readonly supervisor: ChannelId;
      /** Of `whisper`: the supervisor is heard and hears nothing. */
      readonly isPrivate?: boolean;
    }
  /** `channel` is the supervisor's own. */
  | { readonly name: 'superviseMode'; readonly channel: ChannelId; readonly mode: SupervisionMode }
  /** `peer` is parked in the slot, which is free as far as is known; `channel`, whose phone is that of `extension`, gets it back in time. */
  | {
      readonly name: 'park';
      readonly channel: ChannelId;
      readonly peer: ChannelId;
      readonly extension?: ExtensionNumber;
      readonly slot: SlotRef;
      readonly timeoutSeconds: number;
    }
  /** `extension` is rung, as `channel`, and connected with `parked`, which waits in the slot. */
  | {
      readonly name: 'retrieve';
      readonly slot: SlotRef;
      readonly parked: ChannelId;
      readonly extension: ExtensionNumber;
      readonly channel: ChannelId;
    }
  /** `peer` is connected with `parked`, which waits in the slot; `channel` ends. */
  | {
      readonly name: 'bridgeSlot';
      readonly channel: ChannelId;
      readonly peer: ChannelId;
      readonly slot: SlotRef;
      readonly parked: ChannelId;
    }
  /** A PBX that has no such format writes the one it has. */
  | { readonly name: 'record'; readonly channel: ChannelId; readonly recording: string; readonly format?: RecordingFormat }
  /** Of the recording that runs on the channel; there is one at most. */
  | { readonly name: 'pauseRecording' | 'resumeRecording' | 'stopRecording'; readonly channel: ChannelId }
  | {
      readonly name: 'agentLogin' | 'agentLogout' | 'agentPause' | 'agentUnpause';
      readonly queue: string;
      readonly extension: ExtensionNumber;
      /** The agent's name in the queue, where it is known: `PJSIP/104`. */
      readonly device?: string;
      /** Why it pauses. */
      readonly reason?: string;
      /** With which it logs in. */
      readonly penalty?: number;
    }
  | {
      readonly name: 'agentPenalty';
      readonly queue: string;
      readonly extension: ExtensionNumber;
      readonly device?: string;
      readonly penalty: number;
    }
  | { readonly name: 'setDnd'; readonly extension: ExtensionNumber; readonly dnd: boolean }
  /** Shows a text with the extension's presence; an empty one removes it. */
  | { readonly name: 'setStatus'; readonly extension: ExtensionNumber; readonly text: string }
);

/** Somebody who is rung with others: a phone of the PBX's own, or whoever is reached by a number. */
export interface DialTarget {
  readonly number: string;
  /** The phone's, where it is one. */
  readonly extension?: ExtensionNumber;
}

/** `wav` is plain, 16 bits; `wav49` a WAV of GSM frames, a tenth of its size. */
export const recordingFormats = ['wav', 'wav49'] as const;
export type RecordingFormat = (typeof recordingFormats)[number];

export type CommandName = Command['name'];
/** The command of one name: `CommandOf<'hold'>`. Names that are alike share one. */
export type CommandOf<Name extends CommandName> = CommandWith<Command, Name>;
type CommandWith<One, Name extends CommandName> = One extends { readonly name: infer Own } ? (Name extends Own ? One : never) : never;

export const commandNames = [
  'dial',
  'answer',
  'reject',
  'hangup',
  'hold',
  'resume',
  'mute',
  'unmute',
  'dtmf',
  'transfer',
  'voicemail',
  'divert',
  'pickup',
  'bridge',
  'startTransfer',
  'completeTransfer',
  'cancelTransfer',
  'join',
  'conference',
  'invite',
  'kick',
  'supervise',
  'superviseMode',
  'park',
  'retrieve',
  'bridgeSlot',
  'record',
  'pauseRecording',
  'resumeRecording',
  'stopRecording',
  'agentLogin',
  'agentLogout',
  'agentPause',
  'agentUnpause',
  'agentPenalty',
  'setDnd',
  'setStatus',
] as const satisfies readonly CommandName[];

/** What a driver supports that obeys all of them. */
export const everyCommand = Object.fromEntries(commandNames.map((name) => [name, true])) as Readonly<Record<CommandName, boolean>>;

/**
 * What a driver says of a command: the PBX took it (its effect is still to be seen), or it cannot be: `code` tells which
 * error of the catalogue, `detail` the PBX's own words.
 */
export type CommandOutcome =
  | { readonly outcome: 'accepted' }
  | { readonly outcome: 'failed'; readonly code: ErrorCode; readonly detail: string }
  /** The link broke while the command was under way. */
  | { readonly outcome: 'unknown'; readonly detail: string };
