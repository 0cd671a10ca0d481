import type { Logger } from 'pino';
import type { AddressGuard } from '../delivery/webhooks/address-guard.ts';
import { HttpSender } from '../delivery/webhooks/http-sender.ts';
import type { Wheel } from '../delivery/wheel.ts';
import type { TenantEngine } from '../engine/engine.ts';
import { GatewayError } from '../model/errors.ts';
import type { ChannelId, PbxId, TenantId } from '../model/ids.ts';
import type { Clock, Timers } from '../model/time.ts';
import type { InteractiveCall } from '../pbx/interactive.ts';
import type { Interactive } from './interactive.ts';
import type { Menu, Seen } from './menu.ts';
import { performMenu, type ScriptRules } from './performance.ts';
import { parseResponse } from './response-xml.ts';
import { substitute, type Script } from './script.ts';

export interface InteractiveOptions {
  readonly engines: Iterable<TenantEngine>;
  readonly guard: AddressGuard;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly wheel: Wheel;
  readonly logger: Logger;
  readonly userAgent: string;
  /** What the programs of a tenant may have its PBX call; everything when absent. */
  readonly rulesOf?: (engine: TenantEngine) => ScriptRules;
}

export interface RunningInteractive extends Interactive {
  /** Takes the calls of every PBX that can hand them over, once the menus are known. Rejects with `cannot-listen`. */
  begin(): Promise<void>;
  /** Lets go of every caller. Safe to call twice. */
  close(): Promise<void>;
}

/** For the whole of a question and its answer; the caller hears nothing meanwhile. */
const answerMs = 5_000;
const mostAnswerBytes = 65_536;
/** Programs are asked over at most so many connections to each address. */
const connections = 16;
const mostCalls = 500;
/** So long a call may take to show in the log after its PBX has handed it over. */
const shownMs = 2_000;

const withoutRules: ScriptRules = { mayReach: () => true, mayShow: () => true };

export const createInteractive = (options: InteractiveOptions): RunningInteractive => new Performer(options);

class Performer implements RunningInteractive {
  readonly #options: InteractiveOptions;
  readonly #sender: HttpSender;
  readonly #menus = new Map<TenantId, Map<string, Menu>>();
  readonly #running = new Map<InteractiveCall, Promise<void>>();
  readonly #closing = new AbortController();

  constructor(options: InteractiveOptions) {
    this.#options = options;
    const { guard, clock, wheel, userAgent } = options;
    const limits = { connectMs: answerMs, headersMs: answerMs, totalMs: answerMs, replyBytes: mostAnswerBytes, bodyBytes: mostAnswerBytes };
    this.#sender = new HttpSender({ guard, clock, wheel, userAgent, limits }, connections);
  }

  serve(tenant: TenantId, number: string, menu: Menu): void {
    const menus = this.#menus.get(tenant) ?? new Map<string, Menu>();
    if (menus.has(number)) {
      throw new GatewayError('config-invalid', { tenant, number }, { note: `Two dialects have an interactive number ${number}.` });
    }
    this.#menus.set(tenant, menus.set(number, menu));
  }

  async begin(): Promise<void> {
    for (const engine of this.#options.engines) {
      if (!this.#menus.has(engine.tenant)) continue;
      for (const pbx of engine.pbxs) await engine.driver(pbx).interactive?.take((call) => this.#take(engine, pbx, call));
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([this.#sender.close(), ...this.#running.values()]);
  }

  #take(engine: TenantEngine, pbx: PbxId, call: InteractiveCall): boolean {
    const menu = this.#menus.get(engine.tenant)?.get(call.called);
    const { logger } = this.#options;
    const log = logger.child({ tenant: engine.tenant, pbx, channel: call.channel, called: call.called });
    if (menu === undefined || this.#closing.signal.aborted) return false;
    if (this.#running.size >= mostCalls) {
      log.warn({ event: 'interactive.refused', running: this.#running.size }, 'too many interactive calls');
      return false;
    }
    const performance = this.#perform(engine, call, menu, log).finally(() => this.#running.delete(call));
    this.#running.set(call, performance);
    return true;
  }

  async #perform(engine: TenantEngine, call: InteractiveCall, menu: Menu, log: Logger): Promise<void> {
    const onFault = (what: string): void => log.warn({ event: 'interactive.fault', what }, 'passed over');
    const stop = (): void => void call.letGo().catch(() => undefined);
    try {
      this.#closing.signal.addEventListener('abort', stop, { once: true });
      const ending = await performMenu({
        call,
        menu,
        clock: this.#options.clock,
        rules: this.#options.rulesOf?.(engine) ?? withoutRules,
        onFault,
        ask: async (target, variables) => {
          const seen = await this.#seen(engine, call);
          if (seen === undefined) return { fault: 'the call is not known' };
          return this.#ask(engine.tenant, menu.request({ ...target, url: substitute(target.url, variables) }, seen), target);
        },
      });
      log.info({ event: 'interactive.ended', ending }, 'interactive call ended');
    } catch (error) {
      log.error({ event: 'interactive.failed', err: error }, 'interactive call failed');
      stop();
    } finally {
      this.#closing.signal.removeEventListener('abort', stop);
    }
  }

  async #ask(
    tenant: TenantId,
    request: ReturnType<Menu['request']>,
    { method, url }: { readonly method: 'GET' | 'POST'; readonly url: string },
  ): Promise<Script> {
    const policy = { lane: 'none', attempts: 1, schedule: [], probe: answerMs } as const;
    const { failure, reply = '' } = await this.#sender.send({ id: 'interactive', tenant, url, method, policy }, request);
    return failure === undefined ? parseResponse(reply) : { fault: failure.detail };
  }

  /** The call as the log has it; a PBX may hand it over before it has told of it. */
  async #seen(engine: TenantEngine, { channel, called, gone }: InteractiveCall): Promise<Seen | undefined> {
    const find = (): Seen | undefined => {
      const leg = engine.legByChannel(channel);
      const call = leg === undefined ? undefined : engine.call(leg.callId);
      return leg === undefined || call === undefined ? undefined : { called, call, leg };
    };
    return find() ?? (await this.#shown(engine, channel, gone), find());
  }

  #shown(engine: TenantEngine, channel: ChannelId, gone: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stopListening = engine.onCommitted((events) => {
      if (events.some(({ event }) => event.leg?.channel === channel)) resolve();
    });
    const stopTimer = this.#options.timers.after(shownMs, resolve);
    const leave = (): void => resolve();
    gone.addEventListener('abort', leave, { once: true });
    return promise.finally(() => {
      stopListening();
      stopTimer();
      gone.removeEventListener('abort', leave);
    });
  }
}
