import { GatewayError } from '../../model/errors.ts';
import { type ChannelId } from '../../model/ids.ts';
import { answer, reject } from './acts/answer.ts';
import { register, setDnd } from './acts/desk.ts';
import { call } from './acts/dial.ts';
import { hangUp, hold, resume, sendDigits } from './acts/talk.ts';
import { attendedTransfer, transfer } from './acts/transfer.ts';
import type { LiveChannel, Phone } from './channel.ts';
import type { SandboxPbx } from './sandbox-pbx.ts';

/** What a phone is doing, over all its channels; the first that holds. */
export const phoneStates = ['ringing', 'talking', 'held', 'dialling', 'idle'] as const;
export type PhoneState = (typeof phoneStates)[number];

/**
 * The hands at the phones. Where a phone has several calls, `among` names the channels of the one that is meant; without it a
 * phone answers what has rung longest, and acts on the call that it is talking in. Throws what the office refuses:
 * `no-such-extension`, `no-such-leg`, `wrong-state`, `unreachable`, `invalid-parameter`.
 */
export interface Phones {
  /** From an extension or an outside number to anything that can be dialled. Returns the caller's channel. */
  call(from: string, to: string): ChannelId;
  answer(extension: string, among?: Among): void;
  reject(extension: string, among?: Among): void;
  hangUp(extension: string, among?: Among): void;
  hold(extension: string, among?: Among): void;
  resume(extension: string, among?: Among): void;
  /** Blind to a number; without one, attended: the held conversation and the other become one. */
  transfer(extension: string, to?: string, among?: Among): void;
  pressKeys(extension: string, digits: string, among?: Among): void;
  register(extension: string): void;
  unregister(extension: string): void;
  setDnd(extension: string, dnd: boolean): void;
  answerOutside(number: string, among?: Among): void;
  hangUpOutside(number: string, among?: Among): void;
  pressKeysOutside(number: string, digits: string, among?: Among): void;
  /** The live channels of the call that `first` began, its own among them. */
  channelsOfCall(first: ChannelId): Among;
  /** Whoever is at the channel hangs up. */
  hangUpChannel(channel: ChannelId): void;
  stateOf(extension: string): PhoneState;
  /** Whether a call is parked in the slot. */
  isOccupied(slot: string): boolean;
  /** Called after anything happened. Returns how to stop. */
  onActed(listener: () => void): () => void;
}

export type Among = readonly ChannelId[];

export const createPhones = (pbx: SandboxPbx): Phones => {
  const play = (extension: string, what: string, among: Among | undefined, choose: Choice, act: (channel: LiveChannel) => void): void => {
    const phone = pbx.phone(extension);
    const mine = pbx.channelsOf(phone).filter(({ id }) => among?.includes(id) ?? true);
    const channel = choose(mine);
    if (channel === undefined) {
      throw new GatewayError(
        mine.length === 0 ? 'no-such-leg' : 'wrong-state',
        { extension },
        { note: `${extension} cannot ${what} now.` },
      );
    }
    pbx.act(`phone ${extension}: ${what}`, () => act(channel));
  };
  const playOutside = (
    number: string,
    what: string,
    among: Among | undefined,
    choose: Choice,
    act: (channel: LiveChannel) => void,
  ): void => {
    const channel = choose(pbx.channelsOfOutside(number).filter(({ id }) => among?.includes(id) ?? true));
    if (channel === undefined) throw new GatewayError('no-such-leg', { number });
    pbx.act(`outside ${number}: ${what}`, () => act(channel));
  };

  return {
    call: (from, to) => pbx.act(`${from} calls ${to}`, () => call(pbx, from, to)).id,
    answer: (extension, among) => play(extension, 'answer', among, ringing, (channel) => answer(channel)),
    reject: (extension, among) => play(extension, 'reject', among, ringing, (channel) => reject(pbx, channel, 'far-end')),
    hangUp: (extension, among) => play(extension, 'hang up', among, current, (channel) => hangUp(pbx, channel, 'far-end')),
    hold: (extension, among) => play(extension, 'hold', among, talking, (channel) => hold(pbx, channel)),
    resume: (extension, among) => play(extension, 'resume', among, held, (channel) => resume(pbx, channel)),
    transfer: (extension, to, among) =>
      to === undefined
        ? play(extension, 'transfer', undefined, held, (first) =>
            attendedTransfer(pbx, first, otherConversation(pbx, pbx.phone(extension), first)),
          )
        : play(extension, 'transfer', among, conversation, (channel) => transfer(pbx, channel, to)),
    pressKeys: (extension, digits, among) =>
      play(extension, 'press keys', among, talking, (channel) => sendDigits(pbx, channel, digits, 'received')),
    register: (extension) => pbx.act(`phone ${extension}: register`, () => register(pbx, pbx.phone(extension), true)),
    unregister: (extension) => pbx.act(`phone ${extension}: unregister`, () => register(pbx, pbx.phone(extension), false)),
    setDnd: (extension, dnd) => pbx.act(`phone ${extension}: do not disturb`, () => setDnd(pbx, pbx.phone(extension), dnd)),
    answerOutside: (number, among) => playOutside(number, 'answer', among, ringing, (channel) => answer(channel)),
    pressKeysOutside: (number, digits, among) =>
      playOutside(number, 'press keys', among, talking, (channel) => sendDigits(pbx, channel, digits, 'received')),
    hangUpOutside: (number, among) => playOutside(number, 'hang up', among, current, (channel) => hangUp(pbx, channel, 'far-end')),
    channelsOfCall: (first) => pbx.channels.filter(({ family }) => family === first).map(({ id }) => id),
    hangUpChannel: (id) => {
      const channel = pbx.channel(id);
      pbx.act(`${channel.number}: hang up`, () => hangUp(pbx, channel, 'far-end'));
    },
    stateOf: (extension) => {
      const channels = pbx.channelsOf(pbx.phone(extension));
      if (ringing(channels) !== undefined) return 'ringing';
      if (talking(channels) !== undefined) return 'talking';
      if (held(channels) !== undefined) return 'held';
      return channels.length > 0 ? 'dialling' : 'idle';
    },
    isOccupied: (slot) => pbx.channels.some(({ parking }) => parking?.slot === slot),
    onActed: (listener) => pbx.onActed(listener),
  };
};

type Choice = (channels: readonly LiveChannel[]) => LiveChannel | undefined;

const ringing: Choice = (channels) => channels.find(({ ring }) => ring !== undefined);
const talking: Choice = (channels) => channels.findLast((channel) => channel.state === 'up' && !channel.held && channel.ring === undefined);
const held: Choice = (channels) => channels.find((channel) => channel.held);
const conversation: Choice = (channels) => talking(channels) ?? held(channels);
const dialling: Choice = (channels) => channels.findLast(({ state }) => state === 'dialling');
const current: Choice = (channels) => talking(channels) ?? dialling(channels) ?? held(channels) ?? ringing(channels);

const otherConversation = (pbx: SandboxPbx, phone: Phone, first: LiveChannel): LiveChannel => {
  const second = pbx.channelsOf(phone).findLast((channel) => channel !== first && channel.bridge?.kind === 'mixing');
  if (second === undefined)
    throw new GatewayError('wrong-state', { extension: phone.extension }, { note: 'There is no second conversation.' });
  return second;
};
