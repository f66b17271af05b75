import { commandLine, wholeNumber } from '../src/command-line.ts';
import { expectedSeconds, fullGrid, shortGrid, timeScaleOf } from './makespan/cells.ts';
import { measureCell } from './makespan/grid.ts';
import { measureTwoInstances } from './makespan/instances.ts';
import { measureLimitCut } from './makespan/limit-cut.ts';
import { printTargets, type Target } from './support/report.ts';
import { startServices } from './support/services.ts';

const { full, only, rounds } = commandLine('npm run bench:makespan')
  .description(
    `How near batches come to the shortest time that the provider's limits allow: wall time ÷ the online lower bound, which is the
latest of: paced release of each post plus its latency; total latency ÷ slots; images ÷ images a minute; tokens ÷ tokens a
minute. The simulator's clock runs faster than life, cell by cell as printed. On private PostgreSQL (fsync=off) and Redis; the
simulator runs in a process of its own. Measures 9 cells of the grid, two instances and a limit cut.`,
  )
  .option(
    '--full',
    'all 72 cells: 10, 50, 100, 1000 posts × 20, 50, 250 images a minute × 5, 50, 200 slots × fixed and log-normal latency',
    false,
  )
  .option('--rounds <n>', 'batches of each cell', wholeNumber(1), 3)
  .option(
    '--only <what>',
    'cells whose "posts/images a minute/slots" starts so, such as 1000/250; "grid": only the cells; "instances": only the two instances and the limit cut',
  )
  .parse()
  .opts();

const wallSeconds = full ? 15 : 7;
const grid = full || /^\d/.test(only ?? '') ? fullGrid : shortGrid;
const cells = grid.filter(
  ({ posts, imagesPerMinute, slots }) =>
    only === undefined || only === 'grid' || `${posts}/${imagesPerMinute}/${slots}`.startsWith(only),
);
const seconds = cells
  .map((cell) => rounds * expectedSeconds(cell) * timeScaleOf(cell, wallSeconds) + 2)
  .reduce((sum, one) => sum + one, only === undefined ? 60 : 0);
process.stdout.write(`${cells.length} cells, about ${Math.ceil(seconds / 60)} min\n`);
await using services = await startServices();
const targets: Target[] = [];
for (const cell of cells) targets.push(...(await measureCell(services, cell, { wallSeconds, rounds })));
if (only === undefined || only === 'instances') {
  targets.push(...(await measureTwoInstances(services, full ? 400 : 200)));
  targets.push(...(await measureLimitCut(services, 100)));
}
printTargets('makespan', targets);
