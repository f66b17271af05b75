import { z } from 'zod';

/** The part of JSON Schema that structured outputs allow, and that the simulator can satisfy. */
export type JsonSchema = {
  readonly type?: string | readonly string[] | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly additionalProperties?: unknown;
  readonly items?: JsonSchema | undefined;
  readonly minItems?: number | undefined;
  readonly maxItems?: number | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly pattern?: string | undefined;
  readonly format?: string | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly exclusiveMinimum?: number | undefined;
  readonly exclusiveMaximum?: number | undefined;
  readonly multipleOf?: number | undefined;
  readonly anyOf?: readonly JsonSchema[] | undefined;
  readonly oneOf?: readonly JsonSchema[] | undefined;
  readonly allOf?: readonly JsonSchema[] | undefined;
  readonly $ref?: string | undefined;
  readonly $defs?: Readonly<Record<string, JsonSchema>> | undefined;
  readonly definitions?: Readonly<Record<string, JsonSchema>> | undefined;
};

const size = z.int().nonnegative().optional();
const nested = z.lazy(() => JsonSchemaSchema);

/** Reads a JSON schema; keywords that the simulator does not know are ignored. */
export const JsonSchemaSchema: z.ZodType<JsonSchema> = z.object({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.unknown()).min(1).optional(),
  const: z.unknown().optional(),
  properties: z.record(z.string(), nested).optional(),
  required: z.array(z.string()).optional(),
  additionalProperties: z.unknown().optional(),
  items: nested.optional(),
  minItems: size,
  maxItems: size,
  minLength: size,
  maxLength: size,
  pattern: z.string().optional(),
  format: z.string().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  exclusiveMaximum: z.number().optional(),
  multipleOf: z.number().positive().optional(),
  anyOf: z.array(nested).min(1).optional(),
  oneOf: z.array(nested).min(1).optional(),
  allOf: z.array(nested).min(1).optional(),
  $ref: z.string().optional(),
  $defs: z.record(z.string(), nested).optional(),
  definitions: z.record(z.string(), nested).optional(),
});

/** The types that a schema names or implies, `null` last so that a nullable value is given. */
export function typesOf(schema: JsonSchema): readonly string[] {
  if (typeof schema.type === 'string') return [schema.type];
  if (schema.type)
    return schema.type.toSorted((one, other) => Number(one === 'null') - Number(other === 'null'));
  if (schema.properties) return ['object'];
  if (schema.items) return ['array'];
  return [];
}

/**
 * What the real service finds wrong with a schema that asks for `strict`: each object must close itself with
 * `additionalProperties: false` and require all of its properties. Undefined when nothing is.
 */
export function strictFault(schema: JsonSchema, path = '()'): string | undefined {
  if (schema.properties || typesOf(schema).includes('object')) {
    if (schema.additionalProperties !== false) {
      return `In context=${path}, 'additionalProperties' is required to be supplied and to be false.`;
    }
    const missing = Object.keys(schema.properties ?? {}).find((key) => !schema.required?.includes(key));
    if (missing !== undefined) {
      return `In context=${path}, 'required' is required to include every key in properties. Missing '${missing}'.`;
    }
  }
  const inner: [string, JsonSchema][] = [
    ...Object.entries({ ...schema.properties, ...schema.$defs, ...schema.definitions }),
    ...[...(schema.items ? [schema.items] : []), ...(schema.anyOf ?? [])].map(
      (each): [string, JsonSchema] => ['*', each],
    ),
  ];
  for (const [key, each] of inner) {
    const fault = strictFault(each, `${path}.${key}`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
