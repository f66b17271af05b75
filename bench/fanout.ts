import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { commandLine, wholeNumber } from '../src/command-line.ts';
import { fromGlobalId } from '../src/domain/ids.ts';
import { judgeDeliveries } from './fanout/judge.ts';
import { commitsSchema, reportSchema, type Group } from './fanout/messages.ts';
import { openAccount } from './support/app.ts';
import { startBatch } from './support/batch.ts';
import { startChild } from './support/child.ts';
import { apiSettings, startPressrun } from './support/pressrun.ts';
import { cpuMsOf, peakMbOf, resetPeakOf, residentMbOf } from './support/process-usage.ts';
import { printTargets, quantile, round, spread } from './support/report.ts';
import { startServices } from './support/services.ts';

const values = commandLine('npm run bench:fanout')
  .description(
    `A thousand subscribers of 200 workspaces over WebSocket: how soon after its commit each is told each event of its batch, and what
that costs. Each workspace has a batch and five subscribers of its own. The server is an API instance as in production; posts
are settled by another process, each with its three steps before. A raw ws server that sends the same takes turns with it. On a
private PostgreSQL (fsync=off) and Redis.`,
  )
  .option('--quick', '20 workspaces, 2 rounds', false)
  .option('--workspaces <n>', '200 without --quick', wholeNumber(1))
  .option('--subscribers <n>', 'of each workspace', wholeNumber(1), 5)
  .option('--rounds <n>', '5 without --quick', wholeNumber(1))
  .option(
    '--posts-per-second <n>',
    'over all workspaces; 50 is 12 times what 250 images a minute allow',
    wholeNumber(1),
    50,
  )
  .parse()
  .opts();
const workspaces = values.workspaces ?? (values.quick ? 20 : 200);
const rounds = values.rounds ?? (values.quick ? 2 : 5);
/** Of each batch in a round. */
const postsPerRound = 2;
/** After which an event that was not told is missed. */
const missedAfterMs = 10_000;

await using services = await startServices();
const settings = { ...(await services.fresh()), ...apiSettings() };
const groups = await openWorkspaces();
// Memory that migrations and registrations took once is not the subscribers'.
await using server = await startPressrun(settings);
const none = z.object({});
await using committer = await startChild(new URL('fanout/committer-child.ts', import.meta.url), settings, {
  ready: none,
  report: none,
});
await using raw = await startChild(
  new URL('fanout/raw-child.ts', import.meta.url),
  {},
  { ready: z.object({ url: z.string(), pid: z.number() }), report: none },
);

const residentBefore = residentMbOf(server.pid);
resetPeakOf(server.pid);
await using subscribers = await startSubscribers({ url: `${server.url}/graphql`, isRaw: false });
const kilobytes = ((residentMbOf(server.pid) - residentBefore) * 1024) / (workspaces * values.subscribers);
await using rawSubscribers = await startSubscribers({ url: raw.ready.url, isRaw: true });

const rowIds = groups.map(({ batchId }) => fromGlobalId(batchId)?.id ?? '');
const pace = { perBatch: postsPerRound, everyMs: 1_000 / values.postsPerSecond };
const measureServer = () =>
  measure(server.pid, subscribers, rowIds, () => committer.ask({ batchIds: rowIds, ...pace }, commitsSchema));

// The first round loads and compiles code, and says what the raw server has to send.
const { samples } = await measureServer();
const rawIds = groups.map(({ batchId }) => batchId);
let firstSeq = 1;
const measureRaw = () => {
  firstSeq += postsPerRound;
  const question = { batchIds: rawIds, ...pace, ...samples, firstSeq };
  return measure(raw.ready.pid, rawSubscribers, rawIds, () => raw.ask(question, commitsSchema));
};
await measureRaw();

type Round = Awaited<ReturnType<typeof measure>>;
const seen: Record<'Pressrun' | 'raw ws', Round[]> = { Pressrun: [], 'raw ws': [] };
for (let count = 0; count < rounds; count += 1) {
  seen.Pressrun.push(await measureServer());
  seen['raw ws'].push(await measureRaw());
}
const peakMb = round(peakMbOf(server.pid), 1);

for (const [name, all] of Object.entries(seen)) {
  const told = (key: 'p50' | 'p99' | 'cpuMicros' | 'missed' | 'extra' | 'deliveries', digits: number) =>
    spread(
      all.map((one) => one[key]),
      digits,
    );
  process.stdout.write(
    `${name}: p50 ${told('p50', 1)} ms, p99 ${told('p99', 1)} ms, ${told('cpuMicros', 1)} µs of CPU a delivery, ` +
      `${told('deliveries', 0)} deliveries a round, missed ${told('missed', 0)}, extra ${told('extra', 0)}\n`,
  );
}
const ratios = seen.Pressrun.map(
  (ours, index) => ours.cpuMicros / (seen['raw ws'][index]?.cpuMicros ?? Number.NaN),
);
process.stdout.write(
  `CPU a delivery, to raw ws: ${spread(ratios, 1)}; ${round(kilobytes, 1)} KB resident a subscriber; ${peakMb} MB at the peak\n`,
);
const sum = (key: 'missed' | 'extra' | 'closed') => seen.Pressrun.reduce((total, one) => total + one[key], 0);
printTargets('fanout', [
  {
    name: 'p99 from commit to subscriber, ms',
    value: round(
      quantile(
        seen.Pressrun.map(({ p99 }) => p99),
        0.5,
      ),
    ),
    target: 60,
    better: 'lower',
  },
  { name: 'events missed, by their numbers', value: sum('missed'), target: 0, better: 'lower' },
  { name: 'events told twice, or never committed', value: sum('extra'), target: 0, better: 'lower' },
  { name: 'connections closed by the server', value: sum('closed'), target: 0, better: 'lower' },
  { name: 'peak of resident memory, MB', value: peakMb, target: 200, better: 'lower' },
]);

/** Opens accounts, each with a batch that has enough posts for all rounds. */
async function openWorkspaces(): Promise<Group[]> {
  await using first = await startPressrun(settings);
  const opened: Group[] = [];
  for (let number = 0; number < workspaces; number += 1) {
    const account = await openAccount(`${first.url}/graphql`, `workspace${number}@example.com`);
    const batchId = await startBatch(account, postsPerRound * (rounds + 2));
    opened.push({ batchId, token: account.token });
  }
  return opened;
}

function startSubscribers(settings: { url: string; isRaw: boolean }) {
  const argument = { ...settings, groups, perGroup: values.subscribers };
  return startChild(new URL('fanout/subscribers-child.ts', import.meta.url), argument, {
    ready: none,
    report: reportSchema,
  });
}

/** One round: what is committed, when each subscriber was told, and what the server used for it. */
async function measure(
  pid: number,
  audience: Awaited<ReturnType<typeof startSubscribers>>,
  batchIds: readonly string[],
  commit: () => Promise<z.output<typeof commitsSchema>>,
) {
  // What was told after the last round had all that it waited for.
  const late = (await audience.report()).told.length;
  const cpuBefore = cpuMsOf(pid);
  const { commits } = await commit();
  const subscribersOf = (batchId: string) => {
    const first = batchIds.indexOf(batchId) * values.subscribers;
    return Array.from({ length: values.subscribers }, (_, index) => first + index);
  };
  const all = await audience.report();
  const committedAt = performance.now();
  let judged = judgeDeliveries(commits, all.told, subscribersOf);
  while (judged.missed > 0 && performance.now() - committedAt < missedAfterMs) {
    await delay(50);
    const more = await audience.report();
    all.told.push(...more.told);
    all.closeCodes.push(...more.closeCodes);
    all.deliveries += more.deliveries;
    judged = judgeDeliveries(commits, all.told, subscribersOf);
  }
  const { latencies, missed, extra } = judged;
  return {
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    missed,
    extra: extra + late,
    closed: all.closeCodes.length,
    deliveries: all.deliveries,
    cpuMicros: ((cpuMsOf(pid) - cpuBefore) / all.deliveries) * 1000,
    samples: all.samples,
  };
}
