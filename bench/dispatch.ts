import { parseArgs } from 'node:util';
import { measureApiLatency } from './dispatch/api-latency.ts';
import { countStart, countSteady } from './dispatch/counts.ts';
import { measureMemory } from './dispatch/memory.ts';
import { measurePickup } from './dispatch/pickup.ts';
import { watchDriver } from '../test/support/statements.ts';
import { measureThroughput } from './dispatch/throughput.ts';
import { startInstantProvider } from './support/instant-provider.ts';
import { printTargets, type Target } from './support/report.ts';
import { startServices } from './support/services.ts';

const help = `What the machinery around a post costs, with a provider that answers at once.

  npm run bench:dispatch               about 2 minutes
  npm run bench:dispatch -- --full     more rounds and posts
  npm run bench:dispatch -- --only throughput|pickup|start|steady|memory|api

On private Postgres and Redis. Statements are counted at the driver (pg's Client.query), BEGIN and COMMIT apart.
`;

const { values } = parseArgs({
  options: { help: { type: 'boolean' }, full: { type: 'boolean' }, only: { type: 'string' } },
});

if (values.help) process.stdout.write(help);
else await main(values.full ?? false, values.only);

async function main(isFull: boolean, only: string | undefined): Promise<void> {
  watchDriver();
  await using services = await startServices();
  await using provider = await startInstantProvider();
  const deps = { services, provider };
  const parts: Record<string, () => Promise<Target[]>> = {
    start: () => countStart(deps),
    steady: () => countSteady(deps),
    pickup: () => measurePickup(deps),
    throughput: () => measureThroughput({ ...deps, posts: 1000, rounds: isFull ? 9 : 5 }),
    api: () => measureApiLatency({ ...deps, posts: 1000 }),
    memory: () => measureMemory({ ...deps, posts: 10_000 }),
  };
  const targets: Target[] = [];
  for (const [name, measure] of Object.entries(parts)) {
    if (only === undefined || only === name) targets.push(...(await measure()));
  }
  printTargets('dispatch', targets);
}
