import { Buffer } from 'node:buffer';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { openDatabase, type Database } from '../src/store/database.ts';
import { createLogger } from '../src/telemetry/logger.ts';
import { listsOf, type BenchList } from './pages/lists.ts';
import { seed } from './pages/seed.ts';
import { printTargets, quantile, round } from './support/report.ts';
import { startServices } from './support/services.ts';

const help = `What a page of a list costs an account with 1,000 posts and one with 1,000,000, each in a database of its own: the first
page and one from the middle, of every list in its orders and filters, both databases in turn.

  npm run bench:pages -- [--quick]     --quick compares with 100,000
`;

const { values } = parseArgs({
  options: { help: { type: 'boolean', short: 'h' }, quick: { type: 'boolean' } },
});
const few = 1_000;
const many = values.quick === true ? 100_000 : 1_000_000;
const warmUp = 40;
const rounds = 400;

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
    return { database, lists: listsOf(database, seeded) };
  };
  const small = await open(few);
  const large = await open(many);

  const ratios: number[] = [];
  process.stdout.write(
    `${'list'.padEnd(36)} page   ${few} posts       ${many} posts    ratio of p10   (ms: median, p10–p90)\n`,
  );
  for (const [place, list] of small.lists.entries()) {
    const other = large.lists[place];
    if (other === undefined) throw new Error('the sides differ');
    for (const page of ['first', 'deep'] as const) {
      const [a, b] = [await pageOf(small.database, list, page), await pageOf(large.database, other, page)];
      const times: [number[], number[]] = [[], []];
      for (let round = -warmUp; round < rounds; round += 1) {
        // In turn, and each first as often as the other.
        for (const side of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
          const startedAt = performance.now();
          await (side === 0 ? a : b)();
          if (round >= 0) times[side].push(performance.now() - startedAt);
        }
      }
      // Of the fast ones: what else the machine does only ever adds.
      const ratio = quantile(times[1], 0.1) / quantile(times[0], 0.1);
      ratios.push(ratio);
      process.stdout.write(
        `${list.name.padEnd(36)} ${page.padEnd(6)} ${spread(times[0])}  ${spread(times[1])}  ${ratio.toFixed(2)}\n`,
      );
    }
  }
  printTargets('pages', [
    { name: 'worst_page_ratio', value: round(Math.max(...ratios)), target: 1.3, better: 'lower' },
    { name: 'median_page_ratio', value: round(quantile(ratios, 0.5)), target: 1.3, better: 'lower' },
  ]);
}

/** @returns what reads 10 rows: from the start, or behind the row in the middle of the list. */
async function pageOf(
  { prisma }: Database,
  list: BenchList,
  page: 'first' | 'deep',
): Promise<() => Promise<void>> {
  const read = async (after: string | undefined) => {
    const { edges } = await list.read({ first: 10, after });
    if (edges.length !== 10) throw new Error(`${list.name}: a page of ${edges.length} rows`);
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

function spread(times: readonly number[]): string {
  const [median, low, high] = [0.5, 0.1, 0.9].map((share) => quantile(times, share).toFixed(2));
  return `${median} (${low}–${high})`.padEnd(18);
}

if (values.help === true) process.stdout.write(help);
else await main();
