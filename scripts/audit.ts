import { spawnSync } from 'node:child_process';
import { z } from 'zod';
import { commandLine } from '../src/command-line.ts';

commandLine('npm run check:audit')
  .description('Looks for known vulnerabilities in what runs in production.')
  .parse();

/**
 * `npm audit` of what runs in production: findings from "high" up fail. A registry that answers no audits (a
 * mirror, or none at all) is said and passes, as it says nothing about the packages.
 */
const { stdout, error } = spawnSync('npm', ['audit', '--omit=dev', '--audit-level=high', '--json'], {
  encoding: 'utf8',
  timeout: 60_000,
});

const reportSchema = z.object({
  metadata: z.object({ vulnerabilities: z.object({ high: z.number(), critical: z.number() }) }),
});

const report = reportSchema.safeParse(parse(stdout)).data;
if (report === undefined) {
  process.stderr.write(
    `Warning: the registry answered no audit${error === undefined ? '' : ` (${error.message})`}; vulnerabilities were NOT looked for.\n`,
  );
} else {
  const { high, critical } = report.metadata.vulnerabilities;
  process.stdout.write(`npm audit: ${critical} critical, ${high} high\n`);
  if (high + critical > 0) {
    process.stderr.write('See: npm audit --omit=dev\n');
    process.exitCode = 1;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
