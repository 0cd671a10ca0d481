import { z } from 'zod';

type Json = Readonly<Record<string, unknown>>;

/** The schemas of a document, each that has an id written once and referred to. */
export class Components {
  readonly #schemas: Record<string, unknown> = {};

  get schemas(): Json {
    return Object.fromEntries(Object.entries(this.#schemas).sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  /** `input`: as a client writes it, otherwise as we do. What we write may gain members; what a client writes may not. */
  schema(schema: z.ZodType, io: 'input' | 'output'): unknown {
    // Wrapped, so that a schema with an id of its own becomes a reference like any other.
    const written = z.toJSONSchema(z.object({ it: schema }), {
      io,
      target: 'draft-2020-12',
      unrepresentable: 'any',
      override: ({ jsonSchema }) => {
        // Of a read-only type in TypeScript, not of a member that cannot be set.
        delete jsonSchema.readOnly;
        if (io === 'output') delete jsonSchema.additionalProperties;
      },
    }) as unknown as { readonly properties: { readonly it: unknown }; readonly $defs?: Json };
    for (const [id, definition] of Object.entries(written.$defs ?? {})) this.#schemas[id] = refer(without(definition as Json, 'id'));
    return refer(written.properties.it);
  }
}

const without = (value: Json, key: string): Json => Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));

const refer = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(refer);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      key === '$ref' && typeof member === 'string' ? member.replace('#/$defs/', '#/components/schemas/') : refer(member),
    ]),
  );
};
