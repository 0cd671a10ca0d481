import type { Fact } from '../../../src/model/fact.ts';
import type { ChannelId } from '../../../src/model/ids.ts';
import { parseOffice, type Office } from '../../../src/pbx/sandbox/index.ts';
import { openOffice, type TestOffice } from '../../pbx/sandbox/harness.ts';
import { habitsIn, perform, type Hands } from './deeds.ts';
import { houseOf } from './houses.ts';
import type { ParityStory } from './stories.ts';

/** What the sandbox says when its phones do as the story tells. */
export const factsOnSandbox = async (story: ParityStory): Promise<readonly Fact[]> => {
  await using office = await openOffice({ office: houseFor(story.deeds) });
  await perform(story.deeds, handsAt(office), houseOf('sandbox', story));
  await office.told();
  return office.facts.filter((fact) => !isOfTheGateway(fact));
};

/** What a gateway knows of its own commands, and no PBX tells. */
const isOfTheGateway = (fact: Fact): boolean =>
  fact.type === 'dial.commanded' || (fact.type === 'channel.hangupRequested' && fact.by === 'command');

/** The house of the stories, its phones as they are told to be. */
const houseFor = (deeds: ParityStory['deeds']): Office => {
  const habits = new Map(habitsIn(deeds));
  const comeback = deeds.find((deed) => deed.includes('{park-for'));
  return parseOffice({
    extensions: [
      ...['101', '102', '103', '104'].map((number) => ({
        number,
        voicemail: deeds.some((deed) => deed.includes('{voicemail}')),
        dnd: habits.get(number) === 'undisturbed',
        ...(habits.get(number) === 'busy' ? { habit: { kind: 'busy' } } : undefined),
      })),
      { number: '109', voicemail: false, registered: false },
    ],
    ringSeconds: 8,
    ringGroups: [{ number: '200', members: ['102', '103', '104'] }],
    queues: [{ number: '300', agents: ['102'] }],
    conferences: ['400'],
    pickupPrefix: '**',
    parking: {
      lot: 'valet',
      slots: ['1', '2', '3', '4', '5', '6', '7', '8', '9'],
      prefix: '*80',
      comebackSeconds: 6,
      ...(comeback === undefined ? undefined : { comebackTo: comeback.includes('reception') ? '101' : 'nobody' }),
    },
  });
};

const handsAt = ({ driver, facts, told, command }: TestOffice): Hands => {
  const { phones, clock } = driver;
  /** What lives now, by extension, oldest first. */
  const channelsOf = async (who: string): Promise<readonly ChannelId[]> => {
    await told();
    const ended = new Set(facts.flatMap((fact) => (fact.type === 'channel.ended' ? [fact.channel] : [])));
    return facts.flatMap((fact) =>
      fact.type === 'channel.created' && fact.number === who && !ended.has(fact.channel) ? [fact.channel] : [],
    );
  };
  const channelOf = async (who: string): Promise<ChannelId> => {
    const newest = (await channelsOf(who)).at(-1);
    if (newest === undefined) throw new Error(`${who} has no channel`);
    return newest;
  };
  return {
    call: (who, number) => void phones.call(who, number),
    answer: (who) => phones.answer(who),
    reject: (who) => phones.reject(who),
    forward: async (who, number) => {
      const channel = await channelOf(who);
      const dial = facts.findLast((fact) => fact.type === 'dial.began' && fact.callee === channel);
      if (dial?.type !== 'dial.began' || dial.caller === undefined) throw new Error(`nobody calls ${who}`);
      const outcome = await command({ name: 'divert', channel, caller: dial.caller, to: number });
      if (outcome.outcome !== 'accepted') throw new Error(JSON.stringify(outcome));
    },
    leave: (who) => phones.hangUp(who),
    drop: async (who) => phones.hangUpChannel(heldAmong(await channelsOf(who), facts)),
    hold: (who) => phones.hold(who),
    resume: (who) => phones.resume(who),
    send: (who, number) => phones.transfer(who, number),
    join: (who) => phones.transfer(who),
    press: (who, keys) => phones.pressKeys(who, keys),
    pass: (seconds) => clock.advance(seconds),
    channelOf,
    command: async (body) => {
      const outcome = await command(body);
      if (outcome.outcome !== 'accepted') throw new Error(`${body.name}: ${JSON.stringify(outcome)}`);
    },
  };
};

/** The newest of the channels that is held. */
const heldAmong = (channels: readonly ChannelId[], facts: readonly Fact[]): ChannelId => {
  const held = channels.findLast((channel) => {
    const last = facts.findLast((fact) => (fact.type === 'channel.held' || fact.type === 'channel.unheld') && fact.channel === channel);
    return last?.type === 'channel.held';
  });
  if (held === undefined) throw new Error('nothing is held');
  return held;
};
