// The pages of docs/ that say what code says: made of the code, and kept equal by test/parity.
import { z } from 'zod';
import { configSchema } from '../src/config/schema.ts';
import { errors } from '../src/model/errors.ts';

interface Schema {
  readonly type?: string;
  readonly const?: string | number | boolean;
  readonly enum?: readonly (string | number | boolean)[];
  readonly default?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | false;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
}

const rowsOf = (schema: Schema, path: string): readonly string[] => {
  const variants = schema.oneOf ?? schema.anyOf;
  if (variants !== undefined)
    return variants.flatMap((variant) => rowsOf(variant, `${path} (${String(variant.properties?.['kind']?.const)})`));
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const here = path === '' ? name : `${path}.${name}`;
    const nested = property.properties !== undefined || typeof property.additionalProperties === 'object';
    return [
      row(here, property, schema.required?.includes(name) === true && property.default === undefined),
      ...(nested ? rowsOf(property, here) : []),
    ];
  });
  const items = typeof schema.additionalProperties === 'object' ? rowsOf(schema.additionalProperties, `${path}.NAME`) : [];
  return [...own, ...items];
};

const kindOf = (schema: Schema): string => {
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.type === 'array') return `list of ${schema.items?.type ?? 'values'}`;
  if (schema.type === 'object') return typeof schema.additionalProperties === 'object' ? 'map by name' : 'section';
  return schema.type ?? 'value';
};

const row = (path: string, schema: Schema, required: boolean): string => {
  const { default: preset } = schema;
  const shown = required ? '**required**' : preset === undefined || typeof preset === 'object' ? '' : `\`${JSON.stringify(preset)}\``;
  return `| \`${path}\` | ${kindOf(schema)} | ${shown} | ${schema.description ?? ''} |`;
};

export const renderConfigDocs = (): string => `# Configuration

\`switchhook serve --config switchhook.yaml\` reads one YAML file. This page is made of the schema that checks it
(\`npm run docs\`). Texts may name environment variables as \`\${NAME}\`. \`switchhook config check\` says what is wrong with a file.

The smallest file that serves an Asterisk:

\`\`\`yaml
tenants:
  main:
    pbxs:
      office:
        kind: asterisk
        username: switchhook
        secret: \${AMI_SECRET}
\`\`\`

| member | kind | default | meaning |
| --- | --- | --- | --- |
${rowsOf(z.toJSONSchema(configSchema, { io: 'input' }) as Schema, '').join('\n')}
`;

export const renderErrorDocs = (): string => `# Errors

Every error has a stable id. The native API answers with it as RFC 9457 problem details
(\`application/problem+json\`: \`type\`, \`title\`, \`status\`, \`detail\`, \`id\`, \`retry\`, and whatever names the thing that was wrong:
\`field\`, \`leg\`, \`call\`, ...); each vendor's API renders it in that vendor's shape. *Again* says whether the same request can
succeed later. This page is made of the catalogue in \`src/model/errors.ts\` (\`npm run docs\`).

| id | status | again | meaning |
| --- | --- | --- | --- |
${Object.entries(errors)
  .map(([id, { status, retry, message }]) => `| \`${id}\` | ${status} | ${retry ? 'yes' : 'no'} | ${message} |`)
  .join('\n')}
`;

/** Generated pages by their path in the repository. */
export const pages: Readonly<Record<string, () => string>> = {
  'docs/config.md': renderConfigDocs,
  'docs/errors.md': renderErrorDocs,
};
