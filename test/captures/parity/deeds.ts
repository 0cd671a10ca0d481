/**
 * What people do at their phones, and what the gateway is asked to do, as one line each: the same lines are played on the sandbox and
 * on a real Asterisk, and say what was done when FreeSWITCH was recorded.
 *
 *     101 calls 102          102 answers, rejects, leaves      102 holds, resumes     102 drops        what it holds
 *     102 forwards 103 (302)           102 sends 103          102 joins      the two it talks to                       102 presses 12#
 *     102 is busy            from the beginning; also `is sounding`: its phone sends sound before it answers
 *     9 seconds pass
 *     gateway dials 101 102          lets 101 call 102; `gateway dials 101 102 hands-free`: its phone answers by itself
 *     gateway answers, holds, resumes, records, stops 102      gateway confers 101 102      gateway mutes, unmutes, kicks, invites 102
 *     gateway lets 103 listen 101, gateway lets 103 barge 101, gateway turns 103 whisper      gateway picks 103 102      gateway sends 102 101 103
 *
 * Numbers of the house are named: `{group}`, `{queue}`, `{conference}`, `{park}` (who is sent there is parked), `{slot}` (where).
 */
import type { Command } from '../../../src/model/command.ts';
import { channelId, extensionNumber, type ChannelId } from '../../../src/model/ids.ts';

export type Deed = string;

export type CommandBody = Command extends infer Each ? (Each extends Command ? Omit<Each, 'id'> : never) : never;

type Done = void | Promise<void>;

/** Somebody who can do them all. Each is done when it may be followed by the next. */
export interface Hands {
  call(who: string, number: string): Done;
  answer(who: string): Done;
  reject(who: string): Done;
  forward(who: string, number: string): Done;
  leave(who: string): Done;
  drop(who: string): Done;
  hold(who: string): Done;
  resume(who: string): Done;
  send(who: string, number: string): Done;
  join(who: string): Done;
  press(who: string, keys: string): Done;
  /** Also between two deeds: what follows is a moment of its own. */
  pass(seconds: number): Done;
  /** The newest live channel of an extension. */
  channelOf(who: string): ChannelId | Promise<ChannelId>;
  command(body: CommandBody): Done;
}

/** The numbers by which the places of a house are reached. */
export type Numbers = Readonly<Record<string, string>>;

/** Between two deeds. */
const momentSeconds = 0.5;

export const perform = async (deeds: readonly Deed[], hands: Hands, numbers: Numbers): Promise<void> => {
  for (const deed of deeds) {
    await hands.pass(momentSeconds);
    await performOne(deed, hands, numbers);
  }
};

/** How phones are from the beginning: `102 is busy` as `['102', 'busy']`. */
export const habitsIn = (deeds: readonly Deed[]): readonly (readonly [who: string, habit: string])[] =>
  deeds.flatMap((deed) => {
    const [who = '', does, habit = ''] = deed.split(' ');
    return does === 'is' ? [[who, habit] as const] : [];
  });

const performOne = (deed: Deed, hands: Hands, numbers: Numbers): Done => {
  const [who = '', does, ...rest] = deed.split(' ');
  const [what = ''] = rest;
  const number = what.replace(/^\{(.+)\}$/, (_, place: string) => numbers[place] ?? what);
  switch (does) {
    case 'is':
      return undefined;
    case 'calls':
      return hands.call(who, number);
    case 'answers':
      return who === 'gateway' ? command(deed, hands, numbers) : hands.answer(who);
    case 'rejects':
      return hands.reject(who);
    case 'forwards':
      return hands.forward(who, number);
    case 'leaves':
      return hands.leave(who);
    case 'drops':
      return hands.drop(who);
    case 'holds':
      return who === 'gateway' ? command(deed, hands, numbers) : hands.hold(who);
    case 'resumes':
      return who === 'gateway' ? command(deed, hands, numbers) : hands.resume(who);
    case 'sends':
      return who === 'gateway' ? command(deed, hands, numbers) : hands.send(who, number);
    case 'joins':
      return hands.join(who);
    case 'presses':
      return hands.press(who, what);
    case 'seconds':
      return hands.pass(Number(who));
    default:
      return command(deed, hands, numbers);
  }
};

const command = async (deed: Deed, hands: Hands, { conference = '' }: Numbers): Promise<void> => {
  const [, name, who = '', what = '', whom = ''] = deed.split(' ');
  switch (name) {
    case 'dials':
      return hands.command({
        name: 'dial',
        channel: channelId(`own-${who}`),
        extension: extensionNumber(who),
        number: what,
        timeoutSeconds: 20,
        ...(whom === 'hands-free' ? { autoAnswer: {} } : undefined),
      });
    case 'answers':
      return hands.command({ name: 'answer', channel: await hands.channelOf(who), extension: extensionNumber(who) });
    case 'holds':
      return hands.command({ name: 'hold', channel: await hands.channelOf(who) });
    case 'resumes':
      return hands.command({ name: 'resume', channel: await hands.channelOf(who) });
    case 'records':
      return hands.command({ name: 'record', channel: await hands.channelOf(who), recording: 'story' });
    case 'stops':
      return hands.command({ name: 'stopRecording', channel: await hands.channelOf(who) });
    case 'confers':
      return hands.command({
        name: 'conference',
        channel: await hands.channelOf(who),
        peer: await hands.channelOf(what),
        conference,
      });
    case 'mutes':
      return hands.command({ name: 'mute', channel: await hands.channelOf(who), conference });
    case 'unmutes':
      return hands.command({ name: 'unmute', channel: await hands.channelOf(who), conference });
    case 'kicks':
      return hands.command({ name: 'kick', channel: await hands.channelOf(who), conference });
    case 'invites':
      return hands.command({ name: 'invite', conference, extension: extensionNumber(who), channel: channelId(`invited-${who}`) });
    case 'sends':
      return hands.command({ name: 'transfer', channel: await hands.channelOf(who), peer: await hands.channelOf(what), to: whom });
    case 'picks':
      return hands.command({
        name: 'pickup',
        channel: await hands.channelOf(what),
        extension: extensionNumber(who),
        picker: channelId(`picker-${who}`),
      });
    case 'turns':
      return hands.command({ name: 'superviseMode', channel: await hands.channelOf(who), mode: what === 'barge' ? 'barge' : 'whisper' });
    case 'lets':
      return hands.command({
        name: 'supervise',
        channel: await hands.channelOf(whom),
        extension: extensionNumber(who),
        mode: what === 'barge' ? 'barge' : 'listen',
        supervisor: channelId(`supervisor-${who}`),
      });
    default:
      throw new Error(`nobody does this: ${deed}`);
  }
};
