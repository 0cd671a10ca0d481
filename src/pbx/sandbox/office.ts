import { GatewayError } from '../../model/errors.ts';
import { type Habit, officeSchema, type Office, type OfficeInput } from './schema.ts';

/** Reads an office from a configuration. Throws `config-invalid` with the field and what is wrong with it. */
export const parseOffice = (input: unknown): Office => {
  const result = officeSchema.safeParse(input);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw new GatewayError('config-invalid', { field: issue?.path.join('.') ?? '' }, { note: issue?.message ?? '', cause: result.error });
  }
  const known = new Set(result.data.extensions.map(({ number }) => number));
  const wanted = [...result.data.ringGroups.flatMap(({ members }) => members), ...result.data.queues.flatMap(({ agents }) => agents)];
  const missing = wanted.find((number) => !known.has(number));
  if (missing !== undefined) {
    throw new GatewayError('config-invalid', { extension: missing }, { note: `${missing} is a member or agent, but no extension.` });
  }
  return result.data;
};

const answers: Habit = { kind: 'answers', afterSeconds: [2, 5] };

const staff: OfficeInput['extensions'] = [
  { number: '101', name: 'Alice Archer' },
  { number: '102', name: 'Tom Sawyer' },
  { number: '103', name: 'TheCat Jerry' },
  { number: '104', name: 'Dora Diaz' },
  { number: '105', name: 'Emil Engel' },
  { number: '106', name: 'Fay Fisher' },
  { number: '107', name: 'Gil Gomez' },
  { number: '108', name: 'Hana Hoshi' },
  { number: '109', name: 'Ivo Ilic' },
  { number: '110', name: 'Mike Young', user: 'mikey' },
  { number: '111', name: 'Kim Keller', habit: answers },
  { number: '112', name: 'Lena Lund', habit: answers },
  { number: '113', name: 'Max Moreau', habit: answers },
  { number: '114', name: 'Nora Novak', habit: answers },
  { number: '115', name: 'Otto Olsen', habit: answers },
  { number: '116', name: 'Pia Popov', habit: { kind: 'busy' } },
  { number: '117', name: 'Quinn Quist', habit: { kind: 'never' } },
  { number: '118', name: 'Rosa Ricci', habit: { kind: 'rejects', afterSeconds: [2, 2] } },
  { number: '119', name: 'Sam Stone', registered: false },
  { number: '120', name: 'Tess Tran', dnd: true },
];

const direct = staff.map(({ number }) => ({ number: `+15550200${number}`, to: number }));

/** The office of the demo, as docs/sandbox.md describes it. */
export const demoOffice: Office = parseOffice({
  extensions: [
    ...staff,
    { number: '200', name: 'Reception' },
    { number: '341', name: 'Workshop' },
    { number: '400', name: 'Front Desk' },
    { number: '410', name: 'Consulting Room' },
  ],
  ringGroups: [{ number: '610', members: ['106', '107', '108'] }],
  queues: [{ number: '600', agents: ['104', '105', '111'] }],
  conferences: ['650'],
  interactive: ['700', '701'],
  parking: { lot: 'valet', slots: ['1', '2', '3', '4', '5', '6', '7', '8', '9'], prefix: '*80', comebackSeconds: 180 },
  dids: [{ number: '+15550200000', to: '610' }, { number: '+15550200700', to: '700' }, ...direct],
  ambient: ['104', '105', '106', '107', '108', '109', '111', '112', '113', '114', '115', '116', '117', '118'],
} satisfies OfficeInput);
