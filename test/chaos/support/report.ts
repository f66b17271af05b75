import Table from 'cli-table3';
import { printTargets, type Target } from '../../../bench/support/report.ts';

/** Prints the figures as a table, then the line of JSON, and fails the process where a target is missed. */
export function report(bench: string, facts: Record<string, string | number>, targets: Target[]): void {
  const isMet = ({ value, target, better }: Target) =>
    better === 'higher' ? value >= target : value <= target;
  const table = new Table({ head: ['', 'value', 'target', ''], style: { head: [], border: [] } });
  for (const [name, value] of Object.entries(facts)) table.push([name, String(value), '', '']);
  for (const one of targets) {
    const limit = `${one.better === 'higher' ? '≥' : '≤'} ${one.target}`;
    table.push([one.name, String(one.value), limit, isMet(one) ? 'ok' : 'MISSED']);
  }
  process.stdout.write(`${table.toString()}\n`);
  printTargets(bench, targets);
  if (!targets.every(isMet)) process.exitCode = 1;
}

const startedAt = performance.now();

/** One line about how it goes. */
export function progress(text: string): void {
  process.stdout.write(`${((performance.now() - startedAt) / 1000).toFixed(0).padStart(4)} s  ${text}\n`);
}
