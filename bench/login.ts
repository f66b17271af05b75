import { commandLine, wholeNumber } from '../src/command-line.ts';
import { createClient, expectResult, LoginDocument } from '../client/index.ts';
import { startBenchApp } from './support/app.ts';
import { printTargets, quantile, round } from './support/report.ts';

const { tries } = commandLine('npm run bench:login')
  .description(
    `How long a refused log-in takes for an address that has an account and for one that has none: whoever measures must not
learn which is which. Both kinds in turn, embedded.`,
  )
  .option('--tries <n>', 'of each kind', wholeNumber(1), 200)
  .parse()
  .opts();

async function main(): Promise<void> {
  const ample = '1000000';
  await using app = await startBenchApp({ LOGIN_ATTEMPTS: ample, LOGIN_ATTEMPTS_PER_ADDRESS: ample });
  const client = createClient({ url: app.url });
  const time = async (email: string) => {
    const startedAt = performance.now();
    const { login } = await client.run(LoginDocument, { input: { email, password: 'wrong horse' } });
    expectResult(login, 'WrongCredentialsError');
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
    `refused log-ins, ms p50 (p5 to p95): known address ${percentiles(known)}, unknown address ${percentiles(unknown)}\n`,
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

function percentiles(samples: number[]): string {
  const at = (share: number) => round(quantile(samples, share), 1);
  return `${at(0.5)} (${at(0.05)} to ${at(0.95)})`;
}

await main();
