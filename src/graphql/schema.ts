import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isObjectType,
  type GraphQLSchema,
} from 'graphql';
import { toGlobalId } from '../domain/ids.ts';
import { builder } from './builder.ts';
import { readsRowOnly } from './compiler/query-code.ts';
import { listCosts } from './entities/registry.ts';
import './types/errors.ts';
import './types/accounts/workspace.ts';
import './types/accounts/user.ts';
import './types/accounts/usage.ts';
import './types/campaigns/campaign.ts';
import './types/campaigns/lists.ts';
import './types/campaigns/edits.ts';
import './types/brands/brand.ts';
import './types/brands/lists.ts';
import './types/brands/edits.ts';
import './types/posts/post.ts';
import './types/posts/lists.ts';
import './types/posts/bulk.ts';
import './types/posts/edits.ts';
import './types/plans/item.ts';
import './types/plans/lists.ts';
import './types/plans/edits.ts';
import './types/batches/batch.ts';
import './types/batches/history.ts';
import './types/batches/lists.ts';
import './types/batches/start.ts';
import './types/batches/controls.ts';
import './types/batches/quote.ts';
import './types/batches/progress-events.ts';
import './types/batches/subscriptions.ts';
import './types/plans/events.ts';

/** Fields whose Pothos resolver only reads a property, by the end of their type's name. */
const readFields = { Connection: ['edges', 'pageInfo'], Edge: ['node', 'cursor'] };

/** The whole schema. schema.graphql is printed from it. */
export const schema: GraphQLSchema = withFastFields(withListCosts(builder.toSchema()));

/**
 * Checks that every list of objects has a cost; without one, documents could ask for any number of them.
 *
 * @throws Error if a list has none.
 */
function withListCosts(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const { name, type: output } of Object.values(type.getFields())) {
      const named = getNamedType(output);
      const isList = isCompositeType(named) && isListType(getNullableType(output));
      if ((isList || named.name.endsWith('Connection')) && !listCosts.has(name))
        throw new Error(`${type.name}.${name} is a list without a cost (graphql/entities/costs.ts)`);
    }
  }
  return schema;
}

/**
 * Removes Pothos' resolvers from the most frequent fields of lists, because they create a promise for each id and call a
 * function for each edge. graphql-js reads a property itself if a field has no resolver.
 */
function withFastFields(schema: GraphQLSchema): GraphQLSchema {
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
