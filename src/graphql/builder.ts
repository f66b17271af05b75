import SchemaBuilder from '@pothos/core';
import ErrorsPlugin from '@pothos/plugin-errors';
import PrismaPlugin from '@pothos/plugin-prisma';
import RelayPlugin from '@pothos/plugin-relay';
import { InvalidInputError } from '../domain/errors.ts';
import { fromGlobalId, toGlobalId } from '../domain/ids.ts';
import { maxPageSize } from '../services/paging.ts';
import type { Context } from './context.ts';
import { getDatamodel } from './generated/pothos.ts';
import type PrismaTypes from './generated/pothos.ts';

export const builder = new SchemaBuilder<{
  Context: Context;
  PrismaTypes: PrismaTypes;
  DefaultFieldNullability: false;
  DefaultInputFieldRequiredness: true;
  DefaultEdgesNullability: false;
  DefaultNodeNullability: false;
  Scalars: { ID: { Input: string; Output: string }; DateTime: { Input: Date; Output: Date } };
}>({
  plugins: [ErrorsPlugin, RelayPlugin, PrismaPlugin],
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
      // Rejects the whole field with a typed error, as every malformed id does.
      if (decoded === undefined)
        throw new InvalidInputError([{ path: 'id', message: 'must be the id of a node' }]);
      return { typename: decoded.type, id: decoded.id };
    },
    nodesQueryOptions: {
      resolve: (_root, { ids }, _context, _info, resolveNodes) => {
        if (ids.length > maxPageSize) {
          throw new InvalidInputError([{ path: 'ids', message: `must have at most ${maxPageSize} entries` }]);
        }
        return resolveNodes(ids);
      },
    },
    edgesFieldOptions: { nullable: false },
    nodeFieldOptions: { nullable: false },
  },
  errors: { directResult: true, defaultTypes: [] },
});

builder.queryType();
builder.mutationType();
builder.subscriptionType();

builder.scalarType('DateTime', {
  description: 'A moment in time, in ISO 8601 with milliseconds and UTC: `2026-11-22T09:30:00.000Z`.',
  serialize: (date) => date.toISOString(),
  parseValue: (value) => {
    const date = new Date(String(value));
    // PostgreSQL and JavaScript agree on these years.
    const year = date.getUTCFullYear();
    if (!(year >= 1 && year <= 9999)) throw new TypeError('must be a date and time in ISO 8601');
    return date;
  },
});
