import { invalidRequest } from '../behaviour/errors.ts';
import { hash, roll } from '../random.ts';
import { typesOf } from './json-schema.ts';
import type { JsonSchema } from './json-schema.ts';
import type { Writer } from './writer.ts';

/** Recursive schemas end as soon as possible beyond this depth. They fail at twice this depth. */
const DEPTH = 8;
const UNLIMITED = 2200;
const FORMATS: Readonly<Record<string, string>> = {
  'date-time': '2026-01-31T09:30:00Z',
  date: '2026-01-31',
  time: '09:30:00Z',
  duration: 'P1D',
  email: 'simulated@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/simulated',
  uuid: '00000000-0000-4000-8000-000000000000',
};
const PATTERN_SAMPLES = [
  'simulated',
  'simulated-text',
  'SIMULATED',
  '#3366cc',
  '2026-01-31',
  '09:30',
  '42',
  'S1',
  'en',
];

type Slot = { readonly key: string; readonly depth: number; readonly offset: number };
type Fill = (schema: JsonSchema, slot: Slot) => unknown;

/**
 * A value that satisfies `root`. Properties named `caption`, `hashtags` and `altText` are the post itself, at any depth;
 * every other property gets sensible content by its type. Throws ApiError 400 if no value satisfies the schema.
 */
export function fillSchema(root: JsonSchema, writer: Writer): unknown {
  const definitions = new Map([
    ['#', root],
    ...Object.entries(root.$defs ?? {}).map(([name, each]) => [`#/$defs/${name}`, each] as const),
    ...Object.entries(root.definitions ?? {}).map(([name, each]) => [`#/definitions/${name}`, each] as const),
  ]);

  const fill: Fill = (schema, slot) => {
    if (slot.depth > DEPTH * 2) throw unsatisfiable(slot, 'it never ends');
    if (schema.$ref !== undefined) {
      const target = definitions.get(schema.$ref);
      if (!target) throw unsatisfiable(slot, `there is no ${schema.$ref}`);
      return fill(target, deeper(slot));
    }
    if (schema.const !== undefined) return schema.const;
    if (schema.enum) return schema.enum[hash(writer.seed, slot.key, slot.offset) % schema.enum.length];
    if (schema.allOf) return fill(mergeAll(schema, schema.allOf), slot);
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices) return fill(chooseBranch(choices, slot), deeper(slot));
    return fillType(schema, slot);
  };

  const fillType: Fill = (schema, slot) => {
    const type = typesOf(schema)[0] ?? 'string';
    switch (type) {
      case 'object':
        return Object.fromEntries(
          Object.entries(schema.properties ?? {}).map(([key, each], index) => [
            key,
            fill(each, { key, depth: slot.depth + 1, offset: slot.offset + index }),
          ]),
        );
      case 'array':
        return fillArray(schema, slot);
      case 'string':
        return fillString(schema, slot, writer);
      case 'integer':
      case 'number':
        return fillNumber(schema, slot, type, writer);
      case 'boolean':
        return roll(writer.seed, slot.key, slot.offset) < 0.5;
      case 'null':
        return null;
      default:
        throw unsatisfiable(slot, `its type "${type}" does not exist`);
    }
  };

  const fillArray: Fill = (schema, slot) => {
    const items = schema.items ?? {};
    const min = schema.minItems ?? 0;
    const max = schema.maxItems ?? Number.POSITIVE_INFINITY;
    if (slot.key === 'hashtags' && (typesOf(items)[0] ?? 'string') === 'string') {
      const prefix = tagPrefix(items, slot);
      return writer.hashtags(min, max, slot.offset).map((tag) => prefix + tag);
    }
    const length = slot.depth > DEPTH ? min : Math.max(min, Math.min(max, 3));
    return Array.from({ length }, (_, index) =>
      fill(items, { key: slot.key, depth: slot.depth + 1, offset: slot.offset + index }),
    );
  };

  return fill(root, { key: '', depth: 0, offset: 0 });
}

function deeper(slot: Slot): Slot {
  return { ...slot, depth: slot.depth + 1 };
}

function mergeAll(schema: JsonSchema, all: readonly JsonSchema[]): JsonSchema {
  return all.reduce<JsonSchema>(
    (merged, each) => ({ ...merged, ...each, properties: { ...merged.properties, ...each.properties } }),
    { ...schema, allOf: undefined },
  );
}

/** The first branch that is not null; past the depth, null is what ends a recursion. */
function chooseBranch(choices: readonly JsonSchema[], slot: Slot): JsonSchema {
  const isNull = (schema: JsonSchema): boolean => typesOf(schema)[0] === 'null';
  const wanted = choices.find((schema) => isNull(schema) === slot.depth > DEPTH);
  return wanted ?? choices[0] ?? {};
}

function fillString(schema: JsonSchema, slot: Slot, writer: Writer): string {
  const limit = schema.maxLength ?? UNLIMITED;
  const formatted = schema.format === undefined ? undefined : FORMATS[schema.format];
  const named =
    slot.key === 'caption'
      ? writer.caption(schema.maxLength ?? Number.POSITIVE_INFINITY, slot.offset)
      : slot.key === 'altText'
        ? writer.altText(limit)
        : undefined;
  const candidates =
    named !== undefined
      ? [named]
      : formatted === undefined
        ? [freeText(limit, slot, writer), ...PATTERN_SAMPLES]
        : [formatted];
  const pattern = compilePattern(schema, slot);
  const found = candidates.find((text) => pattern.test(text) && text.length <= limit);
  if (found === undefined) throw unsatisfiable(slot, 'no text of the simulator matches it');
  return found.padEnd(schema.minLength ?? 0, ' .');
}

function freeText(limit: number, { key, offset }: Slot, writer: Writer): string {
  const short = /name|title|headline|label|slug|keyword|tag|^id$/i.test(key);
  return short ? writer.title(limit, offset) : writer.text(limit, offset);
}

function fillNumber(schema: JsonSchema, slot: Slot, type: 'integer' | 'number', writer: Writer): number {
  const step = schema.multipleOf ?? (type === 'integer' ? 1 : 0.01);
  const above = schema.exclusiveMinimum === undefined ? undefined : schema.exclusiveMinimum + step;
  const below = schema.exclusiveMaximum === undefined ? undefined : schema.exclusiveMaximum - step;
  const most = schema.maximum ?? below;
  const least = schema.minimum ?? above ?? Math.min(0, most ?? 0);
  const first = Math.ceil(least / step);
  const last = Math.max(first, Math.floor((most ?? least + 100) / step));
  const steps = first + Math.floor(roll(writer.seed, slot.key, slot.offset) * (last - first + 1));
  // Rounding takes away what binary fractions add: 0.01 * 7 is 0.07000000000000001.
  return Number((steps * step).toPrecision(12));
}

/** `#` in front of the tags, unless the schema's pattern forbids it. */
function tagPrefix(items: JsonSchema, slot: Slot): '#' | '' {
  const pattern = compilePattern(items, slot);
  if (pattern.test('#Simulated')) return '#';
  if (pattern.test('Simulated')) return '';
  throw unsatisfiable(slot, 'no tag of the simulator matches it');
}

/** The schema's pattern. Without one, a pattern that matches everything. */
function compilePattern(schema: JsonSchema, slot: Slot): RegExp {
  try {
    return new RegExp(schema.pattern ?? '', 'u');
  } catch {
    throw unsatisfiable(slot, 'its pattern is not a regular expression');
  }
}

function unsatisfiable(slot: Slot, reason: string): Error {
  return invalidRequest(
    `Invalid schema for response_format: the simulator cannot fill "${slot.key}", ${reason}.`,
    'response_format',
    'invalid_json_schema',
  );
}
