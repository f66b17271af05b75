import { commandLine, wholeNumber } from '../src/command-line.ts';
import { followBatch } from '../client/index.ts';
import { openAccount } from './support/app.ts';
import { startBatch } from './support/batch.ts';
import { positiveNumber } from './support/options.ts';
import { startPressrun } from './support/pressrun.ts';
import { cpuMsBeside, peakMbOf } from './support/process-usage.ts';
import { printTargets, quantile, round, spread } from './support/report.ts';

const { posts, rounds, timeScale } = commandLine('npm run bench:embedded')
  .description(
    `What Pressrun takes of a machine with nothing but itself: its memory at most while it starts on new data, and with a batch, and
its CPU for a post, without that of the simulator's thread. The real process of npm start, with the simulator's realistic latencies
(caption 2–6 s, image 5–15 s) times the scale.`,
  )
  .option('--posts <n>', 'of each batch', wholeNumber(1), 100)
  .option('--rounds <n>', 'processes, each with a batch', wholeNumber(1), 3)
  .option('--time-scale <n>', 'of the latencies', positiveNumber, 0.3)
  .parse()
  .opts();

/** The thread's name. */
const simulator = 'simulator';

const startMb: number[] = [];
const batchMb: number[] = [];
const cpuMs: number[] = [];
for (let index = 0; index < rounds; index += 1) {
  await using pressrun = await startPressrun({ SIMULATOR_TIME_SCALE: String(timeScale) });
  const { pid } = pressrun;
  startMb.push(peakMbOf(pid));
  const url = `${pressrun.url}/graphql`;
  const account = await openAccount(url, 'bench@example.com');
  const before = cpuMsBeside(pid, simulator);
  const batchId = await startBatch(account, posts);
  for await (const event of followBatch({ url, token: account.token, batchId })) void event;
  cpuMs.push((cpuMsBeside(pid, simulator) - before) / posts);
  batchMb.push(peakMbOf(pid));
}
process.stdout.write(
  `resident at most: ${spread(startMb, 0)} MB after a first start, ${spread(batchMb, 0)} MB after a batch of ${posts}; ` +
    `CPU ${spread(cpuMs, 1)} ms a post\n`,
);
printTargets('embedded', [
  {
    name: 'memory at most of a first start, MB',
    value: round(Math.max(...startMb), 0),
    target: 256,
    better: 'lower',
  },
  {
    name: `memory at most after a batch of ${posts}, MB`,
    value: round(Math.max(...batchMb), 0),
    target: 350,
    better: 'lower',
  },
  {
    name: 'CPU a post without the simulator’s, ms',
    value: round(quantile(cpuMs, 0.5), 1),
    target: 40,
    better: 'lower',
  },
]);
