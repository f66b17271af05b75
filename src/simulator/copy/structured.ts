import { invalidRequest } from '../behaviour/errors.ts';
import { hash, roll } from '../random.ts';
import { typesOf } from './json-schema.ts';
import type { JsonSchema } from './json-schema.ts';
import type { Writer } from './writer.ts';

/** Recursive schemas are closed as soon as possible past this depth, and given up at twice it. */
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

type Place = { readonly key: string; readonly depth: number; readonly offset: number };
type Fill = (schema: JsonSchema, place: Place) => unknown;

/**
 * A value that satisfies `root`. Properties named `caption` and `hashtags` are the post itself, at any depth;
 * every other property gets sensible content by its type. Throws ApiError 400 where the schema cannot be met.
 */
export function fillSchema(root: JsonSchema, writer: Writer): unknown {
  const definitions = new Map([
    ['#', root],
    ...Object.entries(root.$defs ?? {}).map(([name, each]) => [`#/$defs/${name}`, each] as const),
    ...Object.entries(root.definitions ?? {}).map(([name, each]) => [`#/definitions/${name}`, each] as const),
  ]);

  const fill: Fill = (schema, place) => {
    if (place.depth > DEPTH * 2) throw unsatisfiable(place, 'it never ends');
    if (schema.$ref !== undefined) {
      const target = definitions.get(schema.$ref);
      if (!target) throw unsatisfiable(place, `there is no ${schema.$ref}`);
      return fill(target, deeper(place));
    }
    if (schema.const !== undefined) return schema.const;
    if (schema.enum) return schema.enum[hash(writer.seed, place.key, place.offset) % schema.enum.length];
    if (schema.allOf) return fill(mergeAll(schema, schema.allOf), place);
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices) return fill(chooseBranch(choices, place), deeper(place));
    return fillType(schema, place);
  };

  const fillType: Fill = (schema, place) => {
    const type = typesOf(schema)[0] ?? 'string';
    switch (type) {
      case 'object':
        return Object.fromEntries(
          Object.entries(schema.properties ?? {}).map(([key, each], index) => [
            key,
            fill(each, { key, depth: place.depth + 1, offset: place.offset + index }),
          ]),
        );
      case 'array':
        return fillArray(schema, place);
      case 'string':
        return fillString(schema, place, writer);
      case 'integer':
      case 'number':
        return fillNumber(schema, place, type, writer);
      case 'boolean':
        return roll(writer.seed, place.key, place.offset) < 0.5;
      case 'null':
        return null;
      default:
        throw unsatisfiable(place, `its type "${type}" does not exist`);
    }
  };

  const fillArray: Fill = (schema, place) => {
    const items = schema.items ?? {};
    const min = schema.minItems ?? 0;
    const max = schema.maxItems ?? Number.POSITIVE_INFINITY;
    if (place.key === 'hashtags' && (typesOf(items)[0] ?? 'string') === 'string') {
      const prefix = tagPrefix(items, place);
      return writer.hashtags(min, max, place.offset).map((tag) => prefix + tag);
    }
    const length = place.depth > DEPTH ? min : Math.max(min, Math.min(max, 3));
    return Array.from({ length }, (_, index) =>
      fill(items, { key: place.key, depth: place.depth + 1, offset: place.offset + index }),
    );
  };

  return fill(root, { key: '', depth: 0, offset: 0 });
}

function deeper(place: Place): Place {
  return { ...place, depth: place.depth + 1 };
}

function mergeAll(schema: JsonSchema, all: readonly JsonSchema[]): JsonSchema {
  return all.reduce<JsonSchema>(
    (merged, each) => ({ ...merged, ...each, properties: { ...merged.properties, ...each.properties } }),
    { ...schema, allOf: undefined },
  );
}

/** The first branch that is not null; past the depth, null is what ends a recursion. */
function chooseBranch(choices: readonly JsonSchema[], place: Place): JsonSchema {
  const isNull = (schema: JsonSchema): boolean => typesOf(schema)[0] === 'null';
  const wanted = choices.find((schema) => isNull(schema) === place.depth > DEPTH);
  return wanted ?? choices[0] ?? {};
}

function fillString(schema: JsonSchema, place: Place, writer: Writer): string {
  const limit = schema.maxLength ?? UNLIMITED;
  const formatted = schema.format === undefined ? undefined : FORMATS[schema.format];
  const candidates =
    place.key === 'caption'
      ? [writer.caption(schema.maxLength ?? Number.POSITIVE_INFINITY, place.offset)]
      : formatted === undefined
        ? [freeText(limit, place, writer), ...PATTERN_SAMPLES]
        : [formatted];
  const pattern = compilePattern(schema, place);
  const found = candidates.find((text) => pattern.test(text) && text.length <= limit);
  if (found === undefined) throw unsatisfiable(place, 'no text of the simulator matches it');
  return found.padEnd(schema.minLength ?? 0, ' .');
}

function freeText(limit: number, { key, offset }: Place, writer: Writer): string {
  const short = /name|title|headline|label|slug|keyword|tag|^id$/i.test(key);
  return short ? writer.title(limit, offset) : writer.text(limit, offset);
}

function fillNumber(schema: JsonSchema, place: Place, type: 'integer' | 'number', writer: Writer): number {
  const step = schema.multipleOf ?? (type === 'integer' ? 1 : 0.01);
  const above = schema.exclusiveMinimum === undefined ? undefined : schema.exclusiveMinimum + step;
  const below = schema.exclusiveMaximum === undefined ? undefined : schema.exclusiveMaximum - step;
  const most = schema.maximum ?? below;
  const least = schema.minimum ?? above ?? Math.min(0, most ?? 0);
  const first = Math.ceil(least / step);
  const last = Math.max(first, Math.floor((most ?? least + 100) / step));
  const steps = first + Math.floor(roll(writer.seed, place.key, place.offset) * (last - first + 1));
  // Rounding takes away what binary fractions add: 0.01 * 7 is 0.07000000000000001.
  return Number((steps * step).toPrecision(12));
}

/** `#` in front of the tags unless the schema's own pattern will not have it. */
function tagPrefix(items: JsonSchema, place: Place): '#' | '' {
  const pattern = compilePattern(items, place);
  if (pattern.test('#Simulated')) return '#';
  if (pattern.test('Simulated')) return '';
  throw unsatisfiable(place, 'no tag of the simulator matches it');
}

/** The schema's pattern; one that matches everything when there is none. */
function compilePattern(schema: JsonSchema, place: Place): RegExp {
  try {
    return new RegExp(schema.pattern ?? '', 'u');
  } catch {
    throw unsatisfiable(place, 'its pattern is not a regular expression');
  }
}

function unsatisfiable(place: Place, reason: string): Error {
  return invalidRequest(
    `Invalid schema for response_format: the simulator cannot fill "${place.key}", ${reason}.`,
    'response_format',
    'invalid_json_schema',
  );
}
