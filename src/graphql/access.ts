import SchemaBuilder, {
  BasePlugin,
  type FieldNullability,
  type InputFieldMap,
  type PothosOutputFieldConfig,
  type SchemaTypes,
  type TypeParam,
} from '@pothos/core';
import type { GraphQLFieldResolver } from 'graphql';
import type { Role } from '../domain/viewer.ts';
import { requireRole } from '../services/workspaces/access.ts';
import { requireViewer, type Context } from './context.ts';

/**
 * Who may call a mutation: `public`, anybody; `self`, any viewer, as it changes nothing but their own account and session;
 * a role, who has it or a higher one in the token's workspace.
 */
export type Access = 'public' | 'self' | Role;

/** A mutation that does not say who may call it does not compile. */
declare global {
  // oxlint-disable-next-line typescript/no-namespace -- how Pothos takes options of plugins
  export namespace PothosSchemaTypes {
    export interface MutationFieldOptions<
      Types extends SchemaTypes,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveReturnShape,
    > {
      access: Access;
    }
    export interface SchemaBuilderOptions<Types extends SchemaTypes> {
      /** Throws where the caller may not call a mutation. */
      requireAccess: (context: Types['Context'], access: Access) => void;
    }
    export interface Plugins<Types extends SchemaTypes> {
      access: AccessPlugin<Types>;
    }
  }
}

/** Refuses callers of mutations before a resolver runs, and tells clients which role each needs. */
class AccessPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(field: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    if (field.kind !== 'Mutation') return field;
    const { access } = field.pothosOptions;
    const isRole = access !== 'public' && access !== 'self';
    return {
      ...field,
      description: isRole ? `${field.description} Needs the role \`${access}\`.` : field.description,
      extensions: { ...field.extensions, access },
    };
  }

  override wrapResolve(
    resolver: GraphQLFieldResolver<unknown, Types['Context'], object>,
    field: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    if (field.kind !== 'Mutation') return resolver;
    const { access } = field.pothosOptions;
    return (source, args, context, info) => {
      this.builder.options.requireAccess(context, access);
      return resolver(source, args, context, info);
    };
  }
}

/** @throws UnauthenticatedError, ForbiddenError */
export function requireAccess(context: Context, access: Access): void {
  if (access === 'public') return;
  const viewer = requireViewer(context);
  if (access !== 'self') requireRole(viewer, access);
}

SchemaBuilder.registerPlugin('access', AccessPlugin);

export const accessPlugin = 'access';
