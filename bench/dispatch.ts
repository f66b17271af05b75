import { Option } from '@commander-js/extra-typings';
import { commandLine } from '../src/command-line.ts';
import { watchDriver } from '../test/support/statements.ts';
import { measureApiLatency } from './dispatch/api-latency.ts';
import { countStart, countSteady } from './dispatch/counts.ts';
import { measureMemory } from './dispatch/memory.ts';
import { measurePickup } from './dispatch/pickup.ts';
import { measureThroughput } from './dispatch/throughput.ts';
import { startInstantProvider } from './support/instant-provider.ts';
import { printTargets, type Target } from './support/report.ts';
import { startServices } from './support/services.ts';

const parts = ['start', 'steady', 'pickup', 'throughput', 'api', 'memory'] as const;

const values = commandLine('npm run bench:dispatch')
  .description(
    `What the machinery around a post costs, with a provider that answers at once. On private PostgreSQL (fsync=off) and Redis.
Statements are counted at the driver (pg's Client.query), BEGIN and COMMIT apart. About 2 minutes.`,
  )
  .option('--quick', 'fewer rounds and posts', false)
  .option('--full', 'more rounds', false)
  .addOption(new Option('--only <part>', 'nothing but this').choices(parts))
  .parse()
  .opts();

watchDriver();
await using services = await startServices();
await using provider = await startInstantProvider();
const deps = { services, provider };
const posts = values.quick ? 200 : 1_000;
const measures: Record<(typeof parts)[number], () => Promise<Target[]>> = {
  start: () => countStart(deps),
  steady: () => countSteady({ ...deps, posts }),
  pickup: () => measurePickup({ ...deps, tries: values.quick ? 20 : 100 }),
  throughput: () => measureThroughput({ ...deps, posts, rounds: values.full ? 9 : values.quick ? 3 : 5 }),
  api: () => measureApiLatency({ ...deps, posts }),
  memory: () => measureMemory({ ...deps, posts: posts * 10 }),
};
const targets: Target[] = [];
for (const part of parts) {
  if (values.only === undefined || values.only === part) targets.push(...(await measures[part]()));
}
printTargets('dispatch', targets);
