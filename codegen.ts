import type { CodegenConfig } from '@graphql-codegen/cli';

/** Typed documents for clients, from the committed schema. */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  documents: 'client/operations/*.graphql',
  generates: {
    'client/generated/graphql.ts': {
      plugins: ['typescript-operations', './scripts/typed-documents.ts'],
      config: {
        useTypeImports: true,
        enumType: 'const',
        inlineFragmentTypes: 'inline',
        strictScalars: true,
        scalars: {
          DateTime: 'string',
          URL: 'string',
          NonEmptyString: 'string',
          Money: 'number',
          Date: 'string',
        },
      },
    },
  },
};

export default config;
