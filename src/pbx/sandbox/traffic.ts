import { GatewayError } from '../../model/errors.ts';
import type { ChannelId } from '../../model/ids.ts';
import type { OfficeClock } from './office-clock.ts';
import type { Among, Phones } from './phones.ts';
import { createRandom, type Random } from './random.ts';
import type { Office } from './schema.ts';

export interface TrafficOptions {
  readonly office: Office;
  readonly phones: Phones;
  readonly clock: OfficeClock;
  readonly seed: number;
  /** Seconds between the beginnings of two calls. */
  readonly everySeconds?: readonly [from: number, to: number];
  readonly mostCalls?: number;
}

/** One thing that somebody does, some seconds after the thing before it; `own` are the channels of the story's call. */
interface Step {
  readonly afterSeconds: number;
  readonly act: (own: Among) => void;
}

/** A call, and what becomes of it. It ends when its steps are over, or when one of them is no longer possible. */
interface Story {
  readonly from: string;
  readonly to: string;
  readonly steps: readonly Step[];
}

/**
 * A light office day: calls that are answered, missed, queued, held, transferred, parked. It rings only at the office's `ambient`
 * extensions and those of its groups and queues, begins calls only at phones that are idle, and acts on calls of its own alone.
 */
export class Traffic {
  readonly #options: TrafficOptions;
  readonly #random: Random;
  readonly #plots: readonly Plot[];
  readonly #cancels = new Set<() => void>();
  #calls = 0;
  #closed = false;

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.#random = createRandom(options.seed);
    this.#plots = plotsOf(options.office, options.phones, this.#random);
  }

  start(): void {
    const { everySeconds = [5, 15] } = this.#options;
    this.#after(this.#random.between(...everySeconds), () => {
      this.#begin();
      this.start();
    });
  }

  /** Begins nothing more and leaves its calls as they are. Safe to call twice. */
  close(): void {
    this.#closed = true;
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }

  #begin(): void {
    const { phones, mostCalls = 4 } = this.#options;
    if (this.#calls >= mostCalls) return;
    const [first, ...others] = this.#plots;
    if (first === undefined) return;
    const story = this.#random.pick([first, ...others])();
    if (story === undefined) return;
    let caller: ChannelId | undefined;
    const begun = attempt(() => {
      caller = phones.call(story.from, story.to);
    });
    if (!begun || caller === undefined) return;
    this.#calls += 1;
    this.#tell(caller, story.steps);
  }

  #tell(caller: ChannelId, [step, ...rest]: readonly Step[]): void {
    const { phones } = this.#options;
    if (step === undefined) {
      for (const channel of phones.channelsOfCall(caller)) attempt(() => phones.hangUpChannel(channel));
      this.#calls -= 1;
      return;
    }
    this.#after(step.afterSeconds, () => {
      const done = attempt(() => step.act(phones.channelsOfCall(caller)));
      this.#tell(caller, done ? rest : []);
    });
  }

  #after(seconds: number, run: () => void): void {
    if (this.#closed) return;
    const cancel = this.#options.clock.after(seconds * 1000, () => {
      this.#cancels.delete(cancel);
      run();
    });
    this.#cancels.add(cancel);
  }
}

/** Whether it could be done. That the office refuses is no failure: somebody else has done something to the call meanwhile. */
const attempt = (act: () => void): boolean => {
  try {
    act();
    return true;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return false;
  }
};

/** Makes up a story out of who is free now; none if nobody is. */
type Plot = () => Story | undefined;

const plotsOf = (office: Office, phones: Phones, random: Random): readonly Plot[] => {
  const ambient = office.extensions.filter(({ number, registered }) => registered && office.ambient.includes(number));
  const obedient = ambient.filter(({ habit }) => habit.kind === 'waits').map(({ number }) => number);
  const agents = office.queues.flatMap((queue) => queue.agents);
  const members = office.ringGroups.flatMap((group) => group.members);

  const outsider = (): string => `+1555010${Math.floor(random.between(7000, 9000))}`;
  /** Somebody who is idle, and different from the others named. */
  const someone = (among: readonly string[], ...others: readonly (string | undefined)[]): string | undefined => {
    const [first, ...rest] = among.filter((number) => !others.includes(number) && phones.stateOf(number) === 'idle');
    return first === undefined ? undefined : random.pick([first, ...rest]);
  };
  const step = (afterSeconds: number, act: Step['act'] = () => undefined): Step => ({ afterSeconds, act });
  const answer = (extension: string): Step => step(random.between(2, 8), (own) => phones.answer(extension, own));
  const talk = (): Step => step(random.between(15, 60));
  /** Whoever rings for the call among these answers; those who answer by themselves may have. */
  const oneAnswers = (among: readonly string[]): Step =>
    step(random.between(3, 8), (own) => {
      const ringing = among.find((extension) => phones.stateOf(extension) === 'ringing');
      if (ringing !== undefined) attempt(() => phones.answer(ringing, own));
    });

  const answered: Plot = () => {
    const to = someone(obedient);
    return to === undefined ? undefined : { from: outsider(), to, steps: [answer(to), talk()] };
  };
  const internal: Plot = () => {
    const to = someone(obedient);
    const from = someone(obedient, to);
    return to === undefined || from === undefined ? undefined : { from, to, steps: [answer(to), talk()] };
  };
  const outbound: Plot = () => {
    const from = someone(obedient);
    return from === undefined ? undefined : { from, to: outsider(), steps: [talk()] };
  };
  const missed: Plot = () => {
    const to = someone(obedient);
    return to === undefined ? undefined : { from: outsider(), to, steps: [step(random.between(6, 15))] };
  };
  const declined: Plot = () => {
    const to = someone(obedient);
    return to === undefined ? undefined : { from: outsider(), to, steps: [step(3, (own) => phones.reject(to, own))] };
  };
  const toVoicemail: Plot = () => {
    const to = someone(ambient.filter(({ habit }) => habit.kind === 'never').map(({ number }) => number));
    return to === undefined ? undefined : { from: outsider(), to, steps: [step(office.ringSeconds + 12)] };
  };
  const refused: Plot = () => {
    const to = someone(ambient.filter(({ habit }) => habit.kind === 'busy' || habit.kind === 'rejects').map(({ number }) => number));
    return to === undefined ? undefined : { from: outsider(), to, steps: [step(4)] };
  };
  const held: Plot = () => {
    const to = someone(obedient);
    if (to === undefined) return undefined;
    const hold = step(random.between(5, 15), (own) => phones.hold(to, own));
    const resume = step(random.between(5, 20), (own) => phones.resume(to, own));
    return { from: outsider(), to, steps: [answer(to), hold, resume, talk()] };
  };
  const transferred: Plot = () => {
    const to = someone(obedient);
    const target = someone(obedient, to);
    if (to === undefined || target === undefined) return undefined;
    const transfer = step(random.between(5, 15), (own) => phones.transfer(to, target, own));
    return { from: outsider(), to, steps: [answer(to), transfer, answer(target), talk()] };
  };
  const parked: Plot = () => {
    const { parking } = office;
    // From the far end: a visitor who tries the slots begins with the first.
    const slot = parking?.slots.findLast((each) => !phones.isOccupied(each));
    const to = someone(obedient);
    const fetcher = someone(obedient, to);
    if (parking === undefined || slot === undefined || to === undefined || fetcher === undefined) return undefined;
    const park = step(random.between(5, 10), (own) => phones.transfer(to, parking.prefix + slot, own));
    const fetch = step(random.between(10, 30), () => void phones.call(fetcher, parking.prefix + slot));
    return { from: outsider(), to, steps: [answer(to), park, fetch, talk()] };
  };
  const queued: readonly Plot[] = office.queues.flatMap(({ number }): readonly Plot[] => [
    () => ({ from: outsider(), to: number, steps: [oneAnswers(agents), talk()] }),
    () => ({ from: outsider(), to: number, steps: [step(random.between(5, 12))] }),
  ]);
  const grouped: readonly Plot[] = office.ringGroups.map(({ number }): Plot => {
    return () => ({ from: outsider(), to: number, steps: [oneAnswers(members), talk()] });
  });

  // Named as often as it is likely.
  return [
    answered,
    answered,
    answered,
    internal,
    internal,
    outbound,
    outbound,
    missed,
    declined,
    toVoicemail,
    refused,
    held,
    transferred,
    parked,
    ...queued,
    ...grouped,
  ];
};
