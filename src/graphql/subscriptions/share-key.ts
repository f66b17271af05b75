import { createHash } from 'node:crypto';
import { Kind, print, visit, type DocumentNode } from 'graphql';
import type { Context, OperationArgs } from '../context.ts';

/** What has to be the same for an answer to be the same: the question, who asks, and where they reached us. */
export function shareKey({ document, operationName, variableValues, contextValue }: OperationArgs): string {
  const { text, cursorVariable } = describe(document);
  const variables = Object.entries(variableValues ?? {})
    .filter(([name]) => name !== cursorVariable)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([text, operationName ?? null, variables, rightsOf(contextValue)]))
    .digest('base64');
}

function rightsOf({ viewer, origin }: Context): unknown[] {
  return [viewer !== undefined && 'workspaceId' in viewer ? viewer.workspaceId : null, origin];
}

type Description = { text: string; cursorVariable: string | undefined };

const descriptions = new WeakMap<DocumentNode, Description>();

/**
 * The document in one spelling, and the variable that only says where its reader begins: used once, as the
 * argument `after` of the subscription itself.
 */
function describe(document: DocumentNode): Description {
  const known = descriptions.get(document);
  if (known !== undefined) return known;
  let cursorVariable: string | undefined;
  const uses: string[] = [];
  visit(document, {
    VariableDefinition: () => false,
    Variable: ({ name }) => void uses.push(name.value),
    OperationDefinition({ selectionSet }) {
      for (const field of selectionSet.selections) {
        if (field.kind !== Kind.FIELD) continue;
        const value = field.arguments?.find(({ name }) => name.value === 'after')?.value;
        if (value?.kind === Kind.VARIABLE) cursorVariable = value.name.value;
      }
    },
  });
  if (uses.filter((name) => name === cursorVariable).length !== 1) cursorVariable = undefined;
  const description = { text: print(document), cursorVariable };
  descriptions.set(document, description);
  return description;
}
