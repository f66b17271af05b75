import type { Logger } from '../telemetry/logger.ts';
import type { Database } from './database.ts';

/** Keeps instances within a minute of each other, which access tokens tolerate. */
const toleratedMs = 30_000;

const everyMs = 10 * 60_000;

/**
 * Compares this machine's clock with the database's, now and every ten minutes. Warns if they differ by more than 30 s.
 *
 * @param clock this machine's, in milliseconds since 1970.
 * @returns a function that ends it.
 */
export async function watchClockSkew(
  { query }: Pick<Database, 'query'>,
  logger: Logger,
  clock: () => number = Date.now,
): Promise<() => void> {
  async function warnOfDifference(): Promise<void> {
    const askedMs = clock();
    const [row] = await query<{ ms: number }>(
      'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms',
      [],
    );
    if (row === undefined) return;
    // The database read its clock somewhere in between.
    const aheadMs = (askedMs + clock()) / 2 - row.ms;
    if (Math.abs(aheadMs) <= toleratedMs) return;
    logger.warn(
      { seconds: Math.round(Math.abs(aheadMs) / 1_000) },
      `the clock of this machine is ${aheadMs > 0 ? 'ahead of' : 'behind'} the database's: other instances may refuse its access tokens; set it by NTP`,
    );
  }
  /** A failure must not break the start: the next comparison follows. */
  const compare = () =>
    warnOfDifference().catch((error: unknown) => logger.debug({ err: error }, 'could not compare clocks'));
  await compare();
  const timer = setInterval(() => void compare(), everyMs).unref();
  return () => clearInterval(timer);
}
