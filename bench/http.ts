import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { startChild } from './support/child.ts';
import { printTargets, quantile, round, type Target } from './support/report.ts';
import { startServices } from './support/services.ts';
import { cpuMsOf, residentMbOf } from './http/process-usage.ts';
import { runMixed } from './http/mixed.ts';
import { requestOf, shapes, type Shape } from './http/shapes.ts';
import {
  checkSameAnswers,
  register,
  startPressrun,
  startSides,
  type Side,
  type Sides,
} from './http/sides.ts';

/**
 * The speed of the request path, side by side with a hand-written server and with Apollo Server, on the same
 * rows of the same PostgreSQL. All take turns in one run.
 *
 * Ratios that are judged are of the server's CPU time a request: on a machine where the load and PostgreSQL
 * share the cores with the server, throughput says as much of them as of it. Throughput is printed beside it.
 */
const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    shape: { type: 'string', multiple: true, default: [...shapes] },
    /** Flags of Node for Pressrun's process, such as `--cpu-prof`. */
    node: { type: 'string', multiple: true, default: [] },
  },
});
const chosen = z.array(z.enum(shapes)).parse(options.shape);
const { warmUpMs, roundMs, rounds, openLoopMs } = options.quick
  ? { warmUpMs: 3_000, roundMs: 1_000, rounds: 3, openLoopMs: 3_000 }
  : { warmUpMs: 8_000, roundMs: 3_000, rounds: 5, openLoopMs: 15_000 };
const connections = 16;
/** Of the embedded form, on new data and on old. */
const starts = 3;

const leastOfHandWritten: Record<Shape, number> = { hello: 0.5, single: 0.45, list: 0.6 };
const leastFromCache = { single: 2, list: 8 };

await using services = await startServices();
await using load = await startChild(
  new URL('http/load-child.ts', import.meta.url),
  {},
  { ready: z.object({}), report: z.object({}) },
);
const answer = z.object({
  latenciesMs: z.array(z.number()),
  errors: z.number(),
  elapsedMs: z.number(),
  /** How late the load's own clock struck. */
  lateMs: z.array(z.number()),
});
const ask = (
  side: Side,
  shape: Shape,
  how: { connections: number; ms: number; perSecond?: number; isAwake?: boolean; settleMs?: number },
) => load.ask({ ...side.request(shape), ...how }, answer);

const targets: Target[] = [];
{
  await using started = await startSides(await services.fresh(), options.node);
  const { sides } = started;
  for (const shape of chosen) targets.push(...(await compare(sides, shape)));
  targets.push(await hitRate(started.account));
}
{
  await using started = await startSides(await services.fresh(), options.node);
  targets.push(...(await openLoop(started.sides)));
}
targets.push(...(await embedded()));
printTargets('http', targets);

type Figures = { cpuMs: number; perSecond: number };

async function compare(sides: Sides, shape: Shape): Promise<Target[]> {
  await checkSameAnswers(sides, shape);
  const seen: Record<keyof Sides, Figures[]> = { pressrun: [], cached: [], handWritten: [], apollo: [] };
  const names = ['pressrun', 'cached', 'handWritten', 'apollo'] as const;
  for (const name of names) await measure(sides[name], shape, warmUpMs, true);
  for (let count = 0; count < rounds; count += 1) {
    for (const name of names) seen[name].push(await measure(sides[name], shape, roundMs, true));
  }
  const spread = (name: keyof Sides, what: keyof Figures, digits: number) => {
    const samples = seen[name].map((figures) => figures[what]);
    const [low, median, high] = [0, 0.5, 1].map((share) => round(quantile(samples, share), digits));
    return `${median} (${low}–${high})`;
  };
  for (const name of names) {
    process.stdout.write(
      `${shape}, ${name}: CPU ms a request ${spread(name, 'cpuMs', 3)}, requests a second ${spread(name, 'perSecond', 0)}\n`,
    );
  }
  // Neighbours in time are compared, so that what else the machine does falls on both.
  const ratios = (
    other: keyof Sides,
    of: (ours: Figures, theirs: Figures) => number,
    own: 'pressrun' | 'cached' = 'pressrun',
  ) =>
    seen[own].flatMap((ours, place) => {
      const theirs = seen[other][place];
      return theirs === undefined ? [] : [of(ours, theirs)];
    });
  const median = (samples: number[]) => round(quantile(samples, 0.5));
  const ofHandWritten = median(ratios('handWritten', (ours, theirs) => theirs.cpuMs / ours.cpuMs));
  const fromCache = median(ratios('handWritten', (ours, theirs) => theirs.cpuMs / ours.cpuMs, 'cached'));
  const ofApollo = median(ratios('apollo', (ours, theirs) => theirs.cpuMs / ours.cpuMs));
  process.stdout.write(
    `${shape}: by CPU ${ofHandWritten} of hand-written (${fromCache} from the cache), ${ofApollo} of Apollo; by throughput ` +
      `${median(ratios('handWritten', (ours, theirs) => ours.perSecond / theirs.perSecond))} and ` +
      `${median(ratios('apollo', (ours, theirs) => ours.perSecond / theirs.perSecond))}\n`,
  );
  return [
    {
      name: `${shape}, of ${shape === 'hello' ? 'bare http' : 'hand-written'}`,
      value: ofHandWritten,
      target: leastOfHandWritten[shape],
      better: 'higher',
    },
    ...(shape === 'hello'
      ? []
      : [
          {
            name: `${shape}, from the cache, of hand-written`,
            value: fromCache,
            target: leastFromCache[shape],
            better: 'higher' as const,
          },
        ]),
    { name: `${shape}, of Apollo Server`, value: ofApollo, target: 3, better: 'higher' },
  ];
}

/** @param isAwake for CPU; the load then has a core for itself, which throughput would have shared. */
async function measure(side: Side, shape: Shape, ms: number, isAwake = false): Promise<Figures> {
  const before = cpuMsOf(side.pid);
  const { latenciesMs, errors, elapsedMs } = await ask(side, shape, { connections, ms, isAwake });
  if (errors > 0) throw new Error(`${errors} requests of ${shape} failed`);
  const count = latenciesMs.length;
  return { cpuMs: (cpuMsOf(side.pid) - before) / count, perSecond: count / (elapsedMs / 1000) };
}

/** How many reads of a mixed workload are answered from the cache. */
async function hitRate(account: Parameters<typeof runMixed>[0]): Promise<Target> {
  const { hits, reads, writes } = await runMixed(account, { warmUpMs, ms: openLoopMs });
  process.stdout.write(`mixed: ${hits} of ${reads} reads were hits, beside ${writes} writes\n`);
  return { name: 'mixed, hits of all reads', value: round(hits / reads, 3), target: 0.9, better: 'higher' };
}

/**
 * Latency at half of what it can do, 500 connections taking turns, and the memory that this takes. The hand-written server is asked in turn and in the
 * same way, so that what load, server and PostgreSQL on the same cores do to each other can be told from what Pressrun does. Of several rounds the median counts: where
 * the machine slows down after a capacity was measured, half of it is too much for a while.
 */
async function openLoop({ pressrun, handWritten }: Sides): Promise<Target[]> {
  for (const side of [handWritten, pressrun]) await measure(side, 'single', warmUpMs);
  const seen: Record<'handWritten' | 'pressrun', Latencies[]> = { handWritten: [], pressrun: [] };
  for (let count = 0; count < rounds; count += 1) {
    seen.handWritten.push(await latencies(handWritten));
    seen.pressrun.push(await latencies(pressrun));
  }
  const residentMb = round(residentMbOf(pressrun.pid), 1);
  const median = (name: keyof typeof seen, what: keyof Latencies) =>
    round(
      quantile(
        seen[name].map((one) => one[what]),
        0.5,
      ),
    );
  const spread = (name: keyof typeof seen, what: keyof Latencies) => {
    const values = seen[name].map((one) => one[what]);
    return `${median(name, what)} (${round(Math.min(...values))}–${round(Math.max(...values))})`;
  };
  for (const name of ['handWritten', 'pressrun'] as const) {
    process.stdout.write(
      `single, ${name}, ${round(median(name, 'perSecond'), 0)} a second over 500 connections, medians of ${rounds} rounds: unloaded ` +
        `${spread(name, 'unloaded')} ms, median ${spread(name, 'p50')} ms, p95 ${spread(name, 'p95')} ms, p99 ${spread(name, 'p99')} ms, ` +
        `÷ unloaded ${spread(name, 'ofP95')} and ${spread(name, 'ofP99')}; the load's clock up to ${spread(name, 'late')} ms late (p99)\n`,
    );
  }
  const errors = seen.pressrun.reduce((sum, one) => sum + one.errors, 0);
  return [
    {
      name: 'p95 at half capacity ÷ unloaded p50',
      value: median('pressrun', 'ofP95'),
      target: 4,
      better: 'lower',
    },
    {
      name: 'p99 at half capacity ÷ unloaded p50',
      value: median('pressrun', 'ofP99'),
      target: 8,
      better: 'lower',
    },
    { name: 'errors at half capacity', value: errors, target: 0, better: 'lower' },
    { name: 'resident memory under load, MB', value: residentMb, target: 160, better: 'lower' },
  ];
}

/** Of one round; times in milliseconds. */
type Latencies = Awaited<ReturnType<typeof latencies>>;

async function latencies(side: Side) {
  const alone = await ask(side, 'single', { connections: 1, ms: openLoopMs / 10 });
  const perSecond = (await measure(side, 'single', openLoopMs / 10)).perSecond / 2;
  const how = { connections: 500, ms: openLoopMs / 3, perSecond, settleMs: openLoopMs / 15 };
  const { latenciesMs, errors, lateMs } = await ask(side, 'single', how);
  const unloaded = quantile(alone.latenciesMs, 0.5);
  const [p50 = 0, p95 = 0, p99 = 0] = [0.5, 0.95, 0.99].map((share) => quantile(latenciesMs, share));
  const late = quantile(lateMs, 0.99);
  return { perSecond, unloaded, p50, p95, p99, ofP95: p95 / unloaded, ofP99: p99 / unloaded, errors, late };
}

/** Pressrun with nothing but itself: how soon it answers, on new data and on old, and the memory that it takes. */
async function embedded(): Promise<Target[]> {
  const folder = await mkdtemp(`${tmpdir()}/pressrun-bench-`);
  try {
    const freshMs: number[] = [];
    for (let count = 0; count < starts; count += 1) {
      await using fresh = await startPressrun({ DATA_DIR: `${folder}/${count}` });
      freshMs.push(fresh.firstAnswerMs);
    }
    const oldMs: number[] = [];
    for (let count = 1; count < starts; count += 1) {
      await using old = await startPressrun({ DATA_DIR: `${folder}/0` });
      oldMs.push(old.firstAnswerMs);
    }
    await using pressrun = await startPressrun({ DATA_DIR: `${folder}/0` });
    oldMs.push(pressrun.firstAnswerMs);
    const { token } = await register(pressrun.url);
    const side: Side = {
      pid: pressrun.pid,
      request: (shape) => ({
        url: `${pressrun.url}/graphql`,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify(requestOf(shape, '')),
      }),
    };
    const { perSecond } = await measure(side, 'list', openLoopMs);
    const residentMb = round(residentMbOf(pressrun.pid), 1);
    const [onFresh, onOld] = [freshMs, oldMs].map((samples) => round(quantile(samples, 0.5), 0));
    process.stdout.write(
      `embedded: first answer after ${onFresh} ms on a new data directory, ${onOld} ms on an old one; ` +
        `resident ${residentMb} MB at ${round(perSecond, 0)} lists a second\n`,
    );
    return [
      {
        name: 'embedded, first answer on new data, ms',
        value: onFresh ?? Number.NaN,
        target: 2_000,
        better: 'lower',
      },
      {
        name: 'embedded, first answer on old data, ms',
        value: onOld ?? Number.NaN,
        target: 1_000,
        better: 'lower',
      },
      { name: 'embedded, resident memory under load, MB', value: residentMb, target: 330, better: 'lower' },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
