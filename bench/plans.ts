import { Option } from '@commander-js/extra-typings';
import { commandLine, wholeNumber } from '../src/command-line.ts';
import { repeats, variants, violations } from './plans/scenes.ts';
import { positiveNumber } from './support/options.ts';
import { printTargets } from './support/report.ts';
import { startServices } from './support/services.ts';

const scenes = { repeats, violations, variants };

const { posts, timeScale, only } = commandLine('npm run bench:plans')
  .description(
    `What plans and checks do with a model that repeats itself, breaks rules, or writes for several channels and languages. Each beside
what it is compared with, in the same run, on a private PostgreSQL and Redis.`,
  )
  .option(
    '--posts <n>',
    'of the repeating order; the one that breaks rules has twice, that of variants a quarter',
    wholeNumber(4, 1_000),
    100,
  )
  .option('--time-scale <n>', 'of the latencies', positiveNumber, 0.3)
  .addOption(
    new Option('--only <scene>', 'one of them').choices(['repeats', 'violations', 'variants'] as const),
  )
  .parse()
  .opts();

const sizes = { repeats: posts, violations: posts * 2, variants: Math.ceil(posts / 4) };
await using services = await startServices();
const targets = [];
for (const name of ['repeats', 'violations', 'variants'] as const) {
  if (only !== undefined && only !== name) continue;
  targets.push(...(await scenes[name](services, sizes[name], timeScale)));
}
printTargets('plans', targets);
