import { z } from 'zod';

/** What may be dialled or shown as a number: digits, and the few signs that phones use. */
export const numberSchema = z.string().regex(/^\+?[0-9A-Za-z*#_.-]{1,40}$/, 'must be a phone number or an extension');

const secondsSchema = z.number().min(0).max(86_400);

/**
 * What a phone does when it rings. `waits`: until it is told; `answers` and `rejects`: by itself after some seconds between the
 * two; `busy`: it never rings; `never`: it rings, and stays so even when it is told to answer.
 */
const habitSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('waits') }),
  z.strictObject({ kind: z.literal('answers'), afterSeconds: z.tuple([secondsSchema, secondsSchema]) }),
  z.strictObject({ kind: z.literal('rejects'), afterSeconds: z.tuple([secondsSchema, secondsSchema]) }),
  z.strictObject({ kind: z.literal('busy') }),
  z.strictObject({ kind: z.literal('never') }),
]);

const extensionSchema = z.strictObject({
  number: numberSchema,
  name: z.string().max(80).default(''),
  /** The name of its user, where that is not the number. */
  user: z.string().max(80).optional(),
  habit: habitSchema.default({ kind: 'waits' }),
  registered: z.boolean().default(true),
  dnd: z.boolean().default(false),
  /** Whether its unanswered calls reach a voicemail. */
  voicemail: z.boolean().default(true),
});

const ringGroupSchema = z.strictObject({
  number: numberSchema,
  members: z.array(numberSchema).min(1).max(100),
  ringSeconds: secondsSchema.default(20),
});

const queueSchema = z.strictObject({
  number: numberSchema,
  /** What it is called, where that is not its number. */
  name: z.string().min(1).max(80).optional(),
  agents: z.array(numberSchema).min(1).max(100),
  /** How long it rings one agent before it tries the next. */
  ringSeconds: secondsSchema.default(15),
  /** How long it looks for a free agent again. */
  retrySeconds: secondsSchema.min(0.1).default(1),
  maxWaitSeconds: secondsSchema.default(300),
});

const parkingSchema = z.strictObject({
  lot: z.string().min(1).max(40),
  slots: z.array(z.string().min(1).max(20)).min(1).max(1000),
  /** Dialling this and a slot retrieves what is parked there; a transfer to it parks. */
  prefix: z.string().min(1).max(10),
  comebackSeconds: secondsSchema.min(1),
  /** Whose phone rings when they are over: the parker's, unless it is said here. Where nobody has the number, the call ends. */
  comebackTo: numberSchema.optional(),
});

/** An office as a configuration or a test describes it. */
export const officeSchema = z.strictObject({
  extensions: z.array(extensionSchema).min(1).max(5000),
  ringGroups: z.array(ringGroupSchema).max(200).default([]),
  queues: z.array(queueSchema).max(200).default([]),
  conferences: z.array(numberSchema).max(200).default([]),
  /** Numbers whose callers are handed over to the gateway, if it has a menu for them. */
  interactive: z.array(numberSchema).max(200).default([]),
  /** How long a sound lasts that is played to them. */
  soundSeconds: secondsSchema.default(2),
  parking: parkingSchema.optional(),
  /** Dialling this and an extension takes the call that rings there. */
  pickupPrefix: z.string().min(1).max(10).optional(),
  trunk: z.string().min(1).max(40).default('trunk'),
  /** Outside numbers that lead in, and where to. */
  dids: z
    .array(z.strictObject({ number: numberSchema, to: numberSchema }))
    .max(5000)
    .default([]),
  /** What outside phones do; those that are listed, and the others. */
  outside: z
    .array(z.strictObject({ number: numberSchema, name: z.string().max(80).default(''), habit: habitSchema }))
    .max(5000)
    .default([]),
  outsideHabit: habitSchema.default({ kind: 'answers', afterSeconds: [2, 2] }),
  /** How long an extension rings before its voicemail answers. */
  ringSeconds: secondsSchema.min(1).default(20),
  voicemailSeconds: secondsSchema.min(1).default(30),
  /** The extensions at which traffic of the office's own may ring; the others are the user's alone. */
  ambient: z.array(numberSchema).max(5000).default([]),
});

export type Office = z.infer<typeof officeSchema>;
export type OfficeInput = z.input<typeof officeSchema>;
export type Habit = z.infer<typeof habitSchema>;
