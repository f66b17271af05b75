import { setTimeout as delay } from 'node:timers/promises';
import { commandLine, wholeNumber } from '../../src/command-line.ts';
import { round, type Target } from '../../bench/support/report.ts';
import { breakdowns, type Breakdown } from './support/breakdowns.ts';
import { openObservers } from './support/observers.ts';
import { countExtraCalls, verifyData } from './support/verify.ts';
import { openProxiedStage, type ProxiedStage } from './support/proxied-stage.ts';
import { msUntil } from '../support/services/wait-until.ts';
import { progress, report } from './support/report.ts';

/** How long a breakdown lasts at least; one that has to be noticed lasts until it is. */
const lastsMs = 8_000;
/** When nothing is waited for any longer. */
const givenUpMs = 180_000;
/** The short form runs beside other work, and is judged by what is lost. */
const targetsMs = {
  full: { readiness: 5_000, recovery: 10_000 },
  short: { readiness: givenUpMs, recovery: 2 * givenUpMs },
};
const betweenMs = 3_000;
const finishMs = 180_000;

const values = commandLine('npm run chaos:services')
  .description(
    `Breaks what Pressrun stands on: services stopped, hung, flushed and restarted, connections that go silent, a connection
limit, a read-only database, a full disk, ended backends, a long lock. Two API processes behind nginx and two workers, readers over WebSocket and SSE, and a client
that asks all the time. Nobody may be told INTERNAL, or an error in the place of an event, or miss one; readiness has to
be right, and everything well again, within seconds. The full disk needs the right to mount one.`,
  )
  .option('--full', '3 rounds, 50 subscribers, and times are judged', false)
  .option('--rounds <n>', '1 without --full', wholeNumber(1))
  .option('--subscribers <n>', '8 without --full', wholeNumber(1))
  .option('--only <name>', 'breakdowns whose names have this in them')
  .option('--seed <n>', 'of the random moments', wholeNumber(0), 1)
  .parse()
  .opts();
const targets = targetsMs[values.full ? 'full' : 'short'];
const rounds = values.rounds ?? (values.full ? 3 : 1);
const subscribers = values.subscribers ?? (values.full ? 50 : 8);

async function readiness(url: string): Promise<boolean> {
  const answer = await fetch(new URL('/health/ready', url), { signal: AbortSignal.timeout(3_000) }).catch(
    () => undefined,
  );
  return answer?.ok === true;
}

/** @returns ms until all processes said so together; infinite where they did not in time. */
function timeUntil({ children }: ProxiedStage, isReady: boolean, deadlineMs: number): Promise<number> {
  const isSo = async () => {
    const all = await Promise.all(children.map((child) => readiness(child.url())));
    return all.every((one) => one === isReady);
  };
  return msUntil(isSo, { deadlineMs, intervalMs: 100 });
}

/** @returns ms until all processes are ready, and requests are answered. */
async function timeToRecover(stage: ProxiedStage, answers: ReadonlyMap<string, number>): Promise<number> {
  const before = answers.get('answered') ?? 0;
  const isAnswered = () => (answers.get('answered') ?? 0) >= before + 2;
  const readyMs = await timeUntil(stage, true, givenUpMs);
  const options = { deadlineMs: givenUpMs, intervalMs: 50 };
  return readyMs + (await msUntil(isAnswered, options));
}

async function play(
  breakdown: Breakdown,
  stage: ProxiedStage,
  answers: ReadonlyMap<string, number>,
): Promise<{ noticedMs: number | undefined; recoveredMs: number }> {
  const brokenAt = performance.now();
  const mend = await breakdown.strike(stage);
  let noticedMs: number | undefined;
  if (mend !== undefined) {
    if (breakdown.isReady === false)
      noticedMs = await timeUntil(stage, false, Math.max(lastsMs, targets.readiness));
    await delay(Math.max(0, lastsMs - (performance.now() - brokenAt)));
    await mend();
  }
  return { noticedMs, recoveredMs: await timeToRecover(stage, answers) };
}

async function main(): Promise<void> {
  await using stage = await openProxiedStage(values.seed);
  const observers = await openObservers(stage, subscribers);
  progress(`two API processes behind nginx, two workers and ${subscribers} subscribers are there`);
  const played = breakdowns.filter(
    ({ name }) =>
      (values.only === undefined || name.includes(values.only)) &&
      (name !== 'disk full' || stage.disk !== undefined),
  );
  const noticed = new Map<string, number>();
  const recovered = new Map<string, number>();
  for (let number = 1; number <= rounds; number += 1) {
    for (const breakdown of played) {
      await delay(betweenMs);
      const { noticedMs, recoveredMs } = await play(breakdown, stage, observers.answers);
      const { name } = breakdown;
      if (noticedMs !== undefined) noticed.set(name, Math.max(noticed.get(name) ?? 0, noticedMs));
      recovered.set(name, Math.max(recovered.get(name) ?? 0, recoveredMs));
      const told = noticedMs === undefined ? '' : `not ready after ${Math.round(noticedMs)} ms, `;
      progress(
        `round ${number} of ${rounds}: ${name}; ${told}well again after ${Math.round(recoveredMs)} ms; ` +
          [...observers.answers].map(([code, count]) => `${count} ${code}`).join(', '),
      );
    }
  }
  progress('no more breakdowns; waiting for the readers and for all batches');
  const told = await observers.finish(finishMs);
  await stage.load.finish(finishMs);
  const zero = (name: string, value: number): Target => ({ name, value, target: 0, better: 'lower' });
  const within = (times: ReadonlyMap<string, number>, what: string, target: number): Target[] =>
    [...times].map(([name, ms]) => ({
      name: `${name}: ${what}, ms`,
      value: round(ms, 0),
      target,
      better: 'lower',
    }));
  report(
    'chaos:services',
    {
      rounds,
      subscribers,
      'readings of a batch': told.readings,
      'connections of readers': told.connections,
      'posts of the other client': stage.load.started(),
      'answers paid again': countExtraCalls(stage).paid,
      ...Object.fromEntries([...observers.answers].map(([code, count]) => [`answers: ${code}`, count])),
      ...(stage.disk === undefined ? { 'disk full': 'not tried: no right to mount a disk' } : {}),
    },
    [
      ...within(noticed, 'all say not ready', targets.readiness),
      ...within(recovered, 'all well again', targets.recovery),
      zero('answers that are INTERNAL', observers.answers.get('INTERNAL') ?? 0),
      zero('readings that are not 1…n', told.wrong),
      zero('error messages inside of streams', told.errorsInside),
      ...(await verifyData(stage)),
    ],
  );
}

await main();
