import type { CodegenPlugin } from '@graphql-codegen/plugin-helpers';
import { concatAST, Kind, print, separateOperations } from 'graphql';

/**
 * Writes each operation and each fragment as a plain string with a type, after the types that codegen makes.
 * A page then holds only the documents that it uses, and no parser or printer of GraphQL.
 */
export const plugin: CodegenPlugin['plugin'] = (_schema, files) => {
  const all = concatAST(files.flatMap(({ document }) => document ?? []));
  const operations = Object.entries(separateOperations(all)).map(([name, document]) => {
    const [operation] = document.definitions.flatMap((one) =>
      one.kind === Kind.OPERATION_DEFINITION ? one.operation : [],
    );
    const type = name + capitalised(operation ?? '');
    return `export const ${name}Document = ${JSON.stringify(print(document))} as TypedDocument<${type}, ${type}Variables>;`;
  });
  const fragments = all.definitions.flatMap((one) =>
    one.kind === Kind.FRAGMENT_DEFINITION
      ? `export const ${one.name.value}FragmentDoc = ${JSON.stringify(print(one))};`
      : [],
  );
  return {
    prepend: ["import type { TypedDocument } from '../documents.ts';"],
    content: [...fragments, ...operations].join('\n'),
  };
};

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
