import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fromGlobalId } from '../../src/domain/ids.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { openAccount } from '../support/app.ts';
import { startPressrun } from '../support/pressrun.ts';
import { peakMbOf, resetPeakOf } from '../support/process-usage.ts';
import { quantile, round, spread, type Target } from '../support/report.ts';
import type { Load } from './load.ts';
import { check } from './sides/answers.ts';
import { seed } from './sides/seed.ts';
import { pressrunSide } from './sides/sides.ts';

/** On new data and on old. */
const starts = 3;

/**
 * Pressrun with nothing but itself: how soon it answers, on new data and on old, and the memory that lists take. On new data the first answer is the
 * workspace of an account that was just opened, read with its token; on old data it is a list of 220 rows.
 */
export async function measureEmbedded(load: Load, ms: number): Promise<Target[]> {
  const folder = await mkdtemp(`${tmpdir()}/pressrun-bench-`);
  try {
    const common = { JWT_SECRET: randomBytes(48).toString('hex'), CACHE: 'off' };
    let account = { token: '', workspaceId: '' };
    const newMs: number[] = [];
    for (let count = 0; count < starts; count += 1) {
      const isReady = async (url: string) => {
        // It ends with a query that reads the workspace.
        account = await openAccount(`${url}/graphql`, 'bench@example.com');
        return true;
      };
      await using started = await startPressrun({ ...common, DATA_DIR: `${folder}/${count}` }, { isReady });
      newMs.push(started.firstAnswerMs);
    }
    // The rows are those of the account that was opened last.
    const settings = { ...common, DATA_DIR: `${folder}/${starts - 1}` };
    await seedAt(settings.DATA_DIR, fromGlobalId(account.workspaceId)?.id ?? '');

    const side = ({ url, pid }: { url: string; pid: number }) =>
      pressrunSide({ url, pid }, { token: account.token, postId: '' });
    const isReady = (url: string) =>
      check(side({ url, pid: 0 }), 'list').then(
        () => true,
        () => false,
      );
    const oldMs: number[] = [];
    for (let count = 1; count < starts; count += 1) {
      await using started = await startPressrun(settings, { isReady });
      oldMs.push(started.firstAnswerMs);
    }
    await using pressrun = await startPressrun(settings, { isReady });
    oldMs.push(pressrun.firstAnswerMs);
    resetPeakOf(pressrun.pid);
    const { perSecond } = await load.measure(await check(side(pressrun), 'list'), ms);
    const peakMb = round(peakMbOf(pressrun.pid), 1);
    process.stdout.write(
      `embedded: first answer with a row after ${spread(newMs, 0)} ms on a new data directory, ${spread(oldMs, 0)} ms on an old one; ` +
        `${peakMb} MB resident at the peak of ${round(perSecond, 0)} lists of 220 rows a second\n`,
    );
    const judge = (name: string, value: number, target: number): Target => ({
      name: `embedded, ${name}`,
      value,
      target,
      better: 'lower',
    });
    return [
      judge('first answer on new data, ms', round(quantile(newMs, 0.5), 0), 2_000),
      judge('first answer on old data, ms', round(quantile(oldMs, 0.5), 0), 1_000),
      judge('peak of resident memory under load, MB', peakMb, 330),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function seedAt(dataDir: string, ownerId: string): Promise<void> {
  const database = await openDatabase({ databaseUrl: undefined, dataDir }, createLogger('warn'));
  try {
    await seed(database.prisma, ownerId);
  } finally {
    await database.close();
  }
}
