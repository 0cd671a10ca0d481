import { parse } from 'yaml';
import { z } from 'zod';
import { GatewayError } from '../../model/errors.ts';

/** What an e-mail may be about: nobody answered a call, it ended in voicemail, or it ended at all. The first that fits is sent. */
export const emailKinds = ['voicemail', 'missed', 'hangup'] as const;
export type EmailKind = (typeof emailKinds)[number];

/** What a template may name as `{{caller}}`. */
export const emailFields = [
  'caller',
  'callerNumber',
  'callerName',
  'called',
  'calledNumber',
  'calledName',
  'extension',
  'did',
  'direction',
  'result',
  'started',
  'ended',
  'rang',
  'talked',
  'lasted',
  'call',
] as const;
export type EmailValues = Readonly<Record<(typeof emailFields)[number], string>>;

const templateSchema = z.strictObject({ subject: z.string().min(1).max(500), text: z.string().min(1).max(20_000) });
const templatesSchema = z.strictObject({
  voicemail: templateSchema.optional(),
  missed: templateSchema.optional(),
  hangup: templateSchema.optional(),
});

export interface EmailTemplate {
  readonly subject: string;
  readonly text: string;
}
export type EmailTemplates = Readonly<Record<EmailKind, EmailTemplate>>;

export const defaultEmailTemplates: EmailTemplates = {
  voicemail: {
    subject: 'Voicemail from {{caller}}',
    text: `{{caller}} called {{called}} on {{started}} and was sent to voicemail after {{rang}}.

The call lasted {{lasted}}. Its id is {{call}}.
`,
  },
  missed: {
    subject: 'Missed call from {{caller}}',
    text: `{{caller}} called {{called}} on {{started}}. Nobody answered in {{rang}} ({{result}}).

The call's id is {{call}}.
`,
  },
  hangup: {
    subject: 'Call from {{caller}} to {{called}}: {{result}}',
    text: `From:     {{caller}}
To:       {{called}}
Started:  {{started}}
Ended:    {{ended}}
Rang:     {{rang}}
Talked:   {{talked}}
Result:   {{result}}
Call:     {{call}}
`,
  },
};

/** Reads a file of templates (YAML): a kind that it leaves out is the default. Throws `config-invalid`. */
export const parseEmailTemplates = (text: string): EmailTemplates => {
  const given = templatesSchema.safeParse(parseYaml(text));
  if (!given.success) throw invalid(z.prettifyError(given.error));
  const templates = { ...defaultEmailTemplates, ...withoutAbsent(given.data) };
  for (const kind of emailKinds) {
    const { subject, text: body } = templates[kind];
    for (const [, name = ''] of `${subject} ${body}`.matchAll(placeholder)) {
      if (!isField(name)) throw invalid(`{{${name}}} in the template ${kind} is none of ${emailFields.join(', ')}.`);
    }
  }
  return templates;
};

/** A subject is one line, whatever a caller's name holds. */
export const renderEmail = ({ subject, text }: EmailTemplate, values: EmailValues): EmailTemplate => {
  const fill = (template: string): string =>
    template.replaceAll(placeholder, (whole, name: string) => (isField(name) ? values[name] : whole));
  return { subject: fill(subject).replaceAll(/\s+/g, ' ').trim(), text: fill(text) };
};

const placeholder = /\{\{\s*(\w+)\s*\}\}/g;

const isField = (name: string): name is keyof EmailValues => (emailFields as readonly string[]).includes(name);

const parseYaml = (text: string): unknown => {
  try {
    return parse(text) as unknown;
  } catch (cause) {
    throw invalid('The file of e-mail templates is no YAML.', cause);
  }
};

const withoutAbsent = (given: z.infer<typeof templatesSchema>): Partial<EmailTemplates> =>
  Object.fromEntries(Object.entries(given).filter(([, template]) => template !== undefined));

const invalid = (note: string, cause?: unknown): GatewayError =>
  new GatewayError('config-invalid', {}, { note, ...(cause === undefined ? undefined : { cause }) });
