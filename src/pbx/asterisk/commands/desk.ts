/** What is true of an extension whether it talks or not: its queues, do-not-disturb, the text of its presence. */
import type { ExtensionNumber } from '../../../model/ids.ts';
import { accepted } from '../../link/run-command.ts';
import { argument, request, valueOf, type Acting, type Execute } from './acting.ts';

type AgentCommand = 'agentLogin' | 'agentLogout' | 'agentPause' | 'agentUnpause';

export const agentLogin: Execute<AgentCommand> = async ({ queue, extension, device, penalty }, pbx) => {
  const phone = pbx.phoneOf(extension);
  await request(pbx, {
    Action: 'QueueAdd',
    Queue: queue,
    Interface: device ?? phone.device,
    MemberName: phone.name || extension,
    Penalty: penalty === undefined ? undefined : String(penalty),
  });
  return accepted;
};

export const agentLogout: Execute<AgentCommand> = async ({ queue, extension, device }, pbx) => {
  await request(pbx, { Action: 'QueueRemove', Queue: queue, Interface: device ?? pbx.phoneOf(extension).device });
  return accepted;
};

export const pauseAgent =
  (isPaused: boolean): Execute<AgentCommand> =>
  async ({ queue, extension, device, reason }, pbx) => {
    await request(pbx, {
      Action: 'QueuePause',
      Queue: queue,
      Interface: device ?? pbx.phoneOf(extension).device,
      Paused: isPaused ? 'true' : 'false',
      Reason: reason,
    });
    return accepted;
  };

export const agentPenalty: Execute<'agentPenalty'> = async ({ queue, extension, device, penalty }, pbx) => {
  await request(pbx, {
    Action: 'QueuePenalty',
    Queue: queue,
    Interface: device ?? pbx.phoneOf(extension).device,
    Penalty: String(penalty),
  });
  return accepted;
};

/** Whether anything stops ringing is up to the dialplan, which reads one of the two: Asterisk's own presence, or FreePBX's device. */
export const setDnd: Execute<'setDnd'> = async ({ extension, dnd }, pbx) => {
  const { text } = await presenceOf(pbx, extension);
  await setPresence(pbx, extension, { state: dnd ? 'dnd' : 'available', text });
  const Variable = `DEVICE_STATE(Custom:DND${argument('extension', extension)})`;
  await request(pbx, { Action: 'Setvar', Variable, Value: dnd ? 'BUSY' : 'NOT_INUSE' });
  return accepted;
};

export const setStatus: Execute<'setStatus'> = async ({ extension, text }, pbx) => {
  const { state } = await presenceOf(pbx, extension);
  await setPresence(pbx, extension, { state: state === '' || state === 'not_set' ? 'available' : state, text });
  return accepted;
};

interface Presence {
  readonly state: string;
  readonly text: string;
}

const presenceFunction = (extension: ExtensionNumber, field: string): string =>
  `PRESENCE_STATE(CustomPresence:${argument('extension', extension)}${field})`;

const presenceOf = async (pbx: Acting, extension: ExtensionNumber): Promise<Presence> => {
  const [state, text] = await Promise.all([
    valueOf(pbx, presenceFunction(extension, ',value')),
    valueOf(pbx, presenceFunction(extension, ',message')),
  ]);
  return { state, text };
};

const setPresence = async (pbx: Acting, extension: ExtensionNumber, { state, text }: Presence): Promise<void> => {
  // `e`: the text comes as base64, so that it may hold commas.
  const Value = text === '' ? `${state},,` : `${state},,${Buffer.from(text).toString('base64')},e`;
  await request(pbx, { Action: 'Setvar', Variable: presenceFunction(extension, ''), Value });
};
