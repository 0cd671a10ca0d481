import type { NewEvent } from '../model/event.ts';
import type { PbxId } from '../model/ids.ts';
import { microsOf, type Micros } from '../model/time.ts';
import type { CommandRecord } from './control.ts';

/** The native event that tells of the state a command has come to. */
export const commandEvent = (record: CommandRecord, pbx: PbxId, at: Micros): NewEvent => {
  const { id: commandId, name: command, callId, legId, state, acceptedAt, finishedAt, error, detail = '' } = record;
  const subject = { ...(callId === undefined ? undefined : { callId }), ...(legId === undefined ? undefined : { legId }) };
  const base = { at, pbx, reconciled: false, ...subject };
  const data = { commandId, command };
  switch (state) {
    case 'accepted':
      return { ...base, type: 'command.accepted', data };
    case 'done': {
      const tookMs = Math.round((microsOf(finishedAt ?? acceptedAt) - microsOf(acceptedAt)) / 1000);
      return { ...base, type: 'command.done', data: { ...data, tookMs } };
    }
    case 'failed':
      return { ...base, type: 'command.failed', data: { ...data, error: error ?? 'internal', detail } };
    case 'unknown':
      return { ...base, type: 'command.unknown', data: { ...data, detail } };
    default:
      return state satisfies never;
  }
};
