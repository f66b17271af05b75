import { mkdir, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { PGlite } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { diffMigrations } from './schema-engine.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { help: { type: 'boolean' }, check: { type: 'boolean' } },
});
const name = positionals[0];

if (values.help || (!values.check && !/^[a-z0-9_]+$/.test(name ?? ''))) {
  process.stdout.write(`Writes the migration that leads from prisma/migrations to prisma/schema.prisma.

  npm run db:migration -- NAME       NAME in lower case, such as add_post_revisions
  npm run db:migration -- --check    exits 1 where a migration is missing
`);
  process.exitCode = values.help ? 0 : 1;
} else {
  const database = new PGlite({ extensions: { pg_trgm } });
  const sql = await diffMigrations(new PrismaPGlite(database));
  await database.close();
  if (sql === undefined) {
    process.stdout.write('prisma/migrations and prisma/schema.prisma agree.\n');
  } else if (values.check) {
    process.stderr.write(
      `prisma/schema.prisma is ahead of prisma/migrations by:\n\n${sql}\nWrite it: npm run db:migration -- NAME\n`,
    );
    process.exitCode = 1;
  } else {
    const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
    const folder = `prisma/migrations/${stamp}_${name}`;
    await mkdir(folder, { recursive: true });
    await writeFile(`${folder}/migration.sql`, sql);
    process.stdout.write(`Wrote ${folder}/migration.sql. Read it before you commit it.\n`);
  }
}
