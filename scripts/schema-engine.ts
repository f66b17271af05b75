import { readFile } from 'node:fs/promises';
import {
  bindMigrationAwareSqlAdapterFactory,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import type { MigrationList, SchemaEngine, SchemaFilter } from '@prisma/schema-engine-wasm';
import { migrationFile, migrationNames } from '../src/store/migrations/migrations.ts';

const schemaFile = 'prisma/schema.prisma';
const noFilter: SchemaFilter = { externalTables: [], externalEnums: [] };

/**
 * The SQL that leads from the migrations to schema.prisma, written by Prisma's own engine.
 *
 * @param adapter of any empty database, which the migrations are tried on.
 * @returns the script of the next migration, or undefined when migrations and schema agree.
 */
export async function diffMigrations(
  adapter: SqlMigrationAwareDriverAdapterFactory,
): Promise<string | undefined> {
  const schema = { path: schemaFile, content: await readFile(schemaFile, 'utf8') };
  return withEngine(adapter, async (engine) => {
    const { stdout, exitCode } = await engine.diff({
      from: { tag: 'migrations', ...(await readMigrations()) },
      to: { tag: 'schemaDatamodel', files: [schema] },
      script: true,
      exitCode: true,
      filters: noFilter,
    });
    return exitCode === 2 ? (stdout ?? '') : undefined;
  });
}

/**
 * What `prisma migrate deploy` does, by the same engine.
 *
 * @returns names of the migrations that it applied.
 */
export async function deployMigrations(adapter: SqlMigrationAwareDriverAdapterFactory): Promise<string[]> {
  return withEngine(adapter, async (engine) => {
    const migrationsList = await readMigrations();
    const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters: noFilter });
    return appliedMigrationNames;
  });
}

async function withEngine<T>(
  adapter: SqlMigrationAwareDriverAdapterFactory,
  use: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  const datamodels: [string, string][] = [[schemaFile, await readFile(schemaFile, 'utf8')]];
  const connections: SqlDriverAdapter[] = [];
  const kept = async (connecting: Promise<SqlDriverAdapter>) => {
    const connection = await connecting;
    connections.push(connection);
    return connection;
  };
  const { SchemaEngine } = await loadEngine();
  const engine = await SchemaEngine.new(
    { datamodels },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory({
      provider: adapter.provider,
      adapterName: adapter.adapterName,
      connect: () => kept(adapter.connect()),
      // One of the adapter's own would come without extensions.
      connectToShadowDb: () => kept(adapter.connect()),
    }),
  );
  try {
    return await use(engine);
  } finally {
    engine.free();
    // The engine forgets its connections without closing them.
    await Promise.all(connections.map((connection) => connection.dispose()));
  }
}

/** The package's own entry imports the .wasm file as a module, which Node does not do by default. */
async function loadEngine() {
  const bindings = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const wasm = await readFile(
    new URL('schema_engine_bg.wasm', import.meta.resolve('@prisma/schema-engine-wasm')),
  );
  const { instance } = await WebAssembly.instantiate(wasm, {
    './schema_engine_bg.js': Object.fromEntries(Object.entries(bindings)),
  });
  bindings.__wbg_set_wasm(instance.exports);
  const start = instance.exports['__wbindgen_start'];
  if (typeof start === 'function') start();
  return bindings;
}

async function readMigrations(): Promise<MigrationList> {
  const names = await migrationNames();
  return {
    baseDir: 'prisma/migrations',
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(
      names.map(async (name) => ({
        path: name,
        migrationFile: {
          path: 'migration.sql',
          // The adapter runs a script in one transaction.
          content: {
            tag: 'ok' as const,
            value: (await readFile(migrationFile(name), 'utf8')).replaceAll(' CONCURRENTLY', ''),
          },
        },
      })),
    ),
  };
}
