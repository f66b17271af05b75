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
 * Who may call a mutation. `public`: anybody. `self`: any viewer, because it only changes their own user or session.
 * A role: members with this role or a higher one in the token's workspace.
 */
export type Access = 'public' | 'self' | Role;

/** Makes `access` required: a mutation without it does not compile. */
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
      /** Throws if the caller may not call a mutation with this access. */
      requireAccess: (context: Types['Context'], access: Access) => void;
    }
    export interface Plugins<Types extends SchemaTypes> {
      access: AccessPlugin<Types>;
    }
  }
}

/** Checks the caller's access before a mutation runs, and adds the required role to its description. */
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

/**
 * Checks that the caller of a mutation has the access it needs.
 *
 * @throws UnauthenticatedError, ForbiddenError
 */
export function requireAccess(context: Context, access: Access): void {
  if (access === 'public') return;
  const viewer = requireViewer(context);
  if (access !== 'self') requireRole(viewer, access);
}

SchemaBuilder.registerPlugin('access', AccessPlugin);

export const accessPlugin = 'access';
