import { parseArgs } from 'node:util';
import { createClient } from '../client/index.ts';
import { LoginDocument } from '../client/generated/graphql.ts';
import { startBenchApp } from './support/app.ts';
import { printTargets, quantile, round } from './support/report.ts';

const help = `How long a refused log-in takes for an address that has an account and for one that has none: whoever measures
must not learn which is which. Both kinds in turn, 200 of each.

  npm run bench:login
`;

const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
const tries = 200;

async function main(): Promise<void> {
  const ample = '1000000';
  await using app = await startBenchApp({ LOGIN_ATTEMPTS: ample, LOGIN_ATTEMPTS_PER_ADDRESS: ample });
  const client = createClient({ url: app.url });
  const time = async (email: string) => {
    const startedAt = performance.now();
    const { login } = await client.run(LoginDocument, { input: { email, password: 'wrong horse' } });
    if (login.__typename !== 'WrongCredentialsError') throw new Error(login.__typename);
    return performance.now() - startedAt;
  };
  const known: number[] = [];
  const unknown: number[] = [];
  const warmUp = 20;
  for (let attempt = -warmUp; attempt < tries; attempt += 1) {
    const one = await time('bench@example.com');
    const other = await time('nobody@example.com');
    if (attempt < 0) continue;
    known.push(one);
    unknown.push(other);
  }
  const [knownMs, unknownMs] = [quantile(known, 0.5), quantile(unknown, 0.5)];
  process.stdout.write(
    `refused log-ins, ms p50 (p5 to p95): known address ${spread(known)}, unknown address ${spread(unknown)}\n`,
  );
  printTargets('login', [
    {
      name: 'medians of known and unknown addresses apart, %',
      value: round(Math.abs(knownMs / unknownMs - 1) * 100),
      target: 10,
      better: 'lower',
    },
  ]);
}

function spread(samples: number[]): string {
  const at = (share: number) => round(quantile(samples, share), 1);
  return `${at(0.5)} (${at(0.05)} to ${at(0.95)})`;
}

if (values.help) process.stdout.write(help);
else await main();
