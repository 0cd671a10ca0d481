import { parse as parseYaml, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { errors, GatewayError } from '../../model/errors.ts';
import type { OfficeClock } from './office-clock.ts';
import { phoneStates, type Phones } from './phones.ts';
import { numberSchema } from './schema.ts';

/** Where a scenario is played: a sandbox driver is one. */
export interface Stage {
  readonly phones: Phones;
  readonly clock: OfficeClock;
}

const mostSteps = 1000;
const mostTimes = 1000;

/** Numbers come as texts: a scenario is read without YAML's own types, so that `+15550100001` stays what it is. */
const secondsSchema = z
  .string()
  .regex(/^[0-9]+(\.[0-9]+)?$/, 'must be a number of seconds')
  .transform(Number)
  .pipe(z.number().max(86_400));

const factSchema = {
  phone: numberSchema.optional(),
  is: z.enum(phoneStates).optional(),
  slot: z.string().max(20).optional(),
  occupied: z.enum(['true', 'false']).optional(),
};
const isOneFact = (fact: {
  readonly phone?: unknown;
  readonly is?: unknown;
  readonly slot?: unknown;
  readonly occupied?: unknown;
}): boolean =>
  fact.phone === undefined
    ? fact.is === undefined && fact.slot !== undefined && fact.occupied !== undefined
    : fact.is !== undefined && fact.slot === undefined && fact.occupied === undefined;
const oneFact = { message: 'needs phone and is, or slot and occupied' };

/** What a step may be. */
const deeds = {
  call: z.strictObject({ from: numberSchema, to: numberSchema }),
  answer: numberSchema,
  reject: numberSchema,
  hangup: numberSchema,
  hold: numberSchema,
  resume: numberSchema,
  transfer: z.strictObject({ phone: numberSchema, to: numberSchema.optional() }),
  keys: z.strictObject({ phone: numberSchema, digits: z.string().min(1).max(64) }),
  register: numberSchema,
  unregister: numberSchema,
  dnd: z.strictObject({ phone: numberSchema, on: z.enum(['true', 'false']) }),
  pause: secondsSchema,
  advance: secondsSchema,
  expect: z.strictObject(factSchema).refine(isOneFact, oneFact),
  wait: z.strictObject({ ...factSchema, within: secondsSchema.default(10) }).refine(isOneFact, oneFact),
};
const isOneDeed = (step: object): boolean => Object.keys(step).length === 1;
const oneDeed = { message: 'a step has exactly one key' };

const deedSchema = z.strictObject(deeds).partial().refine(isOneDeed, oneDeed);
const repeatSchema = z.strictObject({
  times: z
    .string()
    .regex(/^[0-9]+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(1).max(mostTimes)),
  steps: z.array(deedSchema).min(1).max(mostSteps),
});
const stepSchema = z
  .strictObject({ ...deeds, repeat: repeatSchema })
  .partial()
  .refine(isOneDeed, oneDeed);

const scenarioSchema = z.strictObject({
  name: z.string().max(200).optional(),
  steps: z.array(stepSchema).min(1).max(mostSteps),
});

export type Scenario = z.infer<typeof scenarioSchema>;
type Step = Scenario['steps'][number];
type Expected = Pick<NonNullable<Step['expect']>, 'phone' | 'is' | 'slot' | 'occupied'>;

/** Reads a scenario file. Throws `invalid-parameter` with the place and what is wrong there. */
export const parseScenario = (text: string): Scenario => {
  const result = scenarioSchema.safeParse(readYaml(text));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new GatewayError('invalid-parameter', { field: issue?.path.join('.') ?? '' }, { note: issue?.message ?? '', cause: result.error });
};

/**
 * Plays a scenario file on an office, to its end. Throws what the office refuses and `wrong-state` for an expectation that does
 * not hold, with the step's place (`steps.3.repeat.0`) in the details; rejects with the signal's reason when it aborts.
 */
export const runScenario = async (text: string, stage: Stage, signal: AbortSignal): Promise<void> => {
  await runSteps(parseScenario(text).steps, 'steps', stage, signal);
};

const readYaml = (text: string): unknown => {
  try {
    return parseYaml(text, { schema: 'failsafe' });
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new GatewayError('invalid-parameter', { line: error.linePos?.[0].line ?? 0 }, { note: error.message, cause: error });
  }
};

const runSteps = async (steps: readonly Step[], place: string, stage: Stage, signal: AbortSignal): Promise<void> => {
  for (const [index, step] of steps.entries()) {
    signal.throwIfAborted();
    const here = `${place}.${index}`;
    try {
      await runStep(step, here, stage, signal);
    } catch (error) {
      if (!(error instanceof GatewayError) || 'step' in error.details) throw error;
      // Its message begins with the catalogue's sentence, which the new one has as well.
      const note = error.message.slice(errors[error.code].message.length);
      throw new GatewayError(error.code, { ...error.details, step: here }, { note: `At ${here}.${note}`, cause: error });
    }
  }
};

const runStep = async (step: Step, place: string, stage: Stage, signal: AbortSignal): Promise<void> => {
  const { phones, clock } = stage;
  if (step.call !== undefined) phones.call(step.call.from, step.call.to);
  if (step.answer !== undefined) atEither(step.answer, phones.answer, phones.answerOutside);
  if (step.reject !== undefined) phones.reject(step.reject);
  if (step.hangup !== undefined) atEither(step.hangup, phones.hangUp, phones.hangUpOutside);
  if (step.hold !== undefined) phones.hold(step.hold);
  if (step.resume !== undefined) phones.resume(step.resume);
  if (step.transfer !== undefined) phones.transfer(step.transfer.phone, step.transfer.to);
  if (step.keys !== undefined) phones.pressKeys(step.keys.phone, step.keys.digits);
  if (step.register !== undefined) phones.register(step.register);
  if (step.unregister !== undefined) phones.unregister(step.unregister);
  if (step.dnd !== undefined) phones.setDnd(step.dnd.phone, step.dnd.on === 'true');
  if (step.advance !== undefined) clock.advance(step.advance);
  if (step.pause !== undefined) await until(() => false, step.pause, stage, signal);
  if (step.expect !== undefined && !holds(step.expect, phones)) throw unmet(step.expect, phones);
  if (step.wait !== undefined) {
    const { wait } = step;
    if (!(await until(() => holds(wait, phones), wait.within, stage, signal))) throw unmet(wait, phones);
  }
  if (step.repeat !== undefined) {
    for (let time = 0; time < step.repeat.times; time += 1) await runSteps(step.repeat.steps, `${place}.repeat`, stage, signal);
  }
};

/** At the phone of the office that has the number, else at the phone outside. */
const atEither = (number: string, inside: (number: string) => void, outside: (number: string) => void): void => {
  try {
    inside(number);
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== 'no-such-extension') throw error;
    outside(number);
  }
};

const holds = ({ phone, is, slot, occupied }: Expected, phones: Phones): boolean =>
  phone === undefined ? phones.isOccupied(slot ?? '') === (occupied === 'true') : phones.stateOf(phone) === is;

const unmet = ({ phone, is, slot }: Expected, phones: Phones): GatewayError => {
  const note =
    phone === undefined
      ? `Slot ${slot} is ${phones.isOccupied(slot ?? '') ? 'occupied' : 'free'}.`
      : `${phone} is ${phones.stateOf(phone)}, not ${is}.`;
  return new GatewayError('wrong-state', phone === undefined ? { slot: slot ?? '' } : { phone }, { note });
};

/** Whether the condition came true within so many seconds of office time. */
const until = async (isTrue: () => boolean, seconds: number, { phones, clock }: Stage, signal: AbortSignal): Promise<boolean> => {
  if (isTrue()) return true;
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const onAbort = (): void => reject(signal.reason as Error);
  const stopTimer = clock.after(seconds * 1000, () => resolve(false));
  const stopListening = phones.onActed(() => {
    if (isTrue()) resolve(true);
  });
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await promise;
  } finally {
    stopTimer();
    stopListening();
    signal.removeEventListener('abort', onAbort);
  }
};
