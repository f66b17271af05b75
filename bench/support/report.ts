/** One figure of a benchmark and what it should be. */
export type Target = { name: string; value: number; target: number; better: 'higher' | 'lower' };

/** Prints the line that every benchmark ends with: one JSON object that says which targets were met. */
export function printTargets(bench: string, targets: Target[]): void {
  const judged = targets.map((figure) => ({
    ...figure,
    ok: figure.better === 'higher' ? figure.value >= figure.target : figure.value <= figure.target,
  }));
  process.stdout.write(`${JSON.stringify({ bench, targets: judged })}\n`);
}

/** @returns the value below which `share` (0 to 1) of the samples lie. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}
