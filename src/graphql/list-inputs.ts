import type { NodeType } from '../domain/ids.ts';
import { builder } from './builder.ts';

const DirectionEnum = builder.enumType('OrderDirection', {
  description: 'The direction of a sort order.',
  values: {
    ASC: { description: 'Smallest or oldest first.' },
    DESC: { description: 'Largest or newest first.' },
  },
});

const TimeRangeInput = builder.inputType('TimeRange', {
  description: 'A time range. Leave out either side to make it open.',
  fields: (t) => ({
    since: t.field({ type: 'DateTime', required: false, description: 'The start of the range, inclusive.' }),
    until: t.field({ type: 'DateTime', required: false, description: 'The end of the range, exclusive.' }),
  }),
});

/** The input that orders a list. @param values the columns, by their names in the API. */
export function orderInput<const Values extends EnumValues>(name: NodeType, rows: string, values: Values) {
  return builder.inputType(`${name}Order`, {
    description: `The sort order of a list of ${rows}.`,
    fields: (t) => ({
      by: t.field({
        type: builder.enumType(`${name}OrderBy`, {
          description: `Fields that ${rows} can be sorted by.`,
          values,
        }),
        description: `The field to sort ${rows} by.`,
      }),
      direction: t.field({
        type: DirectionEnum,
        description: 'Whether the order is ascending or descending.',
      }),
    }),
  });
}

type EnumValues = Record<string, { value: string; description: string }>;
type InputFields = PothosSchemaTypes.InputFieldBuilder<typeof builder.$inferSchemaTypes, 'InputObject'>;

/**
 * The fields that all filters have.
 *
 * @param texts the description of `created`, and the names of the fields that a search looks at.
 */
export const commonFilterFields = (t: InputFields, texts: { created: string; search: string }) => ({
  created: t.field({ type: TimeRangeInput, required: false, description: texts.created }),
  search: t.field({
    type: 'NonEmptyString',
    required: false,
    description: `Only rows whose ${texts.search} contains this text, in upper or lower case. At most 200 characters.`,
  }),
});
