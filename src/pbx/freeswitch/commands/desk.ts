/** What is true of an extension whether it talks or not: its queues, do-not-disturb, the text of its presence. */
import { GatewayError } from '../../../model/errors.ts';
import type { ExtensionNumber } from '../../../model/ids.ts';
import { accepted } from '../../link/run-command.ts';
import { dndRealm, statusRealm } from '../pbx-lists.ts';
import { parsePiped } from '../schema.ts';
import { argument, ask, run, type Acting, type Execute } from './acting.ts';

type AgentCommand = 'agentLogin' | 'agentLogout' | 'agentPause' | 'agentUnpause';

/** An agent of mod_callcenter is a person of its own, who serves queues by tiers. */
export const agentLogin: Execute<AgentCommand> = async ({ queue, extension }, pbx) => {
  const device = `user/${argument('extension', extension)}`;
  const known = await agentOf(pbx, extension);
  const name = known ?? `${extension}@${argument('domain', pbx.domain)}`;
  if (known === undefined) {
    await run(pbx, `callcenter_config agent add ${name} callback`);
    await run(pbx, `callcenter_config agent set contact ${name} ${device}@${pbx.domain}`);
  }
  await run(pbx, `callcenter_config agent set status ${name} Available`);
  await run(pbx, `callcenter_config tier add ${argument('queue', queue)} ${name}`);
  // Of tiers there is no event.
  pbx.announce({ type: 'agent.loggedIn', at: pbx.clock.now(), queue, device, name, extension });
  pbx.refresh();
  return accepted;
};

/** Out of this queue alone: the agent's status counts for all of its queues. */
export const agentLogout: Execute<AgentCommand> = async ({ queue, extension }, pbx) => {
  const name = await requireAgent(pbx, extension);
  await run(pbx, `callcenter_config tier del ${argument('queue', queue)} ${name}`);
  pbx.announce({ type: 'agent.loggedOut', at: pbx.clock.now(), queue, device: `user/${extension}`, name, extension });
  pbx.refresh();
  return accepted;
};

/** A pause is the agent's, in all of its queues. */
export const pauseAgent =
  (isPaused: boolean): Execute<AgentCommand> =>
  async ({ extension }, pbx) => {
    await run(pbx, `callcenter_config agent set status ${await requireAgent(pbx, extension)} ${isPaused ? "'On Break'" : 'Available'}`);
    return accepted;
  };

/** A penalty is the level of the agent's tier: those of a lower level are rung first. */
export const agentPenalty: Execute<'agentPenalty'> = async ({ queue, extension, penalty }, pbx) => {
  const level = Math.max(0, Math.trunc(penalty));
  await run(pbx, `callcenter_config tier set level ${argument('queue', queue)} ${await requireAgent(pbx, extension)} ${level}`);
  pbx.refresh();
  return accepted;
};

const requireAgent = async (pbx: Acting, extension: ExtensionNumber): Promise<string> => {
  const name = await agentOf(pbx, extension);
  if (name === undefined) throw new GatewayError('wrong-state', { extension }, { note: 'It is no agent of any queue.' });
  return name;
};

/** The agent of an extension: by the phone that it is rung at, or by its name. */
const agentOf = async (pbx: Acting, extension: ExtensionNumber): Promise<string | undefined> => {
  const phone = `user/${extension}@`;
  const agents = parsePiped(await ask(pbx, 'callcenter_config agent list'));
  const agent =
    agents.find(({ contact = '' }) => contact.includes(phone) || contact.endsWith(`user/${extension}`)) ??
    agents.find(({ name = '' }) => name === extension || name === `${extension}@${pbx.domain}`);
  return agent?.['name'] === undefined ? undefined : argument('agent', agent['name']);
};

/** FreeSWITCH has no do-not-disturb of its own: it is kept where dialplans can look it up, `${db(select/switchhook_dnd/1001)}`. */
export const setDnd: Execute<'setDnd'> = async ({ extension, dnd }, pbx) => {
  await store(pbx, dndRealm, extension, dnd ? 'true' : '');
  pbx.announce({ type: 'extension.dnd', at: pbx.clock.now(), extension, dnd });
  return accepted;
};

export const setStatus: Execute<'setStatus'> = async ({ extension, text }, pbx) => {
  await store(pbx, statusRealm, extension, encodeURIComponent(text));
  pbx.announce({ type: 'extension.status', at: pbx.clock.now(), extension, text });
  return accepted;
};

const store = async (pbx: Acting, realm: string, extension: ExtensionNumber, value: string): Promise<void> => {
  const key = `${realm}/${argument('extension', extension)}`;
  await run(pbx, value === '' ? `db delete/${key}` : `db insert/${key}/${value}`);
};
