import { isObjectType, type GraphQLSchema } from 'graphql';
import { toGlobalId } from '../domain/ids.ts';
import { builder } from './builder.ts';
import { readsRowOnly } from './execution/query-code.ts';
import './types/errors.ts';
import './types/workspace.ts';
import './types/user.ts';
import './types/campaign.ts';
import './types/post.ts';
import './types/post-edits.ts';
import './types/batch.ts';
import './types/batch-controls.ts';
import './types/quote.ts';
import './types/usage.ts';
import './types/progress-events.ts';
import './types/subscriptions.ts';

/** What Pothos answers by functions that only read a property. */
const readFields = { Connection: ['edges', 'pageInfo'], Edge: ['node', 'cursor'] };

/** The whole schema; schema.graphql is printed from it. */
export const schema: GraphQLSchema = withShortWays(builder.toSchema());

/**
 * Takes the fields that lists have most of off Pothos' hands: it makes ids in a promise each, and reads edges by a
 * call each. GraphQL reads a property by itself where nothing else is said.
 */
function withShortWays(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    const fields = type.getFields();
    for (const [suffix, names] of Object.entries(readFields)) {
      if (!type.name.endsWith(suffix)) continue;
      for (const name of names) delete fields[name]?.resolve;
    }
    if (fields['id'] !== undefined && type.getInterfaces().some(({ name }) => name === 'Node')) {
      fields['id'].resolve = ({ id }) => toGlobalId(type.name, id);
      fields['id'].extensions = { ...fields['id'].extensions, [readsRowOnly]: true };
    }
  }
  return schema;
}
