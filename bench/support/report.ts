/** One figure of a benchmark and what it should be. */
export type Target = { name: string; value: number; target: number; better: 'higher' | 'lower' };

/**
 * Prints the line that every benchmark ends with: one JSON object that says which targets were met. The process ends with exit code 1
 * where one was missed, or where nothing was judged. A value that is not a number misses its target.
 */
export function printTargets(bench: string, targets: Target[]): void {
  const judged = targets.map((figure) => ({
    ...figure,
    ok: figure.better === 'higher' ? figure.value >= figure.target : figure.value <= figure.target,
  }));
  process.stdout.write(`${JSON.stringify({ bench, targets: judged })}\n`);
  if (judged.length === 0 || judged.some(({ ok }) => !ok)) process.exitCode = 1;
}

/** @returns the value below which `share` (0 to 1) of the samples lie. NaN where there are none. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** @returns the median and the extremes, such as `2.1 (1.9–2.6)`. */
export function spread(samples: readonly number[], digits = 2): string {
  const [low, median, high] = [0, 0.5, 1].map((share) => round(quantile(samples, share), digits));
  return `${median} (${low}–${high})`;
}

export function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}
