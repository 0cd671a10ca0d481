/** Recordings of a channel. */
import type { LiveChannel } from '../channel.ts';
import type { SandboxPbx } from '../sandbox-pbx.ts';
import { wrongState } from './checks.ts';

export const record = (pbx: SandboxPbx, channel: LiveChannel, name: string, file = `${name}.wav`): void => {
  if (channel.state !== 'up') throw wrongState(channel, 'It is not connected.');
  if (channel.recordings.has(name)) throw wrongState(channel, 'This recording runs already.');
  channel.recordings.set(name, 'recording');
  pbx.exchange.say({ type: 'recording.started', channel: channel.id, name, file });
};

export const setRecording = (pbx: SandboxPbx, channel: LiveChannel, to: 'paused' | 'resumed' | 'stopped'): void => {
  const needed = to === 'paused' ? ['recording'] : to === 'resumed' ? ['paused'] : ['recording', 'paused'];
  const name = [...channel.recordings].find(([, state]) => needed.includes(state))?.[0];
  if (name === undefined) throw wrongState(channel, `This recording cannot be ${to}.`);
  if (to === 'stopped') channel.recordings.delete(name);
  else channel.recordings.set(name, to === 'paused' ? 'paused' : 'recording');
  pbx.exchange.say({ type: `recording.${to}`, channel: channel.id, name });
};
