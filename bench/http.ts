import { Option } from '@commander-js/extra-typings';
import { commandLine } from '../src/command-line.ts';
import { compareAll } from './http/compare.ts';
import { measureEmbedded } from './http/embedded.ts';
import { startLoad } from './http/load.ts';
import { measureMixed } from './http/mixed.ts';
import { measureOpenLoop } from './http/open-loop.ts';
import { shapeNames } from './http/sides/shapes.ts';
import { startSides, versionsOfApollo } from './http/sides/sides.ts';
import { printTargets, type Target } from './support/report.ts';
import { startServices } from './support/services.ts';

const parts = ['compare', 'open-loop', 'embedded'] as const;

const values = commandLine('npm run bench:http')
  .description(
    `The speed of the request path, side by side with a hand-written server and with Apollo Server (with Prisma, as its documentation
shows, and on the SQL of the hand-written server), on the same rows of a private PostgreSQL (fsync=off). All take turns in one run,
and every answer is compared with the first one, which is checked. Ratios that are judged are of the server's CPU time a
request: where the load and PostgreSQL share the cores with the server, throughput says as much of them as of it.`,
  )
  .option('--quick', 'shorter rounds, and three instead of five', false)
  .addOption(new Option('--shape <names...>', 'only these').choices(shapeNames).default([...shapeNames]))
  .addOption(new Option('--only <part>', 'nothing but this').choices(parts))
  .option('--node <flags...>', "flags of Node for Pressrun's process, such as --node=--cpu-prof", [])
  .parse()
  .opts();
const durations = values.quick
  ? { warmUpMs: 3_000, roundMs: 1_000, rounds: 3, openLoopMs: 3_000 }
  : { warmUpMs: 8_000, roundMs: 3_000, rounds: 5, openLoopMs: 15_000 };

await using services = await startServices();
await using load = await startLoad();
process.stdout.write(`${await versionsOfApollo()}\n`);

const measures: Record<(typeof parts)[number], () => Promise<Target[]>> = {
  async compare() {
    await using started = await startSides(await services.fresh(), values.node);
    return [
      ...(await compareAll(load, started.sides, values.shape, durations)),
      ...(await measureMixed(started.account, { ...durations, ms: durations.openLoopMs })),
    ];
  },
  async 'open-loop'() {
    await using started = await startSides(await services.fresh(), values.node);
    return await measureOpenLoop(load, started.sides, durations);
  },
  embedded: () => measureEmbedded(load, durations.openLoopMs),
};
const targets: Target[] = [];
for (const part of parts) {
  if (values.only === undefined || values.only === part) targets.push(...(await measures[part]()));
}
printTargets('http', targets);
