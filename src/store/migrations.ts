import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  bindMigrationAwareSqlAdapterFactory,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import type { MigrationList, SchemaEngine, SchemaFilter } from '@prisma/schema-engine-wasm';

const prismaFolder = fileURLToPath(new URL('../../prisma/', import.meta.url));
const migrationsFolder = `${prismaFolder}migrations`;
const noFilter: SchemaFilter = { externalTables: [], externalEnums: [] };

/**
 * Brings a database to the newest migration, as `prisma migrate deploy` does.
 *
 * @param adapter Prisma's driver adapter factory of the database.
 * @returns names of the migrations that were applied now, oldest first; empty when there was nothing to do.
 */
export async function applyMigrations(adapter: SqlMigrationAwareDriverAdapterFactory): Promise<string[]> {
  if (await isUpToDate(adapter)) return [];
  return withEngine(adapter, async (engine) => {
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: await readMigrations(),
      filters: noFilter,
    });
    return appliedMigrationNames;
  });
}

/**
 * The SQL that leads from the migrations to schema.prisma.
 *
 * @param adapter a database that already has every migration.
 * @returns the script of the next migration, or undefined when migrations and schema agree.
 */
export async function diffMigrations(
  adapter: SqlMigrationAwareDriverAdapterFactory,
): Promise<string | undefined> {
  const schema = { path: `${prismaFolder}schema.prisma`, content: await readSchema() };
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

/** Where the SQL of a migration stands. */
export function migrationFile(name: string): string {
  return `${migrationsFolder}/${name}/migration.sql`;
}

/** Names of the migration folders, oldest first. */
export async function migrationNames(): Promise<string[]> {
  const entries = await readdir(migrationsFolder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
}

/** Spares the engine's 70 ms and its memory on every start but those that have something to apply. */
async function isUpToDate(adapter: SqlMigrationAwareDriverAdapterFactory): Promise<boolean> {
  const connection = await adapter.connect();
  try {
    const { rows } = await connection.queryRaw({
      sql: `SELECT to_regclass('_prisma_migrations')::text`,
      args: [],
      argTypes: [],
    });
    if (rows[0]?.[0] == null) return false;
    const applied = await connection.queryRaw({
      sql: `SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL`,
      args: [],
      argTypes: [],
    });
    const names = new Set(applied.rows.map((row) => row[0]));
    return (await migrationNames()).every((name) => names.has(name));
  } finally {
    await connection.dispose();
  }
}

async function withEngine<T>(
  adapter: SqlMigrationAwareDriverAdapterFactory,
  use: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  const { SchemaEngine } = await loadEngine();
  const datamodels: [string, string][] = [[`${prismaFolder}schema.prisma`, await readSchema()]];
  const connections: SqlDriverAdapter[] = [];
  const kept = async (connecting: Promise<SqlDriverAdapter>) => {
    const connection = await connecting;
    connections.push(connection);
    return connection;
  };
  const engine = await SchemaEngine.new(
    { datamodels },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory({
      provider: adapter.provider,
      adapterName: adapter.adapterName,
      connect: () => kept(adapter.connect()),
      connectToShadowDb: () => kept(adapter.connectToShadowDb()),
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

/** The engine never clears the 10 s limit on its lock, which would keep an ended process waiting. */
const unrefTimeout = (callback: () => void, ms: number) => setTimeout(callback, ms >>> 0).unref();

let engineModule: Promise<typeof import('@prisma/schema-engine-wasm/schema_engine_bg')> | undefined;

/**
 * The package's own entry imports the .wasm file as a module, which Node does not do by default. Once a
 * process: its bindings keep views of the first instance's memory.
 */
function loadEngine() {
  engineModule ??= (async () => {
    const bindings = await import('@prisma/schema-engine-wasm/schema_engine_bg');
    const wasm = await readFile(
      new URL('schema_engine_bg.wasm', import.meta.resolve('@prisma/schema-engine-wasm')),
    );
    const imports = Object.entries(bindings).map(([name, binding]) =>
      name.startsWith('__wbg_setTimeout') ? [name, unrefTimeout] : [name, binding],
    );
    const { instance } = await WebAssembly.instantiate(wasm, {
      './schema_engine_bg.js': Object.fromEntries(imports),
    });
    bindings.__wbg_set_wasm(instance.exports);
    const start = instance.exports['__wbindgen_start'];
    if (typeof start === 'function') start();
    return bindings;
  })();
  return engineModule;
}

async function readMigrations(): Promise<MigrationList> {
  const names = await migrationNames();
  return {
    baseDir: migrationsFolder,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(
      names.map(async (name) => ({
        path: name,
        migrationFile: {
          path: 'migration.sql',
          content: {
            tag: 'ok' as const,
            value: await readFile(migrationFile(name), 'utf8'),
          },
        },
      })),
    ),
  };
}

function readSchema(): Promise<string> {
  return readFile(`${prismaFolder}schema.prisma`, 'utf8');
}
