import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core';
import type { GraphQLFieldResolver } from 'graphql';
import { PressrunError } from '../domain/errors/errors.ts';
import type { Context } from './context.ts';

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- how Pothos takes options of plugins
  export namespace PothosSchemaTypes {
    export interface SchemaBuilderOptions<Types extends SchemaTypes> {
      /** Is told each error that becomes the result of a field. */
      noteRefusal: (context: Types['Context'], error: unknown) => void;
    }
    export interface Plugins<Types extends SchemaTypes> {
      notedRefusals: NotedRefusalsPlugin<Types>;
    }
  }
}

/** Notes for the log why a field answers with an error as data: the client need not ask for its code. */
class NotedRefusalsPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override wrapResolve(
    resolver: GraphQLFieldResolver<unknown, Types['Context'], object>,
    field: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    if (field.pothosOptions.errors === undefined) return resolver;
    return async (source, args, context, info) => {
      try {
        return await resolver(source, args, context, info);
      } catch (error) {
        this.builder.options.noteRefusal(context, error);
        throw error;
      }
    };
  }
}

/** Notes the code of an error that a client may see; graphql/execution/mask-error.ts knows the others. */
export function noteRefusal({ record }: Context, error: unknown): void {
  if (error instanceof PressrunError) record.refuses(error.code);
}

SchemaBuilder.registerPlugin('notedRefusals', NotedRefusalsPlugin);

export const notedRefusalsPlugin = 'notedRefusals';
