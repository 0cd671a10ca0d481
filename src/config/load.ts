import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { GatewayError } from '../model/errors.ts';
import { configSchema, type Config } from './schema.ts';

/** Reads a configuration file (YAML, so JSON too); throws `config-invalid` that says where what is wrong. */
export const loadConfig = (path: string, environment: Readonly<Record<string, string | undefined>>): Config => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new GatewayError('config-invalid', { file: path }, { note: `The file ${path} cannot be read.`, cause: error });
  }
  return parseConfig(text, environment, path);
};

export const parseConfig = (
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
  path = 'the configuration',
): Config => {
  const document = parseDocument(text, { prettyErrors: true });
  const [broken] = document.errors;
  if (broken !== undefined) throw new GatewayError('config-invalid', { file: path }, { note: broken.message });
  const values: unknown = fill(document.toJS() as unknown, environment, path);
  const result = configSchema.safeParse(values);
  if (result.success) return result.data;
  throw new GatewayError('config-invalid', { file: path }, { note: z.prettifyError(result.error) });
};

const fill = (value: unknown, environment: Readonly<Record<string, string | undefined>>, path: string): unknown => {
  if (typeof value === 'string') {
    return value.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, variable: string) => {
      const found = environment[variable];
      if (found === undefined) throw new GatewayError('config-invalid', { file: path, variable }, { note: `\${${variable}} is not set.` });
      return found;
    });
  }
  if (Array.isArray(value)) return value.map((each) => fill(each, environment, path));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fill(each, environment, path)]));
  }
  return value;
};
