import { Buffer } from 'node:buffer';
import { z } from 'zod';
import { commandLine } from '../src/command-line.ts';
import { openDatabase, type Database } from '../src/store/database.ts';
import { createLogger } from '../src/telemetry/logger.ts';
import { listsOf, type BenchList } from './pages/lists.ts';
import { seed } from './pages/seed.ts';
import { printTargets, quantile, round } from './support/report.ts';
import { startServices } from './support/services.ts';

const values = commandLine('npm run bench:pages')
  .description(
    `What a page of a list costs an account with 1,000 posts and one with 1,000,000, each in a database of its own on a private
PostgreSQL (fsync=off): the first page and one from the middle, of every list in its orders and filters (few: for what 24 rows
have, the oldest; none: for what no row has), both databases in turn. Text search is judged by its time. Fewer than three
characters that hardly any row has, and a time in another order than that of time, read the owner's rows until the page is full:
they are measured, and not judged.`,
  )
  .option('--quick', 'compares with 100,000', false)
  .parse()
  .opts();
const few = 1_000;
const many = values.quick ? 100_000 : 1_000_000;
/** Passes over all pages, and rounds of a page in each. */
const passes = 5;
const rounds = 80;
const warmUp = 20;
const nameWidth = 48;

/** What reads a page of the small account, and of the large one. */
type Reads = readonly [() => Promise<void>, () => Promise<void>];
type Compared = { name: string; judged: BenchList['judged']; reads: Reads; passes: [number[], number[]][] };
type Side = { database: Database; lists: BenchList[] };

async function main(): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const services = opened.use(await startServices());
  const open = async (posts: number): Promise<Side> => {
    const { DATABASE_URL: databaseUrl } = await services.fresh();
    const database = await openDatabase({ databaseUrl, dataDir: '' }, createLogger('warn'));
    opened.defer(() => database.close());
    const startedAt = performance.now();
    const seeded = await seed(database.prisma, posts);
    process.stdout.write(
      `${posts} posts were written in ${round((performance.now() - startedAt) / 1000)} s\n`,
    );
    const [size] = await database.prisma.$queryRaw<object[]>`
      SELECT pg_size_pretty(pg_table_size('posts')) AS posts, pg_size_pretty(pg_indexes_size('posts')) AS indexes`;
    process.stdout.write(`${JSON.stringify(size)}\n`);
    return { database, lists: listsOf(database, seeded) };
  };
  const small = await open(few);
  const large = await open(many);

  const pairs = small.lists.map((list, place) => {
    const other = large.lists[place];
    if (other === undefined) throw new Error('the sides differ');
    return [list, other] as const;
  });
  const compared: Compared[] = [];
  for (const [list, other] of pairs) {
    for (const page of list.isEmpty ? (['first'] as const) : (['first', 'deep'] as const)) {
      const reads: Reads = [
        await pageOf(small.database, list, page),
        await pageOf(large.database, other, page),
      ];
      compared.push({
        name: `${list.name.padEnd(nameWidth)} ${page}`,
        judged: list.judged,
        reads,
        passes: [],
      });
    }
  }
  // What else the machine does for a while spoils one pass of a page, not all.
  for (let pass = 0; pass < passes; pass += 1) {
    for (const { judged, reads, passes } of compared) {
      if (judged !== 'not') passes.push(await timesOf(reads, rounds));
      else if (pass === 0) passes.push(await timesOf(reads, 1));
    }
  }
  const ratios: number[] = [];
  const searches: number[] = [];
  for (const [judged, title] of [
    ['byRatio', 'list'],
    ['byTime', 'list that is searched'],
    ['not', 'list that scans by design, not judged'],
  ] as const) {
    process.stdout.write(
      `${title.padEnd(nameWidth)} page   ${few} posts       ${many} posts    ratio   (ms: median, p10–p90)\n`,
    );
    for (const one of compared.filter((page) => page.judged === judged)) {
      // Of the fast ones: what else the machine does only ever adds.
      const ratio = quantile(
        one.passes.map(([a, b]) => quantile(b, 0.1) / quantile(a, 0.1)),
        0.5,
      );
      if (judged === 'byRatio') ratios.push(ratio);
      if (judged === 'byTime')
        searches.push(
          quantile(
            one.passes.flatMap(([, b]) => b),
            0.5,
          ),
        );
      const [a, b] = ([0, 1] as const).map((side) => percentiles(one.passes.flatMap((times) => times[side])));
      process.stdout.write(`${one.name.padEnd(nameWidth + 7)} ${a}  ${b}  ${ratio.toFixed(2)}\n`);
    }
  }
  printTargets('pages', [
    { name: 'worst_page_ratio', value: round(Math.max(...ratios)), target: 1.3, better: 'lower' },
    { name: 'worst_search_ms', value: round(Math.max(...searches)), target: 50, better: 'lower' },
    { name: 'median_page_ratio', value: round(quantile(ratios, 0.5)), target: 1.3, better: 'lower' },
  ]);
}

/** @returns how long both took in each of the rounds, in ms: in turn, and each first as often as the other. */
async function timesOf(reads: Reads, rounds: number): Promise<[number[], number[]]> {
  const times: [number[], number[]] = [[], []];
  for (let round = -Math.min(warmUp, rounds); round < rounds; round += 1) {
    for (const side of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const startedAt = performance.now();
      await reads[side]();
      if (round >= 0) times[side].push(performance.now() - startedAt);
    }
  }
  return times;
}

/** @returns what reads 10 rows (none where there are none): from the start, or behind the row in the middle of the list. */
async function pageOf(
  { prisma }: Database,
  list: BenchList,
  page: 'first' | 'deep',
): Promise<() => Promise<void>> {
  const read = async (after: string | undefined) => {
    const { edges } = await list.read({ first: 10, after });
    if (edges.length !== (list.isEmpty ? 0 : 10))
      throw new Error(`${list.name}: a page of ${edges.length} rows`);
    return edges;
  };
  if (page === 'first') return async () => void (await read(undefined));
  const { table, where, column, direction } = list.sql;
  const [middle] = z.array(z.object({ value: z.unknown(), id: z.string() })).parse(
    await prisma.$queryRawUnsafe(
      `SELECT "${column}" AS value, id FROM ${table} WHERE ${where} ORDER BY "${column}" ${direction}, id ${direction}
         OFFSET (SELECT count(*) / 2 FROM ${table} WHERE ${where}) LIMIT 1`,
    ),
  );
  // A cursor is its list's mark and a place in it.
  const [first] = await read(undefined);
  const [mark] = z
    .tuple([z.string()], z.unknown())
    .parse(JSON.parse(Buffer.from(first?.cursor ?? '', 'base64url').toString()));
  const after = Buffer.from(JSON.stringify([mark, middle?.value, middle?.id])).toString('base64url');
  return async () => void (await read(after));
}

function percentiles(times: readonly number[]): string {
  const [median, low, high] = [0.5, 0.1, 0.9].map((share) => quantile(times, share).toFixed(2));
  return `${median} (${low}–${high})`.padEnd(18);
}

await main();
