import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { glob, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { commandLine } from '../src/command-line.ts';
import type { Database } from '../src/store/database.ts';

const options = commandLine('npm run generate')
  .description(
    'Generates all code and files that are made from others: Prisma client, schema.graphql, docs/errors.md, docs/configuration.md, typed client documents, database template.',
  )
  .option('--check', 'changes nothing; exits 1 if a committed file or the migrations are out of date')
  .option('--install', 'after npm ci: all but the committed files, schema.graphql and docs/*.md')
  .parse()
  .opts();

if (options.check) {
  await checkFiles();
  run('scripts/migration.ts', '--check');
} else {
  step('Prisma client', () => run(binOf('prisma'), 'generate', '--no-hints'));
  if (!options.install) {
    for (const [file, text] of await printedFiles()) await writeFile(file, text);
    step('schema.graphql, docs/errors.md and docs/configuration.md', () => undefined);
  }
  // Absent after `npm ci --omit=dev`: then nothing that runs needs its output.
  if (existsSync('node_modules/@graphql-codegen/cli')) {
    step('typed client documents', () => run(binOf('@graphql-codegen/cli'), '--silent'));
    await writePersistedDocuments();
  }
  await buildTemplate();
  step('compiled code of a start', compileStart);
}

async function checkFiles(): Promise<void> {
  for (const [file, text] of await printedFiles()) {
    if (existsSync(file) && (await readFile(file, 'utf8')) === text) continue;
    process.stderr.write(`${file} is out of date. To update it: npm run generate\n`);
    process.exitCode = 1;
  }
}

/** Loaded late: the code they come from does not compile before the Prisma client is there. */
async function printedFiles(): Promise<[file: string, text: string][]> {
  const [{ printSchema, lexicographicSortSchema }, { schema }, { errorsPage }, { configurationPage }] =
    await Promise.all([
      import('graphql'),
      import('../src/graphql/schema.ts'),
      import('./errors-page.ts'),
      import('./configuration-page.ts'),
    ]);
  return [
    ['schema.graphql', `${printSchema(lexicographicSortSchema(schema))}\n`],
    ['docs/errors.md', errorsPage(schema)],
    ['docs/configuration.md', configurationPage()],
  ];
}

/** What PERSISTED_ONLY lets run: each operation of our own clients with its fragments, by its SHA-256. */
async function writePersistedDocuments(): Promise<void> {
  const { parse, print, separateOperations } = await import('graphql');
  const files = await Array.fromAsync(glob('client/operations/*.graphql'));
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const operations = separateOperations(parse(texts.join('\n')));
  const documents = Object.values(operations).map((document) => print(document));
  const byHash = documents.map((text) => [createHash('sha256').update(text).digest('hex'), text]);
  await writeFile(
    'client/generated/persisted-documents.json',
    `${JSON.stringify(Object.fromEntries(byHash), null, 1)}\n`,
  );
}

/** The data directory that embedded databases start from: initialised, migrated, with the job engine's tables. */
async function buildTemplate(): Promise<void> {
  const { templateFolder } = await import('../src/store/embedded/embedded.ts');
  const template = await templateFolder();
  if (existsSync(template)) return;
  const [{ openDatabase }, { createJobs }, { createLogger }] = await Promise.all([
    import('../src/store/database.ts'),
    import('../src/store/jobs/jobs.ts'),
    import('../src/telemetry/logger.ts'),
  ]);
  const startedAt = performance.now();
  const building = `${template}.building-${process.pid}`;
  await rm(dirname(template), { recursive: true, force: true });
  await mkdir(building, { recursive: true });
  const logger = createLogger('silent');
  const database = await openDatabase({ databaseUrl: undefined, dataDir: building }, logger);
  const jobs = createJobs(database.bossOptions, logger);
  await jobs.start();
  await jobs.stop();
  await dropUnused(database);
  await database.close();
  // Whoever runs it may be another account than the one that installed it. There is nothing of anybody in it.
  execFileSync('chmod', ['-R', 'a+rX', `${building}/postgres`]);
  await rename(`${building}/postgres`, template);
  await rm(building, { recursive: true });
  process.stdout.write(`generated database template (${Math.round(performance.now() - startedAt)} ms)\n`);
}

/** As `npm start` does it, or V8 would not take the code for its own; `--help` loads everything and starts nothing. */
function compileStart(): void {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
  run(...String(scripts.start).split(' ').slice(2), '--help');
}

/** PostgreSQL's models of new databases are half of the files, and none will be made. */
async function dropUnused({ query }: Database): Promise<void> {
  await query('UPDATE pg_database SET datistemplate = false', []);
  for (const name of ['template0', 'template1']) await query(`DROP DATABASE ${name}`, []);
}

function step(name: string, work: () => void): void {
  const startedAt = performance.now();
  work();
  process.stdout.write(`generated ${name} (${Math.round(performance.now() - startedAt)} ms)\n`);
}

function run(...args: string[]): void {
  try {
    execFileSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  } catch {
    process.exitCode = 1;
    throw new Error(`node ${args.join(' ')} failed; what it said stands above`);
  }
}

/** The file behind a package's command, run by this very Node. */
function binOf(packageName: string): string {
  const manifest = createRequire(import.meta.url).resolve(`${packageName}/package.json`);
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'));
  return `${dirname(manifest)}/${typeof bin === 'string' ? bin : String(Object.values(bin)[0])}`;
}
