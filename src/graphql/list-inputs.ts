import type { NodeType } from '../domain/ids.ts';
import { builder } from './builder.ts';

const DirectionEnum = builder.enumType('OrderDirection', {
  description: 'Which end of an order comes first.',
  values: {
    ASC: { description: 'The smallest or oldest first.' },
    DESC: { description: 'The largest or newest first.' },
  },
});

const TimeRangeInput = builder.inputType('TimeRange', {
  description: 'A span of time; a side that is left out is open.',
  fields: (t) => ({
    since: t.field({ type: 'DateTime', required: false, description: 'From this moment on.' }),
    until: t.field({ type: 'DateTime', required: false, description: 'Before this moment.' }),
  }),
});

/** The input that orders a list. @param values the columns, by their names in the API. */
export function orderInput<const Values extends EnumValues>(name: NodeType, rows: string, values: Values) {
  return builder.inputType(`${name}Order`, {
    description: `How a list of ${rows} is ordered.`,
    fields: (t) => ({
      by: t.field({
        type: builder.enumType(`${name}OrderBy`, { description: `What ${rows} can be ordered by.`, values }),
        description: 'By what.',
      }),
      direction: t.field({ type: DirectionEnum, description: 'Which end comes first.' }),
    }),
  });
}

type EnumValues = Record<string, { value: string; description: string }>;
type InputFields = PothosSchemaTypes.InputFieldBuilder<typeof builder.$inferSchemaTypes, 'InputObject'>;

/** The fields that all filters have. @param texts say which fields a search looks at, and when a row was created. */
export const commonFilterFields = (t: InputFields, texts: { created: string; search: string }) => ({
  created: t.field({ type: TimeRangeInput, required: false, description: texts.created }),
  search: t.field({
    type: 'NonEmptyString',
    required: false,
    description: `Words that ${texts.search} hold as they stand, whatever their case. At most 200 characters.`,
  }),
});
