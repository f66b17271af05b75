import { defineConfig } from 'prisma/config';

// The CLI would otherwise download a native schema engine before any command. `generate`, `validate` and
// `format` never start it, and migrations run on the WASM engine (scripts/schema-engine.ts), so any
// executable that exists satisfies the check.
process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= process.execPath;

export default defineConfig({ schema: 'prisma/schema.prisma', migrations: { path: 'prisma/migrations' } });
