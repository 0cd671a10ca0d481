import type { Clock, Micros } from '../model/time.ts';
import type { InteractiveCall, Key } from '../pbx/interactive.ts';
import type { Menu, MenuAction, MenuContext } from './menu.ts';
import type { Script, Step } from './script.ts';

/** What programs outside may have done. */
export interface ScriptRules {
  mayReach(number: string): boolean;
  mayShow(number: string): boolean;
}

export interface PerformanceOptions {
  readonly call: InteractiveCall;
  readonly menu: Menu;
  /** Asks a program; a fault is a reason to go on without it. Never rejects. */
  readonly ask: (
    target: { readonly url: string; readonly method: 'GET' | 'POST' },
    variables: ReadonlyMap<string, string>,
  ) => Promise<Script>;
  readonly clock: Clock;
  /** Whether a script may have the PBX call a number, or show one as the caller's; a menu of the configuration may. */
  readonly rules: ScriptRules;
  /** Told of what went wrong and was passed over. */
  readonly onFault: (what: string) => void;
}

/** How it came to its end: the gateway hung up, the call went on elsewhere, or the caller left. */
export type Ending = 'hung-up' | 'sent-on' | 'left';

/** So often a caller is sent from one option to another, or a program is asked for them, before the menu is given up. */
export const mostMoves = 50;
/** And for so long; what has begun by then is done. */
export const mostSeconds = 3_600;

/** Takes one caller through a menu, to its end. Rejects only for what nobody foresaw. */
export const performMenu = async (options: PerformanceOptions): Promise<Ending> => {
  try {
    return await new Performance(options).run();
  } catch (error) {
    if (options.call.gone.aborted) return 'left';
    throw error;
  }
};

interface Position {
  readonly context: string;
  readonly option: string;
  readonly priority: number;
}

/** What follows a step or an action: the next one, another option, or nothing. */
type Outcome = 'next' | Position | { readonly ending: Ending };

const allKeys = '0123456789*#';

class Performance {
  readonly #options: PerformanceOptions;
  readonly #variables = new Map<string, string>();
  readonly #end: Micros;
  #moves = 0;

  constructor(options: PerformanceOptions) {
    this.#options = options;
    this.#end = options.clock.now() + mostSeconds * 1e6;
  }

  async run(): Promise<Ending> {
    const { call, menu } = this.#options;
    await this.#attempt('answer', () => call.answer());
    let position: Position = { context: menu.begin, option: 'start', priority: 1 };
    while (this.#mayMove()) {
      const outcome = await this.#perform(position);
      if (outcome === 'next') break;
      if ('ending' in outcome) return outcome.ending;
      position = outcome;
    }
    return this.#sendOn(menu.otherwise);
  }

  /** `next`: nothing is left to do. */
  async #perform({ context: name, option, priority }: Position): Promise<Outcome> {
    const context = ownOf(this.#options.menu.contexts, name);
    const actions = context === undefined ? undefined : ownOf(context, option);
    if (context === undefined || actions === undefined) {
      this.#options.onFault(`there is no option ${option} in context ${name}`);
      return 'next';
    }
    for (const action of actions.slice(priority - 1)) {
      const outcome = await this.#act(action, { context: name, option, priority });
      if (outcome !== 'next') return outcome;
    }
    return this.#choose(name, context);
  }

  /** Waits for the caller's choice, where there is one. */
  async #choose(name: string, context: MenuContext): Promise<Outcome> {
    if (keysOf(context).length === 0) return 'next';
    const { call, menu } = this.#options;
    const key = await this.#attempt('listen', () => call.listen(menu.choiceSeconds * 1_000, allKeys));
    return this.#chosen(name, context, key);
  }

  #chosen(name: string, context: MenuContext, key: Key | undefined): Outcome {
    const option = key === undefined ? 'timeout' : ownOf(context, key) === undefined ? 'invalid' : key;
    return ownOf(context, option) === undefined ? 'next' : { context: name, option, priority: 1 };
  }

  async #act(action: MenuAction, at: Position): Promise<Outcome> {
    switch (action.kind) {
      case 'ask':
        return this.#ask(action, at);
      case 'play':
        return this.#step({ do: 'play', sound: action.sound, times: 1, where: 'background' }, at);
      case 'transfer':
        return this.#step({ do: 'transfer', to: action.to }, at);
      case 'hangup':
        return this.#step({ do: 'hangup' }, at);
      default:
        return action satisfies never;
    }
  }

  async #ask(target: { readonly url: string; readonly method: 'GET' | 'POST' }, at: Position): Promise<Outcome> {
    const { call, ask, onFault } = this.#options;
    if (!this.#mayMove()) return { ending: await this.#sendOn(this.#options.menu.otherwise) };
    const script = await ask(target, this.#variables);
    call.gone.throwIfAborted();
    if ('fault' in script) {
      onFault(script.fault);
      return 'next';
    }
    for (const step of script.steps) {
      if (this.#isTooLate()) return { ending: await this.#sendOn(this.#options.menu.otherwise) };
      if (!this.#isAllowed(step)) continue;
      const outcome = await this.#step(step, at);
      if (outcome !== 'next') return outcome;
    }
    return 'next';
  }

  async #step(step: Step, at: Position): Promise<Outcome> {
    return (await this.#attempt(step.do, () => this.#do(step, at))) ?? 'next';
  }

  /** What the PBX cannot do is passed over: the caller is better served by what follows. */
  async #attempt<Result>(what: string, work: () => Promise<Result>): Promise<Result | undefined> {
    const { call, onFault } = this.#options;
    try {
      return await work();
    } catch (error) {
      if (call.gone.aborted) throw error;
      onFault(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  async #do(step: Step, at: Position): Promise<Outcome> {
    const { call } = this.#options;
    switch (step.do) {
      case 'hangup':
        await call.hangUp();
        return { ending: 'hung-up' };
      case 'pause':
        await call.listen(step.seconds * 1_000, '');
        return 'next';
      case 'set':
        this.#variables.set(step.name, step.value);
        await call.setVariable(step.name, step.value);
        return 'next';
      case 'play':
        return this.#play(step, at);
      case 'speak':
        if (call.canSpeak)
          await call.speak(step.text, {
            stopAt: '',
            volume: step.volume,
            ...(step.voice === undefined ? undefined : { voice: step.voice }),
          });
        else this.#options.onFault('the PBX has no voice to speak with');
        return 'next';
      case 'jump':
        return { context: step.context, option: step.option, priority: step.priority };
      case 'showCaller':
        await call.showCaller({ name: step.name, number: step.number });
        return 'next';
      case 'ring':
        return (await call.ring(step.extension, step.seconds)) ? { ending: 'sent-on' } : 'next';
      case 'transfer':
        return { ending: await this.#sendOn(step.to) };
      default:
        return step satisfies never;
    }
  }

  async #play(step: Extract<Step, { do: 'play' }>, at: Position): Promise<Outcome> {
    const { call, menu } = this.#options;
    const { keyTo, language } = step;
    const context = ownOf(menu.contexts, at.context) ?? {};
    const chooses = keyTo === undefined && step.where === 'background' && keysOf(context).length > 0;
    const stopAt = keyTo === undefined && !chooses ? '' : allKeys;
    for (let time = 0; time < step.times; time += 1) {
      const key = await call.play(step.sound, { stopAt, ...(language === undefined ? undefined : { language }) });
      if (key === undefined) continue;
      if (keyTo === undefined) return this.#chosen(at.context, context, key);
      this.#variables.set(keyTo, key);
      await call.setVariable(keyTo, key);
      break;
    }
    return 'next';
  }

  async #sendOn(to: string | undefined): Promise<Ending> {
    await this.#options.call.letGo(to);
    return 'sent-on';
  }

  #isAllowed(step: Step): boolean {
    const { rules, onFault } = this.#options;
    const number = step.do === 'transfer' ? step.to : step.do === 'ring' ? step.extension : undefined;
    if (number !== undefined && !rules.mayReach(number)) onFault(`the dial rules do not allow ${number}`);
    else if (step.do === 'showCaller' && !rules.mayShow(step.number)) onFault(`the dial rules do not allow the caller id ${step.number}`);
    else return true;
    return false;
  }

  /** Whether it may go on; a menu that leads in circles ends. */
  #mayMove(): boolean {
    if (this.#isTooLate()) return false;
    this.#moves += 1;
    if (this.#moves <= mostMoves) return true;
    this.#options.onFault(`the menu led on ${mostMoves} times without an end`);
    return false;
  }

  #isTooLate(): boolean {
    if (this.#options.clock.now() < this.#end) return false;
    this.#options.onFault(`the menu led on for ${mostSeconds} s without an end`);
    return true;
  }
}

/** The keys that a caller can choose. */
const keysOf = (context: MenuContext): readonly string[] => Object.keys(context).filter((option) => /^[0-9*#]$/.test(option));

/** Names come from outside: what every object has is no option. */
const ownOf = <Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;
