import type { CodegenConfig } from '@graphql-codegen/cli';

/** Typed documents for clients, from the committed schema. */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  documents: 'client/operations.graphql',
  generates: {
    'client/generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        importExtension: '.ts',
        useTypeImports: true,
        enumsAsConst: true,
        strictScalars: true,
        scalars: { DateTime: 'string', URL: 'string', NonEmptyString: 'string' },
      },
    },
  },
};

export default config;
