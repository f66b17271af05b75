import type { GraphQLSchema } from 'graphql';
import { builder } from './builder.ts';
import './errors.ts';
import './user.ts';
import './campaign.ts';
import './post.ts';
import './post-edits.ts';
import './batch.ts';
import './batch-controls.ts';
import './quote.ts';
import './usage.ts';
import './progress-events.ts';
import './subscriptions.ts';

/** The whole schema; schema.graphql is printed from it. */
export const schema: GraphQLSchema = builder.toSchema();
