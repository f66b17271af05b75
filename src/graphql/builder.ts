import SchemaBuilder from '@pothos/core';
import ErrorsPlugin from '@pothos/plugin-errors';
import PrismaPlugin from '@pothos/plugin-prisma';
import RelayPlugin from '@pothos/plugin-relay';
import { z } from 'zod';
import { InvalidInputError } from '../domain/errors/errors.ts';
import { fromGlobalId, toGlobalId } from '../domain/ids.ts';
import { maxPageSize } from '../store/lists/paging.ts';
import { accessPlugin, requireAccess } from './mutation-access.ts';
import type { Context } from './context.ts';
import { findNode } from './nodes.ts';
import { noteRefusal, notedRefusalsPlugin } from './noted-refusals.ts';
import { getDatamodel } from './generated/pothos.ts';
import type PrismaTypes from './generated/pothos.ts';

export const builder = new SchemaBuilder<{
  Context: Context;
  PrismaTypes: PrismaTypes;
  DefaultFieldNullability: false;
  DefaultInputFieldRequiredness: true;
  DefaultEdgesNullability: false;
  DefaultNodeNullability: false;
  Connection: { count: () => Promise<number> };
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    URL: { Input: string; Output: string };
    NonEmptyString: { Input: string; Output: string };
    Money: { Input: number; Output: number };
    Date: { Input: string; Output: string };
  };
}>({
  // The first plugin is the outermost: the errors plugin also handles refused access.
  plugins: [ErrorsPlugin, notedRefusalsPlugin, accessPlugin, RelayPlugin, PrismaPlugin],
  noteRefusal,
  requireAccess,
  defaultFieldNullability: false,
  defaultInputFieldRequiredness: true,
  prisma: {
    client: (context) => context.prisma,
    dmmf: getDatamodel(),
    onUnusedQuery: null,
  },
  relay: {
    encodeGlobalID: toGlobalId,
    decodeGlobalID: (globalId) => {
      const decoded = fromGlobalId(globalId);
      // A malformed id rejects the whole field with a typed error.
      if (decoded === undefined)
        throw new InvalidInputError([{ path: 'id', message: 'must be the id of a node' }]);
      return { typename: decoded.type, id: decoded.id };
    },
    nodeTypeOptions: { description: 'An object with a global id.' },
    idFieldOptions: { description: 'The global id: unique in the whole API, and never changes.' },
    nodeQueryOptions: {
      description: 'The object with this id; null if your workspace has none.',
      args: { id: { description: 'The object’s global id.' } },
      resolve: (_root, { id }, context) => findNode(context, id),
    },
    nodesQueryOptions: {
      description:
        'The objects with these ids, in the same order; null for each that your workspace does not have.',
      args: { ids: { description: `Global ids of the objects, at most ${maxPageSize}.` } },
      resolve: (_root, { ids }, context) => {
        if (ids.length > maxPageSize) {
          throw new InvalidInputError([{ path: 'ids', message: `must have at most ${maxPageSize} entries` }]);
        }
        return Promise.all(ids.map((id) => findNode(context, id)));
      },
    },
    pageInfoTypeOptions: { description: 'The position of a page in its list.' },
    hasNextPageFieldOptions: { description: 'Whether the list has rows after `endCursor`.' },
    hasPreviousPageFieldOptions: { description: 'Whether the list has rows before `startCursor`.' },
    startCursorFieldOptions: {
      description: 'The cursor of the first edge. Send it as `before` to get the previous page.',
    },
    endCursorFieldOptions: {
      description: 'The cursor of the last edge. Send it as `after` to get the next page.',
    },
    firstArgOptions: {
      description: 'The number of rows from the start, 1 to 100. The default is 20, unless `last` is set.',
    },
    lastArgOptions: {
      description: 'The number of rows from the end, 1 to 100. Cannot be combined with `first`.',
    },
    afterArgOptions: { description: 'Returns only rows after this cursor of the same list.' },
    beforeArgOptions: { description: 'Returns only rows before this cursor of the same list.' },
    pageInfoFieldOptions: { description: 'The position of this page in the list.' },
    edgesFieldOptions: { nullable: false, description: 'The rows of this page, each with its cursor.' },
    nodeFieldOptions: { nullable: false, description: 'The row of this edge.' },
    cursorFieldOptions: {
      description:
        'The position of the row in this list. Valid only with the same filter, the same order and the same workspace.',
    },
  },
  errors: { directResult: true, defaultTypes: [] },
});

builder.queryType({ description: 'All read operations.' });
builder.mutationType({
  description: 'All write operations. Each returns its result or one of the errors that can occur.',
});
builder.subscriptionType({ description: 'All live event streams.' });

/** No date and time needs more characters. */
const maxDateCharacters = 64;

builder.scalarType('DateTime', {
  description: 'A date and time in ISO 8601, in UTC with milliseconds: `2026-11-22T09:30:00.000Z`.',
  serialize: (date) => date.toISOString(),
  parseValue: (value) => {
    const text = String(value);
    const date = new Date(text.length > maxDateCharacters ? NaN : text);
    // PostgreSQL and JavaScript both support these years.
    const year = date.getUTCFullYear();
    if (!(year >= 1 && year <= 9999)) throw new TypeError('must be a date and time in ISO 8601');
    return date;
  },
});

const urlSchema = z.url({ protocol: /^https?$/ });

builder.scalarType('URL', {
  description: 'An absolute HTTP or HTTPS address: `https://example.com/image.png`.',
  serialize: (value) => value,
  parseValue: (value) => parseScalar(urlSchema, value, 'must be an absolute web address'),
});

builder.scalarType('Money', {
  description: 'An amount of money in US dollars, as a number: `0.0712`.',
  serialize: (value) => value,
  parseValue: (value) => parseScalar(z.number(), value, 'must be an amount in US dollars'),
});

builder.scalarType('Date', {
  description: 'A day of the calendar in ISO 8601: `2026-11-22`.',
  serialize: (value) => value,
  parseValue: (value) => parseScalar(z.iso.date(), value, 'must be a day such as 2026-11-22'),
});

const nonEmptySchema = z.string().trim().min(1);

builder.scalarType('NonEmptyString', {
  description: 'Text with at least one character that is not white space. White space around it is removed.',
  serialize: (value) => value,
  parseValue: (value) => parseScalar(nonEmptySchema, value, 'must not be empty'),
});

function parseScalar<T>(schema: z.ZodType<T>, value: unknown, rule: string): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new TypeError(rule);
  return parsed.data;
}
