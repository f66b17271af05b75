import { mkdir, writeFile } from 'node:fs/promises';
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { PGlite } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { commandLine } from '../src/command-line.ts';
import { diffMigrations } from './schema-engine.ts';

const command = commandLine('npm run db:migration')
  .description('Writes the migration that leads from prisma/migrations to prisma/schema.prisma.')
  .argument('[name]', 'in lower case, such as add_post_revisions', readName)
  .option('--check', 'writes nothing; exits 1 where a migration is missing')
  .parse();
const { check } = command.opts();
const [name] = command.processedArgs;
if (!check && name === undefined) command.error('it needs a name, such as add_post_revisions.');

const database = new PGlite({ extensions: { pg_trgm } });
const sql = await diffMigrations(new PrismaPGlite(database));
await database.close();
if (sql === undefined) {
  process.stdout.write('prisma/migrations and prisma/schema.prisma agree.\n');
} else if (check) {
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

function readName(text: string): string {
  if (/^[a-z0-9_]+$/.test(text)) return text;
  throw new InvalidArgumentError('It may have lower-case letters, digits and underscores.');
}
